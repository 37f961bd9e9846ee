//! Actors over two servers: seen from either, replaced from either, stuck in sight.

use reqwest::Method;
use serde_json::{Value, json};

use super::{call, get, neighbour};
use crate::chaos::world::{Sandbox, World, until};

fn actor<'a>(board: &'a Value, kind: &str) -> Option<&'a Value> {
    board["actors"].as_array()?.iter().find(|actor| actor["kind"] == kind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_is_seen_and_replaced_from_a_server_that_does_not_have_it() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let servers = [world.spawn("one", "").await, world.spawn("two", "").await];
    let key = servers[0].key.clone();
    servers[0].learn().await;
    sandbox.latency(8_000).await;
    let run = servers[0].ask().await.unwrap();
    let run = run.as_str();
    // Each server shows the run, whichever of them has it.
    for server in &servers {
        until("the run is shown", async || {
            let board = get(server, &key, "/v1/admin/actors").await.body;
            assert_eq!(board["complete"], true, "{board}");
            actor(&board, "workflow").filter(|actor| actor["in_flight"] == 1).map(drop)
        })
        .await;
    }
    let owner = world.owner().await.0;
    let other = servers.iter().zip(["one", "two"]).find(|(_, name)| *name != owner).unwrap().0;
    let path = format!("/v1/admin/actors/kernel/tenant:{}/run:{run}", world.tenant);
    let before = get(other, &key, &path).await.body;
    assert_eq!(before["node"], owner.as_str(), "{before}");
    let foreign = neighbour(&world).await.1;
    assert_eq!(get(other, &foreign, &path).await.status, 404);
    let restart = format!("{path}/restart");
    assert_eq!(call(other, &foreign, Method::POST, &restart, None).await.status, 404);
    let asked = call(other, &key, Method::POST, &restart, None).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let after = until("a later life is shown", async || {
        let now = get(other, &key, &path).await.body;
        (now["generation"].as_u64()? > before["generation"].as_u64()?).then_some(now)
    })
    .await;
    assert_eq!(after["restarts"], before["restarts"].as_u64().unwrap() + 1, "{after}");
    sandbox.latency(0).await;
    assert_eq!(servers[0].end_of(run).await["status"], "succeeded");

    // Who asked, and who obeyed, is on record: the row, and the organisation's own chain.
    let superuser = world.superuser().await;
    let row = superuser
        .query_one("SELECT asked_as, obeyed_by IS NOT NULL, path FROM actor_restart", &[])
        .await
        .unwrap();
    assert_eq!((row.get::<_, String>(0).as_str(), row.get::<_, bool>(1)), ("org_admin", true));
    assert!(row.get::<_, String>(2).ends_with(run));
    let events = format!(
        "SELECT count(*) FROM {}.event WHERE status = 'actor_restart_requested' AND payload ->> 'path' = $1",
        world.tenant.schema_name()
    );
    let path: String = row.get(2);
    assert_eq!(superuser.query_one(&events, &[&path]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_whose_thread_is_held_is_seen_by_the_age_of_its_mailbox() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let one_thread = [("AUTOPILOT_ACTOR_ARBITERS", "1")];
    let server = world.spawn_with("held", "workflow_decide=block", &one_thread).await;
    let key = server.key.clone();
    let body = json!({"kind": "profile_warehouse", "input": {}});
    server.call(Method::POST, "/v1/workflows", Some(body.clone())).await.unwrap();
    until("the run has an actor", async || {
        let board = get(&server, &key, "/v1/admin/actors").await.body;
        actor(&board, "workflow").map(drop)
    })
    .await;
    // One more request is one more message for the supervisor, whose thread is held too.
    assert_eq!(call(&server, &key, Method::POST, "/v1/workflows", Some(body)).await.status, 202);
    until("a message grows old", async || {
        let board = get(&server, &key, "/v1/admin/actors").await.body;
        let stuck = board["actors"].as_array()?.iter().any(|actor| {
            actor["oldest_message_ms"].as_u64().is_some_and(|ms| ms > 3_000)
                && actor["mailbox_depth"].as_u64() >= Some(1)
        });
        stuck.then_some(())
    })
    .await;
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_autopilot"))
        .env_clear()
        .env("AUTOPILOT_API_KEY", &key)
        .args(["top", "--once", "--url", &server.base])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("held"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
