//! Answering one question: find the columns, plan the query, run it through the gate, check, compose.
//!
//! Planning is deterministic and pure. Only `run_query` reaches the warehouse, and only through the
//! governed path. The figure travels as the warehouse's own text; nothing here computes with it.

use autopilot_domain::answer::{self, Provenance};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::Digest;
use autopilot_domain::question::{
    self, COUNT_COLUMN, PlanError, PlannedQuery, Question, SUM_COLUMN, Source,
};
use autopilot_domain::units::{Bytes, MicroUsd};
use autopilot_gate::ports::{Cell, QueryResult};
use autopilot_gate::receipt::Receipt;
use autopilot_gate::{Draft, Governed};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::governed;
use super::registry::{TenantSteps, output, step_input, to_output, unknown_step};
use crate::ports::StepCall;

/// The steps in order.
pub const STEPS: [&str; 5] =
    ["resolve_source", "plan_query", "run_query", "check_result", "compose_answer"];

/// What `run_query` stores: the figures and what they cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// The sum, exactly as the warehouse gave it; absent when there was nothing to add up.
    pub value: Option<String>,
    /// Rows behind the sum.
    pub rows: u64,
    /// Hash of the canonical text of the query.
    pub query_hash: Digest,
    /// The warehouse job.
    pub job_id: String,
    /// Bytes billed.
    pub bytes_billed: Bytes,
    /// Price of the billed bytes.
    pub cost_usd: MicroUsd,
    /// Whether an earlier call of the same attempt had made the job.
    pub adopted: bool,
}

/// What `check_result` stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// What a reader should know before using the figure.
    pub warnings: Vec<String>,
}

/// Does one step.
///
/// # Errors
/// What the plan, the gate, the warehouse or the store answered, as a class.
pub async fn run(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    match call.step.as_str() {
        "resolve_source" => resolve(tenant, call).await,
        "plan_query" => plan(tenant, call).await,
        "run_query" => query(tenant, call).await,
        "check_result" => check(call),
        "compose_answer" => compose(call),
        _ => Err(unknown_step(&call.step)),
    }
}

fn asked(call: &StepCall) -> Result<Question, Failure> {
    serde_json::from_value(call.input.clone()).map_err(|_| step_input())
}

async fn resolve(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    let catalog = tenant.store.catalog().await.map_err(|error| error.failure())?;
    let source =
        question::resolve_source(&asked(call)?, &catalog).map_err(|error| plan_failure(&error))?;
    to_output(&source)
}

async fn plan(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    let source: Source = output(call, "resolve_source")?;
    // Read each time: an organisation that changes its zone is answered in the new one.
    let settings = tenant.store.settings().await.map_err(|error| error.failure())?;
    let window = question::window_of(&asked(call)?, tenant.clock.now(), &settings.zone)
        .map_err(|error| plan_failure(&PlanError::Window(error)))?;
    let planned = question::plan(&source, &window).map_err(|error| plan_failure(&error))?;
    to_output(&planned)
}

async fn query(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    let planned: PlannedQuery = output(call, "plan_query")?;
    let catalog = tenant.store.catalog().await.map_err(|error| error.failure())?;
    let draft = Draft::new(governed::origin(call), planned.sql);
    let Governed { result, receipt } = governed::run(tenant, call, draft, &catalog).await?;
    to_output(&figures(&result, &receipt)?)
}

fn figures(result: &QueryResult, receipt: &Receipt) -> Result<Figures, Failure> {
    let malformed = || Failure::of(FailureClass::MalformedResponse, ErrorCode::WarehouseMalformed);
    let [row] = result.rows.as_slice() else { return Err(malformed()) };
    let cell = |name: &str| {
        let column = result.columns.iter().position(|column| column == name);
        column.and_then(|index| row.get(index)).ok_or_else(malformed)
    };
    let value = match cell(SUM_COLUMN)? {
        Cell::Null => None,
        Cell::Text(text) => Some(text.clone()),
    };
    let rows = match cell(COUNT_COLUMN)? {
        Cell::Null => return Err(malformed()),
        Cell::Text(text) => text.parse().map_err(|_| malformed())?,
    };
    Ok(Figures {
        value,
        rows,
        query_hash: receipt.canonical_hash,
        job_id: receipt.job_id.0.clone(),
        bytes_billed: result.billed,
        cost_usd: receipt.billed_usd.ok_or_else(malformed)?,
        adopted: result.adopted,
    })
}

fn check(call: &StepCall) -> Result<Value, Failure> {
    let figures: Figures = output(call, "run_query")?;
    let mut warnings = Vec::new();
    if figures.value.is_none() || figures.rows == 0 {
        warnings.push("No data for this period".to_owned());
    }
    to_output(&Checked { warnings })
}

fn compose(call: &StepCall) -> Result<Value, Failure> {
    let planned: PlannedQuery = output(call, "plan_query")?;
    let figures: Figures = output(call, "run_query")?;
    let checked: Checked = output(call, "check_result")?;
    let provenance = Provenance {
        query_hash: figures.query_hash,
        job_id: figures.job_id,
        source: planned.source.clone(),
        bytes_billed: figures.bytes_billed,
        cost_usd: figures.cost_usd,
    };
    let answer =
        answer::compose(&planned, figures.value, figures.rows, provenance, checked.warnings)
            .map_err(|error| plan_failure(&PlanError::Window(error)))?;
    to_output(&answer)
}

fn plan_failure(error: &PlanError) -> Failure {
    let code = match error {
        PlanError::NoSource => ErrorCode::MetricNotFound,
        PlanError::UnknownTable(_) => ErrorCode::TableUnknown,
        PlanError::UnusableColumn(_) | PlanError::UnsafeName => ErrorCode::ColumnUnknown,
        PlanError::CurrencyNeeded { .. } => ErrorCode::CurrencyNeeded,
        PlanError::Window(_) | PlanError::BadCurrency => ErrorCode::StepInputInvalid,
    };
    let mut sentence = error.to_string();
    if let Some(first) = sentence.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    Failure::with(FailureClass::ValidationFailed, code, format!("{sentence}."))
}
