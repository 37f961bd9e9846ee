//! CAST: which pairs of types it takes and what each value becomes.
//!
//! Decides texts, rounding and range errors by BigQuery's rules. NULL casts to NULL everywhere; a
//! pair that is not listed is refused by name and never answered by way of a third type.

mod scalar;
#[cfg(test)]
mod tests;

use super::super::fault::Fault;
use super::super::types::Type;
use super::super::value::Value;
use super::number::args::mismatch;

/// Whether BigQuery casts one type to the other.
pub(crate) fn castable(from: &Type, to: &Type) -> bool {
    if from == to {
        return true;
    }
    match (from, to) {
        (Type::Array(from), Type::Array(to)) => castable(from, to),
        (Type::Struct(from), Type::Struct(to)) => {
            from.len() == to.len()
                && from.iter().zip(to).all(|((_, from), (_, to))| castable(from, to))
        }
        (Type::String, Type::Range(_)) | (Type::Range(_), Type::String) => true,
        _ => scalar::castable(from, to),
    }
}

/// The value as another type.
pub(crate) fn cast(value: &Value, from: &Type, to: &Type) -> Result<Value, Fault> {
    if !castable(from, to) {
        return Err(Fault::query(format!("Invalid cast from {from} to {to}")));
    }
    if value.is_null() || from == to {
        return Ok(value.clone());
    }
    match (value, from, to) {
        (Value::Array(items), Type::Array(from), Type::Array(to)) => {
            let items: Result<Vec<Value>, Fault> =
                items.iter().map(|item| cast(item, from, to)).collect();
            items.map(Value::Array)
        }
        (Value::Struct(parts), Type::Struct(from), Type::Struct(to)) => {
            let pairs = parts.iter().zip(from.iter().zip(to));
            let parts: Result<Vec<Value>, Fault> =
                pairs.map(|(part, ((_, from), (_, to)))| cast(part, from, to)).collect();
            parts.map(Value::Struct)
        }
        (Value::Str(text), Type::String, Type::Range(element)) => {
            super::time::parse_range(text, element)
        }
        (Value::Range(ends), Type::Range(element), Type::String) => {
            let end = |value: &Value| {
                let text = cast(value, element, &Type::String)?;
                Ok(if let Value::Str(text) = text { text } else { "UNBOUNDED".to_owned() })
            };
            Ok(Value::Str(format!("[{}, {})", end(&ends.0)?, end(&ends.1)?)))
        }
        (Value::Array(_) | Value::Struct(_) | Value::Range(_), _, _) => Err(mismatch()),
        _ => scalar::cast(value, to),
    }
}
