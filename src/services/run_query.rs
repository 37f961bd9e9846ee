//! Running or pricing one query that a person wrote.
//!
//! It is one step, because a query is one: what it answers is stored as the step's output, redacted by
//! the governed path before it gets here. An estimate runs nothing and asks nobody.

use autopilot_domain::failure::Failure;
use autopilot_domain::ids::Digest;
use autopilot_domain::units::{Bytes, MicroUsd};
use autopilot_gate::ports::Cell;
use autopilot_gate::receipt::PiiFacts;
use autopilot_gate::{Draft, Governed, Protected};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::governed::{self, origin};
use super::registry::{TenantSteps, step_input, to_output, unknown_step};
use crate::ports::StepCall;

/// The steps of a run.
pub const RUN: [&str; 1] = ["run_query"];
/// The steps of an estimate.
pub const ESTIMATE: [&str; 1] = ["estimate_query"];

/// What is wanted about protected columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// Redact what would stand in the result; refuse every other use.
    #[default]
    Redact,
    /// Refuse the query.
    Refuse,
    /// Ask a person for an approval of this text.
    RequestApproval,
}

impl PersonalData {
    const fn wish(self) -> Protected {
        match self {
            Self::Redact => Protected::Redact,
            Self::Refuse => Protected::Refuse,
            Self::RequestApproval => Protected::Ask,
        }
    }
}

/// A query that a person wants to run or to price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The text.
    pub sql: String,
    /// Why, for whoever approves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is wanted about protected columns.
    #[serde(default)]
    pub personal_data: PersonalData,
}

/// What a run answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Column names in order.
    pub columns: Vec<String>,
    /// Rows in order; a value is the warehouse's text, or null.
    pub rows: Vec<Vec<Cell>>,
    /// Rows there are; more than `rows` when a cap cut them.
    pub total_rows: u64,
    /// Whether a cap cut them.
    pub truncated: bool,
    /// What was decided about protected columns.
    pub pii: PiiFacts,
    /// SHA-256 of the text that ran.
    pub query_hash: Digest,
    /// The warehouse's job.
    pub job_id: String,
    /// Bytes billed.
    pub bytes_billed: Bytes,
    /// Their price.
    pub cost_usd: MicroUsd,
    /// What a reader should know before using it.
    pub warnings: Vec<String>,
}

/// Does one step.
///
/// # Errors
/// What the governed path or the store answered, as a class.
pub async fn run(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    let wish: Wish = serde_json::from_value(call.input.clone()).map_err(|_| step_input())?;
    let catalog = tenant.store.catalog().await.map_err(|error| error.failure())?;
    let draft = Draft::new(origin(call), wish.sql).protected(wish.personal_data.wish());
    match call.step.as_str() {
        "run_query" => to_output(&table(governed::run(tenant, call, draft, &catalog).await?)),
        "estimate_query" => to_output(&tenant.gate.estimate(draft, &catalog).await?),
        _ => Err(unknown_step(&call.step)),
    }
}

fn table(Governed { result, receipt }: Governed) -> Table {
    let shown = u64::try_from(result.rows.len()).unwrap_or(u64::MAX);
    let truncated = result.total_rows > shown;
    let mut warnings = Vec::new();
    if result.rows.is_empty() {
        warnings.push("The query found no rows.".to_owned());
    }
    if truncated {
        warnings.push(format!("Only the first {shown} of {} rows are here.", result.total_rows));
    }
    if receipt.pii.redacted > 0 {
        warnings.push(format!("{} columns of the result are redacted.", receipt.pii.redacted));
    }
    Table {
        columns: result.columns,
        rows: result.rows,
        total_rows: result.total_rows,
        truncated,
        pii: receipt.pii,
        query_hash: receipt.canonical_hash,
        job_id: receipt.job_id.0,
        bytes_billed: result.billed,
        cost_usd: receipt.billed_usd.unwrap_or_default(),
        warnings,
    }
}
