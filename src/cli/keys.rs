//! `autopilot keys`: which master keys stored credentials are under, and putting them under the active one.
//!
//! No key and no credential is ever printed. The exit code of a rotation is 1 when a credential could
//! not be put under the active key, so that nobody takes the old key away too early.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{CliError, print_json};
use crate::bootstrap::{self, RotateWatch, Rotated};
use crate::config::Config;

/// What can be done with master keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Show how many credentials are under which master key.
    Status {
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put every credential under the first key of AUTOPILOT_MASTER_KEYS; servers may run meanwhile.
    Rotate {
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
}

struct Shown(ProgressBar);

impl Shown {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} organisations {msg}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl RotateWatch for Shown {
    fn found(&self, organisations: usize) {
        self.0.set_length(u64::try_from(organisations).unwrap_or(u64::MAX));
    }

    fn done(&self, sofar: &Rotated) {
        self.0.set_message(format!("({} credentials re-wrapped)", sofar.rewrapped));
        self.0.inc(1);
    }
}

/// Does what was asked.
pub(super) async fn run(config: &Config, command: KeysCommand) -> Result<ExitCode, CliError> {
    match command {
        KeysCommand::Status { json } => status(config, json).await,
        KeysCommand::Rotate { json } => rotate(config, json).await,
    }
}

async fn status(config: &Config, json: bool) -> Result<ExitCode, CliError> {
    let report = bootstrap::key_status(config).await?;
    if json {
        print_json(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    if report.keys.is_empty() {
        println!("no master key is configured, and no credential is stored");
    }
    for key in &report.keys {
        let role = match (key.active, key.configured) {
            (true, _) => "active",
            (false, true) => "configured",
            (false, false) => "NOT CONFIGURED: its credentials do not open",
        };
        println!("{}: {} credentials ({role})", key.key_id, key.secrets);
    }
    Ok(ExitCode::SUCCESS)
}

async fn rotate(config: &Config, json: bool) -> Result<ExitCode, CliError> {
    let shown = Shown::new();
    let rotated = bootstrap::rotate_keys(config, &shown).await?;
    shown.0.finish_and_clear();
    if json {
        print_json(&rotated)?;
    } else {
        let Rotated { rewrapped, failed, organisations } = &rotated;
        println!(
            "{rewrapped} credentials of {organisations} organisations put under the active key"
        );
        if *failed > 0 {
            println!("{failed} could not be; keep the old keys, and see the log");
        }
    }
    Ok(if rotated.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
