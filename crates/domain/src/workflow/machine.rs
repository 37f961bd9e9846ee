//! The state machine of one run: total over its events, and without effects of its own.
//!
//! The actor feeds it [`Event`]s and performs the [`Effect`]s it answers, in order. It never starts
//! an effect before the one that persists its cause is committed; that is why a finished attempt
//! first yields [`Effect::Persist`] and only [`Event::Persisted`] yields what comes next. Events of a
//! stale attempt change nothing.

use serde::Serialize;
use serde_json::Value;

use super::definition::{Definition, StepDef};
use super::result::{StepResult, StepStatus};
use super::retry::{self, Decision, Mode};
use crate::failure::Failure;
use crate::ids::{Attempt, StepName};
use std::time::Duration;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Every step succeeded or was skipped by a person.
    Succeeded,
    /// A step failed for good; what was finished before it stays.
    PartialFailure,
    /// Someone cancelled it; no later step was started.
    Cancelled,
    /// A step waits for a person's decision. The run holds no slot meanwhile, and begins again with a
    /// new attempt of that step once the decision is there.
    Suspended,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Built, but not yet asked to start.
    Ready,
    /// Steps are being worked on.
    Running,
    /// Cancelled; the attempt under way is being waited for.
    Cancelling,
    /// Ended, or left to a person's decision; this machine goes no further.
    Ended(RunOutcome),
}

/// Counters of a step's tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Try {
    /// The attempt, counted over the life of the run.
    pub attempt: Attempt,
    /// Retries in this round.
    pub retries: u32,
    /// How it reads.
    pub mode: Mode,
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun in this round.
    Pending(Try),
    /// Its attempt is under way.
    Running(Try),
    /// Its outcome is being committed.
    Persisting(Try, Outcome),
    /// It waits for its next attempt.
    Waiting(Try),
    /// Its output is stored.
    Succeeded(Value),
    /// Left out by a person's choice.
    Skipped,
    /// It failed for good in this round.
    Failed(Try, Failure),
    /// It waits for a person's decision.
    Suspended(Try),
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It produced this output.
    Succeeded(Value),
    /// It failed.
    Failed(Failure),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run was admitted, for the first time or after a restart.
    Started,
    /// An attempt came to an end.
    StepFinished {
        /// Which step.
        step: StepName,
        /// Which attempt; a stale one changes nothing.
        attempt: Attempt,
        /// What it came to.
        outcome: Outcome,
    },
    /// The outcome of that attempt is committed.
    Persisted {
        /// Which step.
        step: StepName,
        /// Which attempt.
        attempt: Attempt,
    },
    /// The wait before that attempt is over.
    RetryDue {
        /// Which step.
        step: StepName,
        /// The attempt to begin.
        attempt: Attempt,
    },
    /// Someone asked for the run to stop.
    CancelRequested,
}

/// What the actor must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Begin this attempt.
    RunStep {
        /// Which step.
        step: StepName,
        /// Attempt, retries and mode.
        tried: Try,
    },
    /// Commit this outcome, then report [`Event::Persisted`].
    Persist {
        /// Which step.
        step: StepName,
        /// Attempt, retries and mode.
        tried: Try,
        /// What to commit.
        outcome: Outcome,
    },
    /// Report [`Event::RetryDue`] after the wait.
    ScheduleRetry {
        /// Which step.
        step: StepName,
        /// The attempt to begin then.
        attempt: Attempt,
        /// The wait.
        after: Duration,
    },
    /// Tell the attempt under way that nobody waits for it any more.
    CancelStep {
        /// Which step.
        step: StepName,
        /// Which attempt.
        attempt: Attempt,
    },
    /// Commit the end of the run.
    Finish(RunOutcome),
}

/// The state of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    definition: Definition,
    state: RunState,
    steps: Vec<StepState>,
}

const FIRST: Try = Try { attempt: Attempt::FIRST, retries: 0, mode: Mode::Full };

impl Machine {
    /// A run of which nothing has happened yet.
    #[must_use]
    pub fn new(definition: Definition) -> Self {
        let steps = definition.steps().iter().map(|_| StepState::Pending(FIRST)).collect();
        Self { definition, state: RunState::Ready, steps }
    }

