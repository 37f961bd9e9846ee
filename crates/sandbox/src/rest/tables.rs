//! One table: get, insert, delete, its rows, and rows streamed into it.
//!
//! tabledata.list reads for free and in storage order. insertAll takes every good row, or, unless
//! the caller allows it, none when one is bad.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::{self, Answer, Refused};
use super::body::Body;
use super::clock;
use super::datasets::dataset;
use super::definition;
use super::pages::{self, Slice};
use super::world::{Need, Visit, World};
use super::write::{self, Turn};
use crate::bigquery::session::Outcome;
use crate::bigquery::store::{Content, Table, TableDef};
use crate::bigquery::value::read;
use crate::drills::Call;
use crate::wire::error::{ApiError, Reason};
use crate::wire::streamed::{self, Bad};

type Parameters = Query<BTreeMap<String, String>>;
type TablePath = Path<(String, String, String)>;

async fn find(
    world: &World,
    visit: &mut Visit,
    dataset: &str,
    table: &str,
) -> Result<Arc<Table>, Refused> {
    let name = format!("{}:{dataset}.{table}", world.project());
    if !visit.account().sees(dataset) {
        return Err(ApiError::new(Reason::AccessDenied, format!("Access Denied: Table {name}: Permission bigquery.tables.get denied on table {name} (or it may not exist).")).into());
    }
    world.touch(visit, &[format!("{dataset}.{table}")]).await?;
    if world.warehouse.store.dataset(dataset).is_none() {
        return Err(ApiError::not_found(format!("Dataset {}:{dataset}", world.project())).into());
    }
    let found = world.warehouse.store.table(dataset, table);
    Ok(found.ok_or_else(|| ApiError::not_found(format!("Table {name}")))?)
}

pub(crate) async fn get(world: Data<World>, request: HttpRequest, path: TablePath) -> HttpResponse {
    let go = async {
        let mut visit = world.enter(&request, Need::Read, Call::Tables).await?;
        let table = find(&world, &mut visit, &path.1, &path.2).await?;
        Ok(definition::resource(&table, world.project(), &path.1))
    };
    answer::respond(go.await)
}

pub(crate) async fn insert(
    world: Data<World>,
    request: HttpRequest,
    path: Path<(String, String)>,
    body: Body,
) -> HttpResponse {
    let go = async {
        let visit = world.enter(&request, Need::Write, Call::Tables).await?;
        let found = dataset(&world, &visit, &path.1)?;
        let table = definition::read(&answer::body(&body)?)?;
        if found.table(&table.def.name).is_some() {
            return Err(ApiError::new(
                Reason::Duplicate,
                format!("Already Exists: Table {}:{}.{}", world.project(), path.1, table.def.name),
            )
            .into());
        }
        let shown = definition::resource(&table, world.project(), &path.1);
        world.warehouse.store.put(&path.1, table)?;
        Ok(shown)
    };
    answer::respond(go.await)
}

pub(crate) async fn delete(
    world: Data<World>,
    request: HttpRequest,
    path: TablePath,
) -> HttpResponse {
    let go = async {
        let mut visit = world.enter(&request, Need::Write, Call::Tables).await?;
        find(&world, &mut visit, &path.1, &path.2).await?;
        world.warehouse.store.drop_table(&path.1, &path.2)?;
        Ok(Value::Null)
    };
    answer::respond(go.await)
}

pub(crate) async fn data(
    world: Data<World>,
    request: HttpRequest,
    path: TablePath,
    parameters: Parameters,
) -> HttpResponse {
    let go = async {
        let mut visit = world.enter(&request, Need::Read, Call::Data).await?;
        let table = find(&world, &mut visit, &path.1, &path.2).await?;
        rows(&table, &visit, &parameters)
    };
    answer::respond(go.await)
}

