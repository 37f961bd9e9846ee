//! Steps, retries, panics and a store that is away: what is done stays done.
//! Calls of each step are counted, so that a step that ran twice is seen.

use std::time::Duration;

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::FailureClass;
use autopilot_domain::ids::Attempt;
use autopilot_domain::workflow::StepStatus;
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::retry::Mode;

use super::support::{Rig, on_paused_clock, seconds, tenant};
use crate::ports::fakes::Script;

const STEPS: [&str; 4] = ["one", "two", "three", "four"];

fn fail(class: FailureClass) -> Script {
    Script::Fail(class, ErrorCode::DependencyDown)
}

#[test]
fn a_run_does_each_step_once_and_its_events_are_sealed() {
    on_paused_clock(async {
        let rig = Rig::new(&STEPS);
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        let called: Vec<_> = rig.steps.calls().into_iter().map(|call| call.step).collect();
        assert_eq!(called, STEPS);
        let results = rig.runs.results(tenant(1), run);
        assert!(results.iter().all(|r| r.status == StepStatus::Success && r.output_hash.is_some()));
        rig.until("all events are sealed", |rig| rig.runs.unsealed(tenant(1)) == 0).await;
        rig.until("the run's actor is gone", |rig| rig.run_actor(tenant(1), run).is_none()).await;
    });
}

#[test]
fn a_retry_after_a_timeout_resumes_at_the_third_step() {
    on_paused_clock(async {
        let rig = Rig::new(&STEPS);
        rig.steps.script("three", (0..4).map(|_| fail(FailureClass::Timeout)));
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::PartialFailure);
        assert_eq!(rig.steps.calls_of("four"), 0);
        rig.retry(tenant(1), run).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        let calls = ["one", "two", "three", "four"].map(|step| rig.steps.calls_of(step));
        assert_eq!(calls, [1, 1, 5, 1]);
        let three = rig
            .runs
            .results(tenant(1), run)
            .into_iter()
            .find(|r| r.step_name.as_str() == "three")
            .unwrap();
        assert_eq!((three.attempt, three.round, three.retry_count), (Attempt(5), 1, 0));
    });
}

#[test]
fn a_retry_between_a_runs_end_and_its_answer_is_not_forgotten() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", [fail(FailureClass::PermissionDenied)]);
        rig.runs.delay_ends(Duration::from_secs(3));
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::PartialFailure);
        // Its actor still waits for the answer, so the look that this wake causes finds it known.
        rig.retry(tenant(1), run).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
    });
}

#[test]
fn a_look_that_is_out_of_date_does_not_bring_an_ended_run_back() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", [Script::Take(Duration::from_secs(4))]);
        let run = rig.submit(tenant(1)).await;
        rig.until("it runs", |rig| rig.steps.under_way().0 == 1).await;
        rig.runs.delay_looks(Duration::from_secs(8));
        let other = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        assert_eq!(rig.ended(tenant(1), other).await, RunOutcome::Succeeded);
        assert_eq!((rig.runs.loads(run), rig.runs.loads(other)), (1, 1));
    });
}

#[test]
fn the_event_of_an_end_that_comes_late_is_sealed() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.runs.delay_ends(Duration::from_secs(5));
        let run = rig.submit(tenant(1)).await;
        rig.ended(tenant(1), run).await;
        rig.until("its event is sealed", |rig| rig.runs.unsealed(tenant(1)) == 0).await;
    });
}

#[test]
fn a_ladder_goes_on_where_the_former_owner_left_it() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", (0..9).map(|_| fail(FailureClass::TransientNetwork)));
        let run = rig.submit(tenant(1)).await;
        rig.until("the second attempt has failed", |rig| {
            rig.runs.results(tenant(1), run).first().is_some_and(|r| r.attempt == Attempt(2))
        })
        .await;
        rig.runs.end_leases();
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::PartialFailure);
        let attempts: Vec<_> = rig.steps.calls().iter().map(|call| call.attempt.0).collect();
        assert_eq!((attempts, rig.steps.recovered()), (vec![1, 2, 3, 4], 2));
    });
}

