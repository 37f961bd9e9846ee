//! Data set and table calls.
//!
//! An account sees only what it was granted; a foreign data set is refused like one that may not
//! exist, so that nobody learns from the refusal.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::body::Body;
use super::clock;
use super::definition;
use super::pages::Slice;
use super::spec::labels;
use super::world::{LOCATION, Need, Visit, World};
use crate::bigquery::store::Dataset;
use crate::drills::Call;
use crate::wire::error::{ApiError, Reason};

type Parameters = Query<BTreeMap<String, String>>;

/// A data set that the caller may see.
pub(crate) fn dataset(world: &World, visit: &Visit, name: &str) -> Result<Dataset, ApiError> {
    let full = format!("{}:{name}", world.project());
    if !visit.account().sees(name) {
        return Err(ApiError::new(
            Reason::AccessDenied,
            format!(
                "Access Denied: Dataset {full}: Permission bigquery.datasets.get denied on dataset {full} (or it may not exist)."
            ),
        ));
    }
    world
        .warehouse
        .store
        .dataset(name)
        .ok_or_else(|| ApiError::not_found(format!("Dataset {full}")))
}

fn shown(world: &World, name: &str, dataset: &Dataset) -> Value {
    let project = world.project();
    let created = dataset.created.to_string();
    let mut body = json!({
        "kind": "bigquery#dataset", "etag": "simulated", "id": format!("{project}:{name}"),
        "selfLink": format!("https://simulated.invalid/bigquery/v2/projects/{project}/datasets/{name}"),
        "datasetReference": {"datasetId": name, "projectId": project}, "access": [],
        "creationTime": created, "lastModifiedTime": created, "location": LOCATION,
        "type": "DEFAULT", "maxTimeTravelHours": "168",
    });
    let Some(fields) = body.as_object_mut() else { return body };
    if let Some(text) = &dataset.description {
        fields.insert("description".to_owned(), json!(text));
    }
    if !dataset.labels.is_empty() {
        fields.insert("labels".to_owned(), json!(dataset.labels));
    }
    body
}

pub(crate) async fn list(
    world: Data<World>,
    request: HttpRequest,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Read, Call::Datasets).await?;
        let mut names = world.warehouse.store.datasets();
        names.retain(|name| visit.account().sees(name));
        let (page, next) = Slice::of_url(&parameters)?.of_list(names);
        let one = |name: &String| json!({"kind": "bigquery#dataset", "id": format!("{}:{name}", world.project()), "datasetReference": {"datasetId": name, "projectId": world.project()}, "location": LOCATION, "type": "DEFAULT"});
        let mut body = json!({"kind": "bigquery#datasetList", "etag": "simulated"});
        if let Some(fields) = body.as_object_mut() {
            // BigQuery leaves the list out when it is empty.
            if !page.is_empty() {
                fields.insert("datasets".to_owned(), page.iter().map(one).collect());
            }
            if let Some(next) = next {
                fields.insert("nextPageToken".to_owned(), json!(next));
            }
        }
        Ok(body)
    };
    answer::respond(go.await)
}

pub(crate) async fn get(
    world: Data<World>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Read, Call::Datasets).await?;
        Ok(shown(&world, &path.1, &dataset(&world, &visit, &path.1)?))
    };
    answer::respond(go.await)
}

pub(crate) async fn insert(world: Data<World>, request: HttpRequest, body: Body) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Write, Call::Datasets).await?;
        let body = answer::body(&body)?;
        let name =
            body.pointer("/datasetReference/datasetId").and_then(Value::as_str).unwrap_or_default();
        let fits = !name.is_empty()
            && name.len() <= 1024
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !fits {
            return Err(ApiError::invalid(format!("Invalid dataset ID \"{name}\". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 characters long.")).into());
        }
        if !visit.account().sees(name) {
            return Err(ApiError::new(
                Reason::AccessDenied,
                format!("Access Denied: Dataset {}:{name}", world.project()),
            )
            .into());
        }
        let mut made = Dataset::at(clock::millis());
        made.description = body.get("description").and_then(Value::as_str).map(str::to_owned);
        made.labels = labels(body.get("labels"))?;
        let answer = shown(&world, name, &made);
        world.warehouse.store.create_dataset(name, made)?;
        Ok(answer)
    };
    answer::respond(go.await)
}

pub(crate) async fn delete(
    world: Data<World>,
    request: HttpRequest,
    path: Path<(String, String)>,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Write, Call::Datasets).await?;
        dataset(&world, &visit, &path.1)?;
        let cascade =
            parameters.get("deleteContents").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        world.warehouse.store.drop_dataset(&path.1, cascade)?;
        Ok(Value::Null)
    };
    answer::respond(go.await)
}

pub(crate) async fn tables(
    world: Data<World>,
    request: HttpRequest,
    path: Path<(String, String)>,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Read, Call::Tables).await?;
        listed(&world, &visit, &path.1, &parameters)
    };
    answer::respond(go.await)
}

fn listed(
    world: &World,
    visit: &Visit,
    name: &str,
    parameters: &BTreeMap<String, String>,
) -> Answer {
    let found = dataset(world, visit, name)?;
    let all: Vec<Value> =
        found.tables().map(|table| definition::listed(table, world.project(), name)).collect();
    let total = all.len();
    let (page, next) = Slice::of_url(parameters)?.of_list(all);
    let mut body = json!({"kind": "bigquery#tableList", "etag": "simulated", "totalItems": total, "tables": page});
    if let (Some(next), Some(fields)) = (next, body.as_object_mut()) {
        fields.insert("nextPageToken".to_owned(), json!(next));
    }
    Ok(body)
}
