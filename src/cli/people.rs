//! `autopilot user add` and `autopilot operator ...`: the first people of an organisation, and the
//! platform's operators.
//!
//! A key or invitation is printed once, to standard output, and is nowhere to be had again. What an
//! organisation's admins can do themselves is not repeated here.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::CliError;
use crate::bootstrap;
use crate::config::Config;
use crate::ports::Role;
use crate::ports::accounts::{NewUser, UserMade};

/// Users of organisations.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a person to an organisation, and print their invitation once.
    Add(UserAdd),
}

/// What the command takes.
#[derive(Debug, Args)]
pub(super) struct UserAdd {
    /// The organisation's id.
    #[arg(long)]
    org: String,
    /// How they will sign in.
    #[arg(long)]
    email: String,
    /// What they are called.
    #[arg(long)]
    name: String,
    /// What they may do.
    #[arg(long, value_enum)]
    role: RoleName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Viewer,
    Member,
    Admin,
}

/// Operators of the platform.
#[derive(Debug, Subcommand)]
pub(super) enum OperatorCommand {
    /// Add an operator, and print their key once.
    Add {
        /// What they are called.
        #[arg(long)]
        name: String,
        /// After how many days the key ends.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
    },
    /// List the operators.
    List,
    /// Revoke an operator's key.
    Revoke {
        /// The operator's id.
        #[arg(long)]
        id: String,
    },
}

/// Does what a user command says.
pub(super) async fn user(config: &Config, command: UserCommand) -> Result<ExitCode, CliError> {
    let UserCommand::Add(asked) = command;
    let org = asked.org.parse().map_err(CliError::from_display)?;
    let role = match asked.role {
        RoleName::Viewer => Role::Viewer,
        RoleName::Member => Role::Member,
        RoleName::Admin => Role::Admin,
    };
    let wrong = |field: &str, why: String| CliError(format!("{field}: {why}"));
    let person = NewUser {
        email: bootstrap::email(&asked.email).map_err(|why| wrong("--email", why.to_string()))?,
        name: bootstrap::name(&asked.name).map_err(|why| wrong("--name", why.to_string()))?,
        role,
    };
    match bootstrap::add_person(config, org, &person).await? {
        Some(UserMade::Made(made)) => {
            println!(
                "user {}\ninvitation {} (shown once, open until {})",
                made.user, made.token, made.ends_at
            );
            println!("next: POST /v1/invitations/accept with the invitation and a password");
            Ok(ExitCode::SUCCESS)
        }
        Some(UserMade::Taken) => {
            Err(CliError("the organisation already has a user with this address".to_owned()))
        }
        Some(UserMade::Full) => {
            Err(CliError("the organisation has as many users as it may have".to_owned()))
        }
        None => Err(CliError("there is no such organisation".to_owned())),
    }
}

/// Does what an operator command says.
pub(super) async fn operator(
    config: &Config,
    command: OperatorCommand,
) -> Result<ExitCode, CliError> {
    match command {
        OperatorCommand::Add { name, days } => {
            let name = bootstrap::name(&name).map_err(|why| CliError(format!("--name: {why}")))?;
            let (id, key) = bootstrap::add_operator(config, &name, days).await?;
            println!("operator {id}\nkey {key} (shown once, ends in {days} days)");
        }
        OperatorCommand::List => {
            for row in bootstrap::operators(config).await? {
                let used = row
                    .last_used_at
                    .map_or("never used".to_owned(), |at| format!("last used {at}"));
                let state = row.revoked_at.map_or_else(
                    || format!("ends {}", row.expires_at),
                    |at| format!("revoked {at}"),
                );
                println!("{}  {}  {state}  {used}", row.id, row.name);
            }
        }
        OperatorCommand::Revoke { id } => {
            let id = id.parse().map_err(CliError::from_display)?;
            if !bootstrap::revoke_operator(config, id).await? {
                return Err(CliError("there is no such operator".to_owned()));
            }
            println!("revoked");
        }
    }
    Ok(ExitCode::SUCCESS)
}
