//! A workflow's events as they happen, over a WebSocket.
//!
//! The handshake is answered only to a caller who may read the workflow, from a page of ours or from
//! a program. What follows is in `feed` (which events) and `pump` (the connection's life).

mod feed;
mod pump;

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use autopilot_domain::codes::ErrorCode;
use tracing::Instrument;

use super::dto::events::{EventDto, StreamQuery};
use super::dto::problem::ProblemDto;
use super::extract::{Caller, Parameters, RunInPath};
use super::origin;
use super::problem::Problem;
use super::workflows::{Answer, State, existing};

/// Largest frame a client may send, in bytes; it has nothing to say but pings and pongs.
const LARGEST_FRAME: usize = 1024;

/// Follow a workflow's events (WebSocket)
///
/// Sends one JSON text frame for each event behind `after` and ends with a close frame when the
/// workflow has ended: 1000 ended, 1001 come back and resume (the server is going down, or the stream
/// is old), 1008 the client sent something, 1011 a fault inside, 1013 the store does not answer.
#[utoipa::path(get, path = "/v1/workflows/{id}/stream", tag = "workflows",
    params(("id" = Uuid, Path, description = "The workflow"), StreamQuery),
    responses((status = 101, description = "The stream is open; every frame is an Event", body = EventDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn open(
    state: State,
    Caller(caller): Caller,
    RunInPath(run): RunInPath,
    Parameters(query): Parameters<StreamQuery>,
    request: HttpRequest,
    body: web::Payload,
) -> Answer {
    origin::check(&request, &state.limits.allowed_origins)?;
    let after = query.after.unwrap_or(0);
    if after < 0 {
        return Err(Problem::input("after: a position of 0 or more is expected."));
    }
    let view = existing(&state, &caller, run).await?;
    let place = Arc::clone(&state.streams).try_acquire_owned();
    let place = place.map_err(|_| Problem::of(ErrorCode::Overloaded))?;
    let feed = feed::Feed::resume(state, caller, &view, after).await?;
    let (response, session, incoming) = actix_ws::handle(&request, body)
        .map_err(|_| Problem::input("This address takes a WebSocket handshake (version 13)."))?;
    let incoming = incoming.max_frame_size(LARGEST_FRAME);
    let life = async move {
        pump::run(feed, session, incoming).await;
        drop(place);
    };
    actix_web::rt::spawn(life.instrument(tracing::Span::current()));
    Ok(response)
}
