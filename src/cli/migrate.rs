//! `autopilot migrate`: runs the migration runner and shows how it goes on.
//!
//! The bar is drawn only on a terminal and only on standard error; the report goes to standard output.
//! The exit code is 1 when any schema failed, so that a deployment stops.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{CliError, print_json};
use crate::bootstrap::{self, MigrationWatch};
use crate::config::Config;

/// What the command takes.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    /// Report as JSON.
    #[arg(long)]
    json: bool,
    /// How many tenants are migrated at once, each over a connection of its own.
    #[arg(long, default_value_t = bootstrap::MIGRATION_CONNECTIONS, value_parser = connections)]
    connections: usize,
}

fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=64) => Ok(count),
        Ok(_) | Err(_) => Err("a number from 1 to 64".to_owned()),
    }
}

/// The bar on standard error.
struct Shown(ProgressBar);

impl Shown {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos}/{len} schemas, {eta} left {msg}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl MigrationWatch for Shown {
    fn waiting(&self) {
        eprintln!("another migration run is at work; waiting for it to end");
    }

    fn found(&self, schemas: usize) {
        self.0.set_length(u64::try_from(schemas).unwrap_or(u64::MAX).saturating_add(1));
    }

    fn done(&self, report: &bootstrap::ScopeReport) {
        if report.failed.is_some() {
            self.0.set_message("(some failed)");
        }
        self.0.inc(1);
    }
}

/// Migrates and reports.
pub(super) async fn run(config: &Config, args: &MigrateArgs) -> Result<ExitCode, CliError> {
    let shown = Shown::new();
    let report = bootstrap::migrate(config, args.connections, &shown).await?;
    shown.0.finish_and_clear();
    if args.json {
        print_json(&report)?;
    } else {
        println!("{report}");
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
