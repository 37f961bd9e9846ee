//! The actors on a paused clock, over in-memory ports.

mod control;
mod node;
mod resume;
mod support;
