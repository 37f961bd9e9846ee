//! What a tenant's read costs beside one SELECT over the same pool, and how soon a server is ready.
//!
//! Both routes live in one server with the same middleware, pool, threads and clients, and are asked
//! in turns. The public one is this program's; the product has no route that does so little.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, HttpServer, web};
use async_trait::async_trait;
use autopilot::http::{self, ActorView, AppState, Limits, PartStatus, Readiness};
use autopilot::ports::Rates;
use autopilot::ports::boards::NodeBoard;
use autopilot::store::rate_limit::RedisRateLimiter;
use autopilot::store::{KeyStore, RequestStore, TenantDb, io, redis_pool};
use autopilot_domain::ids::TenantId;
use deadpool_postgres::Pool;
use indicatif::ProgressBar;

use crate::error::LoadError;
use crate::figures::Figure;
use crate::timing::{median, now};
use crate::world::{Installation, PREFIX};

/// Actors that show nothing and are woken by nobody.
struct Still;

#[async_trait]
impl ActorView for Still {
    fn wake(&self, _: TenantId) {}
    async fn boards(&self) -> (Vec<NodeBoard>, bool) {
        (Vec::new(), true)
    }
    fn draining(&self) -> bool {
        false
    }
}

#[async_trait]
impl Readiness for Still {
    async fn check(&self) -> Vec<PartStatus> {
        Vec::new()
    }
}

/// Measures the two routes, then starts.
pub(crate) async fn run(rounds: u32) -> Result<Vec<Figure>, LoadError> {
    let installation = Installation::start().await?;
    let measured = measure(&installation, rounds).await;
    installation.stop().await;
    measured
}

async fn measure(installation: &Installation, rounds: u32) -> Result<Vec<Figure>, LoadError> {
    let org = installation.org(&mut installation.migrator().await?, "load").await?;
    let mut figures = ratio(installation, &org.api_key, rounds).await?;
    let mut starts = Vec::new();
    for _ in 0..5 {
        let begun = now();
        let serving = installation.serve(&[]).await?;
        starts.push(begun.elapsed().as_secs_f64());
        serving.stop().await;
    }
    figures.push(Figure::limited("start_to_ready_s", median(starts)));
    Ok(figures)
}

async fn ratio(
    installation: &Installation,
    key: &str,
    rounds: u32,
) -> Result<Vec<Figure>, LoadError> {
    let handle = tokio::runtime::Handle::current();
    let pool = io::pool(&installation.app_url, 16, &handle)?;
    let db = TenantDb::new(pool.clone(), PREFIX);
    let redis = redis_pool::open(&installation.redis_url, &handle)?;
    // Counted as always; nobody's window is ever full.
    let plenty = Rates { user: 1_000_000, org_interactive: 1_000_000 };
    let limiter = RedisRateLimiter::new(redis, PREFIX, Arc::new(plenty));
    let state = AppState::new(
        Arc::new(RequestStore::new(db.clone(), 50)),
        Arc::new(KeyStore::new(db)),
        Arc::new(Still),
        Arc::new(Still),
        Limits::default(),
    );
    let state = web::Data::new(state.rate_limited(Arc::new(limiter)));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|_| LoadError::Missing("a port"))?;
    let address = listener.local_addr().map_err(|_| LoadError::Missing("a port"))?;
    let shared = web::Data::new(pool);
    let server = HttpServer::new(move || {
        http::app(state.clone())
            .app_data(shared.clone())
            .route("/bench/select", web::get().to(select))
    });
    let server = server.workers(2).listen(listener).map_err(|_| LoadError::Missing("a port"))?;
    let server = server.disable_signals().run();
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let figures = ask(&format!("http://{address}"), key, rounds).await;
    handle.stop(false).await;
    serving.abort();
    figures
}

async fn select(pool: web::Data<Pool>) -> HttpResponse {
    let Ok(client) = pool.get().await else { return HttpResponse::ServiceUnavailable().finish() };
    let Ok(statement) = client.prepare_cached("SELECT 1").await else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    match client.query_one(&statement, &[]).await {
        Ok(_) => HttpResponse::Ok().json(serde_json::json!({"workflows": []})),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Medians of both, one call after another and eight at once.
async fn ask(base: &str, key: &str, rounds: u32) -> Result<Vec<Figure>, LoadError> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let bar = ProgressBar::new(u64::from(rounds) * 2);
    let mut figures = Vec::new();
    for (at_once, name) in [(1_u32, "get_over_select"), (8, "get_over_select_8_at_once")] {
        let (mut public, mut tenant) = (Vec::new(), Vec::new());
        for round in 0..rounds / at_once {
            for (path, times) in [("/bench/select", &mut public), ("/v1/workflows", &mut tenant)] {
                let calls = (0..at_once).map(|_| call(&http, base, path, key));
                let took = futures_util::future::try_join_all(calls).await?;
                // The first rounds open connections and prepare statements.
                if round >= 10 {
                    times.extend(took);
                }
            }
            bar.inc(u64::from(at_once));
        }
        let (public, tenant) = (median(public), median(tenant));
        figures.push(Figure::new(&format!("{name}: public_us"), public));
        figures.push(Figure::new(&format!("{name}: tenant_us"), tenant));
        figures.push(Figure::limited(name, tenant / public));
    }
    bar.finish_and_clear();
    Ok(figures)
}

/// Microseconds of one call.
async fn call(http: &reqwest::Client, base: &str, path: &str, key: &str) -> Result<f64, LoadError> {
    let begun = now();
    let answer = http.get(format!("{base}{path}")).bearer_auth(key).send().await?;
    let answer = answer.error_for_status()?;
    answer.bytes().await?;
    Ok(begun.elapsed().as_secs_f64() * 1e6)
}
