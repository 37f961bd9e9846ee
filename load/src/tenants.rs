//! What many tenants cost a server: memory when idle, and a neighbour's patience when one floods it.
//!
//! Both run against the service as a process of its own. There is no warehouse behind it: a workflow
//! goes through queue, actors and steps and ends with its failure, which is what shares the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use autopilot::store::operators;
use autopilot_domain::person::DisplayName;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::error::LoadError;
use crate::figures::Figure;
use crate::timing::{median, now, percentile};
use crate::world::{Installation, Serving};

/// Calls are not what is measured: nobody is to meet their limit.
const PLENTY: [(&str, &str); 2] =
    [("AUTOPILOT_USER_CALLS_PER_MINUTE", "1000000"), ("AUTOPILOT_ORG_CALLS_PER_MINUTE", "1000000")];

/// Sixteen flooders each submit so often: 400 submissions a second, where the standard plan allows two.
const FLOOD_EVERY: Duration = Duration::from_millis(40);

fn question() -> Value {
    json!({"kind": "answer_question", "input": {"metric": "revenue", "period": "last_complete_week", "as_of": "1998-06-30"}})
}

/// Starts a workflow; its id, or nothing when it was refused.
async fn start(server: &Serving, key: &str) -> Result<Option<String>, LoadError> {
    let url = format!("{}/v1/workflows", server.base);
    let answer = server.http.post(url).bearer_auth(key).json(&question()).send().await?;
    let body: Value = answer.json().await?;
    Ok(body.get("id").and_then(Value::as_str).map(str::to_owned))
}

