//! Benchmarks as ratios in one run: what the tenant doors and the fence cost beside the bare database.
//! Starts its own durable PostgreSQL; limits stand in load/thresholds.toml.

mod bench;
mod figures;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use figures::{Figures, Thresholds};

#[derive(Debug, Parser)]
#[command(name = "autopilot-load", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures the tenant transaction, the step commit and six-step workflows.
    Bench {
        /// Repetitions of each measurement.
        #[arg(long, default_value_t = 500)]
        rounds: u32,
        /// Fail when a limit of load/thresholds.toml is missed.
        #[arg(long)]
        check: bool,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Bench { rounds, check, json } = Cli::parse().command;
    let figures = match bench::run(rounds.max(10)).await {
        Ok(figures) => figures,
        Err(error) => {
            eprintln!("autopilot-load: {error}");
            return ExitCode::FAILURE;
        }
    };
    show(&figures, json);
    let missed = Thresholds::committed().map(|limits| limits.missed(&figures));
    match missed {
        Ok(missed) if missed.is_empty() || !check => ExitCode::SUCCESS,
        Ok(missed) => {
            missed.iter().for_each(|line| eprintln!("missed: {line}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("autopilot-load: load/thresholds.toml: {error}");
            ExitCode::FAILURE
        }
    }
}

fn show(figures: &Figures, json: bool) {
    match serde_json::to_string_pretty(figures) {
        Ok(text) if json => println!("{text}"),
        _ => println!("{figures}"),
    }
}
