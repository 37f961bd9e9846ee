//! Which runs of the tenant have an actor.
//!
//! The store says which runs are open, admission says which of them may run; this file carries both
//! answers out. A look that began before a run ended is out of date about that run, so each end
//! causes another look.

use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Context, Handler};
use actix_rt::Arbiter;
use autopilot_domain::admission::Decision;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::RunId;
use autopilot_domain::workflow::machine::RunOutcome;
use tokio::time::Instant;

use super::messages::{CancelledUnstarted, RunExited, RunRestartDue, RunsRead, WakeTenant};
use super::{Life, Phase, TenantSupervisor};
use crate::actors::kernel::board::Path;
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::exit::ExitReport;
use crate::actors::kernel::patience::{self, until_answered};
use crate::actors::kernel::runtime::Tasks;
use crate::actors::kernel::supervise::{Generation, Verdict};
use crate::actors::workflow::messages::CancelRun;
use crate::actors::workflow::{Assignment, WorkflowActor};
use crate::ports::StoreError;
use crate::ports::runs::{OpenState, RunRecord};

impl TenantSupervisor {
    pub(super) fn look_at_runs(&mut self, _: &mut Context<Self>) {
        let (Phase::Ready, Some(ports)) = (self.phase, &self.ports) else { return };
        if self.look.under_way {
            self.look.again = true;
            return;
        }
        self.look.under_way = true;
        self.look.ended_since.clear();
        let (store, counter) = (Arc::clone(&ports.store), self.told);
        let work = async move { store.open_runs().await };
        let token = self.life.tasks.token().clone();
        let into = move |end| RunsRead { counter, answer: patience::answer(end) };
        self.life.tasks.run(token, work, self.to_me(), into);
    }

    /// Running ones go first and to the queue's front, in their order; then those that wait.
    fn take_in(&mut self, records: Vec<RunRecord>) {
        if let Some(limits) = self.tenants.limits(self.tenant()) {
            let started = self.admission.limit(limits);
            self.start_runs(started);
        }
        let ended = std::mem::take(&mut self.look.ended_since);
        let open = records.into_iter().filter(|record| !ended.contains(&record.run));
        let (running, queued): (Vec<_>, Vec<_>) = open.partition(|r| r.state == OpenState::Running);
        running.into_iter().rev().for_each(|record| self.consider(record));
        queued.into_iter().for_each(|record| self.consider(record));
    }

    fn consider(&mut self, record: RunRecord) {
        let (run, kind) = (record.run, record.kind);
        if self.left.contains_key(&run) {
            return;
        }
        if record.cancel_requested {
            self.cancel(run);
            return;
        }
        let decision = match record.state {
            OpenState::Running | OpenState::Resumed => self.admission.rejoin(run, kind),
            OpenState::Queued => self.admission.submit(run, kind),
        };
        match decision {
            Decision::Run => {
                self.records.insert(run, record);
                self.start_run(run);
            }
            Decision::Queue { .. } => {
                self.records.insert(run, record);
            }
            // It is in the store; the look after the next end of a run finds it again.
            Decision::Refuse | Decision::Known => {}
        }
    }

    /// A run with an actor is told; one without is ended here, since nothing of it is under way, and
    /// gives up its place at once, so that no slot can start it meanwhile.
    fn cancel(&mut self, run: RunId) {
        if let Some(actor) = self.children.get(run) {
            actor.tell(self.scope(), CancelRun);
            return;
        }
        if self.children.contains(run) {
            return;
        }
        self.let_go(run);
        let Some(ports) = &self.ports else { return };
        let (store, token) = (Arc::clone(&ports.store), self.life.tasks.token().clone());
        let inner = token.clone();
        let work = async move {
            until_answered(&inner, || store.finish_run(run, RunOutcome::Cancelled)).await
        };
        let into = move |end| CancelledUnstarted { run, answer: patience::answer(end) };
        self.life.tasks.run(token, work, self.to_me(), into);
    }

    pub(super) fn start_runs(&mut self, runs: Vec<RunId>) {
        runs.into_iter().for_each(|run| self.start_run(run));
    }

