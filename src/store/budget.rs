//! The rolling hour from receipts, with the limits of the organisation's plan.
//! It reads and decides nothing: what may be spent is decided by the governed path.

use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::units::{Bytes, MicroUsd};
use tokio_postgres::Row;

use super::rows::{corrupt, get, unsigned};
use super::statements::BUDGET_HOUR;
use super::tenant_db::TenantDb;
use crate::ports::budget::{BudgetView, Budgets, Settled};
use crate::ports::{Plans, RequestContext, StoreError};

/// The receipts of an hour.
#[derive(Clone)]
pub struct BudgetStore {
    db: TenantDb,
    plans: Arc<dyn Plans>,
}

impl BudgetStore {
    /// With the plans that say how much an organisation may spend.
    #[must_use]
    pub const fn new(db: TenantDb, plans: Arc<dyn Plans>) -> Self {
        Self { db, plans }
    }
}

fn bytes(row: &Row, column: &str) -> Result<Bytes, StoreError> {
    unsigned(row, column).map(Bytes)
}

#[async_trait]
impl Budgets for BudgetStore {
    async fn hour(&self, ctx: &RequestContext) -> Result<BudgetView, StoreError> {
        let limits = self.plans.limits(ctx.tenant());
        let found = self.db.read(ctx, &[(BUDGET_HOUR, &[])]).await?;
        let row = found.iter().flatten().next().ok_or_else(corrupt)?;
        let settled = Settled {
            queries: unsigned(row, "queries")?,
            estimated: bytes(row, "estimated")?,
            reserved: bytes(row, "reserved")?,
            billed: bytes(row, "billed")?,
            usd: MicroUsd(unsigned(row, "usd")?),
        };
        let held = bytes(row, "held")?;
        Ok(BudgetView {
            budget: limits.hourly_budget,
            query_cap: limits.query_cap,
            used: held.saturating_add(settled.billed),
            held,
            frees_at: get(row, "frees_at")?,
            settled,
        })
    }
}
