//! Data Team Autopilot: the service.
//!
//! Layers, and imports point down only: `http` -> `actors` -> `services` -> `ports` -> the gate crate
//! -> the domain crate. `store` and `connectors` implement ports and are named by `bootstrap` alone.

pub mod actors;
pub mod failpoint;
pub mod http;
pub mod ports;
