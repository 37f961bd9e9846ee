//! RANGE_BUCKET: between which bounds of a sorted array a point lies.
//!
//! Decides the order of the bounds (an unsorted array is an error, even where the point would be
//! found) and that a NaN point has no bucket. It compares values of one type only.

use std::cmp::Ordering;

use super::args::mismatch;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{AnySig, P};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

pub(crate) static ANY: &[AnySig] = &[AnySig {
    name: "RANGE_BUCKET",
    params: &[None, None],
    optional: 0,
    variadic: false,
    result: P::Int64,
    strict: true,
    body: range_bucket,
}];

fn range_bucket(args: &[Value], _: &[Type]) -> Result<Value, Fault> {
    let (Some(point), Some(Value::Array(bounds))) = (args.first(), args.get(1)) else {
        return Err(mismatch());
    };
    for (at, pair) in bounds.windows(2).enumerate() {
        if let [before, after] = pair
            && !ascending(before, after)
        {
            let (first, second) = (at + 1, at + 2);
            return Err(Fault::query(format!(
                "Elements in input array to RANGE_BUCKET must be in ascending order. Nonconforming \
                 elements found at position {first} and {second}"
            )));
        }
    }
    if bounds.iter().any(Value::is_null) {
        return Err(Fault::query("Elements in input array to RANGE_BUCKET cannot be null"));
    }
    if matches!(point, Value::Float(value) if value.is_nan()) {
        return Ok(Value::Null);
    }
    let below = bounds.partition_point(|bound| order(bound, point) != Some(Ordering::Greater));
    Ok(Value::Int(i64::try_from(below).unwrap_or(i64::MAX)))
}

fn ascending(before: &Value, after: &Value) -> bool {
    matches!(order(before, after), Some(Ordering::Less | Ordering::Equal))
}

/// The order of two values of one scalar type; `None` for NULL, NaN and mixed types.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(x), Value::Bool(y)) => Some(x.cmp(y)),
        (Value::Int(x), Value::Int(y))
        | (Value::Time(x), Value::Time(y))
        | (Value::Datetime(x), Value::Datetime(y))
        | (Value::Timestamp(x), Value::Timestamp(y)) => Some(x.cmp(y)),
        (Value::Float(x), Value::Float(y)) => x.partial_cmp(y),
        (Value::Numeric(x), Value::Numeric(y)) => Some(x.cmp(y)),
        (Value::BigNumeric(x), Value::BigNumeric(y)) => Some(x.cmp(y)),
        (Value::Str(x), Value::Str(y)) => Some(x.cmp(y)),
        (Value::Bytes(x), Value::Bytes(y)) => Some(x.cmp(y)),
        (Value::Date(x), Value::Date(y)) => Some(x.cmp(y)),
        _ => None,
    }
}
