//! A server is killed at every named point; the next one finishes the run, and nothing is paid twice.
//!
//! Points are met in the order of a run. The profile that comes first meets the points of steps three
//! times and those of runs once, so the number of the hit says which step of the question is struck.

use std::sync::Arc;

use autopilot::failpoint::POINTS;

use super::world::{Sandbox, World, answered, count, expected, steps_with};

/// What one query of the question is billed: the warehouse's minimum.
const BILLED: u64 = 10_485_760;
const ABORTED: i32 = 6;

/// Hits of a point at which to strike: each a world of its own.
fn hits(point: &str) -> &'static [u32] {
    match point.split_once('.').unwrap_or((point, "")).0 {
        // No part of a run.
        "self_test" => &[],
        // Resolving the source, running the query.
        "step_started" | "step_run" | "step_commit" => &[4, 6],
        "run_started" | "run_finish" => &[2],
        // Only the query passes the gate. Decisions of an actor have no commit of their own.
        "workflow_decide" => &[],
        _ => &[1],
    }
}

#[tokio::test]
async fn a_kill_at_any_point_is_survived_and_nothing_is_paid_twice() {
    tokio::task::LocalSet::new().run_until(strike_everywhere()).await;
}

async fn strike_everywhere() {
    let sandbox = Sandbox::start().await;
    let places = POINTS.iter().flat_map(|point| hits(point).iter().map(move |hit| (*point, *hit)));
    let struck: Vec<_> = places
        .map(|(point, hit)| {
            let sandbox = Arc::clone(&sandbox);
            (
                point,
                hit,
                tokio::task::spawn_local(async move { strike(&sandbox, point, hit).await }),
            )
        })
        .collect();
    assert!(struck.len() > 16);
    let mut failed = Vec::new();
    for (point, hit, task) in struck {
        if let Err(error) = task.await {
            failed.push(format!("{point}@{hit}: {error}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let executions = sandbox.executions().await;
    assert!(executions.values().all(|times| *times == 1), "{executions:?}");
}

async fn strike(sandbox: &Arc<Sandbox>, point: &str, hit: u32) {
    let world = World::new(sandbox).await;
    let mut first = world.spawn("first", &format!("{point}=abort@{hit}")).await;
    first.learn().await;
    let told = first.ask().await;
    assert_eq!(first.died_of().await, Some(ABORTED), "{point}");
    // Read while nobody works: the next server may go on as soon as it starts.
    let before = world.done().await;
    let second = world.spawn("second", "").await;
    // The same key again: the same run, whether or not the first answer got through.
    let run = second.ask().await.unwrap();
    assert!(told.is_none_or(|told| told == run));
    let ended = second.end_of(&run).await;
    assert_eq!(answered(&ended), expected(), "{point}@{hit}");
    let events = world.events(&run).await;
    for (_, step) in before.into_iter().filter(|(of, _)| *of == run) {
        assert_eq!(count(&events, &step, "step_started"), 1, "{point}@{hit}: {step}: {events:?}");
    }
    let steps = steps_with(&events, "step_succeeded");
    assert_eq!(steps.len(), 5, "{events:?}");
    for step in steps {
        assert_eq!(count(&events, &step, "step_succeeded"), 1, "{point}@{hit}: {step}: {events:?}");
    }
    for status in ["run_started", "run_succeeded"] {
        assert_eq!(count(&events, "", status), 1, "{point}@{hit}: {events:?}");
    }
    let receipts = second.receipts(&run).await;
    let (settled, others): (Vec<_>, Vec<_>) =
        receipts.iter().partition(|receipt| receipt["state"] == "settled");
    assert_eq!(settled.len(), 1, "{point}@{hit}: {receipts:?}");
    assert_eq!(settled[0]["billed_bytes"], BILLED, "{point}@{hit}");
    assert!(
        others.iter().all(|receipt| receipt["state"] == "released"),
        "{point}@{hit}: {receipts:?}"
    );
}
