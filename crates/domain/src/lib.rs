//! The pure core of Data Team Autopilot: decisions as functions and total state machines.
//!
//! Every module here maps input values to a decision value. Nothing in this crate is async, reads a
//! clock, draws randomness, performs I/O or logs: time and identifiers are arguments. That is what
//! lets the rules be tested by table and by property, and lets a crashed run be replayed exactly.

pub mod admission;
pub mod answer;
pub mod approval;
pub mod canonical;
pub mod catalog;
pub mod chain;
pub mod codes;
pub mod cost;
pub mod event;
pub mod failure;
pub mod ids;
pub mod narrower;
pub mod person;
pub mod pii;
pub mod prompt;
pub mod pseudonym;
pub mod question;
pub mod units;
pub mod window;
pub mod workflow;
