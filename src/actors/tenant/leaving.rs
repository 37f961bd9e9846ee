//! How runs end, and how the tenant is given up: idle, drained, lost.
//!
//! An idle tenant is passivated only if nothing was asked since its last look; the store decides
//! that, not this actor. A lost claim ends everything at once: another node may be working already.

use std::sync::Arc;

use actix::{ActorContext, AsyncContext, Context, Handler};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::RunId;
use tokio::time::Instant;

use super::messages::{
    DrainTenant, PassivateAnswered, RestartRunOf, RestartTenant, RunEnd, RunLeft, StopTenant,
};
use super::{Phase, TenantSupervisor};
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::patience;
use crate::actors::kernel::supervise::Generation;
use crate::actors::workflow::messages::{DrainRun, RestartRun};
use crate::ports::StoreError;

impl TenantSupervisor {
    /// The run's end is committed: others may start in its place.
    pub(super) fn run_is_over(&mut self, run: RunId, ctx: &mut Context<Self>) {
        self.look.ended_since.insert(run);
        self.let_go(run);
        self.look_at_runs(ctx);
        self.seal_soon();
    }

    /// This activation cannot go on with the run; it stays open in the store.
    pub(super) fn leave_run(&mut self, run: RunId, generation: Generation, code: ErrorCode) {
        tracing::error!(tenant = %self.tenant(), %run, %code, "the run is left for the next activation");
        self.last_error = Some(code);
        self.left.insert(run, generation);
        self.left_at = Some(Instant::now());
        self.let_go(run);
    }

    pub(super) fn let_go(&mut self, run: RunId) {
        self.active_at = Instant::now();
        self.children.forget(run);
        self.records.remove(&run);
        let next = self.admission.release(run);
        if self.phase == Phase::Ready {
            self.start_runs(next);
        }
    }

    /// The claim is over.
    pub(super) fn lose(&mut self, ctx: &mut Context<Self>) {
        tracing::warn!(tenant = %self.tenant(), "another node owns this tenant; its work here ends");
        self.last_error = Some(ErrorCode::OwnershipLost);
        self.end(ctx);
    }

    fn end(&mut self, ctx: &mut Context<Self>) {
        self.phase = Phase::Stopping;
        self.life.tasks.cancel();
        self.publish();
        ctx.stop();
    }

    pub(super) fn end_when_drained(&mut self, ctx: &mut Context<Self>) {
        if self.phase == Phase::Draining && self.children.is_empty() {
            self.end(ctx);
        }
    }

    /// Looks from time to time whether the tenant has been idle for long enough.
    pub(super) fn watch_idleness(&self, ctx: &mut Context<Self>) {
        ctx.run_interval(self.kit.timings.idle / 4, |supervisor, _| {
            supervisor.passivate_when_idle();
            supervisor.publish();
        });
    }

    fn passivate_when_idle(&mut self) {
        let busy = self.look.under_way || self.seal.under_way || self.seal.due;
        let at_rest = self.admission.is_idle() && self.children.is_empty() && self.left.is_empty();
        let long = self.active_at.elapsed() >= self.kit.timings.idle;
        if self.phase != Phase::Ready || busy || !at_rest || !long {
            return;
        }
        self.phase = Phase::Passivating;
        let (ownership, claim, seen) = (Arc::clone(&self.ownership), self.claim, self.seen);
        let work = async move { ownership.passivate(claim, seen).await };
        let token = self.life.tasks.token().clone();
        let into = |end| PassivateAnswered { answer: patience::answer(end) };
        self.life.tasks.run(token, work, self.to_me(), into);
    }
}

impl Handler<Envelope<RunLeft>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<RunLeft>, ctx: &mut Self::Context) {
        let Some(RunLeft { run, generation, end }) = self.open(envelope) else { return };
        if self.children.generation(run) != Some(generation) {
            return;
        }
        match end {
            RunEnd::Finished(_) => self.run_is_over(run, ctx),
            RunEnd::Suspended => self.let_go(run),
            RunEnd::Stuck(code) => self.leave_run(run, generation, code),
            RunEnd::LostClaim => self.lose(ctx),
        }
        self.end_when_drained(ctx);
        self.publish();
    }
}

impl Handler<Envelope<PassivateAnswered>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<PassivateAnswered>, ctx: &mut Self::Context) {
        let Some(PassivateAnswered { answer }) = self.open(envelope) else { return };
        if self.phase != Phase::Passivating {
            return;
        }
        match answer {
            Ok(true) => return self.end(ctx),
            Err(StoreError::Lost) => return self.lose(ctx),
            Ok(false) => {}
            Err(error @ (StoreError::Unavailable | StoreError::Corrupt(_))) => {
                self.last_error = Some(patience::code(&error));
            }
        }
        self.phase = Phase::Ready;
        self.active_at = Instant::now();
        self.look_at_runs(ctx);
        self.publish();
    }
}

impl Handler<Envelope<DrainTenant>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<DrainTenant>, ctx: &mut Self::Context) {
        if self.open_from_node(envelope).is_none() {
            return;
        }
        self.phase = Phase::Draining;
        for actor in self.children.alive() {
            actor.tell(self.scope(), DrainRun);
        }
        self.end_when_drained(ctx);
        self.publish();
    }
}

impl Handler<Envelope<StopTenant>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<StopTenant>, ctx: &mut Self::Context) {
        if self.open_from_node(envelope).is_some() {
            self.end(ctx);
        }
    }
}

impl Handler<Envelope<RestartTenant>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<RestartTenant>, ctx: &mut Self::Context) {
        if self.open_from_node(envelope).is_some() {
            self.life.exit.come_back();
            ctx.stop();
        }
    }
}

impl Handler<Envelope<RestartRunOf>> for TenantSupervisor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<RestartRunOf>, _: &mut Self::Context) {
        let Some(RestartRunOf { run }) = self.open_from_node(envelope) else { return };
        if let Some(actor) = self.children.get(run) {
            actor.tell(self.scope(), RestartRun);
        }
    }
}
