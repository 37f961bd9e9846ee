//! The simulator's own commands: `serve` runs it, `replay` holds it against the real service.
//!
//! `replay FILE.jsonl` prints each mismatch and ends with one line of figures; it succeeds only if
//! everything claimed matches and enough is claimed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autopilot_sandbox::{cli, replay};
use clap::{Parser, Subcommand};

/// A warehouse simulator that speaks BigQuery's REST v2. Not BigQuery.
#[derive(Debug, Parser)]
#[command(name = "autopilot-sandbox", version)]
struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the simulator until it is told to stop.
    Serve(cli::Args),
    /// Replay recordings of the real service.
    Replay {
        /// Also list what is not claimed, with the reason.
        #[arg(long)]
        refused: bool,
        /// JSON Lines, one recording each.
        file: PathBuf,
    },
}

#[expect(clippy::print_stderr, reason = "a command says why it ends")]
fn main() -> ExitCode {
    let action = Command::parse().action;
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {}", error.kind());
            return ExitCode::FAILURE;
        }
    };
    let ended = match action {
        Action::Serve(args) => runtime
            .block_on(cli::run(args))
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| error.to_string()),
        Action::Replay { refused, file } => runtime.block_on(replayed(&file, refused)),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::from(2)
    })
}

#[expect(clippy::print_stdout, reason = "a command prints its findings")]
async fn replayed(file: &Path, list_refused: bool) -> Result<ExitCode, String> {
    let report = replay::file(file).await.map_err(|error| error.to_string())?;
    for mismatch in &report.mismatches {
        println!("{mismatch}");
    }
    for refused in report.refused.iter().filter(|_| list_refused) {
        println!("not claimed: {refused}");
    }
    println!("claimed {} of {} plain SELECTs", report.plain_claimed, report.plain);
    println!("{}", report.line());
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
