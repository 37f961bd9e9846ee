//! One organisation, its database, a simulator, and servers as processes of their own.
//!
//! A server is the real binary; it is told everything by its environment and talked to over HTTP.
//! Nothing here asserts what a test is about; waiting for another process always has a bound.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use autopilot::store::admin;
use autopilot_domain::ids::TenantId;
use autopilot_sandbox::{RunningSandbox, SandboxOptions};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::TestDb;

/// How long anything may take that another process does.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none within the bound.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, looking).await;
    found.unwrap_or_else(|_| panic!("waited in vain until {what}"))
}

/// The simulator of a test, and its admin calls.
pub(crate) struct Sandbox {
    running: RunningSandbox,
    key_file: PathBuf,
    http: reqwest::Client,
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) async fn start() -> Arc<Self> {
        Self::with(SandboxOptions::default()).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Arc<Self> {
        let start = || autopilot_sandbox::start(options, |_| {}).unwrap();
        let running = tokio::task::spawn_blocking(start).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("key.json");
        std::fs::write(&key_file, running.service_account_key().to_string()).unwrap();
        Arc::new(Self { running, key_file, http: reqwest::Client::new(), folder })
    }

    async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> String {
        let url = format!("{}/admin/{path}", self.running.base_url());
        let mut request =
            self.http.request(method, url).header("x-admin-secret", self.running.admin_secret());
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
    }

    /// Everything that was asked of the warehouse.
    pub(crate) async fn seen(&self) -> Value {
        serde_json::from_str(&self.admin(Method::GET, "requests", None).await).unwrap()
    }

    /// How often each job ran.
    pub(crate) async fn executions(&self) -> BTreeMap<String, u64> {
        serde_json::from_value(self.seen().await["executions"].clone()).unwrap()
    }

    pub(crate) async fn drill(&self, call: &str, drill: &str, times: u32) {
        let order = json!({"call": call, "drill": drill, "times": times});
        self.admin(Method::POST, "drills", Some(order)).await;
    }

    /// Where it answers.
    pub(crate) fn base_url(&self) -> String {
        self.running.base_url().to_owned()
    }

    /// The key of another account, which the simulator admits from now on.
    pub(crate) async fn another_account(&self, email: &str) -> Value {
        let text = self.admin(Method::POST, "accounts", Some(json!({"email": email}))).await;
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn latency(&self, ms: u64) {
        self.admin(Method::POST, "latency", Some(json!({"ms": ms}))).await;
    }
}

/// An organisation with a database of its own.
pub(crate) struct World {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) tenant: TenantId,
    pub(crate) redis_url: String,
    key: String,
    migrator_url: String,
    app_url: String,
    http: reqwest::Client,
    _kept: Box<dyn Any + Send + Sync>,
}

impl World {
    /// In a database of the shared server.
    pub(crate) async fn new(sandbox: &Arc<Sandbox>) -> Self {
        let db = TestDb::new().await;
        let org = db.org("Chaos").await;
        let urls = [db.migrator_url.clone(), db.app_url.clone(), db.redis_url.clone()];
        Self::over(sandbox, urls, (org.tenant, org.api_key), Box::new(db))
    }

