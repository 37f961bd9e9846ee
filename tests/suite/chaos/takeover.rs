//! A server is frozen, another takes its organisation over, and the first one wakes up.
//!
//! What the first one still had in its hands must not reach the database: the run, its events and the
//! owner stay exactly as the second one left them.

use std::sync::Arc;

use super::world::{Sandbox, World, answered, count, expected, steps_with, until};

/// Freezes the first server where `failpoints` says.
async fn frozen_at(failpoints: &str) {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let first = world.spawn("first", failpoints).await;
    first.learn().await;
    // The answer may be lost with the freeze; the second server gives it again. A late beginning of a
    // step is the write that nothing but the fence refuses.
    let told =
        tokio::time::timeout(std::time::Duration::from_secs(2), first.ask()).await.ok().flatten();
    first.stopped().await;
    take_over(&sandbox, &world, first, told).await;
}

async fn take_over(
    sandbox: &Arc<Sandbox>,
    world: &World,
    first: super::world::Server,
    told: Option<String>,
) {
    let (_, epoch) = world.owner().await;
    let second = world.spawn("second", "").await;
    let run = second.ask().await.unwrap();
    assert!(told.is_none_or(|told| told == run));
    let ended = second.end_of(&run).await;
    assert_eq!(answered(&ended), expected());
    let (owner, taken) = world.owner().await;
    assert_eq!(owner, "second");
    assert!(taken > epoch, "{taken} after {epoch}");
    let (events, receipts) = (world.events(&run).await, second.receipts(&run).await);
    first.signal("CONT").await;
    // It comes back as another node only after everything of its first life has ended.
    until("the first server has noticed", async || (world.lives("first").await == 2).then_some(()))
        .await;
    assert_eq!(world.events(&run).await, events);
    assert_eq!(second.receipts(&run).await, receipts);
    assert_eq!(second.end_of(&run).await, ended);
    assert_eq!(world.owner().await, (owner, taken));
    for step in steps_with(&events, "step_succeeded") {
        assert_eq!(count(&events, &step, "step_succeeded"), 1, "{events:?}");
    }
    assert!(sandbox.executions().await.values().all(|times| *times == 1));
    assert_eq!(
        receipts.iter().filter(|receipt| receipt["state"] == "settled").count(),
        1,
        "{receipts:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_frozen_before_a_commit_changes_nothing_when_it_wakes() {
    let points = [
        "step_started.before=freeze@6",
        "gate_settle.before=freeze",
        "step_commit.before=freeze@6",
    ];
    futures_util::future::join_all(points.map(frozen_at)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_frozen_during_a_query_changes_nothing_when_it_wakes() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let first = world.spawn("first", "").await;
    first.learn().await;
    sandbox.latency(4_000).await;
    let told = first.ask().await;
    until("the query runs", async || (!sandbox.executions().await.is_empty()).then_some(())).await;
    first.signal("STOP").await;
    first.stopped().await;
    take_over(&sandbox, &world, first, told).await;
}
