//! What a query would cost, answered while the caller waits.
//!
//! The price is worked out by a workflow like any other, so that it is owned, limited and written down
//! like one; this only waits for its end. Where that takes too long the caller reads the workflow.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::RunId;
use autopilot_domain::workflow::{StepStatus, WorkflowKind};
use autopilot_gate::Estimate;
use uuid::Uuid;

use super::dto::problem::ProblemDto;
use super::dto::queries::{EstimateDto, QueryDto};
use super::dto::workflows::StatusDto;
use super::extract::{Caller, JsonBody};
use super::problem::Problem;
use super::state::AppState;
use super::workflows::{Answer, State, accepts_work, existing};
use crate::ports::RequestContext;
use crate::ports::requests::{NewRun, RunView, Submitted};

/// How long a caller is kept waiting; below the deadline of a request.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(40);

/// What a query would cost
///
/// Nothing runs and nothing is reserved. The answer holds the text that would be sent, its price, what
/// is left of the hour, and ways to read less where it would not run.
#[utoipa::path(post, path = "/v1/queries/estimate", tag = "queries", request_body = QueryDto,
    responses((status = 200, body = EstimateDto),
        (status = 202, body = StatusDto, description = "It takes longer; read the workflow"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused, with the code of the check that refuses it"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn estimate(state: State, Caller(caller): Caller, body: JsonBody) -> Answer {
    accepts_work(&state)?;
    let wish = body.parse::<QueryDto>()?.checked()?;
    let input = serde_json::to_value(wish).map_err(|_| Problem::of(ErrorCode::Internal))?;
    let run = RunId::new(Uuid::now_v7());
    let new = NewRun { run, kind: WorkflowKind::EstimateQuery, input, idempotency_key: None };
    match state.requests.submit(&caller, new).await? {
        Submitted::Accepted(_) => {}
        Submitted::QueueFull => return Err(Problem::of(ErrorCode::QueueFull)),
        Submitted::Existing(_) | Submitted::Conflict => {
            return Err(Problem::of(ErrorCode::Internal));
        }
    }
    state.actors.wake(caller.tenant());
    match tokio::time::timeout(PATIENCE, ended(&state, &caller, run)).await {
        Ok(view) => told(view?),
        Err(_) => {
            let view = existing(&state, &caller, run).await?;
            let location = (LOCATION, format!("/v1/workflows/{run}"));
            Ok(HttpResponse::Accepted().insert_header(location).json(StatusDto::of(&view)))
        }
    }
}

/// The workflow once it has ended.
async fn ended(state: &AppState, caller: &RequestContext, run: RunId) -> Result<RunView, Problem> {
    loop {
        let view = existing(state, caller, run).await?;
        if view.finished_at.is_some() {
            return Ok(view);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn told(view: RunView) -> Answer {
    let internal = || Problem::of(ErrorCode::Internal);
    let step = view.steps.into_iter().next_back().ok_or_else(internal)?;
    match (step.status, step.error) {
        (StepStatus::Success, _) => {
            let estimate: Estimate = serde_json::from_value(step.output).map_err(|_| internal())?;
            Ok(HttpResponse::Ok().json(EstimateDto::of(view.run.as_uuid(), estimate)))
        }
        (_, Some(failure)) => Err(Problem::with(failure.code, failure.safe_message)),
        (_, None) => Err(internal()),
    }
}