    /// A run as its stored results left it.
    ///
    /// `round` counts how often a person asked for a retry. A failure of an earlier round is
    /// forgiven: its step begins again, with a new attempt number and a fresh ladder. Results whose
    /// step the definition does not know are ignored.
    #[must_use]
    pub fn rebuild(definition: Definition, round: u32, results: &[StepResult]) -> Self {
        let restore = |def: &StepDef| match results.iter().find(|r| r.step_name == def.name) {
            Some(result) => restored(result, round, def.can_sample),
            None => StepState::Pending(FIRST),
        };
        let steps = definition.steps().iter().map(restore).collect();
        Self { definition, state: RunState::Ready, steps }
    }

    /// Where the run stands.
    #[must_use]
    pub const fn state(&self) -> RunState {
        self.state
    }

    /// The steps with their states, in execution order.
    pub fn steps(&self) -> impl Iterator<Item = (&StepName, &StepState)> {
        self.definition.steps().iter().map(|def| &def.name).zip(&self.steps)
    }

    /// Where one step stands.
    #[must_use]
    pub fn step(&self, name: &StepName) -> Option<&StepState> {
        self.steps().find(|(known, _)| *known == name).map(|(_, state)| state)
    }

    /// The stored output of one step.
    #[must_use]
    pub fn output(&self, name: &StepName) -> Option<&Value> {
        match self.step(name)? {
            StepState::Succeeded(output) => Some(output),
            StepState::Pending(_)
            | StepState::Running(_)
            | StepState::Persisting(..)
            | StepState::Waiting(_)
            | StepState::Skipped
            | StepState::Suspended(_)
            | StepState::Failed(..) => None,
        }
    }

    /// Takes an event and answers what to do, in order.
    #[must_use]
    pub fn apply(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Started if self.state == RunState::Ready => {
                self.state = RunState::Running;
                self.advance()
            }
            Event::Started => Vec::new(),
            Event::StepFinished { step, attempt, outcome } => {
                self.finished(&step, attempt, outcome)
            }
            Event::Persisted { step, attempt } => self.persisted(&step, attempt),
            Event::RetryDue { step, attempt } => self.retry_due(&step, attempt),
            Event::CancelRequested => self.cancel(),
        }
    }

    /// Starts the first step that is not done, or ends the run.
    fn advance(&mut self) -> Vec<Effect> {
        let defs = self.definition.steps().iter();
        for (def, state) in defs.zip(&mut self.steps) {
            match state {
                StepState::Succeeded(_) | StepState::Skipped => {}
                StepState::Pending(tried) => {
                    let tried = *tried;
                    *state = StepState::Running(tried);
                    return vec![Effect::RunStep { step: def.name.clone(), tried }];
                }
                StepState::Waiting(tried) => return vec![wait(def, *tried)],
                StepState::Failed(..) => return self.end(RunOutcome::PartialFailure),
                StepState::Suspended(_) => return self.end(RunOutcome::Suspended),
                StepState::Running(_) | StepState::Persisting(..) => return Vec::new(),
            }
        }
        self.end(RunOutcome::Succeeded)
    }

    fn finished(&mut self, step: &StepName, attempt: Attempt, outcome: Outcome) -> Vec<Effect> {
        match self.slot(step) {
            Some(state @ StepState::Running(_)) => {
                let StepState::Running(tried) = *state else { return Vec::new() };
                if tried.attempt != attempt {
                    return Vec::new();
                }
                *state = StepState::Persisting(tried, outcome.clone());
                vec![Effect::Persist { step: step.clone(), tried, outcome }]
            }
            _ => Vec::new(),
        }
    }

    fn persisted(&mut self, step: &StepName, attempt: Attempt) -> Vec<Effect> {
        let can_sample = self.can_sample(step);
        let Some(state) = self.slot(step) else { return Vec::new() };
        let StepState::Persisting(tried, outcome) = state else { return Vec::new() };
        if tried.attempt != attempt {
            return Vec::new();
        }
        let next = settled(*tried, outcome.clone(), can_sample);
        *state = next;
        match self.state {
            RunState::Cancelling => self.end(RunOutcome::Cancelled),
            RunState::Running => self.advance(),
            RunState::Ready | RunState::Ended(_) => Vec::new(),
        }
    }

    fn retry_due(&mut self, step: &StepName, attempt: Attempt) -> Vec<Effect> {
        if self.state != RunState::Running {
            return Vec::new();
        }
        let Some(state) = self.slot(step) else { return Vec::new() };
        let StepState::Waiting(tried) = *state else { return Vec::new() };
        if tried.attempt != attempt {
            return Vec::new();
        }
        *state = StepState::Running(tried);
        vec![Effect::RunStep { step: step.clone(), tried }]
    }

    fn cancel(&mut self) -> Vec<Effect> {
        match self.state {
            RunState::Ended(_) | RunState::Cancelling => Vec::new(),
            RunState::Ready | RunState::Running => match self.busy_step() {
                Some((step, attempt)) => {
                    self.state = RunState::Cancelling;
                    vec![Effect::CancelStep { step, attempt }]
                }
                None => self.end(RunOutcome::Cancelled),
            },
        }
    }

    /// The step whose attempt is under way or being committed.
    fn busy_step(&self) -> Option<(StepName, Attempt)> {
        self.steps().find_map(|(name, state)| match state {
            StepState::Running(tried) | StepState::Persisting(tried, _) => {
                Some((name.clone(), tried.attempt))
            }
            StepState::Pending(_)
            | StepState::Waiting(_)
            | StepState::Succeeded(_)
            | StepState::Skipped
            | StepState::Suspended(_)
            | StepState::Failed(..) => None,
        })
    }

    fn end(&mut self, outcome: RunOutcome) -> Vec<Effect> {
        self.state = RunState::Ended(outcome);
        vec![Effect::Finish(outcome)]
    }

    fn slot(&mut self, step: &StepName) -> Option<&mut StepState> {
        let position = self.definition.steps().iter().position(|def| def.name == *step)?;
        self.steps.get_mut(position)
    }

    fn can_sample(&self, step: &StepName) -> bool {
        self.definition.steps().iter().any(|def| def.name == *step && def.can_sample)
    }
}

