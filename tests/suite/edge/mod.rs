//! The edge over real servers: limits that several of them share, and what an operator sees.
//!
//! Servers are processes of their own over one database and one Redis; what is asserted is what a
//! client is answered.

mod actors;
mod monitoring;
mod rate;
mod redaction;
mod stream;

use autopilot::ports::Role;
use autopilot::store::provision;
use autopilot_domain::ids::TenantId;
use reqwest::Method;
use serde_json::Value;

use crate::chaos::world::{Server, World};
use crate::support::INSTALLATION;

/// An answer with its headers.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// One call with a key.
async fn call(
    server: &Server,
    key: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let mut request =
        reqwest::Client::new().request(method, format!("{}{path}", server.base)).bearer_auth(key);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.json().await.unwrap_or_default();
    Answer { status, headers, body }
}

async fn get(server: &Server, key: &str, path: &str) -> Answer {
    call(server, key, Method::GET, path, None).await
}

/// Another user of an organisation, by their key.
async fn user(world: &World, tenant: TenantId, role: Role) -> String {
    provision::add_user(&mut world.superuser().await, tenant, role, "test").await.unwrap().1
}

/// Another organisation in the same database, with its admin's key.
async fn neighbour(world: &World) -> (TenantId, String) {
    let zone = "UTC".parse().unwrap();
    let made =
        provision::create_org(&mut world.superuser().await, INSTALLATION, "Neighbour", &zone)
            .await
            .unwrap();
    (made.tenant, made.api_key)
}
