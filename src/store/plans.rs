//! Plans and limits over PostgreSQL, held in memory and read anew every few seconds.
//!
//! While the database does not answer, what was read last goes on to hold: a limit neither falls
//! away nor locks anybody out because it cannot be read. Before the first reading the configuration's hold.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::admission::Limits;
use autopilot_domain::ids::TenantId;
use autopilot_domain::units::Bytes;
use tokio_postgres::Row;
use uuid::Uuid;

use super::rows::{corrupt, get};
use super::statements::PLANS;
use super::tenant_db::TenantDb;
use crate::ports::{OrgLimits, Plans, RateSource, Rates, StoreError};

const EVERY: Duration = Duration::from_secs(5);

/// The plans of this process.
#[derive(Clone)]
pub struct PlanBook {
    db: TenantDb,
    configured: OrgLimits,
    read: Arc<RwLock<Pages>>,
}

/// What was read: limits of those that have a row, and of everybody else.
#[derive(Debug)]
struct Pages {
    standard: OrgLimits,
    own: HashMap<TenantId, OrgLimits>,
}

impl PlanBook {
    /// With what holds where nothing is set.
    #[must_use]
    pub fn new(db: TenantDb, configured: OrgLimits) -> Self {
        let pages = Pages { standard: configured, own: HashMap::new() };
        Self { db, configured, read: Arc::new(RwLock::new(pages)) }
    }

    /// Reads every limit anew.
    ///
    /// # Errors
    /// When the database does not answer; what was read before goes on to hold.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let rows = self.db.login_query(PLANS, &[]).await?;
        let mut pages =
            Pages { standard: self.configured, own: HashMap::with_capacity(rows.len()) };
        for row in &rows {
            let limits = limits(row, self.configured)?;
            match get::<Option<Uuid>>(row, "tenant_id")? {
                Some(tenant) => drop(pages.own.insert(TenantId::new(tenant), limits)),
                None => pages.standard = limits,
            }
        }
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = pages;
        Ok(())
    }

    /// Reads again and again until the runtime ends.
    pub async fn run(self) {
        let mut round = tokio::time::interval(EVERY);
        round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            round.tick().await;
            if let Err(error) = self.reload().await {
                tracing::warn!(%error, "plans could not be read; what was read last goes on to hold");
            }
        }
    }
}

/// A row's limits; what it leaves open is the configuration's.
fn limits(row: &Row, configured: OrgLimits) -> Result<OrgLimits, StoreError> {
    let count = |column, otherwise: usize| {
        get::<Option<i32>>(row, column)?
            .map_or(Ok(otherwise), |n| usize::try_from(n).map_err(|_| corrupt()))
    };
    let calls = |column, otherwise: u32| {
        get::<Option<i32>>(row, column)?
            .map_or(Ok(otherwise), |n| u32::try_from(n).map_err(|_| corrupt()))
    };
    let bytes = |column, otherwise: Bytes| {
        get::<Option<i64>>(row, column)?
            .map_or(Ok(otherwise), |n| u64::try_from(n).map(Bytes).map_err(|_| corrupt()))
    };
    let running = count("running", configured.workflows.running)?;
    let profiling = count("profiling", configured.workflows.profiling)?;
    Ok(OrgLimits {
        workflows: Limits {
            running,
            // Profiles run within the running workflows.
            profiling: profiling.min(running),
            queued: count("queued", configured.workflows.queued)?,
        },
        rates: Rates {
            user: calls("user_calls", configured.rates.user)?,
            org_interactive: calls("org_calls", configured.rates.org_interactive)?,
        },
        hourly_budget: bytes("hourly_bytes", configured.hourly_budget)?,
        query_cap: bytes("query_bytes", configured.query_cap)?,
    })
}

impl Plans for PlanBook {
    fn limits(&self, tenant: TenantId) -> OrgLimits {
        let pages = self.read.read().unwrap_or_else(PoisonError::into_inner);
        pages.own.get(&tenant).copied().unwrap_or(pages.standard)
    }
}

#[async_trait]
impl RateSource for PlanBook {
    async fn rates(&self, tenant: TenantId) -> Rates {
        self.limits(tenant).rates
    }
}
