//! Benchmarks as ratios in one run: what tenancy, identity and the fence cost beside the bare database.
//! Each starts its own durable servers; limits stand in load/thresholds.toml.

mod bench;
mod edge;
mod error;
mod figures;
mod migrations;
mod tenants;
mod timing;
mod world;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use error::LoadError;
use figures::{EdgeLimits, Figure, Thresholds};

#[derive(Debug, Parser)]
#[command(name = "autopilot-load", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Output {
    /// Fail when a limit of load/thresholds.toml is missed.
    #[arg(long)]
    check: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures the tenant transaction, the step commit and six-step workflows.
    Bench {
        /// Repetitions of each measurement.
        #[arg(long, default_value_t = 500)]
        rounds: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Migrates many tenants, beside psql that runs the same SQL serially.
    Migrate {
        /// How many.
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=10_000))]
        tenants: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Measures a tenant-scoped GET beside one pooled SELECT, and the time from start to ready.
    Edge {
        /// Calls of each kind.
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(200..=100_000))]
        rounds: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Measures what stays in memory of a tenant that has worked and is idle.
    Idle {
        /// How many are measured; as many more warm the server up.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(10..=10_000))]
        tenants: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Measures how much longer a tenant waits while another floods the server; five runs.
    Flood {
        /// Workflows in each half of a run.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(5..=1_000))]
        rounds: u32,
        #[command(flatten)]
        output: Output,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let answered = match Cli::parse().command {
        Command::Bench { rounds, output } => store(rounds, &output).await,
        Command::Migrate { tenants, output } => shown(migrations::run(tenants).await, &output),
        Command::Edge { rounds, output } => shown(edge::run(rounds).await, &output),
        Command::Idle { tenants, output } => shown(tenants::idle(tenants).await, &output),
        Command::Flood { rounds, output } => shown(tenants::flood(rounds).await, &output),
    };
    match answered {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(missed) => {
            missed.iter().for_each(|line| eprintln!("missed: {line}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("autopilot-load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the store; answers the limits that were to be held and are missed.
async fn store(rounds: u32, output: &Output) -> Result<Vec<String>, LoadError> {
    let figures = bench::run(rounds.max(10)).await?;
    print(output, &figures, &figures.to_string());
    let limits = Thresholds::committed().map_err(|_| LoadError::Missing("load/thresholds.toml"))?;
    Ok(if output.check { limits.missed(&figures) } else { Vec::new() })
}

/// Prints figures; answers the limits that were to be held and are missed.
fn shown(
    figures: Result<Vec<Figure>, LoadError>,
    output: &Output,
) -> Result<Vec<String>, LoadError> {
    let figures = figures?;
    let lines: Vec<_> = figures.iter().map(ToString::to_string).collect();
    print(output, &figures, &lines.join("\n"));
    let limits = EdgeLimits::committed().map_err(|_| LoadError::Missing("load/thresholds.toml"))?;
    Ok(if output.check { limits.missed(&figures) } else { Vec::new() })
}

fn print<T: serde::Serialize>(output: &Output, figures: &T, table: &str) {
    match serde_json::to_string_pretty(figures) {
        Ok(text) if output.json => println!("{text}"),
        _ => println!("{table}"),
    }
}
