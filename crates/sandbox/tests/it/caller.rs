//! A plain HTTP caller of the simulator with a real signed token, for what a client library hides.
//! It never reads anything but the answers.

use autopilot_sandbox::{RunningSandbox, SandboxOptions, Source, start};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// A query that would join 10^12 rows.
pub(crate) const ENDLESS: &str = "WITH d AS (SELECT n FROM UNNEST(GENERATE_ARRAY(0, 9)) AS n), \
    m AS (SELECT a.n AS n FROM d AS a CROSS JOIN d AS b CROSS JOIN d AS c \
          CROSS JOIN d AS e CROSS JOIN d AS f CROSS JOIN d AS g) \
    SELECT SUM(MOD(x.n + y.n, 7)) AS s FROM m AS x CROSS JOIN m AS y";

/// A simulator with the small table `shop.numbers` and somebody who may do everything in it.
pub(crate) struct Caller {
    pub(crate) running: RunningSandbox,
    http: reqwest::Client,
    token: String,
}

pub(crate) fn at(answer: &Value, path: &str) -> Value {
    answer.pointer(path).cloned().unwrap_or_default()
}

/// Status and reason of a refusal.
pub(crate) fn refusal(answer: &(u16, Value)) -> (u16, String) {
    (answer.0, at(&answer.1, "/error/errors/0/reason").as_str().unwrap_or_default().to_owned())
}

pub(crate) fn assertion(key: &Value, scope: &str) -> String {
    let pem = key["private_key"].as_str().unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = ring::signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    let claims = json!({"iss": key["client_email"], "aud": key["token_uri"], "scope": scope});
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    pair.sign(&ring::signature::RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)
        .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

impl Caller {
    pub(crate) async fn new() -> Self {
        Self::with(SandboxOptions::default()).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows: String = (1..=10).map(|n| format!("{n},row {n}\n")).collect();
        std::fs::write(folder.path().join("numbers.csv"), format!("n,label\n{rows}")).unwrap();
        let options =
            SandboxOptions { data: Source::Folder(folder.path().to_path_buf()), ..options };
        let running =
            tokio::task::spawn_blocking(|| start(options, |_| {}).unwrap()).await.unwrap();
        let http = reqwest::Client::new();
        let mut caller = Self { running, http, token: String::new() };
        let key = caller.running.service_account_key();
        caller.token = caller.token_of(&key, "https://www.googleapis.com/auth/bigquery").await;
        caller
    }

    pub(crate) async fn token_of(&self, key: &Value, scope: &str) -> String {
        let answer = self
            .http
            .post(key["token_uri"].as_str().unwrap())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("assertion={}", assertion(key, scope)))
            .send()
            .await
            .unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// The raw answer to a call below the project's address.
    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        body: String,
        token: &str,
    ) -> reqwest::Result<Response> {
        let project = self.running.project();
        let url = format!("{}/bigquery/v2/projects/{project}{path}", self.running.base_url());
        let request = self.http.request(method, url).bearer_auth(token);
        request.header("content-type", "application/json").body(body).send().await
    }

    pub(crate) async fn send_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        read(self.raw(method, path, body, token).await.unwrap()).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.send_as(&self.token, method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn query(&self, sql: &str) -> (u16, Value) {
        self.post("/queries", json!({"query": sql, "useLegacySql": false})).await
    }

    pub(crate) async fn dry(&self, sql: &str) -> (u16, Value) {
        self.post("/queries", json!({"query": sql, "useLegacySql": false, "dryRun": true})).await
    }

    /// jobs.insert of a query with this id and these further settings of the job.
    pub(crate) async fn insert(&self, sql: &str, id: &str, more: Value) -> (u16, Value) {
        let mut configuration = json!({"query": {"query": sql, "useLegacySql": false}});
        configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/jobs", json!({"configuration": configuration, "jobReference": {"jobId": id}}))
            .await
    }

    pub(crate) async fn admin(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/admin/{path}", self.running.base_url());
        let request =
            self.http.request(method, url).header("x-admin-secret", self.running.admin_secret());
        read(request.body(body.to_string()).send().await.unwrap()).await
    }

    pub(crate) async fn sql(&self, sql: &str) {
        let (status, answer) = self.admin(Method::POST, "sql", json!({"sql": sql})).await;
        assert_eq!(status, 200, "{sql}: {answer}");
    }

    pub(crate) async fn drill(&self, rule: Value) {
        let (status, answer) = self.admin(Method::POST, "drills", rule.clone()).await;
        assert_eq!(status, 204, "{rule}: {answer}");
    }

    /// A token of a new account that may see these data sets.
    pub(crate) async fn account(&self, email: &str, datasets: &[&str]) -> String {
        let account = json!({"email": email, "datasets": datasets});
        let (status, key) = self.admin(Method::POST, "accounts", account).await;
        assert_eq!(status, 200, "{key}");
        self.token_of(&key, "https://www.googleapis.com/auth/bigquery").await
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
