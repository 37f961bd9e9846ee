//! Restarts that an operator asks for: a new life, and no step run twice that was stored.
//! The clock stands still unless a test moves it.

use autopilot_domain::workflow::machine::RunOutcome;

use super::support::{Rig, on_paused_clock, tenant};
use crate::ports::fakes::Script;

#[test]
fn a_run_whose_step_hangs_is_replaced_and_goes_on_behind_what_was_stored() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two"]);
        rig.steps.script("two", [Script::Deaf]);
        let run = rig.submit(tenant(1)).await;
        rig.until("the second step hangs", |rig| rig.steps.calls_of("two") == 1).await;
        let before = rig.run_actor(tenant(1), run).unwrap();
        assert!(rig.handle.restart(before.path.as_str()).await);
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
        assert_eq!((rig.steps.calls_of("one"), rig.steps.calls_of("two")), (1, 2));
        assert_eq!(rig.steps.under_way().0, 0, "the old life's step was dropped");
    });
}

#[test]
fn a_replaced_actor_has_the_next_generation_and_one_more_restart() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", [Script::UntilCancelled, Script::UntilCancelled]);
        let run = rig.submit(tenant(1)).await;
        rig.until("it runs", |rig| rig.steps.under_way().0 == 1).await;
        for path in [
            format!("kernel/tenant:{}/run:{run}", tenant(1)),
            format!("kernel/tenant:{}", tenant(1)),
        ] {
            let before = rig.handle.actor(&path).unwrap();
            assert!(rig.handle.restart(&path).await);
            rig.until("a later life is there", |rig| {
                rig.handle.actor(&path).is_some_and(|now| {
                    now.generation > before.generation && now.restarts == before.restarts + 1
                })
            })
            .await;
        }
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Succeeded);
    });
}

#[test]
fn what_is_not_there_is_not_restarted() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", [Script::UntilCancelled]);
        let run = rig.submit(tenant(1)).await;
        rig.until("it runs", |rig| rig.steps.under_way().0 == 1).await;
        let foreign = format!("kernel/tenant:{}/run:{run}", tenant(2));
        for path in ["kernel", "kernel/tenant:x", "", foreign.as_str()] {
            assert!(!rig.handle.restart(path).await, "{path}");
        }
        assert_eq!(rig.steps.calls_of("only"), 1);
    });
}
