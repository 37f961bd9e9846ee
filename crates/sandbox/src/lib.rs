//! A warehouse simulator that speaks BigQuery's REST v2 on loopback. It is not BigQuery.
//!
//! It answers real queries over real rows with DataFusion, counts bytes as BigQuery documents them,
//! and can be told to fail. What it does not know it refuses by name; it never answers wrongly. It
//! listens on loopback only and accepts only tokens it issued for its published key.

mod bar;
mod bigquery;
mod cdnow;
pub mod cli;
mod data;
mod drills;
mod key;
mod options;
pub mod replay;
mod rest;
mod running;
mod wire;

pub use data::{CompanyOptions, CompanySize, Found, Progress, Source, inspect, truth};
pub use drills::drill_names;
pub use options::{SandboxOptions, StartError};
pub use running::{RunningSandbox, start};