/// Waits for a workflow's end.
async fn end_of(server: &Serving, key: &str, id: &str) -> Result<(), LoadError> {
    let url = format!("{}/v1/workflows/{id}", server.base);
    for _ in 0..12_000 {
        let answer = server.http.get(&url).bearer_auth(key).send().await?;
        let body: Value = answer.json().await?;
        if body.get("finished_at").is_some_and(Value::is_string) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err(LoadError::Missing("a workflow's end after a minute"))
}

/// Memory that stays for each tenant that has worked and is idle again.
pub(crate) async fn idle(tenants: u32) -> Result<Vec<Figure>, LoadError> {
    let installation = Installation::start().await?;
    let measured = measure_idle(&installation, tenants).await;
    installation.stop().await;
    measured
}

async fn measure_idle(installation: &Installation, count: u32) -> Result<Vec<Figure>, LoadError> {
    let mut client = installation.migrator().await?;
    let name = DisplayName::parse("load").map_err(|_| LoadError::Missing("a name"))?;
    let (_, operator) = operators::add(&client, &name, 1).await?;
    let bar = ProgressBar::new(u64::from(count) * 3);
    let mut keys = Vec::new();
    for _ in 0..count * 2 {
        keys.push(installation.org(&mut client, "load").await?.api_key);
        bar.inc(1);
    }
    let settings: Vec<_> =
        PLENTY.into_iter().chain([("AUTOPILOT_PASSIVATE_AFTER_SECONDS", "1")]).collect();
    let server = installation.serve(&settings).await?;
    let middle = keys.len() / 2;
    let (warming, measured) = keys.split_at(middle);
    // The first half grows pools, caches and the allocator to their size.
    let mut resident = Vec::new();
    for half in [warming, measured] {
        for some in half.chunks(8) {
            let calls = some.iter().map(|key| async {
                let id = start(&server, key).await?.ok_or(LoadError::Missing("a workflow"))?;
                end_of(&server, key, &id).await
            });
            futures_util::future::try_join_all(calls).await?;
            bar.inc(1);
        }
        asleep(&server, &operator).await?;
        resident.push(server.resident_bytes()?);
    }
    bar.finish_and_clear();
    server.stop().await;
    let [before, after] = resident.as_slice() else {
        return Err(LoadError::Missing("a measurement"));
    };
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let bytes = after.saturating_sub(*before) as f64 / f64::from(count);
    Ok(vec![
        Figure::new("tenants", f64::from(count)),
        Figure::new("resident_before_mb", megabytes(*before)),
        Figure::new("resident_after_mb", megabytes(*after)),
        Figure::limited("idle_tenant_bytes", bytes),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Waits until no tenant has an actor.
async fn asleep(server: &Serving, operator: &str) -> Result<(), LoadError> {
    let url = format!("{}/v1/admin/actors?limit=100", server.base);
    let mut awake = Value::Null;
    for _ in 0..600 {
        let answer = server.http.get(&url).bearer_auth(operator).send().await?;
        let body: Value = answer.json().await?;
        let actors =
            body.get("actors").and_then(Value::as_array).ok_or(LoadError::Missing("the actors"))?;
        let path = |actor: &Value| {
            actor.get("path").and_then(Value::as_str).is_some_and(|path| path.contains("tenant:"))
        };
        if !actors.iter().any(path) {
            return Ok(());
        }
        awake = body;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    eprintln!("still awake: {awake}");
    Err(LoadError::Missing("sleep of all tenants after a minute"))
}

/// How much longer a tenant waits while another floods the server.
pub(crate) async fn flood(rounds: u32) -> Result<Vec<Figure>, LoadError> {
    let installation = Installation::start().await?;
    let measured = measure_flood(&installation, rounds).await;
    installation.stop().await;
    measured
}

async fn measure_flood(installation: &Installation, rounds: u32) -> Result<Vec<Figure>, LoadError> {
    let mut client = installation.migrator().await?;
    let flooding = installation.org(&mut client, "flooding").await?.api_key;
    let patient = installation.org(&mut client, "patient").await?;
    // Only the patient tenant may make more calls than the standard plan allows: it is measured often.
    let limits = format!(
        "INSERT INTO public.org_limits (tenant_id, user_calls, org_calls) VALUES ('{}', 1000000, 1000000)",
        patient.tenant
    );
    client.batch_execute(&limits).await?;
    let patient = patient.api_key;
    let server = Arc::new(installation.serve(&[]).await?);
    let bar = ProgressBar::new(u64::from(rounds) * 10);
    let mut ratios = Vec::new();
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    work(&server, &patient, 5).await?;
    let sent = Arc::new(AtomicU64::new(0));
    for _ in 0..5 {
        let alone = percentile(work(&server, &patient, rounds).await?, 95);
        bar.inc(u64::from(rounds));
        let stop = Arc::new(AtomicBool::new(false));
        let flood: Vec<_> =
            (0..16).map(|_| tokio::spawn(flooder(&server, &flooding, &stop, &sent))).collect();
        let beside = percentile(work(&server, &patient, rounds).await?, 95);
        stop.store(true, Ordering::Relaxed);
        for one in flood {
            one.await.map_err(|_| LoadError::Missing("a flooder"))?;
        }
        bar.inc(u64::from(rounds));
        ratios.push(beside / alone);
        quiet.push(alone);
        loud.push(beside);
    }
    bar.finish_and_clear();
    if let Ok(server) = Arc::try_unwrap(server) {
        server.stop().await;
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let sent = sent.load(Ordering::Relaxed) as f64;
    Ok(vec![
        Figure::new("calls_of_the_flood", sent),
        Figure::new("p95_alone_ms", median(quiet)),
        Figure::new("p95_beside_the_flood_ms", median(loud)),
        Figure::limited("flood_p95_ratio", median(ratios)),
    ])
}

/// Milliseconds of workflows from submission to end, one after another, within the user's own limit.
async fn work(server: &Serving, key: &str, rounds: u32) -> Result<Vec<f64>, LoadError> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let begun = now();
        let id = start(server, key).await?.ok_or(LoadError::Missing("a workflow"))?;
        end_of(server, key, &id).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

fn flooder(
    server: &Arc<Serving>,
    key: &str,
    stop: &Arc<AtomicBool>,
    sent: &Arc<AtomicU64>,
) -> impl Future<Output = ()> + Send + 'static {
    let (server, key) = (Arc::clone(server), key.to_owned());
    let (stop, sent) = (Arc::clone(stop), Arc::clone(sent));
    async move {
        let mut tick = tokio::time::interval(FLOOD_EVERY);
        while !stop.load(Ordering::Relaxed) {
            tick.tick().await;
            // Refusals are part of the flood.
            let _answered = start(&server, &key).await;
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }
}
