//! Actors own state, order and lifetime; they decide nothing that a pure function could decide.
//!
//! `Kernel` -> one `TenantSupervisor` per active tenant -> one `WorkflowActor` per running workflow.
//! Parents call children, children report up. A mailbox is a cache: what matters is in the store
//! before it is acted on, so that any actor, node or process may end at any time.

pub mod kernel;
mod start;
pub mod tenant;
pub mod workflow;

#[cfg(test)]
mod tests;

pub use kernel::board::Snapshot;
pub use kernel::dead_letters::DeadLetter;
pub use kernel::kit::Timings;
pub use kernel::runtime::IoRuntime;
pub use start::{Config, Handle, StartError, start};
