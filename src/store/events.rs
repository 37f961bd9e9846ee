//! Appending events in the transaction of what they describe.
//!
//! No lock and no notification: the order of a tenant's events is made afterwards by the sealer.

use autopilot_domain::chain;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::event::EventKind;
use autopilot_domain::ids::{RunId, StepName};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::rows::corrupt;
use super::statements::EVENT_INSERT;
use super::tenant_db::TenantTx;
use crate::ports::{Actor, StoreError};

/// An event to append.
pub struct Fact<'a> {
    /// Its kind.
    pub kind: EventKind,
    /// The run.
    pub run: Option<RunId>,
    /// The step.
    pub step: Option<&'a StepName>,
    /// What happened, in the past tense.
    pub status: &'a str,
    /// Why not, if it did not.
    pub code: Option<ErrorCode>,
    /// When it began; now when absent.
    pub started_at: Option<Timestamp>,
    /// Who caused it.
    pub actor: Actor,
    /// Details.
    pub payload: Value,
}

impl<'a> Fact<'a> {
    /// A change of a run, caused by the service.
    #[must_use]
    pub const fn of_run(run: RunId, status: &'a str) -> Self {
        Self {
            kind: EventKind::WorkflowStateTransition,
            run: Some(run),
            step: None,
            status,
            code: None,
            started_at: None,
            actor: Actor::System,
            payload: Value::Null,
        }
    }
}

/// Appends an event.
///
/// # Errors
/// As the database answered.
#[expect(clippy::disallowed_methods, reason = "the time of recording; no decision rests on it")]
pub async fn record(tx: &TenantTx, fact: Fact<'_>) -> Result<(), StoreError> {
    // The store keeps microseconds; the hash must cover exactly what is kept.
    let now = truncated(Timestamp::now());
    let started = fact.started_at.map_or(now, truncated);
    let salt: [u8; 16] = rand::random();
    let hash = chain::payload_hash(&salt, &fact.payload).map_err(|_| corrupt())?;
    let run = fact.run.map(|run| run.as_uuid());
    let step = fact.step.map(StepName::as_str);
    let code = fact.code.map(ErrorCode::as_str);
    let actor = match fact.actor {
        Actor::System => "system".to_owned(),
        Actor::User(user) => user.to_string(),
    };
    let id = Uuid::now_v7();
    tx.execute(
        EVENT_INSERT,
        &[
            &id,
            &fact.kind.as_str(),
            &None::<Uuid>,
            &run,
            &step,
            &fact.status,
            &code,
            &started,
            &Some(now),
            &actor,
            &salt.as_slice(),
            &fact.payload,
            &hash.0.as_slice(),
        ],
    )
    .await
    .map(drop)
}

fn truncated(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}
