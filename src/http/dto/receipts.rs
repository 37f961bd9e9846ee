//! Receipts: what a query was allowed to cost, and what it did cost.
//!
//! Figures are shown as they were stored when the decision was made; nothing is computed anew.

use autopilot_domain::cost::{Accuracy, CostDecision, QueryLimitStatus};
use autopilot_gate::receipt::Receipt;
use serde::Serialize;
use utoipa::ToSchema;

/// The receipts of one workflow.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipts)]
pub(in crate::http) struct ReceiptsDto {
    /// One for each warehouse job.
    pub(in crate::http) items: Vec<ReceiptDto>,
}

/// The record of one reservation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(in crate::http) struct ReceiptDto {
    /// The warehouse job.
    job_id: String,
    /// The step that wanted it.
    step: String,
    /// The attempt of that step.
    attempt: u32,
    /// SHA-256 of the query text that was checked and sent.
    canonical_hash: String,
    /// Version of the policy that decided.
    policy_version: String,
    /// `reserved`, `settled` or `released`.
    state: String,
    /// Bytes billed, once settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    billed_bytes: Option<u64>,
    /// Price of the billed bytes in US dollars, once settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    billed_usd: Option<String>,
    /// Estimate, price, and the budget around it.
    decision: CostDto,
    /// What was decided about protected columns: `clear`, `redacted` or `approved`.
    personal_data: &'static str,
    /// Columns of the result that are redacted.
    redacted_columns: u32,
}

/// The decision about what a query may cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CostDecision)]
pub(in crate::http) struct CostDto {
    /// Bytes the warehouse estimated it would process.
    estimated_bytes: u64,
    /// Bytes reserved: the most that could be billed.
    reserved_bytes: u64,
    /// Price of the reserved bytes in US dollars.
    estimated_usd: String,
    /// `PRECISE`, `LOWER_BOUND`, `UPPER_BOUND` or `UNKNOWN`.
    accuracy: &'static str,
    /// `within`, `needs_approval` or `approved`.
    per_query_limit_status: &'static str,
    /// What would be left of the hour's budget after it, in bytes.
    hourly_budget_remaining: u64,
    /// Whether it might run.
    allowed: bool,
    /// Bytes used in the hour before it.
    bytes_used: u64,
    /// Bytes left in the hour before it.
    bytes_remaining: u64,
    /// The hour's budget in bytes.
    budget: u64,
    /// Price of one TiB in US dollars.
    price_per_tib: String,
    /// What to change, when it might not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
}

impl From<Receipt> for ReceiptDto {
    fn from(receipt: Receipt) -> Self {
        Self {
            job_id: receipt.job_id.0,
            step: receipt.origin.step.as_str().to_owned(),
            attempt: receipt.origin.attempt.0,
            canonical_hash: receipt.canonical_hash.to_string(),
            policy_version: receipt.policy_version,
            state: receipt.state.as_str().to_owned(),
            billed_bytes: receipt.billed_bytes.map(|bytes| bytes.0),
            billed_usd: receipt.billed_usd.map(|usd| usd.to_string()),
            decision: receipt.decision.into(),
            personal_data: receipt.pii.outcome.as_str(),
            redacted_columns: receipt.pii.redacted,
        }
    }
}

impl From<CostDecision> for CostDto {
    fn from(decision: CostDecision) -> Self {
        Self {
            estimated_bytes: decision.estimated_bytes.0,
            reserved_bytes: decision.reserved_bytes.0,
            estimated_usd: decision.estimated_usd.to_string(),
            accuracy: accuracy(decision.accuracy),
            per_query_limit_status: limit(decision.per_query_limit_status),
            hourly_budget_remaining: decision.hourly_budget_remaining.0,
            allowed: decision.allowed,
            bytes_used: decision.bytes_used.0,
            bytes_remaining: decision.bytes_remaining.0,
            budget: decision.budget.0,
            price_per_tib: decision.price_per_tib.to_string(),
            suggestion: decision.suggestion,
        }
    }
}

const fn accuracy(accuracy: Accuracy) -> &'static str {
    match accuracy {
        Accuracy::Precise => "PRECISE",
        Accuracy::LowerBound => "LOWER_BOUND",
        Accuracy::UpperBound => "UPPER_BOUND",
        Accuracy::Unknown => "UNKNOWN",
    }
}

const fn limit(status: QueryLimitStatus) -> &'static str {
    match status {
        QueryLimitStatus::Within => "within",
        QueryLimitStatus::NeedsApproval => "needs_approval",
        QueryLimitStatus::Approved => "approved",
    }
}
