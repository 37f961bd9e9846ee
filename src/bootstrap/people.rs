//! What the operator's commands write about people: the platform's operators, and organisations'
//! users.
//!
//! One connection of the migrator each time. Never used while serving.

use autopilot_domain::ids::{OperatorId, TenantId};
use autopilot_domain::person::{DisplayName, Email, InvalidEmail, InvalidName};
use secrecy::ExposeSecret as _;

use super::BootError;
use crate::config::Config;
use crate::ports::accounts::{NewUser, UserMade};
use crate::store::admin;
use crate::store::operators::{self, OperatorRow};

/// A name, or why the text is none.
///
/// # Errors
/// What is wrong with it.
pub fn name(text: &str) -> Result<DisplayName, InvalidName> {
    DisplayName::parse(text)
}

/// An address, or that the text is none.
///
/// # Errors
/// When it is none.
pub fn email(text: &str) -> Result<Email, InvalidEmail> {
    Email::parse(text)
}

async fn connect(config: &Config) -> Result<admin::MigratorClient, BootError> {
    Ok(admin::connect(config.store.migrator_database_url()?.expose_secret()).await?)
}

/// Adds a person to an organisation; `None` when there is none of that id.
///
/// # Errors
/// When the database does not answer or refuses.
pub async fn add_person(
    config: &Config,
    org: TenantId,
    person: &NewUser,
) -> Result<Option<UserMade>, BootError> {
    let mut client = connect(config).await?;
    Ok(operators::add_person(&mut client, org, person).await?)
}

/// Adds an operator; answers their id and key.
///
/// # Errors
/// When the database does not answer or refuses.
pub async fn add_operator(
    config: &Config,
    name: &DisplayName,
    days: u16,
) -> Result<(OperatorId, String), BootError> {
    Ok(operators::add(&connect(config).await?, name, days).await?)
}

/// Every operator, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn operators(config: &Config) -> Result<Vec<OperatorRow>, BootError> {
    Ok(operators::list(&connect(config).await?).await?)
}

/// Revokes an operator's key; answers whether there is such an operator.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke_operator(config: &Config, id: OperatorId) -> Result<bool, BootError> {
    Ok(operators::revoke(&connect(config).await?, id).await?)
}
