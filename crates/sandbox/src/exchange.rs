//! The calls: BigQuery's paths, the token endpoint, and the admin address for tests.
//!
//! Every BigQuery call needs a token issued here and is logged; the admin calls need the secret that
//! only whoever started the simulator knows.

#![expect(clippy::result_large_err, reason = "a refusal is a whole answer")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use crate::drills::{Call, Drill, Drills, Order};
use crate::engine::Engine;
use crate::jobs::{Jobs, State, Wanted, statistics};
use crate::key::Tokens;
use crate::wire::error::{ApiError, Reason};
use crate::wire::rows;

/// Everything a call may reach.
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) tokens: Tokens,
    pub(crate) drills: Drills,
    pub(crate) log: Mutex<Vec<Value>>,
    pub(crate) admin_secret: String,
}

type Shared = web::Data<World>;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/token", web::post().to(token))
        .route("/admin/requests", web::get().to(requests))
        .route("/admin/drills", web::post().to(drill))
        .route("/admin/latency", web::post().to(latency))
        .service(
            web::scope("/bigquery/v2/projects/{project}")
                .route("/jobs", web::post().to(insert))
                .route("/jobs/{job}", web::get().to(get_job))
                .route("/jobs/{job}/cancel", web::post().to(cancel))
                .route("/queries/{job}", web::get().to(results))
                .route("/datasets/{dataset}/tables", web::get().to(list_tables))
                .route("/datasets/{dataset}/tables/{table}", web::get().to(get_table)),
        )
        .default_service(web::to(unknown));
}

async fn unknown() -> HttpResponse {
    refuse(&ApiError::unsupported("This call"))
}

fn refuse(error: &ApiError) -> HttpResponse {
    let status =
        StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(error.body())
}

fn answer(result: Result<Value, ApiError>) -> HttpResponse {
    match result {
        Ok(value) => HttpResponse::Ok().json(value),
        Err(error) => refuse(&error),
    }
}

/// What a drill makes of a call.
fn met(drill: Drill) -> Option<HttpResponse> {
    let google = |reason, sentence: &str| Some(refuse(&ApiError::new(reason, sentence)));
    match drill {
        Drill::Timeout => None,
        Drill::QuotaExceeded => google(Reason::QuotaExceeded, "Quota exceeded (drill)"),
        Drill::PermissionDenied => google(Reason::AccessDenied, "Access Denied (drill)"),
        Drill::TransientError => google(Reason::BackendError, "Backend error (drill)"),
        Drill::TransientNetwork => Some(
            HttpResponse::BadGateway()
                .content_type("text/html")
                .body("<html><body>502 Bad Gateway</body></html>"),
        ),
        Drill::MalformedResponse => Some(
            HttpResponse::Ok()
                .content_type("application/json")
                .body("{\"kind\": \"bigquery#job\", \"status\": {"),
        ),
    }
}

/// Checks the token, writes the call down, and lets it meet the drill that waits for it; answers a
/// drill that is no answer by itself.
fn enter(
    world: &World,
    request: &HttpRequest,
    note: Value,
    call: Option<Call>,
) -> Result<Option<Drill>, HttpResponse> {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !world.tokens.accepts(token) {
        return Err(refuse(&ApiError::new(
            Reason::AuthError,
            "Request had invalid authentication credentials.",
        )));
    }
    if request.match_info().get("project") != Some(world.engine.project.as_str()) {
        let project = request.match_info().get("project").unwrap_or_default();
        return Err(refuse(&ApiError::new(
            Reason::AccessDenied,
            format!("Access Denied: Project {project}: User does not have permission"),
        )));
    }
    let mut entry = json!({"method": request.method().as_str(), "path": request.path()});
    if let (Some(fields), Value::Object(note)) = (entry.as_object_mut(), note) {
        fields.extend(note);
    }
    world.log.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    let drill = call.and_then(|call| world.drills.meet(call));
    drill.and_then(met).map_or(Ok(drill), Err)
}

async fn token(world: Shared, form: web::Form<BTreeMap<String, String>>) -> HttpResponse {
    let assertion = form.get("assertion").map(String::as_str).unwrap_or_default();
    match world.tokens.issue(assertion) {
        Some(token) => HttpResponse::Ok().json(json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})),
        None => HttpResponse::BadRequest().json(json!({"error": "invalid_grant", "error_description": "The assertion is not signed by the simulator's key."})),
    }
}

