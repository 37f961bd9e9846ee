//! `autopilot audit`: checking, exporting, holding and letting go of the audit trail.
//!
//! The exit code is 1 when a chain does not hold or an order was not carried out. An export writes
//! lines to standard output and everything else to standard error; a reader that has had enough ends
//! it quietly.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use autopilot_domain::ids::{InvalidId, TenantId};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::CliError;
use crate::bootstrap::{self, ExportLine, ExportSpan, Ordered, Retained};
use crate::config::Config;

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check the hash chain of one organisation, or of all, against itself and its anchors.
    Verify {
        /// The organisation's id.
        #[arg(long)]
        org: Option<String>,
    },
    /// Write an organisation's sealed events with their links as JSON Lines.
    Export {
        /// The organisation's id.
        org: String,
        /// From the first event that was recorded at this moment or later, e.g. 2026-11-01T00:00:00Z.
        #[arg(long)]
        since: Option<Timestamp>,
        /// Up to the last event before the first that was recorded at this moment or later.
        #[arg(long)]
        until: Option<Timestamp>,
    },
    /// Order that nothing of an organisation is deleted.
    Hold {
        /// The organisation's id, or the pseudonym of a purged one.
        org: String,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// End the order that nothing of an organisation is deleted.
    Release {
        /// The organisation's id, or the pseudonym of a purged one.
        org: String,
    },
    /// Let go what is past AUTOPILOT_AUDIT_RETENTION_DAYS and not held.
    Retain {
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Does it.
pub(super) async fn run(config: &Config, command: &AuditCommand) -> Result<ExitCode, CliError> {
    match command {
        AuditCommand::Verify { org } => verify(config, org.as_deref()).await,
        AuditCommand::Export { org, since, until } => {
            export(config, tenant(org)?, ExportSpan { since: *since, until: *until }).await
        }
        AuditCommand::Hold { org, reason } => order(config, org, Some(reason)).await,
        AuditCommand::Release { org } => order(config, org, None).await,
        AuditCommand::Retain { dry_run } => retain(config, *dry_run).await,
    }
}

fn tenant(org: &str) -> Result<TenantId, CliError> {
    org.parse().map_err(|error: InvalidId| CliError::from_display(error))
}

async fn verify(config: &Config, org: Option<&str>) -> Result<ExitCode, CliError> {
    let wanted = org.map(tenant).transpose()?;
    let chains = bootstrap::verify_chains(config, wanted).await?;
    if wanted.is_some() && chains.is_empty() {
        return Err(CliError("there is no organisation of this id".to_owned()));
    }
    let mut whole = true;
    for chain in chains {
        println!("{chain}");
        whole &= chain.is_whole();
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn export(config: &Config, org: TenantId, span: ExportSpan) -> Result<ExitCode, CliError> {
    let (bar, mut out) = (bar(), BufWriter::new(io::stdout().lock()));
    let ended = bootstrap::export_chain(config, org, span, |total, line| {
        bar.set_length(total);
        let last = matches!(line, ExportLine::End { .. });
        let written = write(&mut out, line).and_then(|()| if last { out.flush() } else { Ok(()) });
        bar.inc(u64::from(matches!(line, ExportLine::Event(_))));
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    })
    .await?;
    bar.finish_and_clear();
    match ended {
        ControlFlow::Continue(()) => Ok(ExitCode::SUCCESS),
        // What is still in the buffer has no reader; it must not be tried again when it is dropped.
        ControlFlow::Break(error) => {
            drop(out.into_parts());
            if error.kind() == io::ErrorKind::BrokenPipe {
                Ok(ExitCode::SUCCESS)
            } else {
                Err(CliError(format!("the export could not be written: {}", error.kind())))
            }
        }
    }
}

fn write(out: &mut impl Write, line: &ExportLine) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Drawn on a terminal only, and on standard error.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} events, {eta} left") {
        bar.set_style(style);
    }
    bar
}

async fn order(config: &Config, org: &str, reason: Option<&str>) -> Result<ExitCode, CliError> {
    let setting = reason.is_some();
    let (sentence, code) = match bootstrap::hold(config, org, reason).await? {
        Ordered::Done if setting => ("under a legal hold from now on", ExitCode::SUCCESS),
        Ordered::Done => ("released", ExitCode::SUCCESS),
        Ordered::Already if setting => ("under a legal hold already", ExitCode::SUCCESS),
        Ordered::Already => ("not under a legal hold", ExitCode::FAILURE),
        Ordered::Unknown => ("nothing of this name is kept here", ExitCode::FAILURE),
    };
    println!("{org}: {sentence}");
    Ok(code)
}

async fn retain(config: &Config, trial: bool) -> Result<ExitCode, CliError> {
    let round = bootstrap::retain(config, trial).await?;
    let done = if trial { "would go" } else { "let go" };
    for (tenant, answer) in &round.outcomes {
        match answer {
            Ok(Retained::Nothing) => println!("{tenant}: nothing is past its time"),
            Ok(Retained::LetGo(events)) => println!("{tenant}: {events} events {done}"),
            Ok(Retained::Held) => println!("{tenant}: under a legal hold, all is kept"),
            Ok(Retained::Broken(pos)) => {
                println!("{tenant}: BROKEN at position {pos}, nothing of it goes");
            }
            Err(error) => println!("{tenant}: FAILED: {error}"),
        }
    }
    if round.outcomes.is_empty() {
        println!("no organisation has an event past its time");
    }
    if !trial {
        println!("purged organisations: {} rows let go", round.expired);
    }
    Ok(if round.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
