//! Limits, cancelling, passivation, foreign messages and full mailboxes.
//! The clock stands still unless a test moves it.

use std::time::Duration;

use autopilot_domain::admission::Limits;
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::{StepStatus, WorkflowKind};

use super::support::{Rig, on_paused_clock, seconds, tenant};
use crate::actors::kernel::actor_ref::{Refused, Scope};
use crate::actors::kernel::dead_letters::Reason;
use crate::actors::kernel::directory::messages::{HintWake, TenantExited};
use crate::actors::kernel::supervise::Generation;
use crate::ports::Requests;
use crate::ports::fakes::Script;

#[test]
fn ten_runs_share_three_slots_in_order() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", (0..10).map(|_| Script::Take(Duration::from_secs(10))));
        let mut runs = Vec::new();
        for _ in 0..10 {
            runs.push(rig.submit(tenant(1)).await);
        }
        rig.until("three run", |rig| rig.steps.under_way().0 == 3).await;
        let actor = rig.tenant_actor(tenant(1)).unwrap();
        assert_eq!((actor.in_flight, actor.queue_depth), (3, 7));
        let seen = rig.runs.run(&rig.context(tenant(1)), runs[4]).await.unwrap().unwrap();
        assert_eq!((seen.status.as_str(), seen.queue_position), ("queued", Some(2)));
        for run in &runs {
            assert_eq!(rig.ended(tenant(1), *run).await, RunOutcome::Succeeded);
        }
        assert_eq!(rig.steps.under_way(), (0, 3));
        let began: Vec<_> = rig.steps.calls().iter().map(|call| call.run).collect();
        // Within one round of slots the order may change, between rounds it may not.
        let sorted = |part: &[_]| {
            let mut part = part.to_vec();
            part.sort();
            part
        };
        for (round, part) in began.chunks(3).enumerate() {
            assert_eq!(sorted(part), runs[round * 3..(round * 3 + part.len())]);
        }
    });
}

#[test]
fn a_plan_that_changes_counts_from_the_next_look() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        let of = |running| Limits { running, ..Limits::default() };
        rig.runs.set_limits(of(1));
        rig.steps.script("only", (0..8).map(|_| Script::Take(Duration::from_secs(10))));
        let mut runs = Vec::new();
        for _ in 0..7 {
            runs.push(rig.submit(tenant(1)).await);
        }
        rig.until("one runs", |rig| rig.steps.under_way().0 == 1).await;
        let actor = rig.tenant_actor(tenant(1)).unwrap();
        assert_eq!((actor.in_flight, actor.queue_depth), (1, 6), "less than the node's limits");
        rig.runs.set_limits(of(5));
        runs.push(rig.submit(tenant(1)).await);
        rig.until("five run", |rig| rig.steps.under_way().0 == 5).await;
        rig.runs.set_limits(of(2));
        for run in &runs {
            assert_eq!(rig.ended(tenant(1), *run).await, RunOutcome::Succeeded);
        }
        assert_eq!(rig.steps.under_way(), (0, 5));
    });
}

#[test]
fn a_third_profile_waits_and_holds_up_nobody() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", (0..4).map(|_| Script::Take(Duration::from_secs(10))));
        let mut profiles = Vec::new();
        for _ in 0..3 {
            profiles.push(rig.submit_kind(tenant(1), WorkflowKind::ProfileWarehouse).await);
        }
        let question = rig.submit(tenant(1)).await;
        rig.until("three run", |rig| rig.steps.under_way().0 == 3).await;
        let began: Vec<_> = rig.steps.calls().iter().map(|call| call.run).collect();
        assert!(began.contains(&question) && !began.contains(&profiles[2]));
    });
}

#[test]
fn a_cancelled_run_ends_with_its_attempt_and_starts_no_other_step() {
    on_paused_clock(async {
        let rig = Rig::new(&["one", "two", "three"]);
        rig.steps.script("two", [Script::UntilCancelled]);
        let run = rig.submit(tenant(1)).await;
        rig.until("the second step runs", |rig| rig.steps.calls_of("two") == 1).await;
        rig.cancel(tenant(1), run).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Cancelled);
        assert_eq!(rig.steps.calls_of("three"), 0);
        let kept = rig.runs.results(tenant(1), run);
        assert_eq!((kept[0].step_name.as_str(), kept[0].status), ("one", StepStatus::Success));
    });
}

#[test]
fn a_step_that_does_not_hear_its_cancel_is_dropped_after_the_grace() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", [Script::Deaf]);
        let run = rig.submit(tenant(1)).await;
        rig.until("it runs", |rig| rig.steps.under_way().0 == 1).await;
        rig.cancel(tenant(1), run).await;
        assert_eq!(rig.ended(tenant(1), run).await, RunOutcome::Cancelled);
        assert_eq!(rig.steps.under_way().0, 0);
    });
}

