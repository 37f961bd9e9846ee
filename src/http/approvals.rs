//! Questions to people: read by everybody of the organisation, decided by its admins.
//!
//! A decision wakes the workflow that waits; it passes every check again before anything runs.

use actix_web::HttpResponse;
use autopilot_domain::codes::ErrorCode;
use uuid::Uuid;

use super::cursor;
use super::dto::approvals::{AnswerDto, ApprovalDto, ApprovalQuery, ApprovalsDto};
use super::dto::problem::ProblemDto;
use super::extract::{Caller, IdInPath, JsonBody, Parameters};
use super::problem::Problem;
use super::state::AppState;
use super::workflows::{Answer, State};
use crate::ports::RequestContext;
use crate::ports::approvals::Answered;

/// Approvals that were asked for, newest first
#[utoipa::path(get, path = "/v1/approvals", tag = "approvals", params(ApprovalQuery),
    responses((status = 200, body = ApprovalsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn list(
    state: State,
    Caller(caller): Caller,
    Parameters(query): Parameters<ApprovalQuery>,
) -> Answer {
    let limit = cursor::limit(query.limit)?;
    // One more than asked for tells whether there is another page.
    let wanted = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
    let mut rows = state.desk()?.list(&caller, query.filter()?, wanted).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|row| cursor::behind("approvals", &row.id.to_string()));
    let items = rows.into_iter().map(ApprovalDto::from).collect();
    Ok(HttpResponse::Ok().json(ApprovalsDto { items, next_cursor }))
}

/// One approval with the query it is about
#[utoipa::path(get, path = "/v1/approvals/{id}", tag = "approvals",
    params(("id" = Uuid, Path, description = "The approval")),
    responses((status = 200, body = ApprovalDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn show(state: State, Caller(caller): Caller, IdInPath(id): IdInPath) -> Answer {
    Ok(HttpResponse::Ok().json(existing(&state, &caller, id).await?))
}

/// Approve or reject (admins)
///
/// The workflow then goes on by itself. Your own request you may approve only while you are the only
/// admin of your organisation.
#[utoipa::path(post, path = "/v1/approvals/{id}/decision", tag = "approvals", request_body = AnswerDto,
    params(("id" = Uuid, Path, description = "The approval")),
    responses((status = 200, body = ApprovalDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn decide(
    state: State,
    Caller(caller): Caller,
    IdInPath(id): IdInPath,
    body: JsonBody,
) -> Answer {
    let answer = body.parse::<AnswerDto>()?.checked()?;
    match state.desk()?.answer(&caller, id, answer).await? {
        Answered::Recorded => {}
        Answered::Missing => return Err(Problem::of(ErrorCode::NotFound)),
        Answered::Closed => return Err(Problem::of(ErrorCode::ApprovalClosed)),
        Answered::Forbidden => return Err(Problem::of(ErrorCode::ApproverForbidden)),
    }
    state.actors.wake(caller.tenant());
    Ok(HttpResponse::Ok().json(existing(&state, &caller, id).await?))
}

async fn existing(
    state: &AppState,
    caller: &RequestContext,
    id: Uuid,
) -> Result<ApprovalDto, Problem> {
    let found = state.desk()?.one(caller, id).await?;
    found.map(ApprovalDto::from).ok_or(Problem::of(ErrorCode::NotFound))
}
