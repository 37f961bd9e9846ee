//! The stored outcome of one step.
//!
//! A result is written once per step and run, by the owner of the tenant, in the transaction that
//! also carries its event. A succeeded result is final: no later attempt may replace it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;
use crate::ids::{Attempt, Digest, StepName};

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Its output is stored and final.
    Success,
    /// Its last attempt failed; `attempt` counts it.
    Failed,
    /// A person chose to go on without it.
    Skipped,
    /// It waits for a person's decision; `error` says which.
    Suspended,
}

impl StepStatus {
    /// The status as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Suspended => "suspended",
        }
    }
}

/// The plan's `StepResult`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// Which step.
    pub step_name: StepName,
    /// How it stands.
    pub status: StepStatus,
    /// The attempt this result belongs to, counted from 1 over the whole life of the run.
    pub attempt: Attempt,
    /// How often a person had asked for the run to be retried before this attempt.
    pub round: u32,
    /// Retries since the run was started or a person asked for a retry.
    pub retry_count: u32,
    /// Hash of kind, step and canonical input; see [`super::idempotency`].
    pub step_key: Digest,
    /// What the step produced; `null` unless it succeeded.
    pub output: Value,
    /// Hash of the canonical output; absent unless it succeeded.
    pub output_hash: Option<Digest>,
    /// When this attempt began.
    pub started_at: Timestamp,
    /// When this attempt ended.
    pub finished_at: Timestamp,
    /// Why it failed, in its safe form.
    pub error: Option<Failure>,
}
