//! Events as a stream sends them: the event contract plus the position to resume from.
//!
//! Every field of the contract is always there, `null` where it has no value.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::ports::requests::EventView;

/// Where a stream begins.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct StreamQuery {
    /// Position of the last event the client has; 0 or absent for all.
    pub(in crate::http) after: Option<i64>,
}

/// One frame of a stream.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(in crate::http) struct EventDto {
    /// Position in the organisation's chain; send the last one as `after` to resume.
    pos: i64,
    /// The event's id.
    event_id: Uuid,
    /// `tool_invocation`, `artifact_generated`, `workflow_state_transition` or `security_gate_decision`.
    kind: String,
    /// The workflow.
    workflow_id: Option<Uuid>,
    /// The step.
    step_id: Option<String>,
    /// What happened: `run_queued`, `step_succeeded`, `query_allowed` ...
    status: String,
    /// The code, where something failed or was refused.
    error_code: Option<String>,
    /// When it began.
    started_at: String,
    /// When it ended.
    finished_at: Option<String>,
    /// Who caused it: a pseudonymous user id, or `system`.
    actor: String,
    /// Details of this kind and status.
    #[schema(value_type = Object)]
    payload: Value,
}

impl From<EventView> for EventDto {
    fn from(view: EventView) -> Self {
        let event = view.event;
        Self {
            pos: view.pos,
            event_id: view.event_id.as_uuid(),
            kind: event.kind.as_str().to_owned(),
            workflow_id: event.workflow_id.map(|run| run.as_uuid()),
            step_id: event.step_id.map(String::from),
            status: event.status,
            error_code: event.error_code.map(|code| code.as_str().to_owned()),
            started_at: event.started_at.to_string(),
            finished_at: event.finished_at.map(|at| at.to_string()),
            actor: event.actor,
            payload: event.payload,
        }
    }
}
