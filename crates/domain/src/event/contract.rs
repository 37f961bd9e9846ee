//! What an event of each kind consists of: the types that both the check and the schemas come from.
//!
//! Fields are typed here; which of them an event must have, given its kind and status, stands in the
//! one table [`RULES`]. Statuses and keys of a payload are open, so that a version may add some;
//! kinds and failure classes are closed. Nothing here may hold a text that a person or a remote
//! service wrote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EventKind;
use super::text::{
    ActorText, CodeText, DecimalText, HashText, MomentText, StepText, Uuid7Text, UuidText, Words,
};
use crate::failure::FailureClass;

/// Version of the contract that this program writes.
pub const VERSION: u32 = 1;
/// Largest payload, in bytes of its canonical JSON.
pub const MOST_PAYLOAD_BYTES: usize = 16 * 1024;

/// An event of any kind, with the payload of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Event<P> {
    /// Names the event.
    pub event_id: Uuid7Text,
    /// Which kind.
    pub kind: EventKind,
    /// The organisation.
    pub org_id: UuidText,
    /// The conversation.
    pub session_id: Option<UuidText>,
    /// The workflow run.
    pub workflow_id: Option<UuidText>,
    /// The step.
    pub step_id: Option<StepText>,
    /// What happened.
    pub status: Words,
    /// Set exactly when something failed or was refused.
    pub error_code: Option<CodeText>,
    /// When it began.
    pub started_at: MomentText,
    /// When it ended; null while it goes on.
    pub finished_at: Option<MomentText>,
    /// Who caused it.
    pub actor: ActorText,
    /// Details of this kind and status.
    pub payload: Option<P>,
}

/// Details of a tool's call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ToolPayload {
    /// The tool's name.
    pub tool: Words,
    /// Which try of the step.
    pub attempt: u32,
    /// SHA-256 of what it was given.
    pub input_hash: HashText,
    /// SHA-256 of what it answered; null unless it succeeded.
    pub output_hash: Option<HashText>,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed; null unless it did.
    pub class: Option<FailureClass>,
    /// The warehouse's job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
}

/// Details of an artifact in a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ArtifactPayload {
    /// Names the artifact.
    pub artifact_id: String,
    /// What it is.
    pub artifact_type: ArtifactType,
    /// Its version, counted from 1.
    pub version: u32,
    /// SHA-256 of what it says.
    pub content_hash: HashText,
    /// SHA-256 of the queries behind it.
    pub query_hashes: Vec<HashText>,
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ArtifactType {
    /// An answer to a question.
    Answer,
    /// A dashboard.
    Dashboard,
    /// A memo.
    Memo,
}

/// Details of a change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct TransitionPayload {
    /// What a queued run does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Words>,
    /// SHA-256 of a queued run's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_hash: Option<HashText>,
    /// Which try of a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// How often it was tried again by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_count: Option<u32>,
    /// SHA-256 of a step's output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_hash: Option<HashText>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// How much of what is counted is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// How much there is to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// Details of a decision of the governed path, of a receipt, or of a person's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct GatePayload {
    /// Which check decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Words>,
    /// Which try of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// SHA-256 of the query's canonical text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_hash: Option<HashText>,
    /// Version of the policy that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// The warehouse's job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// What was estimated and reserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<MoneyDecision>,
    /// What was billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_bytes: Option<DecimalText>,
    /// Its price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_usd: Option<DecimalText>,
    /// The table of a column that was decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What was found in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examination: Option<Words>,
    /// Rules that changed the text, or the condition that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<String>>,
    /// What was decided about protected columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pii: Option<Words>,
    /// The question to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<UuidText>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_kind: Option<Words>,
    /// The stored credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<UuidText>,
    /// Id of the master key it is under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key: Option<String>,
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<UuidText>,
    /// The beginning of the hash of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// What the price check decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct MoneyDecision {
    /// Bytes the warehouse estimated.
    pub estimated_bytes: DecimalText,
    /// Bytes that were reserved.
    pub reserved_bytes: DecimalText,
    /// Their price.
    pub estimated_usd: DecimalText,
    /// Bytes of the hour before it.
    pub bytes_used: DecimalText,
    /// Bytes of an hour.
    pub budget: DecimalText,
}

