//! One attempt of one step: its task, its cancel token, and what its end means.
//!
//! The beginning is committed before the step is called. A panic in a step is a failure like others,
//! and is tried again as one; it never reaches the actor as a panic.

use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Context, Handler};
use autopilot_domain::canonical;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::{Attempt, StepName};
use autopilot_domain::workflow::StepState;
use autopilot_domain::workflow::machine::{Event, Outcome, Try};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::WorkflowActor;
use super::messages::{AttemptAnswer, AttemptEnded};
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::patience::until_answered;
use crate::actors::kernel::runtime::TaskEnd;
use crate::actors::tenant::messages::RunEnd;
use crate::failpoint;
use crate::ports::{StepCall, StoreError, TenantPorts};

/// The attempt under way.
pub(super) struct UnderWay {
    pub(super) step: StepName,
    pub(super) attempt: Attempt,
    pub(super) cancel: CancellationToken,
    pub(super) started_at: Timestamp,
}

/// What an ended attempt means.
enum Meaning {
    Outcome(Outcome),
    Leave(RunEnd),
}

impl WorkflowActor {
    pub(super) fn begin_attempt(&mut self, step: StepName, tried: Try) {
        let Some(machine) = &self.machine else { return };
        let outputs = machine.steps().filter_map(|(name, state)| match state {
            StepState::Succeeded(output) => Some((name.clone(), output.clone())),
            StepState::Pending(_)
            | StepState::Running(_)
            | StepState::Persisting(..)
            | StepState::Waiting(_)
            | StepState::Skipped
            | StepState::Suspended(_)
            | StepState::Failed(..) => None,
        });
        let cancel = self.life.tasks.token().child_token();
        let call = StepCall {
            run: self.task.record.run,
            kind: self.task.record.kind,
            input: self.task.record.input.clone(),
            step: step.clone(),
            tried,
            outputs: outputs.collect(),
            cancel: cancel.clone(),
        };
        let attempt = tried.attempt;
        let work = run_attempt(self.task.ports.clone(), call);
        self.in_flight += 1;
        let into = {
            let step = step.clone();
            move |end| AttemptEnded { step, attempt, end }
        };
        self.life.tasks.run(cancel.clone(), work, self.to_me(), into);
        let started_at = self.kit.clock.now();
        self.under_way = Some(UnderWay { step, attempt, cancel, started_at });
    }

    pub(super) fn cancel_attempt(&self, step: &StepName, attempt: Attempt) {
        if let Some(under_way) = &self.under_way
            && under_way.step == *step
            && under_way.attempt == attempt
        {
            under_way.cancel.cancel();
        }
    }

    pub(super) fn wait_for_retry(
        step: StepName,
        attempt: Attempt,
        after: Duration,
        ctx: &mut Context<Self>,
    ) {
        ctx.run_later(after, move |actor, ctx| {
            actor.happened(Event::RetryDue { step, attempt }, ctx);
        });
    }
}

async fn run_attempt(ports: TenantPorts, call: StepCall) -> AttemptAnswer {
    failpoint::hit("step_started.before");
    let store = Arc::clone(&ports.store);
    until_answered(&call.cancel, || store.step_started(call.run, &call.step, call.tried.attempt))
        .await?;
    failpoint::hit("step_started.after");
    failpoint::hit("step_run.before");
    let result = ports.steps.run(call).await;
    failpoint::hit("step_run.after");
    Ok(result)
}

fn meaning(end: TaskEnd<AttemptAnswer>) -> Meaning {
    let failed = |class, code| Meaning::Outcome(Outcome::Failed(Failure::of(class, code)));
    match end {
        TaskEnd::Done(Ok(Ok(output))) if canonical::digest(&output).is_ok() => {
            Meaning::Outcome(Outcome::Succeeded(output))
        }
        // An output that has no canonical form could never be compared or proven.
        TaskEnd::Done(Ok(Ok(_))) => failed(FailureClass::MalformedResponse, ErrorCode::Internal),
        TaskEnd::Done(Ok(Err(failure))) if failure.code == ErrorCode::OwnershipLost => {
            Meaning::Leave(RunEnd::LostClaim)
        }
        TaskEnd::Done(Ok(Err(failure))) => Meaning::Outcome(Outcome::Failed(failure)),
        TaskEnd::Done(Err(StoreError::Lost)) => Meaning::Leave(RunEnd::LostClaim),
        TaskEnd::Done(Err(StoreError::Corrupt(_))) => {
            Meaning::Leave(RunEnd::Stuck(ErrorCode::Internal))
        }
        // Only a cancelled attempt gives up on a store that does not answer.
        TaskEnd::Done(Err(StoreError::Unavailable)) => {
            failed(FailureClass::TransientError, ErrorCode::DependencyDown)
        }
        TaskEnd::Panicked => failed(FailureClass::TransientError, ErrorCode::StepPanicked),
        TaskEnd::Abandoned => failed(FailureClass::Timeout, ErrorCode::DependencyDown),
    }
}

impl Handler<Envelope<AttemptEnded>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<AttemptEnded>, ctx: &mut Self::Context) {
        let Some(AttemptEnded { step, attempt, end }) = self.open(envelope) else { return };
        self.in_flight = self.in_flight.saturating_sub(1);
        match meaning(end) {
            Meaning::Outcome(outcome) => {
                if let Outcome::Failed(failure) = &outcome {
                    self.last_error = Some(failure.code);
                }
                self.happened(Event::StepFinished { step, attempt, outcome }, ctx);
            }
            Meaning::Leave(end) => self.leave(end, ctx),
        }
    }
}
