//! What every actor stands on: references, supervision, tasks, the board, dead letters, and the
//! kernel actor itself.
//!
//! Nothing here knows what a workflow is. Messages go through [`actor_ref::ActorRef`] only, async
//! work goes through [`runtime::Tasks`] only, and restarts are decided in [`supervise`] only.

pub mod actor_ref;
pub mod board;
pub mod dead_letters;
pub mod directory;
pub mod envelope;
pub mod exit;
pub mod kit;
pub mod patience;
pub mod runtime;
pub mod supervise;
