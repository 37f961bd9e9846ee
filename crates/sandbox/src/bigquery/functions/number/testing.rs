//! How tests of the function folders call a function: by name and by the arguments' own types.
//!
//! Decides nothing; it fails loudly when no overload takes the arguments exactly, so that a test can
//! never pass through a coercion.

use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

fn takes(parameter: P, value: &Value) -> bool {
    matches!(
        (parameter, value),
        (P::Bool, Value::Bool(_))
            | (P::Int64, Value::Int(_))
            | (P::Float64, Value::Float(_))
            | (P::Numeric, Value::Numeric(_))
            | (P::BigNumeric, Value::BigNumeric(_))
            | (P::String | P::Part | P::Json, Value::Str(_))
            | (P::Bytes, Value::Bytes(_))
            | (P::Date, Value::Date(_))
            | (P::Time, Value::Time(_))
            | (P::Datetime, Value::Datetime(_))
            | (P::Timestamp, Value::Timestamp(_))
            | (P::Interval, Value::Interval(_))
    )
}

/// The answer, or the message of the failure.
pub(crate) fn call(groups: &[&[Sig]], name: &str, args: &[Value]) -> Result<Value, String> {
    let fits = |sig: &&Sig| {
        let least = sig.params.len() - sig.optional;
        sig.name == name
            && (least..=sig.params.len()).contains(&args.len())
            && sig.params.iter().zip(args).all(|(parameter, value)| takes(*parameter, value))
    };
    let all = groups.iter().copied().flatten();
    let sig =
        all.into_iter().find(fits).unwrap_or_else(|| panic!("no overload of {name} for {args:?}"));
    (sig.body)(args).map_err(|fault| fault.to_string())
}
