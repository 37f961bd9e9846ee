//! Leases, lost claims, supervisors that panic, and an orderly end.
//! Time is moved by hand, so that leases end exactly when a test says so.

use std::time::Duration;

use autopilot_domain::workflow::machine::RunOutcome;

use super::support::{Rig, foreign_node, on_paused_clock, seconds, tenant};
use crate::ports::fakes::Script;

#[test]
fn a_lost_claim_stops_the_tenant_and_its_writes() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("one", (0..2).map(|_| Script::Take(Duration::from_millis(50))));
        let (first, second) = (rig.submit(tenant(1)).await, rig.submit(tenant(1)).await);
        rig.until("both run", |rig| rig.steps.under_way().0 == 2).await;
        rig.runs.take_over(tenant(1), foreign_node());
        rig.until("the supervisor is gone", |rig| rig.tenant_state(tenant(1)) == "absent").await;
        let tried = rig.runs.refused_writes(tenant(1));
        seconds(60).await;
        assert_eq!(rig.runs.refused_writes(tenant(1)), tried, "a former owner does not even try");
        assert!(
            (1..=2).contains(&tried),
            "one refused write is enough; the other may have been on its way"
        );
        assert_eq!(rig.steps.calls_of("two"), 0);
        assert_eq!(
            (rig.runs.outcome(tenant(1), first), rig.runs.outcome(tenant(1), second)),
            (None, None)
        );
        assert!(rig.run_actor(tenant(1), first).is_none());
    });
}

#[test]
fn a_tenant_that_others_took_over_stops_before_it_writes() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.steps.script("one", [Script::UntilCancelled]);
        rig.submit(tenant(1)).await;
        // By then there is nothing left to seal, so that only the kernel's look can tell.
        seconds(5).await;
        rig.runs.take_over(tenant(1), foreign_node());
        rig.until("it has stopped", |rig| rig.steps.under_way().0 == 0).await;
        seconds(30).await;
        assert_eq!(
            (rig.runs.refused_writes(tenant(1)), rig.tenant_state(tenant(1))),
            (0, "absent")
        );
    });
}

#[test]
fn a_supervisor_that_panics_is_rebuilt_from_the_store() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("two", [Script::UntilCancelled]);
        let first = rig.submit(tenant(1)).await;
        rig.until("the second step runs", |rig| rig.steps.calls_of("two") == 1).await;
        let before = rig.tenant_actor(tenant(1)).unwrap();
        rig.runs.panic_in_supervisor(1);
        let second = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), first).await, RunOutcome::Succeeded);
        assert_eq!(rig.ended(tenant(1), second).await, RunOutcome::Succeeded);
        let after = rig.tenant_actor(tenant(1)).unwrap();
        assert!(after.generation > before.generation);
        assert_eq!((before.restarts, after.restarts), (0, 1));
        let of_first = rig.steps.calls().into_iter().filter(|call| call.run == first);
        let of_first: Vec<_> = of_first.map(|call| (call.step, call.attempt.0)).collect();
        let expected =
            [("one", 1), ("two", 1), ("two", 1)].map(|(step, attempt)| (step.to_owned(), attempt));
        assert_eq!(of_first, expected);
    });
}

#[test]
fn a_supervisor_that_keeps_panicking_is_left_alone_for_a_while() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.runs.panic_in_supervisor(4);
        let run = rig.submit(tenant(1)).await;
        rig.until("it is degraded", |rig| rig.tenant_state(tenant(1)) == "degraded").await;
        let other = rig.submit(tenant(2)).await;
        assert_eq!(
            rig.ended(tenant(2), other).await,
            RunOutcome::Succeeded,
            "others are not touched"
        );
        seconds(50).await;
        assert_eq!((rig.tenant_state(tenant(1)), rig.steps.calls_of("one")), ("degraded", 1));
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        assert_ne!(rig.tenant_state(tenant(1)), "degraded");
    });
}

#[test]
fn a_node_whose_lease_ended_comes_back_as_another_and_goes_on() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("two", [Script::UntilCancelled]);
        let run = rig.submit(tenant(1)).await;
        rig.until("the second step runs", |rig| rig.steps.calls_of("two") == 1).await;
        let before = rig.runs.owner(tenant(1)).unwrap();
        rig.runs.end_leases();
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        let after = rig.runs.owner(tenant(1)).unwrap();
        assert!(after.0 != before.0 && after.1 > before.1, "{before:?} {after:?}");
        assert_eq!((rig.steps.calls_of("one"), rig.steps.calls_of("two")), (1, 2));
        let attempts: Vec<_> = rig.steps.calls().iter().map(|call| call.attempt.0).collect();
        assert_eq!(
            attempts,
            [1, 1, 1],
            "an attempt that was not committed is made again under its number"
        );
        assert_eq!(rig.steps.recovered(), 2);
    });
}

