//! What a simulator is started with, and why it may not start.
//! Every reason names the file, address or folder, and what to do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::data::Source;

/// How to start a simulator.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Where to listen; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the rows come from.
    pub data: Source,
    /// Project id that clients name.
    pub project: String,
    /// Data set that holds the tables.
    pub dataset: String,
    /// How long every query takes at least.
    pub latency: Duration,
    /// A TOML schedule of failures to start with.
    pub drills: Option<PathBuf>,
    /// Where to write what is true about the company; nothing for other data.
    pub truth: Option<PathBuf>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: Source::Cdnow,
            project: "autopilot-sandbox".to_owned(),
            dataset: "shop".to_owned(),
            latency: Duration::ZERO,
            drills: None,
            truth: None,
        }
    }
}

/// A simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not loopback.
    #[error("the simulator listens on loopback only; {0} is not")]
    NotLoopback(SocketAddr),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {reason}; choose another port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Kind of the operating system's error.
        reason: String,
    },
    /// The folder cannot be read.
    #[error("the folder {folder} cannot be read: {reason}")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        reason: String,
    },
    /// There is no file that makes a table.
    #[error("the folder {0} holds no .csv or .parquet file")]
    Empty(String),
    /// A file is not a table.
    #[error("{file}, line {line}: {reason}; nothing of this file was loaded")]
    File {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// A file is not a table, and no line of it is to blame.
    #[error("{file}: {reason}; nothing of this file was loaded")]
    Table {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The engine refused the data.
    #[error("the data could not be loaded: {0}")]
    Engine(String),
    /// The data is none of the known kinds and no folder.
    #[error(
        "--data {0}: neither company, hostile, cdnow nor a folder; name one of these, or a folder of CSV or Parquet files"
    )]
    NoSuchData(String),
    /// The company cannot be made.
    #[error("{0}")]
    Company(#[from] autopilot_company::CompanyError),
    /// The schedule of failures is wrong.
    #[error("the schedule {file} cannot be used: {reason}")]
    Drills {
        /// Which file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The published key is damaged.
    #[error("the simulator's published key is damaged")]
    Key,
}
