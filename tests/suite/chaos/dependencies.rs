//! Redis that forgot everything, PostgreSQL that restarts: the run still ends, with the right figure.
//!
//! An empty Redis closes spending until the window has been rebuilt from the receipts; it never looks
//! like a full budget.

use autopilot::bootstrap;
use autopilot_launcher::{Options, Services, Silent};
use secrecy::ExposeSecret as _;

use super::world::{Sandbox, World, answered, expected, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_redis_closes_spending_until_the_window_is_rebuilt() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let server = world.spawn("only", "").await;
    server.learn().await;
    let client = redis::Client::open(world.redis_url.as_str()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let keys = ["at", "bytes", "loaded"]
        .map(|part| format!("autopilot:{{ap:{}}}:budget:{part}", world.tenant));
    let removed: u64 = redis::cmd("DEL").arg(&keys).query_async(&mut redis).await.unwrap();
    assert!(removed > 0, "the window was loaded before");
    let run = server.ask().await.unwrap();
    let ended = server.end_of(&run).await;
    assert_eq!(answered(&ended), expected());
    let query = super::world::step(&ended, "run_query");
    assert_eq!(query["attempt"], 2, "one refusal, then the rebuilt window: {query}");
    let refused = format!(
        "SELECT error_code FROM {}.event WHERE kind = 'security_gate_decision' AND error_code IS NOT NULL",
        world.tenant.schema_name()
    );
    let rows = world.superuser().await.query(&refused, &[]).await.unwrap();
    let codes: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(codes, ["SPENDING_CLOSED"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgresql_in_the_middle_of_a_run_is_survived() {
    let sandbox = Sandbox::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut services = own_services(folder.path()).await;
    let world = world_over(&sandbox, &services).await;
    let server = world.spawn("only", "").await;
    server.learn().await;
    sandbox.latency(2_000).await;
    let run = server.ask().await.unwrap();
    until("the query runs", async || (!sandbox.executions().await.is_empty()).then_some(())).await;
    let restart = move || {
        services.postgres.restart().unwrap();
        services
    };
    let _services = tokio::task::spawn_blocking(restart).await.unwrap();
    let ended = server.end_of(&run).await;
    assert_eq!(answered(&ended), expected());
    let receipts = server.receipts(&run).await;
    let open = receipts.iter().filter(|receipt| receipt["state"] == "reserved").count();
    let settled = receipts.iter().filter(|receipt| receipt["state"] == "settled").count();
    assert_eq!((open, settled), (0, 1), "{receipts:?}");
    assert!(sandbox.executions().await.values().all(|times| *times == 1));
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_closes_spending_and_reading_goes_on_until_it_is_back_empty() {
    let sandbox = Sandbox::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut services = own_services(folder.path()).await;
    let world = world_over(&sandbox, &services).await;
    let server = world.spawn("only", "").await;
    server.learn().await;
    // Slow enough that the run meets the gate's reservation only after Redis is gone.
    sandbox.latency(3_000).await;
    let run = server.ask().await.unwrap();
    let kill = move || {
        services.redis.kill().unwrap();
        services
    };
    let mut services = tokio::task::spawn_blocking(kill).await.unwrap();
    let body = serde_json::json!({"kind": "profile_warehouse", "input": {}});
    let (status, body) =
        server.call(reqwest::Method::POST, "/v1/workflows", Some(body)).await.unwrap();
    assert_eq!((status.as_u16(), &body["code"]), (503, &"SPENDING_CLOSED".into()), "{body}");
    let (_, parts) = server.call(reqwest::Method::GET, "/readyz", None).await.unwrap();
    let redis = parts["parts"].as_array().unwrap().iter().find(|part| part["name"] == "redis");
    assert_eq!(redis.unwrap()["ok"], false, "{parts}");
    sandbox.latency(0).await;
    let refused = format!(
        "SELECT 1 FROM {}.event WHERE error_code = 'SPENDING_CLOSED'",
        world.tenant.schema_name()
    );
    let superuser = world.superuser().await;
    until("spending is closed", async || {
        let rows = superuser.query(&refused, &[]).await.unwrap();
        (!rows.is_empty()).then_some(())
    })
    .await;
    assert!(sandbox.executions().await.is_empty(), "nothing may be spent meanwhile");
    assert!(server.get("/v1/workflows").await.is_some(), "reading goes on");
    let restart = move || {
        services.redis.restart().unwrap();
        services
    };
    let _services = tokio::task::spawn_blocking(restart).await.unwrap();
    let ended = server.end_of(&run).await;
    assert_eq!(answered(&ended), expected());
    assert!(sandbox.executions().await.values().all(|times| *times == 1));
    drop(server);
}

/// Servers that a test may break without breaking another's.
async fn own_services(folder: &std::path::Path) -> Services {
    let options = Options::throw_away(folder.join("services"));
    let start = move || Services::start(&options, &mut Silent).unwrap();
    tokio::task::spawn_blocking(start).await.unwrap()
}

async fn world_over(sandbox: &std::sync::Arc<Sandbox>, services: &Services) -> World {
    let postgres = services.postgres.params();
    bootstrap::ensure_database(&postgres.url("postgres"), "autopilot").await.unwrap();
    let migrator = postgres.url("autopilot");
    let password = bootstrap::random_password();
    bootstrap::install(&migrator, "ap", &password.clone().into()).await.unwrap();
    let made =
        bootstrap::create_org(&migrator, "ap", "Chaos", &"UTC".parse().unwrap()).await.unwrap();
    let app =
        format!("postgresql://ap_app:{password}@{}:{}/autopilot", postgres.host, postgres.port);
    let redis = services.redis.params().url().expose_secret().to_owned();
    let urls = [migrator.expose_secret().to_owned(), app, redis];
    World::over(sandbox, urls, (made.tenant, made.api_key), Box::new(()))
}
