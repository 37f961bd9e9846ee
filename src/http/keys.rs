//! API keys of the caller, and for admins of their organisation.
//!
//! Nobody can make a key that may do more than the credential it is made with.

use actix_web::HttpResponse;
use autopilot_domain::codes::ErrorCode;

use super::dto::identity::{KeyDto, KeyMadeDto, KeysDto, NewKeyDto};
use super::dto::problem::ProblemDto;
use super::extract::{Caller, IdInPath, JsonBody};
use super::problem::Problem;
use super::workflows::{Answer, State};
use crate::ports::accounts::KeyMade;

/// Your keys (admins: those of the organisation)
#[utoipa::path(get, path = "/v1/keys", tag = "identity",
    responses((status = 200, body = KeysDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn list(state: State, Caller(caller): Caller) -> Answer {
    let keys = state.people()?.accounts.keys(&caller).await?;
    Ok(HttpResponse::Ok().json(KeysDto { keys: keys.into_iter().map(KeyDto::from).collect() }))
}

/// Make a key for yourself
///
/// The key is in this one answer and nowhere else. It may do no more than the key or session it is
/// made with, and no more than your role allows at any later time.
#[utoipa::path(post, path = "/v1/keys", tag = "identity", request_body = NewKeyDto,
    responses((status = 201, body = KeyMadeDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn create(state: State, Caller(caller): Caller, body: JsonBody) -> Answer {
    let wish = body.parse::<NewKeyDto>()?.checked()?;
    if wish.scopes.iter().any(|scope| scope.role() > caller.role()) {
        let detail = "A key may do no more than the key or session it is made with.";
        return Err(Problem::with(ErrorCode::RoleForbidden, detail));
    }
    match state.people()?.accounts.create_key(&caller, wish).await? {
        KeyMade::Made(id, key) => Ok(HttpResponse::Created().json(KeyMadeDto { id, key })),
        KeyMade::Past => Err(Problem::input("expires_at: a time in the future is expected.")),
        KeyMade::Full => {
            Err(Problem::with(ErrorCode::TooMany, "A user may have 50 keys in force."))
        }
    }
}

/// Revoke a key
///
/// It is refused from the next request on, on every server.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "identity",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "It is revoked"),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn revoke(state: State, Caller(caller): Caller, IdInPath(id): IdInPath) -> Answer {
    if !state.people()?.accounts.revoke_key(&caller, id).await? {
        return Err(Problem::of(ErrorCode::NotFound));
    }
    Ok(HttpResponse::NoContent().finish())
}