    /// Over servers that the caller started: addresses of migrator, login role and Redis.
    pub(crate) fn over(
        sandbox: &Arc<Sandbox>,
        [migrator_url, app_url, redis_url]: [String; 3],
        (tenant, key): (TenantId, String),
        kept: Box<dyn Any + Send + Sync>,
    ) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self {
            sandbox: Arc::clone(sandbox),
            tenant,
            redis_url,
            key,
            migrator_url,
            app_url,
            http,
            _kept: kept,
        }
    }

    /// Starts a server and waits until it listens.
    pub(crate) async fn spawn(&self, name: &str, failpoints: &str) -> Server {
        self.spawn_with(name, failpoints, &[]).await
    }

    pub(crate) async fn spawn_with(
        &self,
        name: &str,
        failpoints: &str,
        more: &[(&str, &str)],
    ) -> Server {
        let log = self.sandbox.folder.path().join(format!("{}-{name}.log", self.tenant));
        let mut command = Command::new(env!("CARGO_BIN_EXE_autopilot"));
        command.env_clear().arg("serve");
        command.env("ALLOW_REAL_QUERY_EXECUTION", "false");
        command.env("AUTOPILOT_LISTEN", "127.0.0.1:0").env("AUTOPILOT_NODE_NAME", name);
        command
            .env("AUTOPILOT_DATABASE_URL", &self.app_url)
            .env("AUTOPILOT_REDIS_URL", &self.redis_url);
        command.env("AUTOPILOT_DATABASE_POOL", "4");
        // Waiting for another process is done by asking often.
        command.env("AUTOPILOT_USER_CALLS_PER_MINUTE", "1000000");
        command.env("AUTOPILOT_SANDBOX_ENDPOINT", self.sandbox.running.base_url());
        command.env("AUTOPILOT_SANDBOX_KEY_FILE", &self.sandbox.key_file);
        if !failpoints.is_empty() {
            command.env("AUTOPILOT_FAILPOINTS", failpoints);
        }
        command.envs(more.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        command.stderr(std::fs::File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
            let Some(line) = line else {
                panic!("{name} did not start: {}", std::fs::read_to_string(&log).unwrap());
            };
            if let Some(base) = line.strip_prefix("listening on ") {
                break base.to_owned();
            }
        };
        // The pipe is read on, so that a talkative server never waits for its reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Server { child, base, key: self.key.clone(), http: self.http.clone() }
    }

    /// What the servers have logged so far.
    pub(crate) fn logs(&self) -> String {
        let files = std::fs::read_dir(self.sandbox.folder.path()).unwrap().map(Result::unwrap);
        let mine = files.filter(|file| {
            file.file_name().to_string_lossy().starts_with(&self.tenant.to_string())
        });
        mine.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect()
    }

    /// The private key of the simulator's service account.
    pub(crate) fn private_key(&self) -> String {
        let key: Value =
            serde_json::from_str(&std::fs::read_to_string(&self.sandbox.key_file).unwrap())
                .unwrap();
        key["private_key"].as_str().unwrap().to_owned()
    }

    /// The address of that account.
    pub(crate) fn account(&self) -> String {
        let key: Value =
            serde_json::from_str(&std::fs::read_to_string(&self.sandbox.key_file).unwrap())
                .unwrap();
        key["client_email"].as_str().unwrap().to_owned()
    }

    /// Addresses as a configuration needs them: migrator, login role, Redis.
    pub(crate) fn addresses(&self) -> [&str; 3] {
        [&self.migrator_url, &self.app_url, &self.redis_url]
    }

    /// A connection that sees every row.
    pub(crate) async fn superuser(&self) -> Client {
        admin::connect(&self.migrator_url).await.unwrap()
    }

    /// The events of a run, in the order of recording.
    pub(crate) async fn events(&self, run: &str) -> Vec<Recorded> {
        let text = format!(
            "SELECT coalesce(step_id, ''), status, payload ->> 'attempt' FROM {}.event WHERE workflow_id = $1 ORDER BY seq",
            self.tenant.schema_name()
        );
        let run: Uuid = run.parse().unwrap();
        let rows = self.superuser().await.query(&text, &[&run]).await.unwrap();
        let attempt = |text: Option<String>| text.and_then(|text| text.parse().ok());
        rows.iter()
            .map(|row| Recorded {
                step: row.get(0),
                status: row.get(1),
                attempt: attempt(row.get(2)),
            })
            .collect()
    }

    /// Run and name of every step that has been stored as done, of all runs.
    pub(crate) async fn done(&self) -> Vec<(String, String)> {
        let text = format!(
            "SELECT workflow_id::text, step_id FROM {}.event WHERE status = 'step_succeeded' ORDER BY seq",
            self.tenant.schema_name()
        );
        let rows = self.superuser().await.query(&text, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Who owns the organisation, and since which takeover.
    pub(crate) async fn owner(&self) -> (String, i64) {
        let text = "SELECT n.name, o.epoch FROM tenant_owner o JOIN node n USING (node_id) WHERE o.tenant_id = $1";
        let row = self.superuser().await.query_one(text, &[&self.tenant.as_uuid()]).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// How often a server of this name has registered itself.
    pub(crate) async fn lives(&self, name: &str) -> i64 {
        let text = "SELECT count(*) FROM node WHERE name = $1";
        self.superuser().await.query_one(text, &[&name]).await.unwrap().get(0)
    }
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) step: String,
    pub(crate) status: String,
    pub(crate) attempt: Option<u32>,
}

/// Events of this status, of this step.
pub(crate) fn count(events: &[Recorded], step: &str, status: &str) -> usize {
    events.iter().filter(|event| event.step == step && event.status == status).count()
}

/// Steps with an event of this status.
pub(crate) fn steps_with(events: &[Recorded], status: &str) -> BTreeSet<String> {
    events.iter().filter(|event| event.status == status).map(|event| event.step.clone()).collect()
}

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
    pub(crate) key: String,
    http: reqwest::Client,
}

impl Server {
    /// One call; nothing when the server did not answer.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<(StatusCode, Value)> {
        let mut request =
            self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.header("Idempotency-Key", "the-one").json(&body);
        }
        let response = request.send().await.ok()?;
        let status = response.status();
        Some((status, response.json().await.ok()?))
    }

    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        let (status, body) = self.call(Method::GET, path, None).await?;
        status.is_success().then_some(body)
    }

    /// Starts a run; nothing when the server died over it.
    pub(crate) async fn ask(&self) -> Option<String> {
        let (status, body) = self.call(Method::POST, "/v1/workflows", Some(question())).await?;
        assert!(status.is_success(), "{body}");
        Some(body["id"].as_str().unwrap().to_owned())
    }

    /// Waits for a run's end.
    pub(crate) async fn end_of(&self, run: &str) -> Value {
        until("the run ends", async || {
            let run = self.get(&format!("/v1/workflows/{run}")).await?;
            run["finished_at"].is_string().then_some(run)
        })
        .await
    }

    /// Learns the warehouse and clears the two columns that the question needs.
    pub(crate) async fn learn(&self) {
        let body = json!({"kind": "profile_warehouse", "input": {}});
        let url = format!("{}/v1/workflows", self.base);
        // A machine that is busy with seventeen servers may make one of them ask for patience.
        let started: Value = until("a workflow is accepted", async || {
            let sent = self.http.post(&url).bearer_auth(&self.key).json(&body).send();
            let response = sent.await.unwrap();
            let (status, body) = (response.status(), response.json::<Value>().await.unwrap());
            let busy = status == StatusCode::SERVICE_UNAVAILABLE;
            assert!(status.is_success() || busy, "{status}: {body}");
            (!busy).then_some(body)
        })
        .await;
        let ended = self.end_of(started["id"].as_str().unwrap()).await;
        assert_eq!(ended["status"], "succeeded", "{ended}");
        let table = json!({"project": "autopilot-sandbox", "dataset": "shop", "table": "orders"});
        let decision =
            |column: &str| json!({"table": table, "column": column, "examination": "clear"});
        let decisions = json!({"decisions": [decision("ordered_on"), decision("amount_usd")]});
        let url = format!("{}/v1/catalog/column-decisions", self.base);
        let answer =
            self.http.post(url).bearer_auth(&self.key).json(&decisions).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    pub(crate) async fn receipts(&self, run: &str) -> Vec<Value> {
        let body = self.get(&format!("/v1/workflows/{run}/receipts")).await.unwrap();
        body["items"].as_array().unwrap().clone()
    }

    /// Waits until the process has ended, and tells the signal that ended it.
    pub(crate) async fn died_of(&mut self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt as _;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("the server is still alive").unwrap().signal()
    }

    /// Sends a signal, by its name without SIG.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits until the kernel shows the process as stopped.
    pub(crate) async fn stopped(&self) {
        let stat = format!("/proc/{}/stat", self.child.id().unwrap());
        until("the process is stopped", async || {
            let text = std::fs::read_to_string(&stat).unwrap();
            text.rsplit_once(')').unwrap().1.trim_start().starts_with('T').then_some(())
        })
        .await;
    }
}

