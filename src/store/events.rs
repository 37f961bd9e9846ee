//! Appending events in the transaction of what they describe.
//!
//! No lock and no notification: the order of a tenant's events is made afterwards by the sealer. An
//! event that is not of the contract is never written, and a user is never named by their id.

use autopilot_domain::chain;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::event::{EventKind, NewEvent, check};
use autopilot_domain::ids::{EventId, RunId, StepName};
use autopilot_domain::pseudonym::Pseudonym;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::rows::{corrupt, get};
use super::statements::{ACTOR_SECRET, EVENT_APPEND};
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

/// Appends an event, held to the contract first.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is not of the contract, and nothing is written then; otherwise as
/// the database answered.
#[expect(clippy::disallowed_methods, reason = "the time of recording; no decision rests on it")]
pub async fn record(tx: &TenantTx, fact: Fact<'_>) -> Result<(), StoreError> {
    // The store keeps microseconds; the hash must cover exactly what is kept.
    let now = truncated(Timestamp::now());
    let event = NewEvent {
        event_id: EventId::new(Uuid::now_v7()),
        kind: fact.kind,
        org_id: tx.tenant(),
        session_id: None,
        workflow_id: fact.run,
        step_id: fact.step.cloned(),
        status: fact.status.to_owned(),
        error_code: fact.code,
        started_at: fact.started_at.map_or(now, truncated),
        finished_at: Some(now),
        actor: actor(tx, &fact.actor).await?,
        payload: fact.payload,
    };
    append(tx, &event).await
}

/// Writes an event that fits the contract, and no other.
async fn append(tx: &TenantTx, event: &NewEvent) -> Result<(), StoreError> {
    if let Err(fault) = check::check(event) {
        let (kind, status) = (event.kind.as_str(), &event.status);
        tracing::error!(kind, status, %fault, "an event is not of the contract and is not written");
        return Err(StoreError::Corrupt("an event is not of the contract"));
    }
    let salt: [u8; 16] = rand::random();
    let hash = chain::payload_hash(&salt, &event.payload).map_err(|_| corrupt())?;
    tx.execute(
        EVENT_APPEND,
        &[
            &event.event_id.as_uuid(),
            &event.kind.as_str(),
            &event.session_id.map(|id| id.as_uuid()),
            &event.workflow_id.map(|id| id.as_uuid()),
            &event.step_id.as_ref().map(StepName::as_str),
            &event.status,
            &event.error_code.map(ErrorCode::as_str),
            &event.started_at,
            &event.finished_at,
            &event.actor,
            &salt.as_slice(),
            &event.payload,
            &hash.0.as_slice(),
        ],
    )
    .await
    .map(drop)
}

/// Whom an event names: a user only by the pseudonym that this tenant's secret gives.
async fn actor(tx: &TenantTx, actor: &Actor) -> Result<String, StoreError> {
    let user = match actor {
        Actor::System => return Ok("system".to_owned()),
        Actor::User(user) => *user,
    };
    let row = tx.query_opt(ACTOR_SECRET, &[]).await?.ok_or_else(corrupt)?;
    let secret: Vec<u8> = get(&row, "actor_secret")?;
    Pseudonym::of(&secret, user).map(|name| name.to_string()).map_err(|_| corrupt())
}

fn truncated(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}
