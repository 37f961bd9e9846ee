//! Whole processes that are killed, frozen and cut off, and what must be true afterwards.
//! Each test runs the real binary against real servers.

mod dependencies;
mod kill;
mod takeover;
pub(crate) mod world;
