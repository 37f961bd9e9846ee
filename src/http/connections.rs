//! Connections to warehouses: read by everybody of the organisation, changed by its admins.
//!
//! A key is taken in and shown to nobody. Whether a real warehouse may be asked anything is decided
//! behind the service, never here.

use actix_web::HttpResponse;
use autopilot_domain::codes::ErrorCode;
use uuid::Uuid;

use super::dto::connections::{ConnectionDto, ConnectionsDto, NewConnectionDto, RotateDto};
use super::dto::problem::ProblemDto;
use super::extract::{Caller, IdInPath, JsonBody};
use super::problem::Problem;
use super::state::AppState;
use super::workflows::{Answer, State};
use crate::ports::RequestContext;
use crate::services::connections::Trouble;

fn problem(trouble: Trouble) -> Problem {
    match trouble {
        Trouble::Missing => Problem::of(ErrorCode::NotFound),
        Trouble::Conflict => Problem::of(ErrorCode::ConnectionConflict),
        Trouble::Failed(failure) => Problem::with(failure.code, failure.safe_message),
        Trouble::Store(error) => error.into(),
    }
}

async fn existing(
    state: &AppState,
    caller: &RequestContext,
    id: Uuid,
) -> Result<ConnectionDto, Problem> {
    let found = state.connections()?.list(caller).await?.into_iter().find(|view| view.id == id);
    found.map(ConnectionDto::from).ok_or(Problem::of(ErrorCode::NotFound))
}

/// Connections, newest first
#[utoipa::path(get, path = "/v1/connections", tag = "connections",
    responses((status = 200, body = ConnectionsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn list(state: State, Caller(caller): Caller) -> Answer {
    let items = state.connections()?.list(&caller).await?;
    Ok(HttpResponse::Ok()
        .json(ConnectionsDto { items: items.into_iter().map(Into::into).collect() }))
}

/// One connection
#[utoipa::path(get, path = "/v1/connections/{id}", tag = "connections",
    params(("id" = Uuid, Path, description = "The connection")),
    responses((status = 200, body = ConnectionDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn show(state: State, Caller(caller): Caller, IdInPath(id): IdInPath) -> Answer {
    Ok(HttpResponse::Ok().json(existing(&state, &caller, id).await?))
}

/// Make a connection to BigQuery (admins)
///
/// The key is sealed and never shown again. Nothing is tried yet; test it next.
#[utoipa::path(post, path = "/v1/connections", tag = "connections", request_body = NewConnectionDto,
    responses((status = 201, body = ConnectionDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn create(state: State, Caller(caller): Caller, body: JsonBody) -> Answer {
    let desk = state.connections()?;
    let (what, key) = body.parse::<NewConnectionDto>()?.checked(desk.recorder.as_deref())?;
    let id = desk.create(&caller, what, key).await.map_err(problem)?;
    Ok(HttpResponse::Created().json(existing(&state, &caller, id).await?))
}

/// Test a connection (admins)
///
/// By free metadata calls. One that works becomes the organisation's active connection.
#[utoipa::path(post, path = "/v1/connections/{id}/test", tag = "connections",
    params(("id" = Uuid, Path, description = "The connection")),
    responses((status = 200, body = ConnectionDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused, with what the warehouse or the hard gate said"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn test(state: State, Caller(caller): Caller, IdInPath(id): IdInPath) -> Answer {
    state.connections()?.test(&caller, id).await.map_err(problem)?;
    state.actors.wake(caller.tenant());
    Ok(HttpResponse::Ok().json(existing(&state, &caller, id).await?))
}

/// Replace a connection's key (admins)
///
/// The new key is tried first; the present one stays unless it works. Queries under way go on.
#[utoipa::path(post, path = "/v1/connections/{id}/rotate", tag = "connections", request_body = RotateDto,
    params(("id" = Uuid, Path, description = "The connection")),
    responses((status = 200, body = ConnectionDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused; the present key stays"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed; the present key stays")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn rotate(
    state: State,
    Caller(caller): Caller,
    IdInPath(id): IdInPath,
    body: JsonBody,
) -> Answer {
    let desk = state.connections()?;
    let key = body.parse::<RotateDto>()?.checked(desk.recorder.as_deref())?;
    desk.rotate(&caller, id, key).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(existing(&state, &caller, id).await?))
}

/// Disconnect (admins)
///
/// No new query runs on it, and its key is deleted. It cannot be undone.
#[utoipa::path(delete, path = "/v1/connections/{id}", tag = "connections",
    params(("id" = Uuid, Path, description = "The connection")),
    responses((status = 200, body = ConnectionDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn disconnect(
    state: State,
    Caller(caller): Caller,
    IdInPath(id): IdInPath,
) -> Answer {
    state.connections()?.disconnect(&caller, id).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(existing(&state, &caller, id).await?))
}