#[test]
fn a_store_that_is_away_for_longer_than_a_lease_ends_the_work_until_it_is_back() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("one", [Script::UntilCancelled]);
        let run = rig.submit(tenant(1)).await;
        rig.until("the first step runs", |rig| rig.steps.calls_of("one") == 1).await;
        assert!(rig.handle.ready().await);
        rig.runs.set_down(true);
        seconds(10).await;
        assert_eq!(rig.steps.under_way().0, 0, "nobody spends without a lease");
        assert!(!rig.handle.ready().await);
        rig.runs.set_down(false);
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
    });
}

#[test]
fn a_tenant_of_another_living_node_is_left_alone() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.runs.take_over(tenant(1), foreign_node());
        let run = rig.submit(tenant(1)).await;
        seconds(30).await;
        assert_eq!(
            (rig.runs.outcome(tenant(1), run), rig.tenant_state(tenant(1))),
            (None, "absent")
        );
    });
}

#[test]
fn a_drain_lets_attempts_end_starts_no_other_and_gives_the_lease_back() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("one", [Script::Take(Duration::from_secs(8))]);
        let run = rig.submit(tenant(1)).await;
        rig.until("the first step runs", |rig| rig.steps.calls_of("one") == 1).await;
        rig.handle.drain().await;
        assert!(rig.handle.draining() && !rig.handle.ready().await);
        assert_eq!(
            rig.runs.results(tenant(1), run).len(),
            1,
            "the attempt under way was committed"
        );
        assert_eq!((rig.steps.calls_of("two"), rig.runs.outcome(tenant(1), run)), (0, None));
        assert_eq!(rig.runs.leased(), []);
    });
}

#[test]
fn a_drain_does_not_wait_for_ever() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.steps.script("one", [Script::Deaf]);
        let run = rig.submit(tenant(1)).await;
        rig.until("it runs", |rig| rig.steps.under_way().0 == 1).await;
        let asked = tokio::time::Instant::now();
        rig.handle.drain().await;
        assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
        assert_eq!((rig.steps.under_way().0, rig.runs.outcome(tenant(1), run)), (0, None));
    });
}

#[test]
fn tenants_do_not_wait_for_each_other() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.steps.script("one", (0..3).map(|_| Script::Deaf));
        for _ in 0..3 {
            rig.submit(tenant(1)).await;
        }
        rig.until("one tenant is full", |rig| rig.steps.under_way().0 == 3).await;
        let other = rig.submit(tenant(2)).await;
        assert_eq!(rig.ended(tenant(2), other).await, RunOutcome::Succeeded);
    });
}

#[test]
fn an_actor_system_of_its_own_starts_runs_and_ends() {
    use std::sync::Arc;

    use autopilot_domain::ids::NodeId;

    use crate::actors::{Config, IoRuntime, Timings, start};
    use crate::ports::fakes::{ManualClock, MemoryRuns, ScriptedSteps};

    let io = IoRuntime::start(2).unwrap();
    let clock = Arc::new(ManualClock::at("2026-03-02T09:00:00Z".parse().unwrap()));
    let steps = Arc::new(ScriptedSteps::chain(&["one"]).unwrap());
    let runs = MemoryRuns::new(clock.clone(), steps);
    let handle = start(Config {
        node_name: "test".into(),
        new_node: Arc::new(|| NodeId::new(uuid::Uuid::now_v7())),
        io: io.handle().clone(),
        arbiters: 2,
        ownership: Arc::new(runs.clone()),
        tenants: Arc::new(runs.clone()),
        clock,
        limits: autopilot_domain::admission::Limits::default(),
        timings: Timings { renew: Duration::from_millis(20), ..Timings::default() },
    })
    .unwrap();
    io.handle().block_on(async {
        while !handle.ready().await {
            tokio::task::yield_now().await;
        }
        assert_eq!(runs.leased().len(), 1);
        handle.drain().await;
        assert_eq!(runs.leased(), []);
    });
}