fn rows(table: &Table, visit: &Visit, parameters: &BTreeMap<String, String>) -> Answer {
    if let Content::View(_) = table.content {
        return Err(ApiError::invalid("Cannot list a table of type VIEW.").into());
    }
    let selected: Option<Vec<&str>> = parameters
        .get("selectedFields")
        .filter(|text| !text.is_empty())
        .map(|text| text.split(',').map(str::trim).collect());
    let keep = |name: &str| {
        selected.as_ref().is_none_or(|names| names.iter().any(|one| one.eq_ignore_ascii_case(name)))
    };
    let places: Vec<usize> = (0..table.def.columns.len())
        .filter(|at| table.def.columns.get(*at).is_some_and(|column| keep(&column.name)))
        .collect();
    let mut outcome = Outcome {
        columns: places.iter().filter_map(|at| table.def.columns.get(*at).cloned()).collect(),
        ..Outcome::default()
    };
    for batch in table.chunks().iter().flat_map(|chunk| &chunk.batches) {
        for row in 0..batch.num_rows() {
            let cells = places.iter().zip(&outcome.columns);
            outcome
                .rows
                .push(cells.map(|(at, column)| read(batch.column(*at), row, &column.of)).collect());
        }
    }
    let mut body = json!({"kind": "bigquery#tableDataList", "etag": "simulated", "totalRows": outcome.rows.len().to_string()});
    pages::fill(&mut body, &outcome, Slice::of_url(parameters)?, visit.is_partial());
    Ok(body)
}

pub(crate) async fn insert_all(
    world: Data<World>,
    request: HttpRequest,
    path: TablePath,
    body: Body,
) -> HttpResponse {
    let go = async {
        let mut visit = world.enter(&request, Need::Stream, Call::InsertAll).await?;
        let body = answer::body(&body)?;
        find(&world, &mut visit, &path.1, &path.2).await?;
        let mut turn = world.streams.turn().await;
        let name = instance(&world, &path.1, &path.2, &body)?;
        let table = find(&world, &mut visit, &path.1, &name).await?;
        streamed_into(&world, &mut turn, &path.1, &table, &body)
    };
    answer::respond(go.await)
}

/// The table that rows go to: with a suffix it is made in the image of the one that was named.
fn instance(world: &World, dataset: &str, table: &str, body: &Value) -> Result<String, ApiError> {
    let suffix = body.get("templateSuffix").and_then(Value::as_str).unwrap_or_default();
    let name = format!("{table}{suffix}");
    let store = &world.warehouse.store;
    if let (None, Some(template)) = (store.table(dataset, &name), store.table(dataset, table)) {
        if suffix.chars().any(|letter| !letter.is_alphanumeric() && letter != '_') {
            return Err(ApiError::invalid(format!("Invalid value for templateSuffix: {suffix}")));
        }
        let now = clock::millis();
        let def =
            TableDef { name: name.clone(), created: now, modified: now, ..template.def.clone() };
        store.put(dataset, Table::empty(def))?;
    }
    Ok(name)
}

fn streamed_into(
    world: &World,
    turn: &mut Turn,
    dataset: &str,
    table: &Table,
    body: &Value,
) -> Answer {
    if let Content::View(_) = table.content {
        return Err(ApiError::invalid("Cannot add rows to a table of type VIEW.").into());
    }
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let given = body.get("rows").and_then(Value::as_array).filter(|rows| !rows.is_empty());
    let given = given.ok_or_else(|| ApiError::invalid("No rows present in the request."))?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (index, row) in given.iter().enumerate() {
        let json = row.get("json").unwrap_or(&Value::Null);
        match streamed::row(json, &table.def.columns, flag("ignoreUnknownValues")) {
            Ok(values) => good.push((index, values)),
            Err(error) => bad.push(failed(index, "invalid", &error)),
        }
    }
    if !bad.is_empty() && !flag("skipInvalidRows") {
        let stopped = Bad { location: String::new(), message: String::new() };
        bad.extend(good.drain(..).map(|(index, _)| failed(index, "stopped", &stopped)));
    }
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (index, values) in good {
        let id = given.get(index).and_then(|row| row.get("insertId")).and_then(Value::as_str);
        let id = id.filter(|id| !id.is_empty()).map(|id| {
            (dataset.to_owned(), table.def.name.clone(), table.def.created, id.to_owned())
        });
        // A row that came a moment ago is taken for the same one and acknowledged again.
        if id.as_ref().is_some_and(|id| ids.contains(id) || turn.knows(id)) {
            continue;
        }
        ids.extend(id);
        rows.push(values);
    }
    if !rows.is_empty() {
        write::append(&world.warehouse, dataset, table, &rows)?;
    }
    turn.took(ids);
    let mut answer = json!({"kind": "bigquery#tableDataInsertAllResponse"});
    if let (false, Some(fields)) = (bad.is_empty(), answer.as_object_mut()) {
        fields.insert("insertErrors".to_owned(), json!(bad));
    }
    Ok(answer)
}

fn failed(index: usize, reason: &str, bad: &Bad) -> Value {
    json!({"index": index, "errors": [{"reason": reason, "location": bad.location, "debugInfo": "", "message": bad.message}]})
}
