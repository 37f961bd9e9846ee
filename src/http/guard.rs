//! What every route of the table passes before and after its handler.
//!
//! In this order: a place among the requests in flight, the memory of who was refused just now, the
//! key and the role, the rate limits, the handler under a deadline. A panic, a timeout and every error
//! become a problem document with the request's id here, so that no handler can answer a failure in
//! another form; the connection lives on.

use std::panic::AssertUnwindSafe;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use autopilot_domain::codes::ErrorCode;
use futures_util::FutureExt;
use futures_util::future::join;
use tokio::sync::SemaphorePermit;

use super::auth;
use super::problem::Problem;
use super::rate_limit;
use super::request_id::RequestId;
use super::route_table::RouteSpec;
use super::state::AppState;

/// Runs one request through its route.
pub(super) async fn admit(
    spec: &'static RouteSpec,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let http = request.request().clone();
    let id = RequestId::of(&http);
    let response = match answer(spec, &http, request, next).await {
        Ok(response) => match response.response().error().map(Problem::from_framework) {
            Some(problem) => response.into_response(problem.render(id)),
            None => response,
        },
        Err(problem) => ServiceResponse::new(http, problem.render(id)),
    };
    Ok(response)
}

async fn answer(
    spec: &'static RouteSpec,
    http: &HttpRequest,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Problem> {
    let state = state_of(http)?;
    let _place = place(spec, &state)?;
    rate_limit::still_refused(spec, http, &state)?;
    let work = async {
        auth::authorize(spec.access, http, &state).await?;
        let counting = rate_limit::count(spec, http, &state);
        let (counted, answered) = if spec.only_reads {
            // Reading waits for nobody; of a caller who is refused, what was read is dropped.
            let (counted, answered) = join(counting, next.call(request)).await;
            (counted?, answered)
        } else {
            (counting.await?, next.call(request).await)
        };
        let mut response = answered.map_err(|error| Problem::from_framework(&error))?;
        rate_limit::show(&counted, response.headers_mut());
        Ok(response)
    };
    match tokio::time::timeout(state.limits.request_deadline, AssertUnwindSafe(work).catch_unwind())
        .await
    {
        Ok(Ok(answered)) => answered,
        Ok(Err(_panic)) => {
            // The payload may hold anything; the panic hook has already written it to the log.
            tracing::error!("a handler panicked");
            Err(Problem::of(ErrorCode::Internal))
        }
        Err(_elapsed) => Err(Problem::with(
            ErrorCode::DependencyDown,
            "The request was not answered within its deadline.",
        )),
    }
}

fn state_of(http: &HttpRequest) -> Result<web::Data<AppState>, Problem> {
    http.app_data::<web::Data<AppState>>().cloned().ok_or(Problem::of(ErrorCode::Internal))
}

/// Probes are always let in: a full server is alive, and killing it would not help.
fn place<'a>(
    spec: &RouteSpec,
    state: &'a AppState,
) -> Result<Option<SemaphorePermit<'a>>, Problem> {
    if spec.probe {
        return Ok(None);
    }
    let place = state.in_flight.try_acquire().map_err(|_| Problem::of(ErrorCode::Overloaded))?;
    Ok(Some(place))
}
