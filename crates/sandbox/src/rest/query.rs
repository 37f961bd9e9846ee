//! jobs.insert and jobs.query: a job that runs, or a dry run.
//!
//! jobs.query owns its job until it answered: a caller that hangs up frees the engine. A request id
//! that comes again within a quarter of an hour gets the job it made the first time.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::{self, Answer, Refused};
use super::body::Body;
use super::clock;
use super::jobs::{Ended, Job, Owned, State};
use super::pages::{self, Slice};
use super::resource;
use super::spec::Spec;
use super::start;
use super::world::{LOCATION, Need, Visit, World};
use crate::drills::Call;
use crate::wire::error::ApiError;
use crate::wire::schema;

/// How long jobs.query and getQueryResults wait when the caller does not say, and at most.
const PATIENCE: u64 = 10_000;
const MOST: u64 = 200_000;
/// How long jobs.insert waits: BigQuery shows a small job as done at once.
const GLANCE: Duration = Duration::from_millis(250);
const QUERY: &str = "bigquery#queryResponse";

pub(crate) async fn insert(world: Data<World>, request: HttpRequest, body: Body) -> HttpResponse {
    answer::respond(inserted(&world, &request, &body).await)
}

async fn inserted(world: &World, request: &HttpRequest, body: &[u8]) -> Answer {
    let body = answer::body(body);
    let dry =
        body.as_ref().is_ok_and(|body| body.pointer("/configuration/dryRun") == Some(&json!(true)));
    let call = if dry { Call::DryRun } else { Call::Insert };
    let mut visit = world.enter(request, Need::Read, call).await?;
    let spec = Spec::of_insert(&body?, world.project())?;
    note(world, &visit, &spec);
    if spec.dry {
        let dry = start::dry(world, &mut visit, &spec).await?;
        return Ok(resource::dry_job(
            &dry,
            &spec,
            visit.account(),
            world.project(),
            clock::millis(),
        ));
    }
    let job = start::start(world, &mut visit, &spec).await?;
    let _state = job.wait(GLANCE).await;
    Ok(resource::job(&job, world.project()))
}

pub(crate) async fn query(world: Data<World>, request: HttpRequest, body: Body) -> HttpResponse {
    answer::respond(queried(&world, &request, &body).await)
}

async fn queried(world: &World, request: &HttpRequest, body: &[u8]) -> Answer {
    let body = answer::body(body);
    let dry = body.as_ref().is_ok_and(|body| body.get("dryRun") == Some(&json!(true)));
    let call = if dry { Call::DryRun } else { Call::Query };
    let mut visit = world.enter(request, Need::Read, call).await?;
    let body = body?;
    let spec = Spec::of_query(&body, world.project())?;
    note(world, &visit, &spec);
    let slice = Slice::of_body(&body)?;
    if spec.dry {
        let dry = start::dry(world, &mut visit, &spec).await?;
        return Ok(dry_response(&dry, &spec, world.project()));
    }
    let patience = patience(super::spec::int64(&body, "timeoutMs")?);
    let (job, owned) = once(world, &mut visit, &spec, &body).await?;
    let state = job.wait(patience).await;
    owned.into_iter().for_each(Owned::answered);
    results(world, &visit, &job, state, QUERY, slice)
}

/// Starts the job, or finds the one that the same request id made. Only who started it owns it.
async fn once(
    world: &World,
    visit: &mut Visit,
    spec: &Spec,
    body: &Value,
) -> Result<(Arc<Job>, Option<Owned>), Refused> {
    let request = body.get("requestId").and_then(Value::as_str).filter(|id| !id.is_empty());
    let slot = request.map(|id| world.jobs.slot(&visit.account().email, id));
    // Held while the job is made, so that two callers with one request id make one job.
    let mut held = match &slot {
        Some(slot) => Some(slot.lock().await),
        None => None,
    };
    // A job whose caller hung up was cancelled; asking again means to have it.
    let known = held.as_deref().and_then(Option::as_ref).filter(|job| !job.is_cancelled());
    if let Some(job) = known {
        return Ok((Arc::clone(job), None));
    }
    let job = start::start(world, visit, spec).await?;
    if let Some(held) = &mut held {
        **held = Some(Arc::clone(&job));
    }
    let owned = Owned::new(Arc::clone(&job));
    Ok((job, Some(owned)))
}

fn note(world: &World, visit: &Visit, spec: &Spec) {
    world.note(visit, "job_id", json!(spec.id));
    world.note(visit, "dry_run", json!(spec.dry));
    world.note(visit, "labels", json!(spec.labels));
    world.note(visit, "sql", json!(spec.sql));
}

/// How long to wait.
pub(crate) fn patience(asked: Option<u64>) -> Duration {
    Duration::from_millis(asked.unwrap_or(PATIENCE).min(MOST))
}

/// Rows, or that there are none yet.
pub(crate) fn results(
    world: &World,
    visit: &Visit,
    job: &Job,
    state: State,
    kind: &str,
    slice: Slice,
) -> Answer {
    let mut body = json!({
        "kind": kind, "jobReference": resource::reference(job, world.project()),
        "jobComplete": false,
    });
    if kind != QUERY {
        merge(&mut body, json!({"etag": "simulated"}));
    }
    if let State::Done(ended) = state {
        let Ended { at, result } = &*ended;
        let outcome = result.as_ref().map_err(|error: &ApiError| Refused::from(error.clone()))?;
        let processed = job.facts.bytes.processed.to_string();
        let mut fields = json!({
            "jobComplete": true, "cacheHit": false, "totalBytesProcessed": processed,
            "totalRows": outcome.rows.len().to_string(), "schema": schema::of_result(&outcome.columns),
        });
        if let (Some(fields), Some(rows)) = (fields.as_object_mut(), outcome.affected) {
            fields.insert("numDmlAffectedRows".to_owned(), json!(rows.to_string()));
        }
        pages::fill(&mut fields, outcome, slice, visit.is_partial());
        if kind == QUERY {
            merge(&mut fields, only_of_query(job, *at));
        }
        merge(&mut body, fields);
    }
    Ok(body)
}

/// What jobs.query says and getQueryResults does not.
fn only_of_query(job: &Job, ended: i64) -> Value {
    json!({
        "queryId": job.id, "jobCreationReason": {"code": "REQUESTED"}, "location": job.location,
        "totalBytesBilled": job.facts.bytes.billed.to_string(),
        "creationTime": job.created.to_string(), "startTime": job.created.to_string(),
        "endTime": ended.to_string(),
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

/// A dry run has a reference without a job id.
fn dry_response(dry: &start::Dry, spec: &Spec, project: &str) -> Value {
    let figures = resource::dry_figures(dry);
    let place = spec.location.as_deref().unwrap_or(LOCATION);
    let now = clock::millis().to_string();
    json!({
        "kind": QUERY,
        "jobReference": {"projectId": project, "location": place},
        "location": place,
        "schema": figures.get("schema"),
        "totalBytesProcessed": figures.get("totalBytesProcessed"),
        "totalBytesBilled": figures.get("totalBytesBilled"),
        "jobComplete": true, "cacheHit": false,
        "creationTime": now, "endTime": now,
    })
}
