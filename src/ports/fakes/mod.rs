//! In-memory ports for actor tests on a paused clock: scripted, deterministic, without sockets.
//!
//! They keep the promises of the real ports (fencing, final results, ends that never change) so that
//! a test of the actors is a test against those promises. Nothing here is durable.

mod clock;
mod memory_ownership;
mod memory_requests;
mod memory_runs;
mod scripted_steps;

pub use clock::ManualClock;
pub use memory_runs::MemoryRuns;
pub use scripted_steps::{Called, Script, ScriptedSteps};