async fn insert(world: Shared, request: HttpRequest, body: web::Json<Value>) -> HttpResponse {
    let dry = body.pointer("/configuration/dryRun").and_then(Value::as_bool).unwrap_or(false);
    let id = body.pointer("/jobReference/jobId").and_then(Value::as_str).map(str::to_owned);
    let note =
        json!({"job_id": id, "dry_run": dry, "labels": body.pointer("/configuration/labels")});
    let call = if dry { Call::DryRun } else { Call::Insert };
    let drill = match enter(&world, &request, note, Some(call)) {
        Ok(drill) => drill,
        Err(refused) => return refused,
    };
    let hang = drill == Some(Drill::Timeout);
    answer(insert_job(&world, &body, dry, id, hang).await)
}

async fn insert_job(
    world: &World,
    body: &Value,
    dry: bool,
    id: Option<String>,
    hang: bool,
) -> Result<Value, ApiError> {
    let query = |name: &str| body.pointer(&format!("/configuration/query/{name}"));
    if query("useLegacySql").and_then(Value::as_bool) != Some(false) {
        return Err(ApiError::unsupported("Legacy SQL"));
    }
    let sql = query("query")
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::new(Reason::Invalid, "Required parameter is missing: query"))?;
    let engine = &world.engine;
    if let Some(known) = id.as_deref().filter(|id| !dry && world.jobs.get(id).is_some()) {
        return Err(ApiError::new(
            Reason::Duplicate,
            format!("Already Exists: Job {}:US.{known}", engine.project),
        ));
    }
    let planned = engine.plan(sql).await?;
    if dry {
        let schema = rows::schema(&planned.schema)?;
        return Ok(json!({
            "kind": "bigquery#job",
            "configuration": {"jobType": "QUERY", "dryRun": true},
            "jobReference": {"projectId": engine.project, "location": "US"},
            "status": {"state": "DONE"},
            "statistics": statistics(engine, planned.processed, planned.billed, planned.table.as_deref(), &schema),
        }));
    }
    let limit =
        match query("maximumBytesBilled").and_then(Value::as_str) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                ApiError::new(Reason::Invalid, "Invalid value for maximumBytesBilled")
            })?),
        };
    let wanted = Wanted {
        id: id.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string()),
        labels: body.pointer("/configuration/labels").cloned().unwrap_or_else(|| json!({})),
        limit,
        hang,
        latency: world.drills.latency(),
    };
    let job = world.jobs.start(engine, wanted, planned)?;
    Ok(job.resource(engine))
}

fn no_job(id: &str) -> ApiError {
    ApiError::new(Reason::NotFound, format!("Not found: Job {id}"))
}

async fn get_job(
    world: Shared,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    if let Err(refused) = enter(&world, &request, json!({}), None) {
        return refused;
    }
    let job = world.jobs.get(&path.1).ok_or_else(|| no_job(&path.1));
    answer(job.map(|job| job.resource(&world.engine)))
}

async fn cancel(
    world: Shared,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    if let Err(refused) = enter(&world, &request, json!({}), None) {
        return refused;
    }
    let Some(job) = world.jobs.get(&path.1) else { return refuse(&no_job(&path.1)) };
    job.cancel();
    let _ended = job.wait(Duration::from_secs(1)).await;
    HttpResponse::Ok()
        .json(json!({"kind": "bigquery#jobCancelResponse", "job": job.resource(&world.engine)}))
}

