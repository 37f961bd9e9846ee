//! What an organisation has spent in the rolling hour, as its receipts say.
//!
//! Read from the committed receipts, by the database's clock; the window that queries are held to lies
//! elsewhere and is rebuilt from the same rows.

use async_trait::async_trait;
use autopilot_domain::units::{Bytes, MicroUsd};
use jiff::Timestamp;

use super::context::RequestContext;
use super::runs::StoreError;

/// The rolling hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetView {
    /// Bytes of an hour.
    pub budget: Bytes,
    /// Most bytes of one query without an approval.
    pub query_cap: Bytes,
    /// Bytes that count now: what was billed, and what is held for queries under way.
    pub used: Bytes,
    /// Of these, what is held.
    pub held: Bytes,
    /// When the oldest bill leaves the window; none while nothing was billed.
    pub frees_at: Option<Timestamp>,
    /// The hour's settled queries.
    pub settled: Settled,
}

/// What settled queries were estimated to cost, and did cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many.
    pub queries: u64,
    /// Bytes the warehouse estimated.
    pub estimated: Bytes,
    /// Bytes that were reserved.
    pub reserved: Bytes,
    /// Bytes that were billed.
    pub billed: Bytes,
    /// Their price.
    pub usd: MicroUsd,
}

/// Reads it.
#[async_trait]
pub trait Budgets: Send + Sync {
    /// The hour that ends now.
    async fn hour(&self, ctx: &RequestContext) -> Result<BudgetView, StoreError>;
}
