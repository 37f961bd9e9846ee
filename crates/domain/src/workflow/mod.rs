//! Durable workflows as values: what the steps are, what may run now, what happens after a failure.
//!
//! [`machine::Machine`] is total: it is asked with an event, answers with effects, and never acts
//! itself. The actor persists what an effect says before it starts the next one. Resuming after a
//! crash is building the machine from stored rows and asking it again.

pub mod definition;
pub mod idempotency;
pub mod machine;
pub mod result;
pub mod retry;

pub use definition::{Definition, StepDef, WorkflowKind};
pub use machine::{Effect, Event, Machine, RunState, StepState};
pub use result::{StepResult, StepStatus};
