//! Async use cases over ports: what a step does, and how its money is governed.
//!
//! A service knows ports and the domain; it never names an adapter, and nothing above the gate runs
//! a warehouse query by any other road.

pub mod answer_question;
pub mod connections;
mod governed;
pub mod housekeeping;
pub mod live_warehouse;
pub mod passwords;
pub mod profile_warehouse;
pub mod real_gate;
pub mod registry;
pub mod run_query;
pub mod secrets;
pub mod signing_in;
pub mod watched;
