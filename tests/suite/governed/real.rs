//! The hard gate: nothing of a real connection is asked, not even for a token, before every condition
//! holds.
//!
//! A recorder stands in the place of Google. Where it must be silent it is a bare listener that counts
//! connections; where queries are to run it is the simulator, behind a connection of the real kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{Desk, error, output};
use crate::chaos::world::{Sandbox, Server, World, until};

const SUM: &str =
    "SELECT SUM(amount_usd) AS revenue FROM shop.orders WHERE ordered_on = DATE '1998-06-30'";

/// Counts who comes.
struct Recorder {
    base: String,
    seen: Arc<AtomicU64>,
}

impl Recorder {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { base, seen }
    }

    fn seen(&self) -> u64 {
        self.seen.load(Ordering::SeqCst)
    }
}

/// The command of an operator, by the very program that serves.
async fn operator(world: &World, args: &[&str]) -> String {
    let [migrator, app, _] = world.addresses();
    let mut command = Command::new(env!("CARGO_BIN_EXE_autopilot"));
    command.env_clear().arg("real-queries").args(args);
    command.env("AUTOPILOT_MIGRATOR_DATABASE_URL", migrator).env("AUTOPILOT_DATABASE_URL", app);
    let done = command.output().await.unwrap();
    let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
    assert!(done.status.success(), "{args:?}: {said}");
    said
}

async fn approve(world: &World) {
    let org = world.tenant.to_string();
    operator(world, &["approve", &org, "--by", "ops", "--reason", "test"]).await;
}

async fn mark(world: &World) {
    operator(world, &["mark-non-production", &world.tenant.to_string(), "--reason", "test"]).await;
}

fn service_account(world: &World, token_uri: &str) -> Value {
    json!({"type": "service_account", "project_id": "autopilot-sandbox", "private_key_id": "k",
        "private_key": world.private_key(), "client_email": world.account(), "client_id": "1",
        "auth_uri": token_uri, "token_uri": token_uri, "auth_provider_x509_cert_url": token_uri,
        "client_x509_cert_url": token_uri})
}

fn connection(key: &Value) -> Value {
    json!({"name": "Warehouse", "project": "autopilot-sandbox", "dataset": "shop", "location": "US",
        "service_account_key": key})
}

async fn serve(world: World, switch: &str, failpoints: &str, google: &str) -> Desk {
    let keys = format!("k1:{}", STANDARD.encode([1; 32]));
    let settings = [
        ("ALLOW_REAL_QUERY_EXECUTION", switch),
        ("AUTOPILOT_RECORDER_ENDPOINT", google),
        ("AUTOPILOT_MASTER_KEYS", keys.as_str()),
    ];
    let server: Server = world.spawn_with("desk", failpoints, &settings).await;
    Desk { world, server }
}

impl Desk {
    /// Makes a connection and answers its id.
    async fn connect(&self, key: Value) -> String {
        let made = self.call(Method::POST, "/v1/connections", Some(connection(&key))).await;
        assert_eq!(made.0, StatusCode::CREATED, "{}", made.1);
        assert!(!made.1.to_string().contains("PRIVATE KEY"), "{}", made.1);
        made.1["id"].as_str().unwrap().to_owned()
    }

    /// Makes a connection the active one without a test, as if it had passed at an earlier time.
    async fn activate(&self, id: &str) {
        let schema = self.world.tenant.schema_name();
        let text =
            format!("UPDATE {schema}.connection SET state = 'active' WHERE connection_id = '{id}'");
        self.world.superuser().await.batch_execute(&text).await.unwrap();
    }

