//! Runs that wait for a person: they hold no slot, and go on with a new attempt.
//!
//! Whoever decides is played by the test; the memory store puts the run back as the real one does.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::FailureClass;
use autopilot_domain::ids::Attempt;
use autopilot_domain::workflow::StepStatus;
use autopilot_domain::workflow::machine::RunOutcome;
use std::time::Duration;

use super::support::{Rig, on_paused_clock, tenant};
use crate::ports::fakes::Script;

const ASKS: Script = Script::Fail(FailureClass::QuotaExceeded, ErrorCode::ApprovalNeeded);

#[test]
fn a_run_that_waits_for_a_person_gives_its_slot_to_the_next() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("two", (0..3).map(|_| ASKS));
        let mut waiting = Vec::new();
        for _ in 0..3 {
            waiting.push(rig.submit(tenant(1)).await);
        }
        for run in &waiting {
            assert_eq!(rig.ended(tenant(1), *run).await, RunOutcome::Suspended);
        }
        let other = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), other).await, RunOutcome::Succeeded);
        let kept = rig.runs.results(tenant(1), waiting[0]);
        assert_eq!((kept[1].step_name.as_str(), kept[1].status), ("two", StepStatus::Suspended));
        assert!(rig.run_actor(tenant(1), waiting[0]).is_none(), "nothing of it stays in memory");
    });
}

#[test]
fn a_decision_brings_it_back_with_a_new_attempt_of_the_step_that_asked_and_of_no_other() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two", "three"]);
        rig.steps.script("two", [ASKS]);
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Suspended);
        rig.runs.decide(tenant(1), run);
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        let attempts: Vec<_> =
            rig.steps.calls().iter().map(|c| (c.step.clone(), c.attempt)).collect();
        let expected = [("one", 1), ("two", 1), ("two", 2), ("three", 1)];
        assert_eq!(attempts, expected.map(|(step, n)| (step.to_owned(), Attempt(n))));
    });
}

#[test]
fn what_comes_back_stands_in_front_of_what_has_never_run() {
    on_paused_clock(async {
        let rig = Rig::new(&["one"]);
        rig.steps.script("one", [ASKS]);
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Suspended);
        rig.steps.script("one", (0..3).map(|_| Script::Take(Duration::from_secs(50))));
        for _ in 0..3 {
            rig.submit(tenant(1)).await;
        }
        let queued = rig.submit(tenant(1)).await;
        rig.until("it waits", |rig| {
            rig.tenant_actor(tenant(1)).is_some_and(|actor| actor.queue_depth == 1)
        })
        .await;
        rig.runs.decide(tenant(1), run);
        rig.until("both wait", |rig| {
            rig.tenant_actor(tenant(1)).is_some_and(|actor| actor.queue_depth == 2)
        })
        .await;
        assert_eq!(rig.ended(tenant(1), queued).await, RunOutcome::Succeeded);
        let order: Vec<_> = rig.steps.calls().iter().skip(4).map(|call| call.run).collect();
        assert_eq!(order, [run, queued]);
    });
}

#[test]
fn a_run_that_waits_can_be_cancelled() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("one", [ASKS]);
        let run = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Suspended);
        rig.cancel(tenant(1), run).await;
        rig.until("it is cancelled", |rig| {
            rig.runs.outcome(tenant(1), run) == Some(RunOutcome::Cancelled)
        })
        .await;
        assert_eq!(rig.steps.calls_of("two"), 0);
    });
}
