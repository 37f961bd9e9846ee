//! Rows of phase 1b: what a run does when something fails.
//! Each runs the real server against the simulator, with failures on demand.

use reqwest::Method;
use serde_json::json;

use crate::chaos::world::{Sandbox, World, answered, count, expected, step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1b_01_resume_skips_finished_steps() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let server = world.spawn_with("only", "", &[("AUTOPILOT_QUERY_TIMEOUT_SECONDS", "1")]).await;
    server.learn().await;
    // The first attempt and the three retries of the ladder.
    sandbox.drill("insert", "TIMEOUT", 4).await;
    let run = server.ask().await.unwrap();
    let failed = server.end_of(&run).await;
    assert_eq!(failed["status"], "partial_failure", "{failed}");
    let query = step(&failed, "run_query");
    assert_eq!(
        (&query["status"], &query["error"]["class"]),
        (&json!("failed"), &json!("TIMEOUT")),
        "{query}"
    );
    assert_eq!(sandbox.seen().await["drill_hits"]["Insert:Timeout"], 4);
    let last = query["attempt"].as_u64().unwrap();
    assert_eq!(last, 4);
    let retry = format!("/v1/workflows/{run}/retry");
    let (status, body) = server.call(Method::POST, &retry, Some(json!({}))).await.unwrap();
    assert!(status.is_success(), "{body}");
    let ended = server.end_of(&run).await;
    assert_eq!(answered(&ended), expected());
    let events = world.events(&run).await;
    for name in ["resolve_source", "plan_query"] {
        assert_eq!(step(&ended, name), step(&failed, name), "as it was stored before the retry");
        assert_eq!(step(&ended, name)["attempt"], 1);
        assert_eq!(count(&events, name, "step_started"), 1, "{events:?}");
    }
    assert_eq!(step(&ended, "run_query")["attempt"], last + 1);
    assert_eq!(count(&events, "run_query", "step_started"), 5, "{events:?}");
}