    /// Tries everything that could reach a warehouse; answers what each try was told.
    async fn try_everything(&self, id: &str) -> Vec<String> {
        let mut told = Vec::new();
        let question = crate::chaos::world::question();
        for body in [
            json!({"kind": "run_query", "input": {"sql": "SELECT 1 AS one"}}),
            json!({"kind": "run_query", "input": {"sql": SUM, "personal_data": "request_approval"}}),
            json!({"kind": "profile_warehouse", "input": {}}),
            question,
        ] {
            let (_, started) = self.call(Method::POST, "/v1/workflows", Some(body)).await;
            let run = self.server.end_of(started["id"].as_str().unwrap()).await;
            let steps = run["steps"].as_array().unwrap();
            let failed = steps.iter().find(|step| step["status"] == "failed").unwrap();
            told.push(format!("{} {}", failed["error"]["code"], failed["error"]["message"]));
        }
        let body = Some(json!({"sql": "SELECT 1 AS one"}));
        let estimate = self.call(Method::POST, "/v1/queries/estimate", body).await.1;
        told.push(format!("{} {}", estimate["code"], estimate["detail"]));
        let path = format!("/v1/connections/{id}/test");
        let test = self.call(Method::POST, &path, Some(json!({}))).await.1;
        told.push(format!("{} {}", test["code"], test["detail"]));
        told
    }
}

