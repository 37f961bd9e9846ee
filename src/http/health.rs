//! Probes: whether the process lives, and whether it can serve.
//!
//! Liveness asks nothing of anyone, so that a broken database never gets a healthy process killed.
//! Readiness asks every part, under a deadline. Both are answered without a key.

use actix_web::HttpResponse;

use super::dto::meta::{HealthDto, ReadyDto};
use super::state::{AppState, PartStatus};
use super::workflows::State;

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "probes", responses((status = 200, body = HealthDto)))]
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(HealthDto { status: "ok" })
}

/// Whether the server can serve, with each part it needs
#[utoipa::path(get, path = "/readyz", tag = "probes",
    responses((status = 200, body = ReadyDto), (status = 503, body = ReadyDto, description = "A part does not work")))]
pub(super) async fn ready(state: State) -> HttpResponse {
    let parts = parts(&state).await;
    let ready = parts.iter().all(|part| part.ok);
    let mut response = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(ReadyDto { ready, parts: parts.into_iter().map(Into::into).collect() })
}

async fn parts(state: &AppState) -> Vec<PartStatus> {
    let checked = tokio::time::timeout(state.limits.ready_deadline, state.readiness.check()).await;
    let mut parts =
        checked.unwrap_or_else(|_| vec![part("parts", false, "They did not answer in time.")]);
    if state.actors.draining() {
        parts.push(part("server", false, "It is shutting down."));
    }
    parts
}

fn part(name: &str, ok: bool, note: &str) -> PartStatus {
    PartStatus { name: name.to_owned(), ok, note: note.to_owned() }
}
