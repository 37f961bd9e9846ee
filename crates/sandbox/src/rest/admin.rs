//! What only whoever started the simulator may do: read the log, order failures, fill tables, admit
//! accounts. It never answers a caller without the secret.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer;
use super::body::Body;
use super::world::World;
use crate::bigquery::session::Request;
use crate::drills::{Rule, Schedule};
use crate::key::{Account, service_account};
use crate::wire::error::ApiError;

/// The token endpoint.
pub(crate) async fn token(
    world: Data<World>,
    form: Form<BTreeMap<String, String>>,
) -> HttpResponse {
    let assertion = form.get("assertion").map(String::as_str).unwrap_or_default();
    match world.tokens.issue(assertion) {
        Some(token) => HttpResponse::Ok().json(json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})),
        None => HttpResponse::BadRequest().json(json!({"error": "invalid_grant", "error_description": "The assertion is not signed by the simulator's key."})),
    }
}

pub(crate) async fn requests(world: Data<World>, request: HttpRequest) -> HttpResponse {
    if let Err(refused) = world.admits(&request) {
        return *refused;
    }
    let (calls, forgotten) = world.log.all();
    HttpResponse::Ok().json(json!({
        "requests": calls, "forgotten": forgotten,
        "executions": world.jobs.executions(), "drill_hits": world.drills.totals(),
    }))
}

fn wrong(why: impl std::fmt::Display) -> HttpResponse {
    answer::refuse(&ApiError::invalid(why.to_string()))
}

/// One rule, or a schedule with `drill` and `mock` lists.
pub(crate) async fn set_drills(
    world: Data<World>,
    request: HttpRequest,
    body: Body,
) -> HttpResponse {
    if let Err(refused) = world.admits(&request) {
        return *refused;
    }
    match schedule(&body).and_then(|schedule| world.drills.add(schedule)) {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(trouble) => wrong(trouble),
    }
}

/// One drill, named by the text in `drill`, or lists of drills and made-up answers.
fn schedule(body: &[u8]) -> Result<Schedule, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    if body.get("drill").is_some_and(Value::is_string) {
        let rule = serde_json::from_value::<Rule>(body).map_err(|error| error.to_string())?;
        return Ok(Schedule { drills: vec![rule], mocks: Vec::new() });
    }
    let schedule = serde_json::from_value::<Schedule>(body).map_err(|error| error.to_string())?;
    if schedule.drills.is_empty() && schedule.mocks.is_empty() {
        return Err("a schedule holds at least one drill or mock".to_owned());
    }
    Ok(schedule)
}

pub(crate) async fn drills(world: Data<World>, request: HttpRequest) -> HttpResponse {
    world
        .admits(&request)
        .map_or_else(|refused| *refused, |()| HttpResponse::Ok().json(world.drills.report()))
}

pub(crate) async fn clear_drills(world: Data<World>, request: HttpRequest) -> HttpResponse {
    if let Err(refused) = world.admits(&request) {
        return *refused;
    }
    world.drills.clear();
    HttpResponse::NoContent().finish()
}

pub(crate) async fn latency(world: Data<World>, request: HttpRequest, body: Body) -> HttpResponse {
    if let Err(refused) = world.admits(&request) {
        return *refused;
    }
    match answer::body(&body) {
        Ok(body) => {
            let ms = body.get("ms").and_then(Value::as_u64).unwrap_or(0);
            world.drills.set_latency(Duration::from_millis(ms));
            HttpResponse::NoContent().finish()
        }
        Err(error) => answer::refuse(&error),
    }
}

/// Makes an account and answers its key.
pub(crate) async fn accounts(world: Data<World>, request: HttpRequest, body: Body) -> HttpResponse {
    if let Err(refused) = world.admits(&request) {
        return *refused;
    }
    let account: Account = match serde_json::from_slice(&body) {
        Ok(account) => account,
        Err(error) => return wrong(error),
    };
    let email = account.email.clone();
    if !world.tokens.admit(account) {
        return wrong("the e-mail is empty or the owner's");
    }
    HttpResponse::Ok().json(service_account(world.project(), &email, world.tokens.audience()))
}

/// Runs statements with all rights.
pub(crate) async fn sql(world: Data<World>, request: HttpRequest, body: Body) -> HttpResponse {
    if let Err(refused) = world.admits(&request) {
        return *refused;
    }
    let go = async {
        let body = answer::body(&body)?;
        let sql = body.get("sql").and_then(Value::as_str).unwrap_or_default().to_owned();
        let dataset = body.get("dataset").and_then(Value::as_str).map(str::to_owned);
        let asked = Request { sql, default_dataset: dataset, ..Request::default() };
        let _turn = world.streams.turn().await;
        let prepared = world.warehouse.prepare(asked).await?;
        let outcome = world.warehouse.run(prepared).await?;
        Ok(json!({"rows": outcome.rows.len(), "affected": outcome.affected}))
    };
    answer::respond(go.await)
}
