//! Data Team Autopilot: the service.
//!
//! Layers, and imports point down only: `http` -> `actors` -> `services` -> `ports` -> the gate crate
//! -> the domain crate. `store` and `connectors` implement ports and are named by `bootstrap` alone.

pub mod actors;
pub mod bootstrap;
mod check;
pub mod cli;
pub mod config;
pub mod connectors;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod failpoint;
pub mod http;
pub mod ports;
pub mod services;
pub mod store;
pub mod telemetry;
