//! What a workflow actor is told: by its supervisor, and by its own tasks.
//! Every result carries its step and attempt, so that a stale one is dropped.

use actix::Message;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::{Attempt, StepName};
use autopilot_domain::workflow::StepResult;
use autopilot_domain::workflow::machine::RunOutcome;
use serde_json::Value;

use crate::actors::kernel::runtime::TaskEnd;
use crate::ports::StoreError;

/// Someone asked for the run to stop.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CancelRun;

/// Begin no further attempt, and end once the one under way is committed.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct DrainRun;

/// End at once.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct StopRun;

/// End at once and come back as a new life.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RestartRun;

/// The stored results were read, and the run has its slot in the store.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Loaded {
    pub(in crate::actors) answer: Result<Vec<StepResult>, StoreError>,
}

/// What an attempt's task answers: the store's word on its beginning, then the step's own.
pub(in crate::actors) type AttemptAnswer = Result<Result<Value, Failure>, StoreError>;

/// An attempt came to an end.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct AttemptEnded {
    pub(in crate::actors) step: StepName,
    pub(in crate::actors) attempt: Attempt,
    pub(in crate::actors) end: TaskEnd<AttemptAnswer>,
}

/// The store answered a commit of a result.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Committed {
    pub(in crate::actors) step: StepName,
    pub(in crate::actors) attempt: Attempt,
    pub(in crate::actors) answer: Result<(), StoreError>,
}

/// The store answered the commit of the run's end.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct EndCommitted {
    pub(in crate::actors) outcome: RunOutcome,
    pub(in crate::actors) answer: Result<(), StoreError>,
}
