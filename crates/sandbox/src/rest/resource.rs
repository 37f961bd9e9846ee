//! A job as jobs.get, jobs.list and a dry run show it.
//!
//! int64 fields are text. Decides nothing; every figure comes from the engine or the job.

use serde_json::{Map, Value, json};

use super::jobs::{Job, State};
use super::spec::Spec;
use super::start::Dry;
use super::world::LOCATION;
use crate::bigquery::session::Facts;
use crate::key::Account;
use crate::wire::{parameters, schema};

/// A job's reference.
pub(crate) fn reference(job: &Job, project: &str) -> Value {
    json!({"projectId": project, "jobId": job.id, "location": job.location})
}

/// The whole resource.
pub(crate) fn job(job: &Job, project: &str) -> Value {
    let (state, ended, error, affected) = match job.now() {
        State::Running => ("RUNNING", None, None, None),
        State::Done(ended) => match &ended.result {
            Ok(outcome) => ("DONE", Some(ended.at), None, outcome.affected),
            Err(error) => ("DONE", Some(ended.at), Some(error.clone()), None),
        },
    };
    let mut status = json!({"state": state});
    if let (Some(error), Some(fields)) = (&error, status.as_object_mut()) {
        fields.insert("errorResult".to_owned(), error.proto());
        fields.insert("errors".to_owned(), json!([error.proto()]));
    }
    let billed = if error.is_some() { 0 } else { job.facts.bytes.billed };
    let mut statistics = Map::new();
    statistics.insert("creationTime".to_owned(), json!(job.created.to_string()));
    statistics.insert("startTime".to_owned(), json!(job.created.to_string()));
    if let Some(at) = ended {
        statistics.insert("endTime".to_owned(), json!(at.to_string()));
    }
    let processed = job.facts.bytes.processed;
    statistics.insert("totalBytesProcessed".to_owned(), json!(processed.to_string()));
    statistics.insert("query".to_owned(), query(&job.facts, billed, affected));
    json!({
        "kind": "bigquery#job",
        "etag": "simulated",
        "id": format!("{project}:{}.{}", job.location, job.id),
        "selfLink": format!("https://simulated.invalid/bigquery/v2/projects/{project}/jobs/{}?location={}", job.id, job.location),
        "user_email": job.email,
        "principal_subject": format!("serviceAccount:{}", job.email),
        "jobReference": reference(job, project),
        "jobCreationReason": {"code": "REQUESTED"},
        "configuration": job.shown,
        "status": status,
        "statistics": statistics,
    })
}

/// The form of jobs.cancel, which does not say whose job it is.
pub(crate) fn cancelled(one: &Job, project: &str) -> Value {
    let mut body = job(one, project);
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| !["user_email", "principal_subject"].contains(&name.as_str()));
    }
    body
}

/// The short form of jobs.list.
pub(crate) fn listed(one: &Job, project: &str, full: bool) -> Value {
    let mut listed = job(one, project);
    let state = listed.pointer("/status/state").cloned();
    let error = listed.pointer("/status/errorResult").cloned();
    if let Some(fields) = listed.as_object_mut() {
        if !full {
            fields.retain(|name, _| {
                ["kind", "id", "jobReference", "statistics", "status"].contains(&name.as_str())
            });
        }
        fields.insert("state".to_owned(), state.unwrap_or_default());
        if let Some(error) = error {
            fields.insert("errorResult".to_owned(), error);
        }
    }
    listed
}

/// `statistics.query` of a job.
fn query(facts: &Facts, billed: u64, affected: Option<u64>) -> Value {
    let mut out = figures(facts);
    out.insert("totalBytesBilled".to_owned(), json!(billed.to_string()));
    if let Some(rows) = affected {
        out.insert("numDmlAffectedRows".to_owned(), json!(rows.to_string()));
        let name = match facts.statement_type {
            "INSERT" => Some("insertedRowCount"),
            "UPDATE" => Some("updatedRowCount"),
            "DELETE" | "TRUNCATE_TABLE" => Some("deletedRowCount"),
            _ => None,
        };
        if let Some(name) = name {
            out.insert("dmlStats".to_owned(), json!({name: rows.to_string()}));
        }
    }
    Value::Object(out)
}

