//! All integration tests of the service, in one binary: it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may end by panicking"
)]

mod acceptance;
mod acceptance_doc;
mod audit;
mod chaos;
mod check;
mod config;
mod edge;
mod governed;
mod http;
mod migrate;
mod plans;
mod secrets;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod tidy;
