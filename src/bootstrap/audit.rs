//! What the operator's commands do with the audit trail, and the job that a server runs.
//!
//! Checking and exporting read as the service's login; holds are the migrator's, and letting rows go
//! is the role's of retention. No command does with one login what belongs to another.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use autopilot_domain::ids::TenantId;
use secrecy::ExposeSecret as _;

use super::{BootError, SystemClock};
use crate::config::Config;
pub use crate::ports::audit::Retained;
use crate::ports::{AuditKeeper, Clock};
use crate::services::housekeeping::Housekeeping;
pub use crate::services::housekeeping::Round;
use crate::store::audit::AuditStore;
use crate::store::chain::Checked;
pub use crate::store::export::{Line as ExportLine, Span as ExportSpan};
use crate::store::{TenantDb, admin, export, io};

/// What a check of one organisation's chain found.
pub struct ChainReport {
    tenant: TenantId,
    checked: Checked,
}

impl ChainReport {
    /// Whether every link holds and no anchor contradicts.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        match self.checked {
            Checked::Whole(_) => true,
            Checked::Broken(_) | Checked::CutOff { .. } => false,
        }
    }
}

impl fmt::Display for ChainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = self.tenant;
        match self.checked {
            Checked::Whole(pos) => write!(f, "{tenant}: whole, {pos} events"),
            Checked::Broken(pos) => write!(f, "{tenant}: BROKEN at position {pos}"),
            Checked::CutOff { end, anchored } => write!(
                f,
                "{tenant}: CUT OFF behind position {end}, an anchor names position {anchored}"
            ),
        }
    }
}

fn database(config: &Config) -> Result<TenantDb, BootError> {
    let url = config.store.database_url()?.expose_secret();
    let pool = io::pool(url, 1, &tokio::runtime::Handle::current())?;
    Ok(TenantDb::new(pool, config.store.installation.as_str()))
}

/// Checks one organisation's chain, or all, each against itself and its anchors.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_chains(
    config: &Config,
    org: Option<TenantId>,
) -> Result<Vec<ChainReport>, BootError> {
    let client = admin::connect(config.store.migrator_database_url()?.expose_secret()).await?;
    let db = database(config)?;
    let all = admin::tenants(&client).await?;
    let mut reports = Vec::new();
    for tenant in all.into_iter().filter(|tenant| org.is_none_or(|wanted| wanted == *tenant)) {
        reports.push(ChainReport { tenant, checked: admin::verify(&db, tenant).await? });
    }
    Ok(reports)
}

/// Hands every line of an export to `sink` until it breaks off.
///
/// # Errors
/// When the database does not answer.
pub async fn export_chain<B>(
    config: &Config,
    org: TenantId,
    span: ExportSpan,
    sink: impl FnMut(u64, &ExportLine) -> ControlFlow<B>,
) -> Result<ControlFlow<B>, BootError> {
    Ok(export::lines(&database(config)?, org, span, sink).await?)
}

/// What became of an order about a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordered {
    /// It was done.
    Done,
    /// It was so already.
    Already,
    /// Nothing of that name is kept here.
    Unknown,
}

/// Sets a legal hold with its reason, or with none releases it. The subject is an organisation's id
/// or the pseudonym of a purged one.
///
/// # Errors
/// When the database does not answer or refuses.
pub async fn hold(
    config: &Config,
    subject: &str,
    reason: Option<&str>,
) -> Result<Ordered, BootError> {
    let client = admin::connect(config.store.migrator_database_url()?.expose_secret()).await?;
    let done = match reason {
        Some(_) if !admin::knows_subject(&client, subject).await? => return Ok(Ordered::Unknown),
        Some(reason) => admin::hold(&client, subject, reason).await?,
        None => admin::release(&client, subject).await?,
    };
    Ok(if done { Ordered::Done } else { Ordered::Already })
}

/// One round of retention; a trial only says what would go.
///
/// # Errors
/// When the login of retention is not set, or the database does not answer.
pub async fn retain(config: &Config, trial: bool) -> Result<Round, BootError> {
    let url = match trial {
        true => None,
        false => Some(config.store.needed_retention_database_url()?.clone()),
    };
    let keeper: Arc<dyn AuditKeeper> = Arc::new(AuditStore::new(database(config)?, url));
    let job = housekeeping(config, keeper, Arc::new(SystemClock));
    Ok(job.retain_all(trial).await?)
}

/// The job of a server.
pub(super) fn keeping(config: &Config, db: TenantDb, clock: Arc<dyn Clock>) -> Housekeeping {
    let url = config.store.retention_database_url().cloned();
    if url.is_none() {
        tracing::info!("no login of audit retention is set; this server lets no audit rows go");
    }
    housekeeping(config, Arc::new(AuditStore::new(db, url)), clock)
}

fn housekeeping(
    config: &Config,
    keeper: Arc<dyn AuditKeeper>,
    clock: Arc<dyn Clock>,
) -> Housekeeping {
    Housekeeping { keeper, clock, days: config.audit_retention_days }
}