/// What is known before a run.
fn figures(facts: &Facts) -> Map<String, Value> {
    let mut out = Map::new();
    let tables: Vec<Value> = facts
        .referenced
        .iter()
        .map(
            |one| json!({"projectId": one.project, "datasetId": one.dataset, "tableId": one.table}),
        )
        .collect();
    out.insert("statementType".to_owned(), json!(facts.statement_type));
    out.insert("totalBytesProcessed".to_owned(), json!(facts.bytes.processed.to_string()));
    out.insert("totalBytesBilled".to_owned(), json!(facts.bytes.billed.to_string()));
    out.insert("cacheHit".to_owned(), json!(false));
    // BigQuery leaves the list out when it is empty.
    if !tables.is_empty() {
        out.insert("referencedTables".to_owned(), json!(tables));
    }
    if !facts.undeclared.is_empty() {
        let undeclared: Vec<Value> = facts
            .undeclared
            .iter()
            .map(|(name, of)| json!({"name": name, "parameterType": parameters::shape(of)}))
            .collect();
        out.insert("undeclaredQueryParameters".to_owned(), json!(undeclared));
    }
    out
}

/// What only a dry run says: the schema, and how far its bytes can be trusted.
fn foreseen(facts: &Facts) -> Map<String, Value> {
    let mut out = figures(facts);
    let accuracy = if facts.bytes.upper_bound { "UPPER_BOUND" } else { "PRECISE" };
    out.insert("totalBytesProcessedAccuracy".to_owned(), json!(accuracy));
    out.insert("schema".to_owned(), schema::of_result(&facts.columns));
    out
}

/// `statistics.query` of a dry run: the engine's figures, with the made-up ones over them.
pub(crate) fn dry_figures(dry: &Dry) -> Map<String, Value> {
    let mut out = dry.facts.as_ref().map(foreseen).unwrap_or_default();
    let Some(mock) = &dry.mock else { return out };
    let mut put = |name: &str, value: Option<Value>, default: Value| match value {
        Some(value) => {
            out.insert(name.to_owned(), value);
        }
        None => {
            out.entry(name).or_insert(default);
        }
    };
    let processed = mock.total_bytes_processed;
    let billed = mock.total_bytes_billed.or(processed);
    put("totalBytesProcessed", processed.map(|n| json!(n.to_string())), json!("0"));
    put("totalBytesBilled", billed.map(|n| json!(n.to_string())), json!("0"));
    put("totalBytesProcessedAccuracy", mock.accuracy.clone().map(Value::from), json!("PRECISE"));
    put("statementType", mock.statement_type.clone().map(Value::from), json!("SELECT"));
    put(
        "schema",
        mock.schema.clone().map(|fields| json!({"fields": fields})),
        json!({"fields": []}),
    );
    put("cacheHit", None, json!(false));
    out
}

/// A dry run as jobs.insert answers it.
pub(crate) fn dry_job(dry: &Dry, spec: &Spec, account: &Account, project: &str, now: i64) -> Value {
    let query = dry_figures(dry);
    let place = spec.location.as_deref().unwrap_or(LOCATION);
    json!({
        "kind": "bigquery#job",
        "etag": "simulated",
        "id": format!("{project}:{place}."),
        "selfLink": format!("https://simulated.invalid/bigquery/v2/projects/{project}/jobs/?location={place}"),
        "user_email": account.email,
        "principal_subject": format!("serviceAccount:{}", account.email),
        "jobReference": {"projectId": project, "location": place},
        "configuration": spec.shown,
        "status": {"state": "DONE"},
        "statistics": {
            "creationTime": now.to_string(),
            "endTime": now.to_string(),
            "totalBytesProcessed": query.get("totalBytesProcessed"),
            "query": query,
        },
    })
}
