//! The hash chain over a tenant's events.
//!
//! A link covers the previous link, the position, and a row hash in which the payload appears only
//! as a salted hash: forgetting a payload (pseudonymising it) keeps every link valid, while changing
//! any kept field, dropping a row or reordering two breaks the first link behind the change.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::canonical::{self, NotCanonical};
use crate::ids::{Digest, EventId};

/// Hash that stands before a tenant's first event.
pub const GENESIS: Digest = Digest([0; 32]);

/// The columns of a stored event that a link covers, as text exactly as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SealedFields<'a> {
    /// The event's id.
    pub event_id: EventId,
    /// The kind as stored.
    pub kind: &'a str,
    /// Session id, if any.
    pub session_id: Option<String>,
    /// Run id, if any.
    pub workflow_id: Option<String>,
    /// Step name, if any.
    pub step_id: Option<&'a str>,
    /// Status as stored.
    pub status: &'a str,
    /// Error code as stored, if any.
    pub error_code: Option<&'a str>,
    /// Microseconds since the Unix epoch, which is the store's precision.
    pub started_at_us: String,
    /// Microseconds since the Unix epoch, if finished.
    pub finished_at_us: Option<String>,
    /// Pseudonymous actor.
    pub actor: &'a str,
    /// Salted payload hash.
    pub payload_hash: Digest,
}

/// Salted hash of a payload; the salt is stored beside the payload and forgotten with it.
///
/// # Errors
/// When the payload has no canonical JSON form.
pub fn payload_hash(salt: &[u8], payload: &Value) -> Result<Digest, NotCanonical> {
    Ok(canonical::sha256(&[salt, canonical::to_text(payload)?.as_bytes()]))
}

/// The hash that position `pos` gets behind `previous`.
///
/// # Errors
/// When the fields have no canonical JSON form.
pub fn link(previous: Digest, pos: i64, fields: &SealedFields<'_>) -> Result<Digest, NotCanonical> {
    let row = canonical::digest(fields)?;
    Ok(canonical::sha256(&[&previous.0, &pos.to_be_bytes(), &row.0]))
}

/// A timestamp as the chain writes it.
#[must_use]
pub fn stamp(at: Timestamp) -> String {
    at.as_microsecond().to_string()
}
