//! jobs.get, list, cancel and delete, and getQueryResults.
//!
//! An account sees its own jobs; the owner's account sees all. A job asked for in another location
//! than its own is not found there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::{self, Answer, Refused};
use super::jobs::{Job, State};
use super::pages::Slice;
use super::query;
use super::resource;
use super::world::{Need, Visit, World};
use crate::drills::Call;
use crate::wire::error::{ApiError, Reason};

type Parameters = Query<BTreeMap<String, String>>;
type JobPath = Path<(String, String)>;

fn find(
    world: &World,
    visit: &Visit,
    id: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<Arc<Job>, Refused> {
    world.note(visit, "job_id", json!(id));
    let project = world.project();
    let place = parameters.get("location").filter(|place| !place.is_empty());
    let job = world.jobs.get(id);
    let job = job.filter(|job| place.is_none_or(|place| place.eq_ignore_ascii_case(&job.location)));
    let job = job.ok_or_else(|| {
        let place = place.map(|place| format!("{place}.")).unwrap_or_default();
        ApiError::not_found(format!("Job {project}:{place}{id}"))
    })?;
    if !visit.account().is_owner() && job.email != visit.account().email {
        let sentence = format!(
            "Access Denied: Job {project}:{}.{id}: User does not have bigquery.jobs.get permission for job {project}:{}.{id}.",
            job.location, job.location
        );
        return Err(ApiError::new(Reason::AccessDenied, sentence).into());
    }
    Ok(job)
}

pub(crate) async fn get(
    world: Data<World>,
    request: HttpRequest,
    path: JobPath,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Read, Call::Jobs).await?;
        let job = find(&world, &visit, &path.1, &parameters)?;
        Ok(resource::job(&job, world.project()))
    };
    answer::respond(go.await)
}

pub(crate) async fn list(
    world: Data<World>,
    request: HttpRequest,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Read, Call::Jobs).await?;
        listed(&world, &visit, request.query_string(), &parameters)
    };
    answer::respond(go.await)
}

fn listed(
    world: &World,
    visit: &Visit,
    raw: &str,
    parameters: &BTreeMap<String, String>,
) -> Answer {
    let account = visit.account();
    let all_users =
        account.is_owner() && parameters.get("allUsers").is_some_and(|text| text == "true");
    let mine = |job: &Arc<Job>| all_users || job.email == account.email;
    // stateFilter may be repeated, which a map of parameters would lose.
    let states: Vec<String> = raw
        .split('&')
        .filter_map(|pair| pair.strip_prefix("stateFilter="))
        .map(str::to_ascii_lowercase)
        .collect();
    let state = |job: &Arc<Job>| match job.now() {
        State::Running => "running",
        State::Done(_) => "done",
    };
    let time = |name: &str| parameters.get(name).and_then(|text| text.parse::<i64>().ok());
    let (from, to) = (time("minCreationTime"), time("maxCreationTime"));
    let wanted = |job: &Arc<Job>| {
        mine(job)
            && (states.is_empty() || states.iter().any(|one| one == state(job)))
            && from.is_none_or(|from| job.created >= from)
            && to.is_none_or(|to| job.created <= to)
    };
    let all: Vec<_> = world.jobs.all().into_iter().filter(wanted).collect();
    let full = parameters.get("projection").is_some_and(|text| text.eq_ignore_ascii_case("full"));
    let (page, next) = Slice::of_url(parameters)?.of_list(all);
    let jobs: Vec<Value> =
        page.iter().map(|job| resource::listed(job, world.project(), full)).collect();
    let mut body = json!({"kind": "bigquery#jobList", "etag": "simulated", "jobs": jobs});
    if let (Some(next), Some(fields)) = (next, body.as_object_mut()) {
        fields.insert("nextPageToken".to_owned(), json!(next));
    }
    Ok(body)
}

pub(crate) async fn cancel(
    world: Data<World>,
    request: HttpRequest,
    path: JobPath,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Read, Call::Cancel).await?;
        let job = find(&world, &visit, &path.1, &parameters)?;
        job.cancel();
        // BigQuery answers before the job has ended; a moment's wait only makes the answer fresher.
        let _state = job.wait(Duration::from_secs(1)).await;
        Ok(
            json!({"kind": "bigquery#jobCancelResponse", "job": resource::cancelled(&job, world.project())}),
        )
    };
    answer::respond(go.await)
}

pub(crate) async fn delete(
    world: Data<World>,
    request: HttpRequest,
    path: JobPath,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Write, Call::Jobs).await?;
        let job = find(&world, &visit, &path.1, &parameters)?;
        if matches!(job.now(), State::Running) {
            return Err(ApiError::invalid("A job that is running cannot be deleted.").into());
        }
        world.jobs.delete(&job.id);
        Ok(json!({}))
    };
    answer::respond(go.await)
}

pub(crate) async fn results(
    world: Data<World>,
    request: HttpRequest,
    path: JobPath,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Read, Call::Results).await?;
        let job = find(&world, &visit, &path.1, &parameters)?;
        let slice = Slice::of_url(&parameters)?;
        let asked = parameters.get("timeoutMs").and_then(|text| text.parse().ok());
        let state = job.wait(query::patience(asked)).await;
        query::results(&world, &visit, &job, state, "bigquery#getQueryResultsResponse", slice)
    };
    answer::respond(go.await)
}
