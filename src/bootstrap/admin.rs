//! What the operator's commands do: install, migrate, add organisations.
//!
//! One connection each time, closed afterwards. Never used while serving.

use autopilot_domain::window::Zone;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

use super::BootError;
use crate::config::Config;
use crate::ports::StoreError;
use crate::store::migrate::Report;
pub use crate::store::migrate::{
    DEFAULT_CONNECTIONS as MIGRATION_CONNECTIONS, ScopeReport, Watch as MigrationWatch,
};
use crate::store::provision::{self, NewOrg};
use crate::store::{admin, migrate as runner};

/// A random password for a login role.
#[must_use]
pub fn random_password() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// Creates a database unless there is one of that name.
///
/// # Errors
/// When the database does not answer or refuses.
pub async fn ensure_database(url: &SecretString, name: &str) -> Result<(), BootError> {
    let client = admin::connect(url.expose_secret()).await?;
    Ok(admin::ensure_database(&client, name).await?)
}

/// Makes the login role and brings every schema up to date.
///
/// # Errors
/// When the database refuses, or a schema could not be migrated.
pub async fn install(
    url: &SecretString,
    installation: &str,
    password: &SecretString,
) -> Result<Report, BootError> {
    let mut client = admin::connect(url.expose_secret()).await?;
    let report = provision::install(&mut client, installation, password).await?;
    if report.is_clean() {
        return Ok(report);
    }
    tracing::error!(%report, "not every schema could be migrated");
    Err(StoreError::Corrupt("not every schema could be migrated").into())
}

/// Brings every schema up to date, over so many connections at once.
///
/// # Errors
/// When the database does not answer.
pub async fn migrate(
    config: &Config,
    connections: usize,
    watch: &dyn MigrationWatch,
) -> Result<Report, BootError> {
    let url = config.store.migrator_database_url()?.expose_secret();
    let mut client = admin::connect(url).await?;
    let installation = config.store.installation.as_str();
    let run = runner::Runner::of_this_release(installation, Some((url, connections)), watch);
    Ok(run.run(&mut client).await?)
}

/// Adds an organisation with its first admin.
///
/// # Errors
/// When the database does not answer or refuses.
pub async fn create_org(
    url: &SecretString,
    installation: &str,
    name: &str,
    zone: &Zone,
) -> Result<NewOrg, BootError> {
    let mut client = admin::connect(url.expose_secret()).await?;
    Ok(provision::create_org(&mut client, installation, name, zone).await?)
}