async fn results(
    world: Shared,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: web::Query<BTreeMap<String, String>>,
) -> HttpResponse {
    if let Err(refused) = enter(&world, &request, json!({}), Some(Call::Results)) {
        return refused;
    }
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let Some(job) = world.jobs.get(&path.1) else { return refuse(&no_job(&path.1)) };
    let state =
        job.wait(Duration::from_millis(number("timeoutMs").unwrap_or(10_000).min(200_000))).await;
    let reference = json!({"projectId": world.engine.project, "jobId": job.id, "location": "US"});
    match state {
        State::Running => HttpResponse::Ok().json(json!({"kind": "bigquery#getQueryResultsResponse", "jobReference": reference, "jobComplete": false})),
        State::Failed(error) => refuse(&error),
        State::Done(all) => {
            let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let from = number("pageToken").or_else(|| number("startIndex")).map_or(0, size);
            let take = number("maxResults").map_or(usize::MAX, size);
            let page: Vec<&Value> = all.iter().skip(from).take(take).collect();
            let next = from.saturating_add(page.len());
            let mut body = json!({
                "kind": "bigquery#getQueryResultsResponse", "jobReference": reference, "jobComplete": true,
                "schema": job.schema, "totalRows": all.len().to_string(), "rows": page,
                "totalBytesProcessed": job.processed.to_string(), "cacheHit": false,
            });
            if let (true, Some(fields)) = (next < all.len(), body.as_object_mut()) {
                fields.insert("pageToken".to_owned(), json!(next.to_string()));
            }
            HttpResponse::Ok().json(body)
        }
    }
}

async fn list_tables(
    world: Shared,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    if let Err(refused) = enter(&world, &request, json!({}), Some(Call::Tables)) {
        return refused;
    }
    let engine = &world.engine;
    if path.0 != engine.project || path.1 != engine.dataset {
        return refuse(&ApiError::new(
            Reason::NotFound,
            format!("Not found: Dataset {}:{}", path.0, path.1),
        ));
    }
    let entry = |table: &String| {
        json!({"kind": "bigquery#table", "id": format!("{}:{}.{table}", engine.project, engine.dataset),
        "tableReference": {"projectId": engine.project, "datasetId": engine.dataset, "tableId": table}, "type": "TABLE"})
    };
    let tables: Vec<Value> = engine.tables.keys().map(entry).collect();
    HttpResponse::Ok().json(json!({"kind": "bigquery#tableList", "etag": "simulated", "totalItems": tables.len(), "tables": tables}))
}

async fn get_table(
    world: Shared,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
) -> HttpResponse {
    if let Err(refused) = enter(&world, &request, json!({}), Some(Call::Tables)) {
        return refused;
    }
    let engine = &world.engine;
    let (project, dataset, table) = path.into_inner();
    let found = engine
        .tables
        .get(&table)
        .filter(|_| project == engine.project && dataset == engine.dataset);
    let missing =
        || ApiError::new(Reason::NotFound, format!("Not found: Table {project}:{dataset}.{table}"));
    answer(found.ok_or_else(missing).and_then(|facts| {
        Ok(json!({
            "kind": "bigquery#table", "type": "TABLE", "location": "US",
            "tableReference": {"projectId": project, "datasetId": dataset, "tableId": table},
            "schema": rows::schema(&facts.rows.schema())?,
            "numRows": facts.rows.num_rows().to_string(), "numBytes": facts.bytes().to_string(),
        }))
    }))
}

fn admitted(world: &World, request: &HttpRequest) -> bool {
    let header = request.headers().get("x-admin-secret").and_then(|value| value.to_str().ok());
    header == Some(world.admin_secret.as_str())
}

async fn requests(world: Shared, request: HttpRequest) -> HttpResponse {
    if !admitted(&world, &request) {
        return HttpResponse::Forbidden().finish();
    }
    let log = world.log.lock().unwrap_or_else(PoisonError::into_inner).clone();
    HttpResponse::Ok().json(json!({"requests": log, "executions": world.jobs.executions(), "drill_hits": world.drills.hits()}))
}

async fn drill(world: Shared, request: HttpRequest, order: web::Json<Order>) -> HttpResponse {
    if !admitted(&world, &request) {
        return HttpResponse::Forbidden().finish();
    }
    world.drills.set(order.into_inner());
    HttpResponse::NoContent().finish()
}

async fn latency(
    world: Shared,
    request: HttpRequest,
    body: web::Json<BTreeMap<String, u64>>,
) -> HttpResponse {
    if !admitted(&world, &request) {
        return HttpResponse::Forbidden().finish();
    }
    world.drills.set_latency(Duration::from_millis(body.get("ms").copied().unwrap_or(0)));
    HttpResponse::NoContent().finish()
}
