//! Calls a minute: for a user, for an organisation, over two servers, and without Redis.

use autopilot::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, call, get, neighbour, user};
use crate::chaos::world::{Sandbox, Server, World};

fn profile() -> Option<Value> {
    Some(json!({"kind": "profile_warehouse", "input": {}}))
}

async fn start(server: &Server, key: &str) -> Answer {
    call(server, key, Method::POST, "/v1/workflows", profile()).await
}

/// Asserts a whole refusal: which limit, what is left, when it is worth coming back.
#[expect(clippy::disallowed_methods, reason = "compares a server's clock with this machine's")]
fn refused(answer: &Answer, scope: &str, limit: u32) {
    assert_eq!(answer.status, 429, "{answer:?}");
    let body = &answer.body;
    assert_eq!((&body["code"], &body["scope"]), (&json!("RATE_LIMITED"), &json!(scope)), "{body}");
    assert_eq!((&body["limit"], &body["remaining"]), (&json!(limit), &json!(0)), "{body}");
    let resets: jiff::Timestamp = body["resets_at"].as_str().unwrap().parse().unwrap();
    let now = jiff::Timestamp::now();
    assert!(resets > now && resets.duration_since(now).as_secs() <= 60, "{body}");
    let again: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60_u32.div_ceil(limit)).contains(&again), "one call's share of a minute: {again}");
    assert!(answer.header("ratelimit").starts_with(&format!("\"{scope}\";r=0;t=")), "{answer:?}");
    assert_eq!(answer.header("ratelimit-policy"), format!("\"{scope}\";q={limit};w=60"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1a_11_configured_limits_hold_over_two_servers_and_leave_other_tenants_alone() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let limits = [
        ("AUTOPILOT_USER_CALLS_PER_MINUTE", "6"),
        ("AUTOPILOT_ORG_CALLS_PER_MINUTE", "3"),
        ("AUTOPILOT_MAX_RUNNING_WORKFLOWS", "1"),
        ("AUTOPILOT_MAX_RUNNING_PROFILES", "1"),
    ];
    // The first step that runs stays under way for as long as the test does.
    let held = "step_run.before=block";
    let servers = [
        world.spawn_with("one", held, &limits).await,
        world.spawn_with("two", held, &limits).await,
    ];
    let (_, foreign) = neighbour(&world).await;
    let member = user(&world, world.tenant, Role::Member).await;
    let viewer = user(&world, world.tenant, Role::Viewer).await;

    // A user's calls count together on both servers.
    for made in 0..6 {
        let answer = get(&servers[made % 2], &servers[0].key, "/v1/me").await;
        assert_eq!(answer.status, 200, "{made}: {answer:?}");
        assert!(answer.header("ratelimit").starts_with(&format!("\"user\";r={};t=", 5 - made)));
    }
    for server in &servers {
        refused(&get(server, &servers[0].key, "/v1/me").await, "user", 6);
    }
    assert_eq!(get(&servers[0], &viewer, "/v1/me").await.status, 200, "another user of the same");

    // Concurrency: one runs, the next waits in line, with its place.
    let started = [start(&servers[0], &member).await, start(&servers[1], &member).await];
    assert!(started.iter().all(|answer| answer.status == 202), "{started:?}");
    let id = started[1].body["id"].as_str().unwrap();
    let waiting = get(&servers[0], &member, &format!("/v1/workflows/{id}")).await;
    assert_eq!(waiting.body["status"], "queued", "{waiting:?}");
    assert!(waiting.body["queue_position"].as_u64().unwrap() >= 1, "{waiting:?}");

    // Calls that start work count for the whole organisation.
    assert_eq!(start(&servers[0], &member).await.status, 202);
    let other = user(&world, world.tenant, Role::Member).await;
    for server in &servers {
        refused(&start(server, &other).await, "org", 3);
    }
    assert_eq!(get(&servers[0], &other, "/v1/workflows").await.status, 200, "reading goes on");

    // The neighbour has counts of its own.
    for server in &servers {
        assert_eq!(get(server, &foreign, "/v1/me").await.status, 200);
        assert_eq!(start(server, &foreign).await.status, 202);
    }
}
