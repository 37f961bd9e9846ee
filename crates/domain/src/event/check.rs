//! Whether an event is of the contract: asked for every event before it is written.
//!
//! An event that does not fit is refused whole, with the field and what is wrong with it; nothing is
//! mended or left out, and no value of the event is repeated in the refusal.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::contract::{
    ArtifactPayload, Event, GatePayload, MOST_PAYLOAD_BYTES, RULES, ToolPayload, TransitionPayload,
};
use super::{EventKind, NewEvent};
use crate::canonical;

/// Why an event is not of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// A field is missing, unknown, or not of its type and form.
    #[error("a field of the event is not of the form its kind has")]
    Form,
    /// A field that this kind and status need has no value.
    #[error("the event lacks {0}")]
    Lacks(&'static str),
    /// A field has a value that this kind and status must not have.
    #[error("the event must not have {0}")]
    MustNotHave(&'static str),
    /// The payload is larger than a payload may be, or has no canonical form.
    #[error("the payload of the event is too large or has no canonical form")]
    Payload,
}

/// Holds an event to the contract.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(event: &NewEvent) -> Result<(), EventFault> {
    let value = serde_json::to_value(event).map_err(|_| EventFault::Form)?;
    check_value(&value)
}

/// Holds an event that came as JSON to the contract.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_value(event: &Value) -> Result<(), EventFault> {
    let kind = event.get("kind").cloned().unwrap_or_default();
    let kind: EventKind = serde_json::from_value(kind).map_err(|_| EventFault::Form)?;
    match kind {
        EventKind::ToolInvocation => of::<ToolPayload>(event),
        EventKind::ArtifactGenerated => of::<ArtifactPayload>(event),
        EventKind::WorkflowStateTransition => of::<TransitionPayload>(event),
        EventKind::SecurityGateDecision => of::<GatePayload>(event),
    }?;
    let status = event.get("status").and_then(Value::as_str).unwrap_or_default();
    for rule in RULES.iter().filter(|rule| rule.kind == kind && rule.when.applies(status)) {
        if let Some(field) = rule.present.iter().find(|field| at(event, field).is_none()) {
            return Err(EventFault::Lacks(field));
        }
        if let Some(field) = rule.absent.iter().find(|field| at(event, field).is_some()) {
            return Err(EventFault::MustNotHave(field));
        }
    }
    payload_fits(event)
}

/// Every field is there, typed, and there is no other.
fn of<P: DeserializeOwned>(event: &Value) -> Result<(), EventFault> {
    // An absent field and a null one are the same to the types, but not to the contract.
    let fields = event.as_object().ok_or(EventFault::Form)?;
    if fields.len() != 12 {
        return Err(EventFault::Form);
    }
    serde_json::from_value::<Event<P>>(event.clone()).map(drop).map_err(|_| EventFault::Form)
}

/// The value at a field or a key of the payload, unless it is null.
fn at<'a>(event: &'a Value, field: &str) -> Option<&'a Value> {
    let found = match field.split_once('.') {
        Some((outer, inner)) => event.get(outer)?.get(inner)?,
        None => event.get(field)?,
    };
    (!found.is_null()).then_some(found)
}

fn payload_fits(event: &Value) -> Result<(), EventFault> {
    let payload = event.get("payload").unwrap_or(&Value::Null);
    let text = canonical::to_text(payload).map_err(|_| EventFault::Payload)?;
    if text.len() <= MOST_PAYLOAD_BYTES { Ok(()) } else { Err(EventFault::Payload) }
}
