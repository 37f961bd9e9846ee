//! Canonical JSON (RFC 8785) and the hashes taken over it.
//!
//! Every hash of the product that covers JSON goes through here, so that two writers of the same
//! value always agree. Integers beyond 2^53 must be sent as strings: RFC 8785 reads numbers as
//! doubles, and [`digest`] refuses a value it could not represent exactly.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::ids::Digest;

/// A value has no canonical JSON form.
#[derive(Debug, thiserror::Error)]
#[error("the value has no canonical JSON form: {0}")]
pub struct NotCanonical(String);

/// The value's canonical JSON text.
///
/// # Errors
/// When the value does not serialise, or holds a number that a double cannot represent exactly.
pub fn to_text<T: Serialize>(value: &T) -> Result<String, NotCanonical> {
    let value = serde_json::to_value(value).map_err(|e| NotCanonical(e.to_string()))?;
    refuse_inexact(&value)?;
    serde_json_canonicalizer::to_string(&value).map_err(|e| NotCanonical(e.to_string()))
}

/// SHA-256 over the value's canonical JSON text.
///
/// # Errors
/// As [`to_text`].
pub fn digest<T: Serialize>(value: &T) -> Result<Digest, NotCanonical> {
    Ok(sha256(&[to_text(value)?.as_bytes()]))
}

/// SHA-256 over the parts, one after another, without separators.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Digest(hasher.finalize().into())
}

fn refuse_inexact(value: &serde_json::Value) -> Result<(), NotCanonical> {
    const EXACT: u64 = 1 << 53;
    match value {
        serde_json::Value::Number(n) => {
            let size = n.as_u64().or_else(|| n.as_i64().map(i64::unsigned_abs));
            match size {
                Some(size) if size > EXACT => {
                    Err(NotCanonical(format!("integer {n} is beyond 2^53; send it as a string")))
                }
                _ => Ok(()),
            }
        }
        serde_json::Value::Array(items) => items.iter().try_for_each(refuse_inexact),
        serde_json::Value::Object(map) => map.values().try_for_each(refuse_inexact),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn key_order_does_not_change_the_hash() {
        let left = digest(&json!({"b": 1, "a": [1.5, "x"]})).unwrap();
        let right = digest(&json!({"a": [1.5, "x"], "b": 1})).unwrap();
        assert_eq!(left, right);
        assert_eq!(to_text(&json!({"b": 1, "a": 2.0})).unwrap(), r#"{"a":2,"b":1}"#);
    }

    #[test]
    fn an_integer_that_a_double_would_round_is_refused() {
        assert!(digest(&json!({"n": [9_007_199_254_740_993_u64]})).is_err());
        assert!(digest(&json!({"n": [9_007_199_254_740_992_u64]})).is_ok());
    }
}
