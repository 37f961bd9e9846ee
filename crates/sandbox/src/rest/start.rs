//! From a job's configuration to a running job, or to the answer of a dry run.
//!
//! Decides in BigQuery's order: the text, the caller's rights, the location, the byte limit, then the
//! run. A refusal before the run leaves no job behind, but for the byte limit, which BigQuery bills
//! as a failed job.

use std::sync::Arc;

use super::Prepared;
use super::answer::Refused;
use super::jobs::{Job, State, duplicate};
use super::spec::Spec;
use super::world::{LOCATION, Visit, World, scopes};
use crate::bigquery::session::{Facts, Outcome, Warehouse};
use crate::drills::{Drill, Mock};
use crate::key::Account;
use crate::wire::error::{ApiError, Reason};

/// What a dry run found out.
pub(crate) struct Dry {
    pub(crate) facts: Option<Facts>,
    pub(crate) mock: Option<Mock>,
}

/// A dry run.
pub(crate) async fn dry(world: &World, visit: &mut Visit, spec: &Spec) -> Result<Dry, Refused> {
    let prepared = prepare(world, visit, spec).await;
    let email = visit.account().email.clone();
    match prepared {
        Ok(prepared) => {
            let tables = names(&prepared.facts);
            let mock = world.drills.mock(&spec.sql, &email, Some(&tables));
            Ok(Dry { facts: Some(prepared.facts), mock })
        }
        Err(refused) => match world.drills.mock(&spec.sql, &email, None) {
            Some(mock) => Ok(Dry { facts: None, mock: Some(mock) }),
            None => Err(refused),
        },
    }
}

/// Starts the job.
pub(crate) async fn start(
    world: &World,
    visit: &mut Visit,
    spec: &Spec,
) -> Result<Arc<Job>, Refused> {
    if let Some(id) = spec.id.as_deref().filter(|id| world.jobs.get(id).is_some()) {
        return Err(duplicate(world.project(), LOCATION, id).into());
    }
    let prepared = prepare(world, visit, spec).await?;
    let facts = prepared.facts.clone();
    let writes = facts.statement_type != "SELECT" || spec.destination.is_some();
    if writes && !visit.bearer.may_write() {
        return Err(scopes().into());
    }
    if let Some(destination) = &spec.destination {
        see(visit.account(), world.project(), &destination.dataset, &destination.table)?;
    }
    let over = limit(spec, &facts);
    let place = spec.location.as_deref().unwrap_or(LOCATION);
    let (job, end) =
        world.jobs.take(spec, &visit.account().email, place, facts, world.project())?;
    world.note(visit, "job_id", job.id.clone().into());
    if let Some(error) = over {
        let ended = super::jobs::Ended { at: super::clock::millis(), result: Err(error.clone()) };
        end.send_replace(State::Done(Arc::new(ended)));
        return Err(error.into());
    }
    world.jobs.count(&job.id);
    let hang = visit.hit == Some(Drill::Timeout);
    let latency = world.drills.latency();
    let (warehouse, spec) = (Arc::clone(&world.warehouse), spec.clone());
    let streams = world.streams.clone();
    let timeout = spec.timeout;
    let work = async move {
        if hang {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(latency).await;
        // Reading and putting back a table is one step, whoever does it.
        let _turn = if writes { Some(streams.turn().await) } else { None };
        execute(&warehouse, prepared, &spec).await
    };
    tokio::spawn(Arc::clone(&job).drive(work, timeout, end));
    Ok(job)
}

async fn execute(
    warehouse: &Arc<Warehouse>,
    prepared: Prepared,
    spec: &Spec,
) -> Result<Outcome, ApiError> {
    if let Some(destination) = &spec.destination {
        destination.check(warehouse)?;
    }
    let outcome = warehouse.run(prepared).await?;
    if let Some(destination) = &spec.destination {
        destination.keep(warehouse, &outcome)?;
    }
    Ok(outcome)
}

async fn prepare(world: &World, visit: &mut Visit, spec: &Spec) -> Result<Prepared, Refused> {
    let prepared = world.warehouse.prepare(spec.request(visit.account())).await?;
    let facts = &prepared.facts;
    world.note(visit, "statement_type", facts.statement_type.into());
    for table in &facts.referenced {
        see(visit.account(), world.project(), &table.dataset, &table.table)?;
    }
    locate(world, spec, facts)?;
    world.touch(visit, &names(facts)).await?;
    Ok(prepared)
}

/// The data of this project lies in one location; a query elsewhere does not find it.
fn locate(world: &World, spec: &Spec, facts: &Facts) -> Result<(), ApiError> {
    let elsewhere = spec.location.as_deref().filter(|place| !place.eq_ignore_ascii_case(LOCATION));
    match (elsewhere, facts.referenced.first()) {
        (Some(place), Some(table)) => Err(ApiError::not_found(format!(
            "Dataset {}:{} was not found in location {place}",
            world.project(),
            table.dataset
        ))),
        (Some(_) | None, _) => Ok(()),
    }
}

/// The recorded refusal of a table in a data set that the caller may not see.
fn see(account: &Account, project: &str, dataset: &str, table: &str) -> Result<(), ApiError> {
    if account.sees(dataset) {
        return Ok(());
    }
    let name = format!("{project}:{dataset}.{table}");
    Err(ApiError::new(
        Reason::AccessDenied,
        format!(
            "Access Denied: Table {name}: User does not have permission to query table {name}, or perhaps it does not exist."
        ),
    ))
}

fn limit(spec: &Spec, facts: &Facts) -> Option<ApiError> {
    let limit = spec.limit.filter(|limit| facts.bytes.billed > *limit)?;
    let sentence = format!(
        "Query exceeded limit for bytes billed: {limit}. {} or higher required.",
        facts.bytes.billed
    );
    Some(ApiError::new(Reason::BytesBilledLimitExceeded, sentence))
}

/// `data_set.table` of each table a statement touches.
fn names(facts: &Facts) -> Vec<String> {
    facts.referenced.iter().map(|table| format!("{}.{}", table.dataset, table.table)).collect()
}
