//! The hard gate's inputs: what this program is, what its self-test found, and what operators record.
//!
//! Records name the program by its SHA-256 and the safety rules by theirs: after an upgrade of either
//! an approval and a smoke have to be given anew.

use std::io::Read as _;
use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::TenantId;
use autopilot_gate::ports::{ConnectionKind, Warehouse};
use autopilot_gate::selftest;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::BootError;
use crate::config::Config;
use crate::connectors::bigquery::{BigQuery, Target};
use crate::failpoint;
use crate::ports::connections::{Place, Warehouses};
use crate::services::real_gate::{Boot, RealGate};
use crate::services::watched::Watched;
use crate::store::{admin, real_queries};

/// BigQuery's REST address.
const BIGQUERY: &str = "https://bigquery.googleapis.com/bigquery/v2";

/// Builds clients of real warehouses; with a recorder, of that in their place.
pub(super) struct RealWarehouses {
    pub(super) recorder: Option<String>,
}

#[async_trait]
impl Warehouses for RealWarehouses {
    async fn connect(
        &self,
        tenant: TenantId,
        place: &Place,
        key: &SecretString,
    ) -> Result<Arc<dyn Warehouse>, Failure> {
        let recorded = self.recorder.as_ref().map(|base| format!("{base}/bigquery/v2"));
        let target = Target {
            base_url: recorded.unwrap_or_else(|| BIGQUERY.to_owned()),
            kind: ConnectionKind::Real,
            project: place.project.clone(),
            dataset: place.dataset.clone(),
            location: place.location.clone(),
        };
        let label = tenant.as_uuid().simple().to_string();
        let client = BigQuery::connect(target, key.expose_secret(), label).await?;
        let inner: Arc<dyn Warehouse> = Arc::new(client);
        Ok(Arc::new(Watched(inner)))
    }
}

/// SHA-256 of the running program, in hexadecimal.
///
/// # Errors
/// When the program's file cannot be read.
pub fn program_hash() -> std::io::Result<String> {
    let mut file = std::fs::File::open(std::env::current_exe()?)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0_u8; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some([]) | None => return Ok(hex::encode(hash.finalize())),
            Some(bytes) => hash.update(bytes),
        }
    }
}

/// Runs the self-test on a thread of its own and tells the gate. The program is only hashed where the
/// answer can matter.
pub(super) fn test_at_boot(gate: Arc<RealGate>, switched_on: bool) -> Result<(), BootError> {
    let work = move || {
        failpoint::hit("self_test.before");
        let program = if switched_on { program_hash() } else { Ok(String::new()) };
        match (selftest::run(), program) {
            (Ok(found), Ok(program)) => {
                for wrong in &found.wrong {
                    tracing::error!(%wrong, "the safety self-test found a wrong answer");
                }
                let (passed, policy) = (found.passed(), found.policy_hash.to_string());
                gate.booted(Boot { passed, program, policy });
            }
            (found, program) => {
                let known = (found.is_ok(), program.is_ok());
                tracing::error!(
                    ?known,
                    "the safety self-test could not be run; nothing has passed"
                );
            }
        }
    };
    let builder = std::thread::Builder::new().name("self-test".to_owned());
    builder.spawn(work).map(drop).map_err(BootError::Thread)
}

/// What stands in the way of real queries of an organisation, as the operator's command shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RealQueryReport {
    /// The organisation.
    pub organisation: String,
    /// Whether this program passes its self-test.
    pub self_test: bool,
    /// Whether an operator's approval of this program and these rules holds.
    pub approval: bool,
    /// Whether a query has run on a non-production organisation.
    pub smoke: bool,
    /// Whether the organisation is marked as non-production.
    pub non_production: bool,
}

/// This program and its rules, after a self-test.
fn this() -> Result<(bool, String, String), BootError> {
    let found = selftest::run().map_err(BootError::Thread)?;
    let program = program_hash().map_err(BootError::Thread)?;
    Ok((found.passed(), program, found.policy_hash.to_string()))
}

async fn connect(config: &Config) -> Result<admin::MigratorClient, BootError> {
    Ok(admin::connect(config.store.migrator_database_url()?.expose_secret()).await?)
}

/// Records an operator's approval of an organisation for this program; `false` when there is none of
/// that id.
///
/// # Errors
/// When the self-test does not pass, or the database does not answer.
pub async fn approve_real_queries(
    config: &Config,
    org: TenantId,
    (by, reason): (&str, &str),
    days: u16,
) -> Result<bool, BootError> {
    let (passed, program, policy) = this()?;
    if !passed {
        return Err(BootError::SelfTest);
    }
    let client = connect(config).await?;
    Ok(real_queries::approve(&client, org, (&program, &policy), (by, reason), days).await?)
}

/// Ends every approval of an organisation; answers how many ended.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke_real_queries(config: &Config, org: TenantId) -> Result<u64, BootError> {
    Ok(real_queries::revoke(&connect(config).await?, org).await?)
}

/// Marks an organisation as non-production; `false` when there is none of that id.
///
/// # Errors
/// When the database does not answer.
pub async fn mark_non_production(
    config: &Config,
    org: TenantId,
    reason: &str,
) -> Result<bool, BootError> {
    Ok(real_queries::mark(&connect(config).await?, org, reason).await?)
}

/// What stands in the way of real queries.
///
/// # Errors
/// When the database does not answer.
pub async fn real_query_status(
    config: &Config,
    org: TenantId,
) -> Result<RealQueryReport, BootError> {
    let (self_test, program, policy) = this()?;
    let client = connect(config).await?;
    let found = real_queries::status(&client, org, (&program, &policy)).await?;
    Ok(RealQueryReport {
        organisation: org.to_string(),
        self_test,
        approval: found.approval,
        smoke: found.smoke,
        non_production: found.non_production,
    })
}