/// The wait before the attempt that `tried` describes.
fn wait(def: &StepDef, tried: Try) -> Effect {
    let rung = usize::try_from(tried.retries.saturating_sub(1)).unwrap_or(usize::MAX);
    let after = retry::LADDER.get(rung).copied().unwrap_or_default();
    Effect::ScheduleRetry { step: def.name.clone(), attempt: tried.attempt, after }
}

/// What a step becomes once its outcome is committed.
fn settled(tried: Try, outcome: Outcome, can_sample: bool) -> StepState {
    match outcome {
        Outcome::Succeeded(output) => StepState::Succeeded(output),
        Outcome::Failed(failure) if failure.awaits_decision() => StepState::Suspended(tried),
        Outcome::Failed(failure) => match retry::decide(failure.class, tried.retries, can_sample) {
            Decision::Retry { mode, .. } => StepState::Waiting(Try {
                attempt: tried.attempt.next(),
                retries: tried.retries.saturating_add(1),
                mode,
            }),
            Decision::Stop => StepState::Failed(tried, failure),
        },
    }
}

fn restored(result: &StepResult, round: u32, can_sample: bool) -> StepState {
    let tried = Try { attempt: result.attempt, retries: result.retry_count, mode: Mode::Full };
    match (result.status, &result.error) {
        (StepStatus::Success, _) => StepState::Succeeded(result.output.clone()),
        (StepStatus::Skipped, _) => StepState::Skipped,
        (StepStatus::Suspended, _) => {
            StepState::Pending(Try { attempt: result.attempt.next(), ..FIRST })
        }
        (StepStatus::Failed, Some(failure)) if result.round >= round => {
            settled(tried, Outcome::Failed(failure.clone()), can_sample)
        }
        (StepStatus::Failed, _) => {
            StepState::Pending(Try { attempt: result.attempt.next(), ..FIRST })
        }
    }
}

#[cfg(test)]
mod tests;
