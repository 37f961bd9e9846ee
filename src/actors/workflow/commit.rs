//! Commits of a run: results and its end.
//!
//! A commit is repeated until the store answers; the same result is sent each time, so that an
//! answer that was lost on its way does no harm. The machine hears of it only once it is certain.

use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Context, Handler};
use autopilot_domain::canonical;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::{Attempt, StepName};
use autopilot_domain::workflow::idempotency::step_key;
use autopilot_domain::workflow::machine::{Event, Outcome, RunOutcome, Try};
use autopilot_domain::workflow::{StepResult, StepStatus};
use serde_json::Value;

use super::WorkflowActor;
use super::messages::{Committed, EndCommitted};
use crate::actors::kernel::envelope::Envelope;
use crate::actors::kernel::patience::{self, until_answered};
use crate::actors::tenant::messages::{Progressed, RunEnd};
use crate::failpoint;
use crate::ports::StoreError;

/// Before a commit whose task was lost is sent again.
const AGAIN: Duration = Duration::from_secs(1);

impl WorkflowActor {
    pub(super) fn commit_result(&mut self, step: &StepName, tried: Try, outcome: Outcome) {
        let Some(input_hash) = self.input_hash else { return };
        let finished_at = self.kit.clock.now();
        let started_at = self.under_way.take().map_or(finished_at, |attempt| attempt.started_at);
        let (status, output, error) = match outcome {
            Outcome::Succeeded(output) => (StepStatus::Success, output, None),
            Outcome::Failed(failure) if failure.awaits_decision() => {
                (StepStatus::Suspended, Value::Null, Some(failure))
            }
            Outcome::Failed(failure) => (StepStatus::Failed, Value::Null, Some(failure)),
        };
        let output_hash = match status {
            StepStatus::Success => canonical::digest(&output).ok(),
            StepStatus::Failed | StepStatus::Skipped | StepStatus::Suspended => None,
        };
        let org = self.task.ports.store.claim().tenant();
        self.uncommitted = Some(StepResult {
            step_name: step.clone(),
            status,
            attempt: tried.attempt,
            round: self.task.record.round,
            retry_count: tried.retries,
            step_key: step_key(org, self.task.record.run, step, input_hash),
            output,
            output_hash,
            started_at,
            finished_at,
            error,
        });
        self.send_result();
    }

    fn send_result(&mut self) {
        let Some(result) = self.uncommitted.clone() else { return };
        let (step, attempt) = (result.step_name.clone(), result.attempt);
        let (store, token) = (Arc::clone(&self.task.ports.store), self.life.tasks.token().clone());
        let (inner, run) = (token.clone(), self.task.record.run);
        let work = async move {
            failpoint::hit("step_commit.before");
            let answer = until_answered(&inner, || store.commit_step(run, &result)).await;
            failpoint::hit("step_commit.after");
            answer
        };
        self.in_flight += 1;
        let into = move |end| Committed { step, attempt, answer: patience::answer(end) };
        self.life.tasks.run(token, work, self.to_me(), into);
    }

    pub(super) fn commit_end(&mut self, outcome: RunOutcome) {
        let (store, token) = (Arc::clone(&self.task.ports.store), self.life.tasks.token().clone());
        let (inner, run) = (token.clone(), self.task.record.run);
        let work = async move {
            failpoint::hit("run_finish.before");
            let answer = until_answered(&inner, || store.finish_run(run, outcome)).await;
            failpoint::hit("run_finish.after");
            answer
        };
        self.in_flight += 1;
        let into = move |end| EndCommitted { outcome, answer: patience::answer(end) };
        self.life.tasks.run(token, work, self.to_me(), into);
    }

    /// What to do about a commit that the store refused or never answered.
    pub(super) fn refused(
        &mut self,
        error: &StoreError,
        again: fn(&mut Self),
        ctx: &mut Context<Self>,
    ) {
        self.last_error = Some(patience::code(error));
        match error {
            StoreError::Lost => self.leave(RunEnd::LostClaim, ctx),
            StoreError::Corrupt(_) => self.leave(RunEnd::Stuck(ErrorCode::Internal), ctx),
            StoreError::Unavailable => {
                ctx.run_later(AGAIN, move |actor, _| again(actor));
            }
        }
        self.publish();
    }
}

impl Handler<Envelope<Committed>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<Committed>, ctx: &mut Self::Context) {
        let Some(Committed { step, attempt, answer }) = self.open(envelope) else { return };
        self.in_flight = self.in_flight.saturating_sub(1);
        match answer {
            Ok(()) => self.committed(step, attempt, ctx),
            Err(error) => self.refused(&error, Self::send_result, ctx),
        }
    }
}

impl WorkflowActor {
    fn committed(&mut self, step: StepName, attempt: Attempt, ctx: &mut Context<Self>) {
        self.uncommitted = None;
        self.task.parent.tell(self.scope(), Progressed);
        self.happened(Event::Persisted { step, attempt }, ctx);
    }
}

impl Handler<Envelope<EndCommitted>> for WorkflowActor {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<EndCommitted>, ctx: &mut Self::Context) {
        let Some(EndCommitted { outcome, answer }) = self.open(envelope) else { return };
        self.in_flight = self.in_flight.saturating_sub(1);
        let again: fn(&mut Self) = match outcome {
            RunOutcome::Succeeded => |actor| actor.commit_end(RunOutcome::Succeeded),
            RunOutcome::PartialFailure => |actor| actor.commit_end(RunOutcome::PartialFailure),
            RunOutcome::Cancelled => |actor| actor.commit_end(RunOutcome::Cancelled),
            RunOutcome::Suspended => |actor| actor.commit_end(RunOutcome::Suspended),
        };
        match answer {
            Ok(()) => self.leave(RunEnd::Finished(outcome), ctx),
            Err(error) => self.refused(&error, again, ctx),
        }
    }
}
