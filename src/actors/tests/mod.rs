//! The actors on a paused clock, over in-memory ports.
//! Ports are in memory and the clock is paused; no test waits for real time.

mod control;
mod node;
mod restart;
mod resume;
mod support;
mod waiting;
