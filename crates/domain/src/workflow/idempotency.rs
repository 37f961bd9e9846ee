//! Keys under which work is done at most once.
//!
//! A step key is the SHA-256 over organisation, workflow, step and the hash of the canonical input;
//! a job id adds the attempt, so that a repeated call after a crash meets the job it already made.

use serde_json::Value;

use crate::canonical::{self, NotCanonical};
use crate::ids::{Attempt, Digest, RunId, StepName, TenantId};

/// Hash of a run's or step's canonical input.
///
/// # Errors
/// When the input has no canonical JSON form.
pub fn input_hash(input: &Value) -> Result<Digest, NotCanonical> {
    canonical::digest(input)
}

/// The key of one step: the same organisation, run, step and input always give the same key.
#[must_use]
pub fn step_key(org: TenantId, run: RunId, step: &StepName, input: Digest) -> Digest {
    canonical::sha256(&[format!("{org}|{run}|{step}|{input}").as_bytes()])
}

/// The warehouse job id of one attempt: letters, digits and underscores only.
#[must_use]
pub fn job_id(run: RunId, step: &StepName, attempt: Attempt) -> String {
    let hash = canonical::sha256(&[format!("{run}|{step}|{attempt}").as_bytes()]);
    format!("autopilot_{hash}")
}
