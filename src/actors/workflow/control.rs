//! What others tell the actor of a run: its stored results, a cancel, a drain, a stop.
//!
//! A cancel that comes before the results is remembered. A drain never breaks an attempt off.

use actix::{ActorContext, Context, Handler};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::workflow::machine::{Event, RunOutcome};
use autopilot_domain::workflow::{Machine, StepResult};

use super::WorkflowActor;
use super::messages::{CancelRun, DrainRun, Loaded, RestartRun, StopRun};
use crate::actors::kernel::envelope::Envelope;
use crate::actors::tenant::messages::{Progressed, RunEnd};

impl WorkflowActor {
    fn begin(&mut self, results: &[StepResult], ctx: &mut Context<Self>) {
        let definition = self.task.ports.steps.definition(self.task.record.kind);
        let (Some(definition), Some(_)) = (definition, self.input_hash) else {
            // This version cannot do it, and waiting would not change that.
            self.last_error = Some(ErrorCode::StepInputInvalid);
            self.commit_end(RunOutcome::PartialFailure);
            return;
        };
        self.machine = Some(Machine::rebuild(definition, self.task.record.round, results));
        self.task.parent.tell(self.scope(), Progressed);
        let first = if self.cancelled { Event::CancelRequested } else { Event::Started };
        self.happened(first, ctx);
    }
}

impl Handler<Envelope<Loaded>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Loaded>, ctx: &mut Self::Context) {
        let Some(Loaded { answer }) = self.open(envelope) else { return };
        self.in_flight = self.in_flight.saturating_sub(1);
        match answer {
            Ok(_) if self.draining => self.leave(RunEnd::Suspended, ctx),
            Ok(results) => self.begin(&results, ctx),
            Err(error) => self.refused(&error, Self::load, ctx),
        }
        self.publish();
    }
}

impl Handler<Envelope<CancelRun>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<CancelRun>, ctx: &mut Self::Context) {
        if self.open(envelope).is_some() {
            self.cancelled = true;
            self.happened(Event::CancelRequested, ctx);
        }
    }
}

impl Handler<Envelope<DrainRun>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<DrainRun>, ctx: &mut Self::Context) {
        if self.open(envelope).is_none() {
            return;
        }
        self.draining = true;
        if self.in_flight == 0 && self.uncommitted.is_none() {
            self.leave(RunEnd::Suspended, ctx);
        }
        self.publish();
    }
}

impl Handler<Envelope<StopRun>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<StopRun>, ctx: &mut Self::Context) {
        if self.open(envelope).is_some() {
            ctx.stop();
        }
    }
}

impl Handler<Envelope<RestartRun>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<RestartRun>, ctx: &mut Self::Context) {
        if self.open(envelope).is_some() {
            self.life.exit.come_back();
            ctx.stop();
        }
    }
}