    fn start_run(&mut self, run: RunId) {
        let (Some(record), Some(ports)) = (self.records.get(&run).cloned(), self.ports.clone())
        else {
            return;
        };
        let (me, kit, tasks) = (self.me.clone(), self.kit.clone(), self.life.tasks.clone());
        let scope = self.scope();
        self.children.start(run, move |generation, restarts| {
            let parent = me.clone();
            let exit = ExitReport::new(move |clean| {
                parent.tell(scope, RunExited { run, generation, clean });
            });
            let life = Life { generation, restarts, exit, tasks: tasks.child() };
            let assignment =
                Assignment { record: record.clone(), ports: ports.clone(), parent: me.clone() };
            WorkflowActor::launch(&Arbiter::current(), &kit, life, assignment)
        });
    }

    fn restart_later(&self, run: RunId, ended: Generation, after: Duration, old: Tasks) {
        let work = async move {
            old.finished().await;
            tokio::time::sleep(after).await;
        };
        let token = self.life.tasks.token().clone();
        self.life.tasks.run(token, work, self.to_me(), move |_| RunRestartDue { run, ended });
    }

    /// After a cool-down, a request is reason to try again what was given up.
    fn forgive(&mut self) {
        let cool_down = self.kit.timings.cool_down;
        if self.left_at.is_some_and(|at| at.elapsed() >= cool_down) {
            self.left.clear();
            self.left_at = None;
            self.last_error = None;
        }
    }
}

impl Handler<Envelope<WakeTenant>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<WakeTenant>, ctx: &mut Self::Context) {
        let Some(WakeTenant { counter }) = self.open(envelope) else { return };
        self.told = self.told.max(counter);
        self.active_at = Instant::now();
        self.forgive();
        self.look_at_runs(ctx);
        self.publish();
    }
}

impl Handler<Envelope<RunsRead>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<RunsRead>, ctx: &mut Self::Context) {
        let Some(RunsRead { counter, answer }) = self.open(envelope) else { return };
        self.look.under_way = false;
        if self.phase != Phase::Ready {
            return;
        }
        match answer {
            Ok(records) => {
                self.look.wait.reset();
                self.seen = self.seen.max(counter);
                self.take_in(records);
                if std::mem::take(&mut self.look.again) {
                    self.look_at_runs(ctx);
                }
            }
            Err(StoreError::Lost) => self.lose(ctx),
            Err(error @ (StoreError::Unavailable | StoreError::Corrupt(_))) => {
                self.last_error = Some(patience::code(&error));
                self.look.again = false;
                ctx.run_later(self.look.wait.wait(), Self::look_at_runs);
            }
        }
        self.publish();
    }
}

impl Handler<Envelope<CancelledUnstarted>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<CancelledUnstarted>, ctx: &mut Self::Context) {
        let Some(CancelledUnstarted { run, answer }) = self.open(envelope) else { return };
        match answer {
            Ok(()) => self.run_is_over(run, ctx),
            Err(StoreError::Lost) => self.lose(ctx),
            Err(error @ (StoreError::Unavailable | StoreError::Corrupt(_))) => {
                self.last_error = Some(patience::code(&error));
            }
        }
        self.publish();
    }
}

impl Handler<Envelope<RunExited>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<RunExited>, ctx: &mut Self::Context) {
        let Some(RunExited { run, generation, clean }) = self.open(envelope) else { return };
        match self.children.exited(run, generation, clean, Instant::now()) {
            Verdict::Stale | Verdict::Clean => {}
            Verdict::Restart { after, old } => {
                self.kit.board.mark(&Path::run(self.tenant(), run), generation, "restarting");
                self.restart_later(run, generation, after, old);
            }
            Verdict::TooMany => {
                self.kit.board.mark(&Path::run(self.tenant(), run), generation, "given_up");
                self.leave_run(run, generation, ErrorCode::StepPanicked);
            }
        }
        self.end_when_drained(ctx);
        self.publish();
    }
}

impl Handler<Envelope<RunRestartDue>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<RunRestartDue>, ctx: &mut Self::Context) {
        let Some(RunRestartDue { run, ended }) = self.open(envelope) else { return };
        if self.phase == Phase::Ready {
            self.children.restart(run, ended, Instant::now());
            // Whoever asked for a cancel meanwhile was told to nobody.
            self.look_at_runs(ctx);
        } else if self.children.generation(run) == Some(ended) {
            self.children.forget(run);
            self.end_when_drained(ctx);
        }
        self.publish();
    }
}
