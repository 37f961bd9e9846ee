//! What is written down about money: one receipt for each job.
//!
//! A receipt is committed as `reserved` before the warehouse is asked to execute, and becomes
//! `settled` with the billed bytes, or `released` once the warehouse says that the job does not
//! exist. It never goes back, and it is never removed while its hour counts.

use autopilot_domain::cost::CostDecision;
use autopilot_domain::ids::{Attempt, Digest, RunId, StepName};
use autopilot_domain::units::{Bytes, MicroUsd};
use serde::{Deserialize, Serialize};

/// Which attempt of which step wants a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepName,
    /// The attempt; a repeated call of the same attempt adopts the same job.
    pub attempt: Attempt,
}

impl Origin {
    /// The warehouse job id of this attempt.
    #[must_use]
    pub fn job_id(&self) -> JobId {
        JobId(autopilot_domain::workflow::idempotency::job_id(self.run, &self.step, self.attempt))
    }
}

/// A warehouse job id of ours: letters, digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub String);

/// Where a receipt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// The upper bound is held; the job may be running.
    Reserved,
    /// The billed bytes are known.
    Settled,
    /// The warehouse says that the job does not exist; nothing was billed.
    Released,
}

impl ReceiptState {
    /// The state as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Settled => "settled",
            Self::Released => "released",
        }
    }
}

/// What was decided about protected columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PiiOutcome {
    /// None is used in a way that could show a value.
    #[default]
    Clear,
    /// Their values are redacted in the result.
    Redacted,
    /// A person agreed to this text.
    Approved,
}

impl PiiOutcome {
    /// The outcome as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Redacted => "redacted",
            Self::Approved => "approved",
        }
    }
}

/// The decision about protected columns, for the receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiFacts {
    /// What was decided.
    pub outcome: PiiOutcome,
    /// Columns of the result that are redacted.
    pub redacted: u32,
}

/// The record of one reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The warehouse job; unique.
    pub job_id: JobId,
    /// Who wanted it.
    pub origin: Origin,
    /// Hash of the canonical text that was checked and is sent.
    pub canonical_hash: Digest,
    /// Version of the policy that decided.
    pub policy_version: String,
    /// Estimate, price, and the budget before and after.
    pub decision: CostDecision,
    /// What was decided about protected columns.
    #[serde(default)]
    pub pii: PiiFacts,
    /// Where it stands.
    pub state: ReceiptState,
    /// What the warehouse billed; known once settled.
    pub billed_bytes: Option<Bytes>,
    /// Price of the billed bytes; known once settled.
    pub billed_usd: Option<MicroUsd>,
}
