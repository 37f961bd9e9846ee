//! The catalog, and people's decisions about which columns may be used.
//!
//! A decision is recorded under the name of the admin who sent it; nothing here looks at a warehouse.

use actix_web::HttpResponse;

use super::dto::catalog::{CatalogDto, DecidedDto, DecisionsDto};
use super::dto::problem::ProblemDto;
use super::extract::{Caller, JsonBody};
use super::workflows::{Answer, State};

/// Tables and columns that queries may name
#[utoipa::path(get, path = "/v1/catalog", tag = "catalog",
    responses((status = 200, body = CatalogDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn show(state: State, Caller(caller): Caller) -> Answer {
    Ok(HttpResponse::Ok().json(CatalogDto::of(&state.requests.catalog(&caller).await?)))
}

/// Record decisions about columns (admins)
#[utoipa::path(post, path = "/v1/catalog/column-decisions", tag = "catalog", request_body = DecisionsDto,
    responses((status = 200, body = DecidedDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn decide(state: State, Caller(caller): Caller, body: JsonBody) -> Answer {
    let decisions = body.parse::<DecisionsDto>()?.checked()?;
    let unknown = state.requests.decide_columns(&caller, &decisions).await?;
    Ok(HttpResponse::Ok().json(DecidedDto::of(decisions.len(), &unknown)))
}