async fn world() -> World {
    World::new(&Sandbox::start().await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn p1a_13_real_query_gate() {
    let recorder = Recorder::start().await;
    let world = world().await;
    approve(&world).await;
    mark(&world).await;
    let key = service_account(&world, &format!("{}/token", recorder.base));
    let desk = serve(world, "false", "", &recorder.base).await;
    let id = desk.connect(key.clone()).await;
    desk.activate(&id).await;
    let told = desk.try_everything(&id).await;
    let forbidden = told.iter().filter(|told| told.contains("REAL_EXECUTION_FORBIDDEN")).count();
    // The question finds no table in an empty catalog, before it could ask anything.
    assert_eq!(forbidden, told.len() - 1, "{told:#?}");
    assert!(told[0].contains("ALLOW_REAL_QUERY_EXECUTION is not true"), "{told:#?}");
    let path = format!("/v1/connections/{id}/rotate");
    let body = Some(json!({"service_account_key": key}));
    let (status, problem) = desk.call(Method::POST, &path, body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("REAL_EXECUTION_FORBIDDEN"))
    );
    assert_eq!(recorder.seen(), 0, "not even a token was asked for");
    let text = format!(
        "SELECT payload ->> 'rules' FROM {}.event WHERE status = 'query_blocked' LIMIT 1",
        desk.world.tenant.schema_name()
    );
    let row = desk.world.superuser().await.query_one(&text, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), r#"["switch"]"#, "the event names the condition");
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_18_real_query_hard_gate() {
    for missing in ["self-test", "approval", "smoke"] {
        let recorder = Recorder::start().await;
        let world = world().await;
        if missing != "approval" {
            approve(&world).await;
        }
        let key = service_account(&world, &format!("{}/token", recorder.base));
        let points = if missing == "self-test" { "self_test.before=panic" } else { "" };
        let desk = serve(world, "true", points, &recorder.base).await;
        let id = desk.connect(key).await;
        desk.activate(&id).await;
        if missing == "smoke" {
            // Metadata may be read by then; a query may not.
            let run = settled(&desk, "smoke").await;
            assert_eq!(run["code"], "REAL_EXECUTION_FORBIDDEN", "{run}");
        } else {
            settled(&desk, missing).await;
            let told = desk.try_everything(&id).await;
            let forbidden = told.iter().filter(|told| told.contains("REAL_EXECUTION_FORBIDDEN"));
            assert_eq!(forbidden.count(), told.len() - 1, "{missing}: {told:#?}");
        }
        assert_eq!(recorder.seen(), 0, "{missing}: nothing was asked");
    }
    // With every condition it does ask.
    let recorder = Recorder::start().await;
    let world = world().await;
    approve(&world).await;
    mark(&world).await;
    let key = service_account(&world, &format!("{}/token", recorder.base));
    let desk = serve(world, "true", "", &recorder.base).await;
    let id = desk.connect(key).await;
    let path = format!("/v1/connections/{id}/test");
    until("the self-test is over and the test asks", async || {
        desk.call(Method::POST, &path, Some(json!({}))).await;
        (recorder.seen() > 0).then_some(())
    })
    .await;
}

/// Asks until the boot's self-test is over and the answer is about this condition.
async fn settled(desk: &Desk, missing: &str) -> Value {
    until("the refusal names the condition", async || {
        let run = desk.run(json!({"sql": "SELECT 1 AS one"})).await;
        let failure = error(&run).clone();
        let named = match missing {
            "self-test" => "self-test of this program has not passed",
            "approval" => "no operator has approved",
            _ => "no query has run yet on an organisation marked as non-production",
        };
        failure["message"].as_str().unwrap().contains(named).then_some(failure)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_11_secrets_rotation() {
    let world = world().await;
    approve(&world).await;
    mark(&world).await;
    let google = world.sandbox.base_url();
    let key = |account: &str| {
        let mut key = service_account(&world, &format!("{google}/token"));
        key["client_email"] = json!(account);
        key
    };
    let (good, bad) =
        (key(&world.account()), key("nobody@autopilot-sandbox.iam.gserviceaccount.com"));
    let other =
        world.sandbox.another_account("second@autopilot-sandbox.iam.gserviceaccount.com").await;
    let desk = serve(world, "true", "", &google).await;
    let id = desk.connect(good).await;
    let test = format!("/v1/connections/{id}/test");
    until("the connection is active", async || {
        let (_, body) = desk.call(Method::POST, &test, Some(json!({}))).await;
        (body["state"] == "active").then_some(())
    })
    .await;
    desk.server.learn().await;
    output(&desk.run(json!({"sql": SUM})).await);
    let status = operator(&desk.world, &["status", &desk.world.tenant.to_string()]).await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["smoke"], &status["approval"]), (&json!(true), &json!(true)), "{status}");
    let rotate = format!("/v1/connections/{id}/rotate");
    // A key that does not work changes nothing.
    let (code, problem) =
        desk.call(Method::POST, &rotate, Some(json!({"service_account_key": bad}))).await;
    assert!(!code.is_success(), "{problem}");
    output(&desk.run(json!({"sql": SUM.replace("30'", "29'")})).await);
    // A query under way ends well while the key is replaced, and the next one uses the new key.
    desk.world.sandbox.latency(800).await;
    let under_way = desk.start(json!({"sql": SUM.replace("30'", "28'")})).await;
    desk.in_state(&under_way, "running").await;
    let (code, body) =
        desk.call(Method::POST, &rotate, Some(json!({"service_account_key": other}))).await;
    assert_eq!((code, &body["version"]), (StatusCode::OK, &json!(2)), "{body}");
    output(&desk.server.end_of(&under_way).await);
    desk.world.sandbox.latency(0).await;
    output(&desk.run(json!({"sql": SUM.replace("30'", "27'")})).await);
    let seen = desk.world.sandbox.seen().await;
    let last = seen["requests"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["account"], "second@autopilot-sandbox.iam.gserviceaccount.com", "{last}");
    let schema = desk.world.tenant.schema_name();
    let count = format!("SELECT count(*) FROM {schema}.secret");
    let row = desk.world.superuser().await.query_one(&count, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1, "former and refused keys are gone");
    // Disconnected: the key is gone, and what runs next is not on that warehouse.
    let (_, body) = desk.call(Method::DELETE, &format!("/v1/connections/{id}"), None).await;
    assert_eq!(body["state"], "disconnected");
    let row = desk.world.superuser().await.query_one(&count, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_ends_by_its_time_by_revocation_and_by_another_program() {
    let world = world().await;
    let org = world.tenant.to_string();
    let holds = async || {
        let status = operator(&world, &["status", &org]).await;
        serde_json::from_str::<Value>(&status).unwrap()["approval"] == true
    };
    assert!(!holds().await);
    approve(&world).await;
    assert!(holds().await);
    let all = async |change: &str| {
        let text = format!("UPDATE real_query_approval SET {change}");
        world.superuser().await.batch_execute(&text).await.unwrap();
    };
    all("expires_at = clock_timestamp() - interval '1 second'").await;
    assert!(!holds().await, "its time is over");
    approve(&world).await;
    all("program = repeat('0', 64)").await;
    assert!(!holds().await, "another program");
    approve(&world).await;
    all("policy = repeat('0', 64)").await;
    assert!(!holds().await, "other rules");
    approve(&world).await;
    assert!(operator(&world, &["revoke", &org]).await.contains("approvals ended"));
    assert!(!holds().await, "revoked");
}
