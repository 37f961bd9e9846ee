//! Questions to people as the API reads and decides them.
//!
//! A decision, its event and the run that goes on are one change. Another organisation's question is
//! not there.

use async_trait::async_trait;
use autopilot_domain::ids::{Digest, RunId, StepName, UserId};
use autopilot_domain::units::{Bytes, MicroUsd};
use jiff::Timestamp;
use uuid::Uuid;

use super::context::RequestContext;
use super::runs::StoreError;

/// A question to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalView {
    /// Its id.
    pub id: Uuid,
    /// `query_cost` or `personal_data`.
    pub kind: String,
    /// The workflow that waits.
    pub run: RunId,
    /// Its step.
    pub step: StepName,
    /// SHA-256 of the text.
    pub canonical_hash: Digest,
    /// The text that would run.
    pub text: String,
    /// Most that it may be billed; 0 when it has not been priced.
    pub bytes: Bytes,
    /// The price of that.
    pub usd: MicroUsd,
    /// The protected columns it uses.
    pub columns: Vec<String>,
    /// Who wants it.
    pub requested_by: UserId,
    /// Why, in their words.
    pub reason: Option<String>,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// Until when it can be decided, and until when an approval holds.
    pub expires_at: Timestamp,
    /// `pending`, `approved`, `rejected` or `expired`.
    pub decision: String,
    /// Who decided.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why, in their words.
    pub decision_reason: Option<String>,
}

/// Which questions to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// In this state only.
    pub decision: Option<String>,
    /// Of this workflow only.
    pub run: Option<RunId>,
    /// Behind this one.
    pub after: Option<Uuid>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may run.
    pub approved: bool,
    /// Why; at most 500 characters.
    pub reason: Option<String>,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It was written, and the workflow goes on.
    Recorded,
    /// There is no such question.
    Missing,
    /// It was decided before, or its time is over.
    Closed,
    /// This person may not decide about it.
    Forbidden,
}

/// The desk where questions lie.
#[async_trait]
pub trait ApprovalDesk: Send + Sync {
    /// The newest questions, at most so many.
    async fn list(
        &self,
        ctx: &RequestContext,
        filter: ApprovalFilter,
        most: u32,
    ) -> Result<Vec<ApprovalView>, StoreError>;
    /// One question.
    async fn one(&self, ctx: &RequestContext, id: Uuid)
    -> Result<Option<ApprovalView>, StoreError>;
    /// Decides.
    async fn answer(
        &self,
        ctx: &RequestContext,
        id: Uuid,
        answer: Answer,
    ) -> Result<Answered, StoreError>;
}