/// To which statuses a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All.
    Always,
    /// Those that begin with this.
    Begins(&'static str),
    /// Those that end with this.
    Ends(&'static str),
    /// This one.
    Is(&'static str),
}

impl When {
    /// Whether it applies.
    #[must_use]
    pub fn applies(self, status: &str) -> bool {
        match self {
            Self::Always => true,
            Self::Begins(start) => status.starts_with(start),
            Self::Ends(end) => status.ends_with(end),
            Self::Is(one) => status == one,
        }
    }
}

/// Which fields have a value, and which have none. `payload.x` is a key of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Of which kind.
    pub kind: EventKind,
    /// With which statuses.
    pub when: When,
    /// Not null.
    pub present: &'static [&'static str],
    /// Null.
    pub absent: &'static [&'static str],
}

const fn rule(
    kind: EventKind,
    when: When,
    present: &'static [&'static str],
    absent: &'static [&'static str],
) -> Rule {
    Rule { kind, when, present, absent }
}

use EventKind::{
    ArtifactGenerated as Artifact, SecurityGateDecision as Decision, ToolInvocation as Tool,
    WorkflowStateTransition as Transition,
};
use When::{Always, Begins, Ends, Is};

/// Every requirement that goes beyond a field's type.
pub const RULES: &[Rule] = &[
    rule(Tool, Always, &["workflow_id", "step_id", "finished_at", "payload"], &[]),
    rule(Tool, Ends("_failed"), &["error_code", "payload.class"], &["payload.output_hash"]),
    rule(Tool, Ends("_succeeded"), &["payload.output_hash"], &["error_code", "payload.class"]),
    rule(Artifact, Always, &["workflow_id", "step_id", "finished_at", "payload"], &["error_code"]),
    rule(Transition, Begins("run_"), &["workflow_id"], &[]),
    rule(Transition, Begins("step_"), &["workflow_id", "step_id"], &[]),
    rule(Transition, Is("run_queued"), &["payload.kind", "payload.input_hash"], &["error_code"]),
    rule(Transition, Is("run_partial_failure"), &["error_code", "payload.class"], &[]),
    rule(Transition, Is("step_progressed"), &["payload.done", "payload.total"], &["error_code"]),
    rule(Transition, Is("cancel_requested"), &["workflow_id"], &[]),
    rule(Transition, Is("retry_requested"), &["workflow_id"], &[]),
    rule(Transition, Ends("_failed"), &["error_code", "payload.class"], &[]),
    rule(
        Transition,
        Is("step_succeeded"),
        &["payload.attempt", "payload.output_hash"],
        &["payload.class"],
    ),
    rule(Transition, Ends("_succeeded"), &[], &["error_code"]),
    rule(Transition, Ends("_started"), &[], &["error_code"]),
    rule(Decision, Always, &["finished_at"], &[]),
    rule(
        Decision,
        Begins("query_"),
        &["workflow_id", "step_id", "payload.stage", "payload.attempt"],
        &[],
    ),
    rule(Decision, Is("query_allowed"), &["payload.canonical_hash"], &["error_code"]),
    rule(Decision, Is("query_blocked"), &["payload.class"], &[]),
    rule(Decision, Ends("_blocked"), &["error_code"], &[]),
    rule(
        Decision,
        Begins("receipt_"),
        &["workflow_id", "step_id", "payload.job_id"],
        &["error_code"],
    ),
    rule(
        Decision,
        Is("receipt_reserved"),
        &["payload.canonical_hash", "payload.policy_version", "payload.decision"],
        &[],
    ),
    rule(Decision, Is("receipt_settled"), &["payload.billed_bytes", "payload.billed_usd"], &[]),
    rule(
        Decision,
        Begins("approval_"),
        &[
            "workflow_id",
            "step_id",
            "payload.approval_id",
            "payload.approval_kind",
            "payload.canonical_hash",
        ],
        &["error_code"],
    ),
    rule(
        Decision,
        Is("query_held"),
        &["error_code", "payload.class", "payload.canonical_hash"],
        &[],
    ),
    rule(Decision, Is("query_estimated"), &["payload.canonical_hash", "payload.decision"], &[]),
    rule(Decision, Begins("secret_"), &["payload.secret_id", "payload.master_key"], &[]),
    rule(Decision, Begins("connection_"), &["payload.connection_id"], &[]),
    rule(
        Decision,
        Is("column_decided"),
        &["payload.table", "payload.column", "payload.examination"],
        &["error_code"],
    ),
];
