//! The owner's view of runs: what to work on, and the commits that make progress real.
//!
//! Every write is fenced by the claim's epoch and carries its event in the same transaction. A write
//! that answers [`StoreError::Lost`] changed nothing, and its caller must stop.

use async_trait::async_trait;
use autopilot_domain::catalog::{Catalog, TableFacts};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::{Attempt, RunId, StepName, TenantId};
use autopilot_domain::window::Zone;
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::{StepResult, WorkflowKind};
use serde_json::Value;

use super::context::OwnerClaim;

/// The store could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The claim or lease is no longer valid; nothing was written.
    #[error("another node owns this tenant, or the lease has ended")]
    Lost,
    /// The store does not answer, or cut the connection; the write may or may not have happened.
    #[error("the store is not available")]
    Unavailable,
    /// A row breaks a rule of the code, or a statement is wrong; retrying will not help.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(&'static str),
}

impl StoreError {
    /// The error as a step or the governed path reports it: tried again, or the claim is gone anyway.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let (class, code) = match self {
            Self::Lost => (FailureClass::TransientError, ErrorCode::OwnershipLost),
            Self::Unavailable => (FailureClass::TransientError, ErrorCode::DependencyDown),
            Self::Corrupt(_) => (FailureClass::MalformedResponse, ErrorCode::Internal),
        };
        Failure::of(class, code)
    }
}

/// Whether a stored run waits or has a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenState {
    /// It has never had a slot in this round.
    Queued,
    /// It gave its slot up for a person's decision, which is there now.
    Resumed,
    /// It had a slot when its owner last wrote.
    Running,
}

/// A run that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Its id.
    pub run: RunId,
    /// What it does.
    pub kind: WorkflowKind,
    /// Its input.
    pub input: Value,
    /// Waiting or running.
    pub state: OpenState,
    /// How often a person asked for a retry.
    pub round: u32,
    /// Whether someone asked for it to stop.
    pub cancel_requested: bool,
}

/// What the steps of a run need to know about their tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettings {
    /// The organisation.
    pub tenant: TenantId,
    /// Its name, for people.
    pub name: String,
    /// Its zone: what "yesterday" means.
    pub zone: Zone,
}

/// The owner's store of ONE tenant; the claim is held inside.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// The claim this store writes under.
    fn claim(&self) -> OwnerClaim;
    /// The tenant's settings.
    async fn settings(&self) -> Result<TenantSettings, StoreError>;
    /// Runs that have not ended: running ones first, then waiting ones in order of submission.
    async fn open_runs(&self) -> Result<Vec<RunRecord>, StoreError>;
    /// The latest stored result of each step of a run.
    async fn steps(&self, run: RunId) -> Result<Vec<StepResult>, StoreError>;
    /// Commits that a run got a slot.
    async fn start_run(&self, run: RunId) -> Result<(), StoreError>;
    /// Commits that an attempt began (progress; a step row is not touched).
    async fn step_started(
        &self,
        run: RunId,
        step: &StepName,
        attempt: Attempt,
    ) -> Result<(), StoreError>;
    /// Commits a result. A succeeded step is never replaced.
    async fn commit_step(&self, run: RunId, result: &StepResult) -> Result<(), StoreError>;
    /// Commits the end of a run. A run that has ended is never changed.
    async fn finish_run(&self, run: RunId, outcome: RunOutcome) -> Result<(), StoreError>;
    /// The stored catalog, with people's decisions about columns.
    async fn catalog(&self) -> Result<Catalog, StoreError>;
    /// Inserts or updates tables and columns; a decision about a column is never lost.
    async fn upsert_tables(&self, tables: &[TableFacts]) -> Result<(), StoreError>;
    /// Writes links for events that can no longer be preceded; answers how many.
    async fn seal(&self) -> Result<usize, StoreError>;
}
