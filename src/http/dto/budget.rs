//! The rolling hour as the API shows it. Bytes are integers, dollars decimal texts, times UTC.
//! Nothing is computed here but what is left.

use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::budget::BudgetView;

/// What is left of the rolling hour.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
pub(in crate::http) struct BudgetDto {
    /// Length of the window in seconds.
    window_seconds: u32,
    /// Bytes that may be billed in it.
    budget_bytes: u64,
    /// Bytes that count now: billed, and held for queries under way.
    used_bytes: u64,
    /// Of these, what is held for queries under way.
    held_bytes: u64,
    /// Bytes that are left.
    remaining_bytes: u64,
    /// Most bytes of one query without an approval.
    query_cap_bytes: u64,
    /// When the oldest bill leaves the window; absent while nothing was billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    frees_at: Option<String>,
    /// What the hour's queries were estimated to cost, and did cost.
    drift: DriftDto,
}

/// Estimates and bills of the hour's finished queries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BudgetDrift)]
struct DriftDto {
    /// How many queries.
    queries: u64,
    /// Bytes the warehouse estimated to process.
    estimated_bytes: u64,
    /// Bytes that were reserved.
    reserved_bytes: u64,
    /// Bytes that were billed.
    billed_bytes: u64,
    /// Their price in US dollars.
    billed_usd: String,
}

impl From<BudgetView> for BudgetDto {
    fn from(hour: BudgetView) -> Self {
        Self {
            window_seconds: 3_600,
            budget_bytes: hour.budget.0,
            used_bytes: hour.used.0,
            held_bytes: hour.held.0,
            remaining_bytes: hour.budget.saturating_sub(hour.used).0,
            query_cap_bytes: hour.query_cap.0,
            frees_at: hour.frees_at.map(|at| at.to_string()),
            drift: DriftDto {
                queries: hour.settled.queries,
                estimated_bytes: hour.settled.estimated.0,
                reserved_bytes: hour.settled.reserved.0,
                billed_bytes: hour.settled.billed.0,
                billed_usd: hour.settled.usd.to_string(),
            },
        }
    }
}
