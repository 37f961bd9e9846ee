//! The governed path from outside: real servers, the simulator behind them, and what it was asked.
//!
//! A refusal is not proven by an answer alone: the simulator's own log must show that nothing was sent.

mod approvals;
mod blocked;
mod failures;
mod injection;
mod prices;
mod real;

use autopilot::ports::Role;
use autopilot::store::provision;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::chaos::world::{Sandbox, Server, World, until};

/// A server that has learned the warehouse.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) server: Server,
}

impl Desk {
    /// With these settings beside the usual ones.
    pub(crate) async fn open(settings: &[(&str, &str)]) -> Self {
        let world = World::new(&Sandbox::start().await).await;
        let server = world.spawn_with("desk", "", settings).await;
        server.learn().await;
        Self { world, server }
    }

    /// One call with the admin's key.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        self.call_as(&self.server.key, method, path, body).await
    }

    pub(crate) async fn call_as(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.server.base);
        let mut request = reqwest::Client::new().request(method, url).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap_or_default())
    }

    /// Starts a query and answers its workflow's id.
    pub(crate) async fn start(&self, input: Value) -> String {
        let body = json!({"kind": "run_query", "input": input});
        let (status, body) = self.call(Method::POST, "/v1/workflows", Some(body)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }

    /// Runs a query to the end of its workflow.
    pub(crate) async fn run(&self, input: Value) -> Value {
        let id = self.start(input).await;
        self.server.end_of(&id).await
    }

    /// Waits until a workflow is in this state.
    pub(crate) async fn in_state(&self, id: &str, state: &str) -> Value {
        until("the workflow is in the state", async || {
            let run = self.server.get(&format!("/v1/workflows/{id}")).await?;
            (run["status"] == state).then_some(run)
        })
        .await
    }

    /// What the warehouse was asked about queries so far, in order: `dry_run` or `job`.
    pub(crate) async fn asked(&self) -> Vec<&'static str> {
        let seen = self.world.sandbox.seen().await;
        let calls = seen["requests"].as_array().unwrap();
        let about_queries = calls.iter().filter(|call| {
            let path = call["path"].as_str().unwrap();
            call["method"] == "POST" && (path.ends_with("/jobs") || path.ends_with("/queries"))
        });
        about_queries.map(|call| if call["dry_run"] == true { "dry_run" } else { "job" }).collect()
    }

    /// The key of another user of the organisation.
    pub(crate) async fn user(&self, role: Role) -> String {
        let mut superuser = self.world.superuser().await;
        provision::add_user(&mut superuser, self.world.tenant, role, "test").await.unwrap().1
    }
}

/// The error of a workflow's only step.
pub(crate) fn error(run: &Value) -> &Value {
    assert_eq!(run["status"], "partial_failure", "{run}");
    &run["steps"][0]["error"]
}

/// The output of a workflow's only step.
pub(crate) fn output(run: &Value) -> &Value {
    assert_eq!(run["status"], "succeeded", "{run}");
    &run["steps"][0]["output"]
}
