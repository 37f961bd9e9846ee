//! One running workflow: asks the machine, carries its effects out, tells it what came of them.
//!
//! Handlers decide at once and never wait; all waiting is done in tasks whose ends come back as
//! messages with step and attempt. Nothing is acted on before it is committed. After a panic a new
//! life is built from the stored results and asks the machine again.

mod attempt;
mod commit;
mod control;
pub mod messages;

use std::sync::Arc;

use actix::{Actor, ActorContext, Context};
use actix_rt::ArbiterHandle;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::Digest;
use autopilot_domain::workflow::machine::{Effect, Event};
use autopilot_domain::workflow::{Machine, RunState, StepResult};

use super::kernel::actor_ref::{ActorRef, Scope};
use super::kernel::board::{Path, Status};
use super::kernel::envelope::Envelope;
use super::kernel::kit::Kit;
use super::kernel::patience::{self, until_answered};
use super::kernel::supervise::Started;
use super::tenant::messages::{RunEnd, RunLeft};
use super::tenant::{Life, TenantSupervisor};
use crate::failpoint;
use crate::ports::TenantPorts;
use crate::ports::runs::{OpenState, RunRecord};
use attempt::UnderWay;
use messages::Loaded;

/// What a workflow actor works on, and for whom.
pub struct Assignment {
    /// The run.
    pub record: RunRecord,
    /// The tenant's ports.
    pub ports: TenantPorts,
    /// The supervisor.
    pub parent: ActorRef<TenantSupervisor>,
}

/// The actor of one run.
pub struct WorkflowActor {
    kit: Kit,
    life: Life,
    me: ActorRef<Self>,
    task: Assignment,
    input_hash: Option<Digest>,
    machine: Option<Machine>,
    under_way: Option<UnderWay>,
    uncommitted: Option<StepResult>,
    /// Store calls and attempts whose end has not come back yet.
    in_flight: usize,
    cancelled: bool,
    draining: bool,
    last_error: Option<ErrorCode>,
}

impl WorkflowActor {
    /// Starts the actor of a run on the supervisor's thread.
    pub fn launch(
        thread: &ArbiterHandle,
        kit: &Kit,
        life: Life,
        task: Assignment,
    ) -> Started<Self> {
        let (inner, tasks) = (kit.clone(), life.tasks.clone());
        let path = Path::run(task.ports.store.claim().tenant(), task.record.run);
        let actor = ActorRef::start(thread, path, kit, move |me| Self {
            kit: inner,
            life,
            me,
            input_hash: autopilot_domain::workflow::idempotency::input_hash(&task.record.input)
                .ok(),
            cancelled: task.record.cancel_requested,
            task,
            machine: None,
            under_way: None,
            uncommitted: None,
            in_flight: 0,
            draining: false,
            last_error: None,
        });
        Started { actor, tasks }
    }

    fn scope(&self) -> Scope {
        Scope::Tenant(self.task.ports.store.claim().tenant())
    }

    fn to_me(&self) -> (&ActorRef<Self>, Scope) {
        (&self.me, self.scope())
    }

    fn open<M>(&self, envelope: Envelope<M>) -> Option<M> {
        envelope.open(self.scope(), self.me.path().as_str(), &self.kit.letters)
    }

    /// Commits the slot, unless an earlier owner or life did, and reads what is done already.
    fn load(&mut self) {
        let (run, state) = (self.task.record.run, self.task.record.state);
        let (store, token) = (Arc::clone(&self.task.ports.store), self.life.tasks.token().clone());
        let inner = token.clone();
        let work = async move {
            match state {
                OpenState::Queued | OpenState::Resumed => {
                    failpoint::hit("run_started.before");
                    until_answered(&inner, || store.start_run(run)).await?;
                    failpoint::hit("run_started.after");
                }
                OpenState::Running => {}
            }
            until_answered(&inner, || store.steps(run)).await
        };
        self.in_flight += 1;
        let into = |end| Loaded { answer: patience::answer(end) };
        self.life.tasks.run(token, work, self.to_me(), into);
    }

    /// Tells the machine what happened and carries out what it says.
    fn happened(&mut self, event: Event, ctx: &mut Context<Self>) {
        failpoint::hit("workflow_decide");
        let Some(machine) = &mut self.machine else { return };
        let effects = machine.apply(event);
        for effect in effects {
            self.carry_out(effect, ctx);
        }
        self.publish();
    }

    fn carry_out(&mut self, effect: Effect, ctx: &mut Context<Self>) {
        match effect {
            Effect::RunStep { .. } | Effect::ScheduleRetry { .. } if self.draining => {
                self.leave(RunEnd::Suspended, ctx);
            }
            Effect::RunStep { step, tried } => self.begin_attempt(step, tried),
            Effect::Persist { step, tried, outcome } => self.commit_result(&step, tried, outcome),
            Effect::ScheduleRetry { step, attempt, after } => {
                Self::wait_for_retry(step, attempt, after, ctx)
            }
            Effect::CancelStep { step, attempt } => self.cancel_attempt(&step, attempt),
            Effect::Finish(outcome) => self.commit_end(outcome),
        }
    }

    /// Reports how the run is left, and ends.
    fn leave(&self, end: RunEnd, ctx: &mut Context<Self>) {
        let left = RunLeft { run: self.task.record.run, generation: self.life.generation, end };
        self.task.parent.tell(self.scope(), left);
        ctx.stop();
    }

    fn publish(&self) {
        let state = match self.machine.as_ref().map(Machine::state) {
            None => "loading",
            Some(_) if self.draining => "draining",
            Some(RunState::Ready) => "ready",
            Some(RunState::Running) if self.in_flight == 0 => "waiting_for_retry",
            Some(RunState::Running) => "running",
            Some(RunState::Cancelling) => "cancelling",
            Some(RunState::Ended(_)) => "ended",
        };
        let status = Status {
            kind: "workflow",
            state,
            generation: self.life.generation,
            restarts: self.life.restarts,
            in_flight: self.in_flight,
            queue_depth: 0,
            last_error: self.last_error,
        };
        self.kit.board.publish(self.me.path(), status, Some(self.me.gauge()));
    }
}

impl Actor for WorkflowActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.load();
        self.publish();
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.life.tasks.cancel();
        if !std::thread::panicking() && !self.life.exit.comes_back() {
            self.kit.board.remove(self.me.path(), self.life.generation);
        }
        self.life.exit.send();
    }
}
