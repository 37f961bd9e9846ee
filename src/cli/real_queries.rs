//! `autopilot real-queries`: what an operator records before real warehouses may be queried.
//!
//! An approval holds for this very program and its safety rules. Nothing here runs a query.

use std::process::ExitCode;

use autopilot_domain::ids::TenantId;
use clap::Subcommand;

use super::{CliError, print_json};
use crate::bootstrap;
use crate::config::Config;

/// What can be recorded.
#[derive(Debug, Subcommand)]
pub(super) enum RealQueriesCommand {
    /// Approve an organisation for this version of the program.
    Approve {
        /// The organisation's id.
        org: String,
        /// Who approves, for the record.
        #[arg(long)]
        by: String,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
        /// How long it holds.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=365))]
        days: u16,
    },
    /// End every approval of an organisation; its next query is refused.
    Revoke {
        /// The organisation's id.
        org: String,
    },
    /// Mark an organisation as holding nobody's data: the first queries of a version run there.
    MarkNonProduction {
        /// The organisation's id.
        org: String,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Show which conditions hold for an organisation; the switch stands in the server's environment.
    Status {
        /// The organisation's id.
        org: String,
    },
}

fn org(text: &str) -> Result<TenantId, CliError> {
    text.parse().map_err(CliError::from_display)
}

fn bounded<'a>(what: &str, text: &'a str, most: usize) -> Result<&'a str, CliError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most {
        return Err(CliError(format!("{what}: 1 to {most} characters are expected")));
    }
    Ok(text)
}

fn known(found: bool) -> Result<(), CliError> {
    if found { Ok(()) } else { Err(CliError("there is no such organisation".to_owned())) }
}

/// Does what was asked.
pub(super) async fn run(
    config: &Config,
    command: RealQueriesCommand,
) -> Result<ExitCode, CliError> {
    match command {
        RealQueriesCommand::Approve { org: id, by, reason, days } => {
            let said = (bounded("--by", &by, 100)?, bounded("--reason", &reason, 500)?);
            known(bootstrap::approve_real_queries(config, org(&id)?, said, days).await?)?;
            println!("approved for this version, for {days} days");
        }
        RealQueriesCommand::Revoke { org: id } => {
            let ended = bootstrap::revoke_real_queries(config, org(&id)?).await?;
            println!("{ended} approvals ended");
        }
        RealQueriesCommand::MarkNonProduction { org: id, reason } => {
            let reason = bounded("--reason", &reason, 500)?;
            known(bootstrap::mark_non_production(config, org(&id)?, reason).await?)?;
            println!("marked as non-production");
        }
        RealQueriesCommand::Status { org: id } => {
            return print_json(&bootstrap::real_query_status(config, org(&id)?).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