/// The question of these tests.
pub(crate) fn question() -> Value {
    let input = json!({"metric": "revenue", "period": "last_complete_week", "as_of": "1998-06-30"});
    json!({"kind": "answer_question", "input": input})
}

/// A step of a run as the API shows it.
pub(crate) fn step<'a>(run: &'a Value, name: &str) -> &'a Value {
    let steps = run["steps"].as_array().unwrap();
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no {name} in {run}"))
}

/// The figure of the answer, in cents.
pub(crate) fn answered(run: &Value) -> i64 {
    assert_eq!(run["status"], "succeeded", "{run}");
    cents(step(run, "compose_answer")["output"]["value"].as_str().unwrap())
}

/// What the week's orders add up to in cents, by adding up the file.
pub(crate) fn expected() -> i64 {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/sandbox/data/cdnow/orders.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(Result::unwrap);
    let week = rows.filter(|row| ("1998-06-24"..="1998-06-30").contains(&&row[2]));
    let sum = week.map(|row| cents(&row[4])).sum();
    assert_eq!(sum, 1_295_997);
    sum
}

/// A decimal text of dollars in whole cents.
fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let padded = format!("{part:0<2}");
    assert_eq!(padded.len(), 2, "{text}");
    whole.parse::<i64>().unwrap() * 100 + padded.parse::<i64>().unwrap()
}
