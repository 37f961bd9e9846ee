//! The commands: `demo`, `serve`, `migrate`, `org`, `user`, `operator`, `config`, `audit`, `keys`, `real-queries`, `contracts`, `openapi`, `check`, `sandbox`.
//!
//! Checks read no configuration at all. Offline commands never read the real-query flag; `serve` refuses to start without it. Errors are
//! one sentence on standard error and exit code 1; wrong usage is exit code 2 (clap's). What the codes
//! of `check` mean stands with it.

mod audit;
mod contracts;
mod keys;
mod migrate;
mod people;
mod real_queries;
mod top;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::check::CheckCommand;
use crate::config::{Config, ConfigFile, RealQueryExecution, env, report};
use crate::{bootstrap, telemetry};

#[derive(Debug, Parser)]
#[command(name = "autopilot", version, about, max_term_width = 100)]
struct Cli {
    /// TOML file with settings; environment variables override it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Service(ServiceCommand),
    /// Judge JSON Lines from standard input offline: SQL, columns, calls, prompt context.
    #[command(subcommand)]
    Check(CheckCommand),
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Show the product on this machine: everything is started by itself.
    #[cfg(feature = "sandbox")]
    Demo(crate::demo::DemoArgs),
    /// Run the warehouse simulator alone.
    #[cfg(feature = "sandbox")]
    Sandbox(autopilot_sandbox::cli::Args),
    /// Show the product on this machine (not in this build).
    #[cfg(not(feature = "sandbox"))]
    Demo,
    /// Run the service.
    Serve,
    /// Bring the database schemas up to date.
    Migrate(migrate::MigrateArgs),
    /// Organisations.
    #[command(subcommand)]
    Org(OrgCommand),
    /// Users of organisations.
    #[command(subcommand)]
    User(people::UserCommand),
    /// Operators of the platform, who see all actors and no organisation's data.
    #[command(subcommand)]
    Operator(people::OperatorCommand),
    /// Print the effective configuration, secrets masked.
    Config {
        /// As the table of docs/runtime-flags.md.
        #[arg(long)]
        markdown: bool,
    },
    /// The audit trail.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// What must be on record before real warehouses may be queried.
    #[command(subcommand)]
    RealQueries(real_queries::RealQueriesCommand),
    /// Master keys of stored credentials.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Write the JSON Schemas of the event contract.
    Contracts(contracts::ContractsArgs),
    /// Print the OpenAPI document.
    Openapi,
    /// Show the actors of all servers, refreshed each second.
    Top(top::TopArgs),
}

#[derive(Debug, Subcommand)]
enum OrgCommand {
    /// Create an organisation with one admin, and print the admin's API key once.
    Create {
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its IANA time zone.
        #[arg(long, default_value = "UTC")]
        timezone: String,
    },
}

/// Parses the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    let command = match command {
        Command::Check(check) => return crate::check::run(&check),
        Command::Service(command) => command,
    };
    let system = actix_rt::System::new();
    match system.block_on(dispatch(config.as_deref(), command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("autopilot: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(config: Option<&Path>, command: ServiceCommand) -> Result<ExitCode, CliError> {
    let environment = env::snapshot();
    let file = ConfigFile::locate(config, &environment)?;
    let load = || Config::load(&environment, file.as_ref());
    match command {
        #[cfg(feature = "sandbox")]
        ServiceCommand::Demo(args) => demo(args).await,
        #[cfg(feature = "sandbox")]
        ServiceCommand::Sandbox(args) => {
            autopilot_sandbox::cli::run(args).await.map_err(CliError::from_display)?;
            Ok(ExitCode::SUCCESS)
        }
        #[cfg(not(feature = "sandbox"))]
        ServiceCommand::Demo => Err(CliError(
            "this build has no simulator; build with the feature `sandbox` to run the demo"
                .to_owned(),
        )),
        ServiceCommand::Serve => {
            let flag = RealQueryExecution::required(&environment)?;
            serve(load()?, flag).await
        }
        ServiceCommand::Migrate(args) => migrate::run(&load()?, &args).await,
        ServiceCommand::Org(OrgCommand::Create { name, timezone }) => {
            create_org(&load()?, &name, &timezone).await
        }
        ServiceCommand::User(command) => people::user(&load()?, command).await,
        ServiceCommand::Operator(command) => people::operator(&load()?, command).await,
        ServiceCommand::Config { markdown } => show_config(&load()?, markdown),
        ServiceCommand::Audit(command) => audit::run(&load()?, &command).await,
        ServiceCommand::RealQueries(command) => real_queries::run(&load()?, command).await,
        ServiceCommand::Keys(command) => keys::run(&load()?, command).await,
        ServiceCommand::Contracts(args) => contracts::run(&args),
        ServiceCommand::Openapi => print_json(&crate::http::document()),
        ServiceCommand::Top(args) => {
            top::run(args, load()?.api_key).await.map_err(CliError)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct CliError(String);

impl CliError {
    fn from_display(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl From<crate::config::ConfigError> for CliError {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::from_display(error)
    }
}

impl From<bootstrap::BootError> for CliError {
    fn from(error: bootstrap::BootError) -> Self {
        Self::from_display(error)
    }
}

#[cfg(feature = "sandbox")]
async fn demo(args: crate::demo::DemoArgs) -> Result<ExitCode, CliError> {
    let held = crate::demo::run(args).await.map_err(CliError::from_display)?;
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn serve(config: Config, flag: RealQueryExecution) -> Result<ExitCode, CliError> {
    telemetry::init(&config.log);
    let server = bootstrap::start(&config, flag).await?;
    println!("listening on {}", server.base_url());
    bootstrap::termination().await;
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn create_org(config: &Config, name: &str, timezone: &str) -> Result<ExitCode, CliError> {
    let zone = timezone.parse().map_err(CliError::from_display)?;
    let name = bootstrap::name(name).map_err(|why| CliError(format!("--name: {why}")))?;
    let name = name.as_str();
    let migrator = config.store.migrator_database_url()?;
    let made =
        bootstrap::create_org(migrator, config.store.installation.as_str(), name, &zone).await?;
    println!(
        "organisation {}\nadmin API key {} (shown once; keep it safe)",
        made.tenant, made.api_key
    );
    Ok(ExitCode::SUCCESS)
}

fn show_config(config: &Config, markdown: bool) -> Result<ExitCode, CliError> {
    if markdown {
        print!("{}", report::markdown());
    } else {
        print!("{}", report::effective(config.effective()));
    }
    Ok(ExitCode::SUCCESS)
}

fn print_json<T: serde::Serialize>(value: &T) -> Result<ExitCode, CliError> {
    let text = serde_json::to_string_pretty(value).map_err(CliError::from_display)?;
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}
