//! Master keys: who provides them, and the operator's walk that puts every secret under the active one.
//!
//! A rotation re-wraps keys and opens no secret. It may be broken off and begun again, while servers
//! run: what it has not reached still opens with the old key.

use autopilot_domain::ids::TenantId;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use std::collections::BTreeMap;

use super::{BootError, BoxedKeys};
use crate::config::Config;
use crate::ports::secrets::{Sealed, SecretId, Wrapped};
use crate::services::secrets::master::MasterKeys;
use crate::services::secrets::rewrapped;
use crate::store::secrets::SecretStore;
use crate::store::{TenantDb, admin, io};

/// How many secrets are under one master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyCount {
    /// The master key's id.
    pub key_id: String,
    /// Secrets under it.
    pub secrets: u64,
    /// Whether it is the one that seals.
    pub active: bool,
    /// Whether this configuration holds it.
    pub configured: bool,
}

/// All master keys that something is under, and the active one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// By id.
    pub keys: Vec<KeyCount>,
}

/// What a rotation did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// Secrets that are under the active key now and were not before.
    pub rewrapped: u64,
    /// Secrets that could not be re-wrapped; they stay as they were.
    pub failed: u64,
    /// Organisations that were looked at.
    pub organisations: u64,
}

/// Is told how a rotation goes on.
pub trait RotateWatch {
    /// So many organisations are looked at.
    fn found(&self, organisations: usize);
    /// One is done.
    fn done(&self, sofar: &Rotated);
}

/// The configured keys, if there are any.
///
/// # Errors
/// When the list is none.
pub(super) fn provider(config: &Config) -> Result<Option<MasterKeys>, BootError> {
    config.store.master_keys().map(MasterKeys::parse).transpose().map_err(BootError::from)
}

async fn tenants(config: &Config) -> Result<(SecretStore, Vec<TenantId>), BootError> {
    let client = admin::connect(config.store.migrator_database_url()?.expose_secret()).await?;
    let url = config.store.database_url()?.expose_secret();
    let pool = io::pool(url, 1, &tokio::runtime::Handle::current())?;
    let store = SecretStore(TenantDb::new(pool, config.store.installation.as_str()));
    Ok((store, admin::tenants(&client).await?))
}

/// How many secrets are under which master key.
///
/// # Errors
/// When the keys are no list, or the database does not answer.
pub async fn key_status(config: &Config) -> Result<KeyReport, BootError> {
    let keys = provider(config)?;
    let configured: Vec<String> = keys.as_ref().map(MasterKeys::ids).unwrap_or_default();
    let mut counts: BTreeMap<String, u64> = configured.iter().map(|id| (id.clone(), 0)).collect();
    let (store, tenants) = tenants(config).await?;
    for tenant in tenants {
        for (key, count) in store.keys(tenant).await? {
            let sum = counts.entry(key).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    let count = |(key_id, secrets): (String, u64)| KeyCount {
        active: configured.first() == Some(&key_id),
        configured: configured.contains(&key_id),
        key_id,
        secrets,
    };
    Ok(KeyReport { keys: counts.into_iter().map(count).collect() })
}

/// Puts every secret under the active master key.
///
/// # Errors
/// Without a master key, or when the database does not answer. A secret that does not open is counted
/// and left as it is.
pub async fn rotate_keys(config: &Config, watch: &impl RotateWatch) -> Result<Rotated, BootError> {
    let keys: BoxedKeys = Box::new(provider(config)?.ok_or(BootError::NoMasterKey)?);
    let active = keys.active().ok_or(BootError::NoMasterKey)?.to_owned();
    let (store, tenants) = tenants(config).await?;
    watch.found(tenants.len());
    let mut rotated = Rotated::default();
    for tenant in tenants {
        let mut after: Option<SecretId> = None;
        loop {
            let batch = store.under_others(tenant, &active, after).await?;
            let Some(last) = batch.last() else { break };
            after = Some(last.id);
            let (changed, failed) = rewrap_all(&keys, tenant, batch).await;
            rotated.failed = rotated.failed.saturating_add(failed);
            let done = store.rewrap(tenant, &changed).await?;
            rotated.rewrapped = rotated.rewrapped.saturating_add(done);
        }
        rotated.organisations = rotated.organisations.saturating_add(1);
        watch.done(&rotated);
    }
    Ok(rotated)
}

/// Each key before and after, and how many did not open.
async fn rewrap_all(
    keys: &BoxedKeys,
    tenant: TenantId,
    batch: Vec<Sealed>,
) -> (Vec<(Wrapped, Sealed)>, u64) {
    let (mut changed, mut failed) = (Vec::new(), 0_u64);
    for sealed in batch {
        match rewrapped(&**keys, tenant, &sealed).await {
            Ok(Some(after)) => changed.push((sealed.wrapped, after)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%tenant, secret = %sealed.id.0, %error, "a secret's key could not be re-wrapped");
                failed = failed.saturating_add(1);
            }
        }
    }
    (changed, failed)
}
