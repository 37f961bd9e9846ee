//! Questions to people as the API shows them, and the answers it takes.
//!
//! The text is shown to whoever may read the workflow it belongs to; no value of a row ever is.

use autopilot_domain::ids::RunId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::cursor;
use crate::http::problem::Problem;
use crate::ports::approvals::{Answer, ApprovalFilter, ApprovalView};

/// Longest reason, in characters.
pub(in crate::http) const LONGEST_REASON: usize = 500;

/// A question to people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approval)]
pub(in crate::http) struct ApprovalDto {
    /// Its id.
    id: Uuid,
    /// `query_cost` or `personal_data`.
    kind: String,
    /// The workflow that waits for the answer.
    workflow_id: Uuid,
    /// Its step.
    step: String,
    /// SHA-256 of the query text; an approval holds for this text of this workflow only.
    canonical_hash: String,
    /// The query text that would run.
    sql: String,
    /// Most bytes that it may be billed; 0 when it has not been priced.
    bytes: u64,
    /// The price of that in US dollars.
    usd: String,
    /// The protected columns it uses.
    columns: Vec<String>,
    /// Who wants it.
    requested_by: Uuid,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it was asked.
    requested_at: String,
    /// Until when it can be decided, and until when an approval holds.
    expires_at: String,
    /// `pending`, `approved`, `rejected` or `expired`.
    decision: String,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<Uuid>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_reason: Option<String>,
}

impl From<ApprovalView> for ApprovalDto {
    fn from(view: ApprovalView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            workflow_id: view.run.as_uuid(),
            step: view.step.as_str().to_owned(),
            canonical_hash: view.canonical_hash.to_string(),
            sql: view.text,
            bytes: view.bytes.0,
            usd: view.usd.to_string(),
            columns: view.columns,
            requested_by: view.requested_by.as_uuid(),
            reason: view.reason,
            requested_at: view.requested_at.to_string(),
            expires_at: view.expires_at.to_string(),
            decision: view.decision,
            decided_by: view.decided_by.map(|user| user.as_uuid()),
            decided_at: view.decided_at.map(|at| at.to_string()),
            decision_reason: view.decision_reason,
        }
    }
}

/// A page of questions, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApprovalPage)]
pub(in crate::http) struct ApprovalsDto {
    /// The questions.
    pub(in crate::http) items: Vec<ApprovalDto>,
    /// Send as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::http) next_cursor: Option<String>,
}

/// States of a question.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = ApprovalState)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum StateDto {
    /// Nobody has decided.
    Pending,
    /// It may run.
    Approved,
    /// It may not.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

/// Which questions to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ApprovalQuery {
    /// In this state only.
    #[param(inline)]
    state: Option<StateDto>,
    /// Of this workflow only.
    workflow_id: Option<Uuid>,
    /// Questions on the page, 1 to 100; 50 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub(in crate::http) limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl ApprovalQuery {
    pub(in crate::http) fn filter(&self) -> Result<ApprovalFilter, Problem> {
        let wrong = || Problem::input("cursor: one from an earlier page of this list is expected.");
        let after = cursor::read("approvals", self.cursor.as_deref())?;
        let after = after.map(|id| id.parse().map_err(|_| wrong())).transpose()?;
        let decision = self.state.map(|state| match state {
            StateDto::Pending => "pending",
            StateDto::Approved => "approved",
            StateDto::Rejected => "rejected",
            StateDto::Expired => "expired",
        });
        let run = self.workflow_id.map(RunId::new);
        Ok(ApprovalFilter { decision: decision.map(str::to_owned), run, after })
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = ApprovalVerdict)]
#[serde(rename_all = "snake_case")]
enum VerdictDto {
    /// It may run; every other check is made again.
    Approve,
    /// It may not run.
    Reject,
}

/// An answer to a question.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ApprovalDecision)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct AnswerDto {
    /// What was decided.
    decision: VerdictDto,
    /// Why; at most 500 characters.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

impl AnswerDto {
    pub(in crate::http) fn checked(self) -> Result<Answer, Problem> {
        let approved = match self.decision {
            VerdictDto::Approve => true,
            VerdictDto::Reject => false,
        };
        Ok(Answer { approved, reason: reason(self.reason)? })
    }
}

/// A reason as it is kept: trimmed, of a bounded length, without unseen characters.
pub(in crate::http) fn reason(text: Option<String>) -> Result<Option<String>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    if text.chars().count() > LONGEST_REASON || text.chars().any(char::is_control) {
        let sentence =
            format!("reason: at most {LONGEST_REASON} characters on one line are expected.");
        return Err(Problem::input(sentence));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
