//! The caller, and the actors that work for their organisation.
//!
//! An admin sees their own organisation's subtree only; the whole board is an operator's matter and
//! has no address here.

use actix_web::HttpResponse;

use super::dto::meta::{ActorsDto, MeDto};
use super::dto::problem::ProblemDto;
use super::extract::Caller;
use super::workflows::{Answer, State};

/// The holder of the key
#[utoipa::path(get, path = "/v1/me", tag = "organisation",
    responses((status = 200, body = MeDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = [])))]
pub(super) async fn me(Caller(caller): Caller) -> HttpResponse {
    HttpResponse::Ok().json(MeDto::of(&caller))
}

/// Actors that work for the organisation on this server (admins)
#[utoipa::path(get, path = "/v1/admin/actors", tag = "organisation",
    responses((status = 200, body = ActorsDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = [])))]
pub(super) async fn actors(state: State, Caller(caller): Caller) -> Answer {
    Ok(HttpResponse::Ok().json(ActorsDto { actors: state.actors.board(Some(caller.tenant())) }))
}
