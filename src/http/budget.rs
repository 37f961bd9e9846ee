//! What is left of the hour, and how far estimates were from bills.
//!
//! It is for people to look at: a query is held to the window itself, never to this answer.

use actix_web::HttpResponse;

use super::dto::budget::BudgetDto;
use super::dto::problem::ProblemDto;
use super::extract::Caller;
use super::workflows::{Answer, State};

/// What is left of the rolling hour
#[utoipa::path(get, path = "/v1/budget", tag = "queries",
    responses((status = 200, body = BudgetDto),
        (status = "4XX", body = ProblemDto, content_type = "application/problem+json", description = "Refused"),
        (status = "5XX", body = ProblemDto, content_type = "application/problem+json", description = "Failed")),
    security(("api_key" = []), ("session" = [])))]
pub(super) async fn show(state: State, Caller(caller): Caller) -> Answer {
    let hour = state.budgets()?.hour(&caller).await?;
    Ok(HttpResponse::Ok().json(BudgetDto::from(hour)))
}
