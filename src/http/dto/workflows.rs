//! Workflows as the API shows them.
//!
//! A list leaves out what steps produced: a page must not grow with the results behind it.

use autopilot_domain::workflow::{StepResult, WorkflowKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::cursor;
use crate::ports::requests::RunView;

/// The kinds of workflow.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = WorkflowKind)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum KindDto {
    /// Learn the warehouse: names, types and sizes.
    ProfileWarehouse,
    /// Build the dashboards; not available yet.
    GenerateDashboards,
    /// Write the weekly memo; not available yet.
    GenerateMemo,
    /// Answer one question.
    AnswerQuestion,
    /// Run one query.
    RunQuery,
    /// Price one query; started at POST /v1/queries/estimate.
    EstimateQuery,
}

impl From<KindDto> for WorkflowKind {
    fn from(kind: KindDto) -> Self {
        match kind {
            KindDto::ProfileWarehouse => Self::ProfileWarehouse,
            KindDto::GenerateDashboards => Self::GenerateDashboards,
            KindDto::GenerateMemo => Self::GenerateMemo,
            KindDto::AnswerQuestion => Self::AnswerQuestion,
            KindDto::RunQuery => Self::RunQuery,
            KindDto::EstimateQuery => Self::EstimateQuery,
        }
    }
}

/// The kind of a submission, read before the input whose form depends on it.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct KindOnly {
    pub(in crate::http) kind: KindDto,
}

/// Where a workflow stands after a request about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkflowStatus)]
pub(in crate::http) struct StatusDto {
    /// The workflow's id.
    pub(in crate::http) id: Uuid,
    /// `queued`, `running`, `waiting_for_approval`, `succeeded`, `partial_failure` or `cancelled`.
    pub(in crate::http) status: String,
    /// Position in the queue, counted from 1, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) queue_position: Option<u64>,
}

/// One workflow.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workflow)]
pub(in crate::http) struct WorkflowDto {
    /// Its id.
    id: Uuid,
    /// What it does.
    kind: String,
    /// What it was started with.
    #[schema(value_type = Object)]
    input: Value,
    /// `queued`, `running`, `waiting_for_approval`, `succeeded`, `partial_failure` or `cancelled`.
    status: String,
    /// Position in the queue, counted from 1, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_position: Option<u64>,
    /// How often a person asked for a retry.
    round: u32,
    /// When it was submitted.
    submitted_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// Results so far, in order of completion.
    steps: Vec<StepDto>,
}

/// Result of one step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Step)]
pub(in crate::http) struct StepDto {
    /// Its name.
    name: String,
    /// `success`, `failed` or `skipped`.
    status: String,
    /// The attempt, counted from 1 over the life of the workflow.
    attempt: u32,
    /// Retries in the current round.
    retry_count: u32,
    /// What it produced; `null` unless it succeeded, and in lists.
    #[schema(value_type = Value)]
    output: Value,
    /// SHA-256 of the canonical output.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_hash: Option<String>,
    /// When the attempt began.
    started_at: String,
    /// When the attempt ended.
    finished_at: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureDto>,
}

/// Why a step failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub(in crate::http) struct FailureDto {
    /// The failure class, which decides about retries.
    class: String,
    /// The code; its page is /docs/errors/{code}.
    code: String,
    /// What happened.
    message: String,
    /// What to do next.
    next_step: String,
}

/// A page of workflows, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkflowPage)]
pub(in crate::http) struct WorkflowPageDto {
    /// The workflows, without their steps' outputs.
    items: Vec<WorkflowDto>,
    /// Send as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Which page to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PageQuery {
    /// Workflows on the page, 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub(in crate::http) limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub(in crate::http) cursor: Option<String>,
}

impl StatusDto {
    pub(in crate::http) fn of(view: &RunView) -> Self {
        Self {
            id: view.run.as_uuid(),
            status: view.status.clone(),
            queue_position: view.queue_position,
        }
    }
}

impl From<RunView> for WorkflowDto {
    fn from(view: RunView) -> Self {
        Self {
            id: view.run.as_uuid(),
            kind: view.kind.as_str().to_owned(),
            input: view.input,
            status: view.status,
            queue_position: view.queue_position,
            round: view.round,
            submitted_at: view.submitted_at.to_string(),
            finished_at: view.finished_at.map(|at| at.to_string()),
            steps: view.steps.into_iter().map(StepDto::from).collect(),
        }
    }
}

impl From<StepResult> for StepDto {
    fn from(step: StepResult) -> Self {
        Self {
            name: step.step_name.as_str().to_owned(),
            status: step.status.as_str().to_owned(),
            attempt: step.attempt.0,
            retry_count: step.retry_count,
            output: step.output,
            output_hash: step.output_hash.map(|hash| hash.to_string()),
            started_at: step.started_at.to_string(),
            finished_at: step.finished_at.to_string(),
            error: step.error.map(|failure| FailureDto {
                class: failure.class.as_str().to_owned(),
                code: failure.code.as_str().to_owned(),
                message: failure.safe_message,
                next_step: failure.code.next_step().to_owned(),
            }),
        }
    }
}

impl WorkflowPageDto {
    /// A page that was asked for with this limit; a full one may have a next one.
    pub(in crate::http) fn of(views: Vec<RunView>, limit: usize) -> Self {
        let full = views.len() >= limit;
        let last = views.last().filter(|_| full);
        let next_cursor = last.map(|view| cursor::behind("workflows", &view.run.to_string()));
        let strip = |mut step: StepDto| {
            step.output = Value::Null;
            step
        };
        let items = views.into_iter().map(|view| {
            let mut item = WorkflowDto::from(view);
            item.steps = item.steps.into_iter().map(strip).collect();
            item
        });
        Self { items: items.collect(), next_cursor }
    }
}