#[test]
fn a_waiting_run_is_cancelled_without_a_slot() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", (0..3).map(|_| Script::Take(Duration::from_secs(100))));
        for _ in 0..3 {
            rig.submit(tenant(1)).await;
        }
        let waiting = rig.submit(tenant(1)).await;
        rig.until("it waits", |rig| {
            rig.tenant_actor(tenant(1)).is_some_and(|a| a.queue_depth == 1)
        })
        .await;
        rig.cancel(tenant(1), waiting).await;
        assert_eq!(rig.ended(tenant(1), waiting).await, RunOutcome::Cancelled);
        rig.until("nothing waits", |rig| {
            rig.tenant_actor(tenant(1)).is_some_and(|a| a.queue_depth == 0)
        })
        .await;
        assert!(rig.steps.calls().iter().all(|call| call.run != waiting));
    });
}

#[test]
fn an_idle_tenant_is_passivated_and_comes_back() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        let run = rig.submit(tenant(1)).await;
        rig.ended(tenant(1), run).await;
        let (_, first) = rig.runs.owner(tenant(1)).unwrap();
        rig.until("it is passivated", |rig| rig.tenant_state(tenant(1)) == "absent").await;
        assert_eq!(rig.runs.owner(tenant(1)), None);
        let again = rig.submit(tenant(1)).await;
        assert_eq!(rig.ended(tenant(1), again).await, RunOutcome::Succeeded);
        assert!(rig.runs.owner(tenant(1)).unwrap().1 > first);
    });
}

#[test]
fn a_busy_tenant_is_not_passivated() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.steps.script("only", [Script::Take(Duration::from_secs(300))]);
        rig.submit(tenant(1)).await;
        seconds(200).await;
        assert_eq!(rig.tenant_state(tenant(1)), "working");
    });
}

#[test]
fn a_message_of_another_tenant_changes_nothing_and_is_kept_as_evidence() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.until("the node has a lease", |rig| {
            rig.handle.actor("kernel").is_some_and(|k| k.state == "leased")
        })
        .await;
        let forged = TenantExited { tenant: tenant(1), generation: Generation(1), clean: true };
        rig.handle.kernel().deliver(Scope::Tenant(tenant(2)), forged).await;
        let letters = rig.handle.dead_letters();
        assert_eq!(letters.len(), 1);
        assert_eq!(
            (letters[0].reason, letters[0].tenant),
            (Reason::ForeignTenant, Some(tenant(2)))
        );
        assert_eq!(letters[0].path, "kernel");
    });
}

#[test]
fn a_run_is_not_moved_by_a_message_of_another_tenant() {
    use crate::actors::kernel::actor_ref::ActorRef;
    use crate::actors::kernel::board::Path;
    use crate::actors::kernel::exit::ExitReport;
    use crate::actors::kernel::runtime::Tasks;
    use crate::actors::tenant::messages::WakeTenant;
    use crate::actors::tenant::{Life, TenantSupervisor};
    use crate::ports::Ownership;
    use crate::ports::ownership::Claimed;
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        let node = super::support::foreign_node();
        rig.runs.register(node, "other").await.unwrap();
        let Ok(Claimed::Mine(claim)) = rig.runs.claim(node, tenant(7)).await else {
            panic!("not claimed")
        };
        let kit = rig.handle.kit().clone();
        let life = Life {
            generation: Generation(1),
            restarts: 0,
            exit: ExitReport::new(|_| {}),
            tasks: Tasks::root(kit.io.clone(), Duration::from_secs(1)),
        };
        let ports = (
            std::sync::Arc::new(rig.runs.clone()) as _,
            std::sync::Arc::new(rig.runs.clone()) as _,
        );
        let thread = actix_rt::Arbiter::current();
        let actor: ActorRef<_> =
            TenantSupervisor::launch(&thread, &kit, life, claim, 0, ports).actor;
        rig.until("it is open", |rig| rig.tenant_state(tenant(7)) == "idle").await;
        actor.deliver(Scope::Tenant(tenant(8)), WakeTenant { counter: 99 }).await;
        let letters = rig.handle.dead_letters();
        assert_eq!(
            letters.last().map(|l| (l.reason, l.tenant)),
            Some((Reason::ForeignTenant, Some(tenant(8))))
        );
        assert_eq!(
            letters.last().map(|l| l.path.clone()),
            Some(Path::tenant(tenant(7)).as_str().to_owned())
        );
    });
}

#[test]
fn a_full_mailbox_is_an_answer_and_the_board_shows_it() {
    on_paused_clock(async {
        let rig = Rig::new(&["only"]);
        rig.until("the node has a lease", |rig| {
            rig.handle.actor("kernel").is_some_and(|k| k.state == "leased")
        })
        .await;
        // Nothing yields here, so that the kernel cannot take any of them.
        let sent = (0..10_000).take_while(|_| rig.handle.wake(tenant(1)).is_ok()).count();
        assert_eq!(sent, 256);
        assert_eq!(rig.handle.wake(tenant(1)), Err(Refused::Busy));
        let hint = HintWake { tenant: tenant(1) };
        assert_eq!(rig.handle.kernel().try_send(Scope::Node, hint), Err(Refused::Busy));
        rig.until("the kernel has taken them", |rig| {
            rig.handle.actor("kernel").is_some_and(|kernel| kernel.mailbox_depth == 0)
        })
        .await;
        assert_eq!(rig.handle.wake(tenant(1)), Ok(()));
    });
}