#[test]
fn retries_wait_one_four_and_sixteen_seconds() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", (0..9).map(|_| fail(FailureClass::TransientNetwork)));
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::PartialFailure);
        let calls = rig.steps.calls();
        let waits: Vec<_> =
            calls.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64().round()).collect();
        assert_eq!(waits, [1.0, 4.0, 16.0]);
        let attempts: Vec<_> = calls.iter().map(|call| call.attempt.0).collect();
        assert_eq!(attempts, [1, 2, 3, 4]);
    });
}

#[test]
fn a_step_that_timed_out_twice_reads_a_sample() {
    on_paused_clock(async {
        let rig = Rig::new(&["~only"]);
        rig.steps.script("only", (0..2).map(|_| fail(FailureClass::Timeout)));
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        let modes: Vec<_> = rig.steps.calls().iter().map(|call| call.mode).collect();
        assert_eq!(modes, [Mode::Full, Mode::Full, Mode::Sampled]);
    });
}

#[test]
fn a_panic_in_a_step_is_a_failure_that_is_tried_again() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("two", [Script::Panic]);
        let run = rig.submit(tenant(1)).await;
        rig.until("the panic is stored", |rig| {
            rig.runs
                .results(tenant(1), run)
                .iter()
                .any(|r| r.error.as_ref().is_some_and(|f| f.code == ErrorCode::StepPanicked))
        })
        .await;
        let actor = rig.run_actor(tenant(1), run).unwrap();
        assert_eq!((actor.restarts, actor.last_error), (0, Some(ErrorCode::StepPanicked)));
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        assert_eq!((rig.steps.calls_of("one"), rig.steps.calls_of("two")), (1, 2));
    });
}

#[test]
fn a_panic_in_a_handler_costs_a_life_and_nothing_else() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("two", [Script::Take(Duration::from_secs(5))]);
        rig.steps.panic_in_handler(2);
        let run = rig.submit(tenant(1)).await;
        rig.until("the second step runs", |rig| rig.steps.calls_of("two") == 1).await;
        assert_eq!(rig.run_actor(tenant(1), run).unwrap().restarts, 2);
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        assert_eq!(rig.steps.calls_of("one"), 1);
    });
}

#[test]
fn a_run_whose_actor_keeps_panicking_is_left_and_another_goes_on() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.steps.panic_in_handler(4);
        let run = rig.submit(tenant(1)).await;
        rig.until("the tenant is degraded", |rig| rig.tenant_state(tenant(1)) == "degraded").await;
        assert_eq!(rig.tenant_actor(tenant(1)).unwrap().last_error, Some(ErrorCode::StepPanicked));
        assert_eq!(rig.run_actor(tenant(1), run).unwrap().state, "given_up");
        let other = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), other).await, RunOutcome::Succeeded);
        seconds(120).await;
        assert_eq!(
            rig.runs.outcome(tenant(1), run),
            None,
            "nothing but a request is reason to try again"
        );
        rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        rig.until("the tenant is well", |rig| rig.tenant_state(tenant(1)) == "idle").await;
    });
}

#[test]
fn a_store_that_is_away_for_a_moment_loses_nothing() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("one", [Script::Take(Duration::from_secs(2))]);
        let run = rig.submit(tenant(1)).await;
        rig.until("the first step runs", |rig| rig.steps.calls_of("one") == 1).await;
        rig.runs.set_down(true);
        seconds(4).await;
        assert_eq!(
            rig.steps.calls_of("two"),
            0,
            "nothing begins before the first result is stored"
        );
        rig.runs.set_down(false);
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        assert_eq!((rig.steps.calls_of("one"), rig.steps.calls_of("two")), (1, 1));
    });
}

#[test]
fn nothing_runs_before_recovery_has_worked() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.steps.fail_recovery(3);
        let run = rig.submit(tenant(1)).await;
        rig.until("recovery has failed", |rig| {
            rig.tenant_actor(tenant(1))
                .is_some_and(|a| a.state == "recovering" && a.last_error.is_some())
        })
        .await;
        assert_eq!(rig.steps.calls().len(), 0);
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        assert_eq!(rig.steps.recovered(), 1);
    });
}
