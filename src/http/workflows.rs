//! Workflows: start, read, cancel, retry.
//!
//! Every answer is read under the caller's context; ids of other organisations are not there. A
//! submission is a committed row before it is answered, and the wake that follows is only a hint.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::RunId;
use autopilot_domain::workflow::WorkflowKind;
use serde_json::Value;
use uuid::Uuid;

use super::cursor;
use super::dto::problem::ProblemDto;
use super::dto::queries::SubmitQuery;
use super::dto::questions::{NoInput, SubmitProfile, SubmitQuestion};
use super::dto::receipts::ReceiptsDto;
use super::dto::workflows::{KindOnly, PageQuery, StatusDto, WorkflowDto, WorkflowPageDto};
use super::extract::{Caller, JsonBody, Parameters, RunInPath};
use super::problem::Problem;
use super::state::AppState;
use crate::ports::RequestContext;
use crate::ports::requests::{Changed, NewRun, RunView, Submitted};

pub(super) type Answer = Result<HttpResponse, Problem>;
pub(super) type State = web::Data<AppState>;

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Start a workflow
#[utoipa::path(post, path = "/v1/workflows", tag = "workflows", request_body(content(
        (SubmitQuestion = "application/json"), (SubmitProfile = "application/json"),
        (SubmitQuery = "application/json"))),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 visible ASCII characters; the same key and input name the same workflow")),
    responses((status = 202, body = StatusDto, description = "It was written and will be worked on"),
        (status = 200, body = StatusDto, description = "The same key and input were sent before: this is that workflow"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn submit(
    state: State,
    Caller(caller): Caller,
    request: HttpRequest,
    body: JsonBody,
) -> Answer {
    accepts_work(&state)?;
    let run = new_run(&body, idempotency_key(&request)?)?;
    let (status, run) = match state.requests.submit(&caller, run).await? {
        Submitted::Accepted(run) => (StatusCode::ACCEPTED, run),
        Submitted::Existing(run) => (StatusCode::OK, run),
        Submitted::Conflict => return Err(Problem::of(ErrorCode::IdempotencyConflict)),
        Submitted::QueueFull => return Err(Problem::of(ErrorCode::QueueFull)),
    };
    state.actors.wake(caller.tenant());
    // The row is committed: a failure to read it back must not look like a failure to start it.
    let view = state.requests.run(&caller, run).await.unwrap_or_default();
    let fresh = StatusDto { id: run.as_uuid(), status: "queued".to_owned(), queue_position: None };
    let shown = view.as_ref().map_or(fresh, StatusDto::of);
    Ok(HttpResponse::build(status)
        .insert_header((LOCATION, format!("/v1/workflows/{run}")))
        .json(shown))
}

fn new_run(body: &JsonBody, idempotency_key: Option<String>) -> Result<NewRun, Problem> {
    let kind = WorkflowKind::from(body.parse::<KindOnly>()?.kind);
    let input = match kind {
        WorkflowKind::AnswerQuestion => {
            let question = body.parse::<SubmitQuestion>()?.input.checked()?;
            serde_json::to_value(question).map_err(|_| Problem::of(ErrorCode::Internal))?
        }
        WorkflowKind::ProfileWarehouse => {
            let NoInput {} = body.parse::<SubmitProfile>()?.input;
            Value::Object(serde_json::Map::new())
        }
        WorkflowKind::RunQuery => {
            let wish = body.parse::<SubmitQuery>()?.input.checked()?;
            serde_json::to_value(wish).map_err(|_| Problem::of(ErrorCode::Internal))?
        }
        WorkflowKind::EstimateQuery => {
            let sentence = "kind: a query is priced at POST /v1/queries/estimate.";
            return Err(Problem::input(sentence));
        }
        WorkflowKind::GenerateDashboards | WorkflowKind::GenerateMemo => {
            let known = "available are profile_warehouse, answer_question and run_query";
            return Err(Problem::input(format!("kind: {kind} is not available yet; {known}.")));
        }
    };
    Ok(NewRun { run: RunId::new(Uuid::now_v7()), kind, input, idempotency_key })
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut sent = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(key) = sent.next() else { return Ok(None) };
    let visible =
        !key.is_empty() && key.len() <= 200 && key.as_bytes().iter().all(u8::is_ascii_graphic);
    match key.to_str() {
        Ok(key) if visible && sent.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Problem::input(
            "Idempotency-Key: one header of 1 to 200 visible ASCII characters is expected.",
        )),
    }
}

pub(super) fn accepts_work(state: &AppState) -> Result<(), Problem> {
    if state.actors.draining() { Err(Problem::of(ErrorCode::Draining)) } else { Ok(()) }
}

/// List workflows, newest first
#[utoipa::path(get, path = "/v1/workflows", tag = "workflows", params(PageQuery),
    responses((status = 200, body = WorkflowPageDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn list(
    state: State,
    Caller(caller): Caller,
    Parameters(page): Parameters<PageQuery>,
) -> Answer {
    let limit = page.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Problem::input("limit: a number from 1 to 100 is expected."));
    }
    let before = cursor::read("workflows", page.cursor.as_deref())?;
    let before = before.map(|run| run.parse()).transpose();
    let wrong = "cursor: one from an earlier page of this list is expected.";
    let before = before.map_err(|_| Problem::input(wrong))?;
    let views = state.requests.list(&caller, before, limit).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(HttpResponse::Ok().json(WorkflowPageDto::of(views, limit)))
}

/// Read one workflow with its results
#[utoipa::path(get, path = "/v1/workflows/{id}", tag = "workflows", params(("id" = Uuid, Path, description = "The workflow")),
    responses((status = 200, body = WorkflowDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn show(
    state: State,
    Caller(caller): Caller,
    RunInPath(run): RunInPath,
) -> Answer {
    Ok(HttpResponse::Ok().json(WorkflowDto::from(existing(&state, &caller, run).await?)))
}

/// Ask for a workflow to stop
///
/// A workflow that has ended stays as it is; its status is answered.
#[utoipa::path(post, path = "/v1/workflows/{id}/cancel", tag = "workflows", params(("id" = Uuid, Path, description = "The workflow")),
    responses((status = 202, body = StatusDto, description = "The request was written; the step under way is waited for"),
        (status = 200, body = StatusDto, description = "It had ended before; nothing was changed"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn cancel(
    state: State,
    Caller(caller): Caller,
    RunInPath(run): RunInPath,
) -> Answer {
    let status = match state.requests.cancel(&caller, run).await? {
        Changed::Recorded => StatusCode::ACCEPTED,
        Changed::Refused => StatusCode::OK,
        Changed::Missing => return Err(Problem::of(ErrorCode::NotFound)),
    };
    changed(&state, &caller, run, status).await
}

/// Try a workflow that ended in partial failure again, from its failed step
#[utoipa::path(post, path = "/v1/workflows/{id}/retry", tag = "workflows", params(("id" = Uuid, Path, description = "The workflow")),
    responses((status = 202, body = StatusDto, description = "It waits for a slot again"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn retry(
    state: State,
    Caller(caller): Caller,
    RunInPath(run): RunInPath,
) -> Answer {
    accepts_work(&state)?;
    match state.requests.retry(&caller, run).await? {
        Changed::Recorded => changed(&state, &caller, run, StatusCode::ACCEPTED).await,
        Changed::Missing => Err(Problem::of(ErrorCode::NotFound)),
        Changed::Refused => Err(Problem::of(ErrorCode::RunNotRetryable)),
    }
}

async fn changed(
    state: &AppState,
    caller: &RequestContext,
    run: RunId,
    status: StatusCode,
) -> Answer {
    state.actors.wake(caller.tenant());
    let view = existing(state, caller, run).await?;
    Ok(HttpResponse::build(status).json(StatusDto::of(&view)))
}

/// Receipts of a workflow's queries
#[utoipa::path(get, path = "/v1/workflows/{id}/receipts", tag = "workflows", params(("id" = Uuid, Path, description = "The workflow")),
    responses((status = 200, body = ReceiptsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn receipts(
    state: State,
    Caller(caller): Caller,
    RunInPath(run): RunInPath,
) -> Answer {
    existing(&state, &caller, run).await?;
    let receipts = state.requests.receipts(&caller, run).await?;
    Ok(HttpResponse::Ok()
        .json(ReceiptsDto { items: receipts.into_iter().map(Into::into).collect() }))
}

/// The caller's own workflow, or NOT_FOUND.
pub(super) async fn existing(
    state: &AppState,
    caller: &RequestContext,
    run: RunId,
) -> Result<RunView, Problem> {
    state.requests.run(caller, run).await?.ok_or(Problem::of(ErrorCode::NotFound))
}
