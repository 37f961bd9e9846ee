//! Ranges of DATE, DATETIME or TIMESTAMP, closed at the start and open at the end.
//!
//! Decides how literals are read, which values a range holds and how two ranges meet. NULL as a bound
//! means that there is none; a range must never end before or where it starts.

use std::cmp::Ordering;

use super::interval::{interval_add, moved_date};
use super::literal::{parse_date, parse_datetime, parse_timestamp};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::Body;
use crate::bigquery::functions::number::args::{interval, mismatch};
use crate::bigquery::functions::number::buckets::order;
use crate::bigquery::types::Type;
use crate::bigquery::value::{Interval, Value};

/// The most ranges or items one call makes.
const MOST: usize = 1_000_000;

/// The body of a function over ranges; all but RANGE may be called strictly.
pub(crate) fn range_body(name: &str) -> Option<Body> {
    Some(match name {
        "RANGE" => range,
        "RANGE_START" => range_start,
        "RANGE_END" => range_end,
        "RANGE_CONTAINS" => range_contains,
        "RANGE_OVERLAPS" => range_overlaps,
        "RANGE_INTERSECT" => range_intersect,
        "GENERATE_RANGE_ARRAY" => generate_range_array,
        _ => return None,
    })
}

fn make(start: Value, end: Value) -> Result<Value, Fault> {
    if matches!(order(&start, &end), Some(Ordering::Greater | Ordering::Equal)) {
        return Err(Fault::query("Range start element must be smaller than range end element"));
    }
    Ok(Value::Range(Box::new((start, end))))
}

fn ends(args: &[Value], at: usize) -> Result<Option<(&Value, &Value)>, Fault> {
    match args.get(at) {
        Some(Value::Range(ends)) => Ok(Some((&ends.0, &ends.1))),
        Some(Value::Null) => Ok(None),
        _ => Err(mismatch()),
    }
}

/// `[a, b)`; `UNBOUNDED` or `NULL` in any case stands for no bound.
pub(crate) fn parse_range(text: &str, element: &Type) -> Result<Value, Fault> {
    let invalid = || {
        Fault::query(format!(
            "Invalid range literal \"{text}\". Expected format is \"[lower, upper)\" with a bound or UNBOUNDED"
        ))
    };
    let inside =
        text.strip_prefix('[').and_then(|rest| rest.strip_suffix(')')).ok_or_else(invalid)?;
    let (start, end) = inside.split_once(", ").ok_or_else(invalid)?;
    let bound = |text: &str| {
        if text.eq_ignore_ascii_case("UNBOUNDED") || text.eq_ignore_ascii_case("NULL") {
            return Ok(Value::Null);
        }
        if *element == Type::Date {
            parse_date(text)
        } else if *element == Type::Datetime {
            parse_datetime(text)
        } else if *element == Type::Timestamp {
            parse_timestamp(text)
        } else {
            Err(invalid())
        }
    };
    make(bound(start)?, bound(end)?)
}

/// RANGE(start, end).
pub(crate) fn range(args: &[Value]) -> Result<Value, Fault> {
    let [start, end] = args else { return Err(mismatch()) };
    make(start.clone(), end.clone())
}

pub(crate) fn range_start(args: &[Value]) -> Result<Value, Fault> {
    Ok(ends(args, 0)?.map_or(Value::Null, |ends| ends.0.clone()))
}

pub(crate) fn range_end(args: &[Value]) -> Result<Value, Fault> {
    Ok(ends(args, 0)?.map_or(Value::Null, |ends| ends.1.clone()))
}

/// Whether a start is not after a value; a missing start is before everything.
fn starts_by(start: &Value, value: &Value) -> bool {
    start.is_null() || matches!(order(start, value), Some(Ordering::Less | Ordering::Equal))
}

/// Whether an end is after a value; a missing end is after everything.
fn ends_after(end: &Value, value: &Value) -> bool {
    end.is_null() || order(end, value) == Some(Ordering::Greater)
}

/// RANGE_CONTAINS of a range and a value, or of two ranges.
pub(crate) fn range_contains(args: &[Value]) -> Result<Value, Fault> {
    let Some((start, end)) = ends(args, 0)? else { return Ok(Value::Null) };
    let holds = match args.get(1) {
        Some(Value::Null) => return Ok(Value::Null),
        Some(Value::Range(inner)) => {
            let from = start.is_null() || (!inner.0.is_null() && starts_by(start, &inner.0));
            let to = end.is_null()
                || (!inner.1.is_null() && order(end, &inner.1) != Some(Ordering::Less));
            from && to
        }
        Some(value) => starts_by(start, value) && ends_after(end, value),
        None => return Err(mismatch()),
    };
    Ok(Value::Bool(holds))
}

fn before(start: &Value, end: &Value) -> bool {
    start.is_null() || end.is_null() || order(start, end) == Some(Ordering::Less)
}

/// Whether two ranges share a value.
pub(crate) fn range_overlaps(args: &[Value]) -> Result<Value, Fault> {
    let (Some(left), Some(right)) = (ends(args, 0)?, ends(args, 1)?) else {
        return Ok(Value::Null);
    };
    Ok(Value::Bool(before(left.0, right.1) && before(right.0, left.1)))
}

/// The values two ranges share; an error when there are none.
pub(crate) fn range_intersect(args: &[Value]) -> Result<Value, Fault> {
    let (Some(left), Some(right)) = (ends(args, 0)?, ends(args, 1)?) else {
        return Ok(Value::Null);
    };
    if !(before(left.0, right.1) && before(right.0, left.1)) {
        return Err(Fault::query(
            "Provided RANGE inputs: do not overlap. Please check RANGE_OVERLAPS before calling RANGE_INTERSECT",
        ));
    }
    let start = if left.0.is_null() || order(left.0, right.0) == Some(Ordering::Less) {
        right.0
    } else {
        left.0
    };
    let end = if left.1.is_null() || order(left.1, right.1) == Some(Ordering::Greater) {
        if right.1.is_null() { left.1 } else { right.1 }
    } else {
        left.1
    };
    make(start.clone(), end.clone())
}

/// GENERATE_RANGE_ARRAY(range, step[, include_last_partial_range]).
pub(crate) fn generate_range_array(args: &[Value]) -> Result<Value, Fault> {
    let partial = match args.get(2) {
        None => true,
        Some(Value::Bool(keep)) => *keep,
        Some(Value::Null) => return Ok(Value::Null),
        Some(_) => return Err(mismatch()),
    };
    let Some((start, end)) = ends(args, 0)? else { return Ok(Value::Null) };
    if args.get(1).is_none_or(Value::is_null) {
        return Ok(Value::Null);
    }
    let step = interval(args, 1)?;
    if start.is_null() || end.is_null() {
        return Err(Fault::query("input RANGE cannot have UNBOUNDED endpoints"));
    }
    if step == (Interval { months: 0, days: 0, micros: 0 }) {
        return Err(Fault::query("step cannot be 0"));
    }
    if step.months < 0 || step.days < 0 || step.micros < 0 {
        return Err(Fault::query("step cannot be negative"));
    }
    let mut made = Vec::new();
    let mut from = start.clone();
    while order(&from, end) == Some(Ordering::Less) {
        let count = i32::try_from(made.len() + 1).unwrap_or(i32::MAX);
        let next =
            nth(start, step, count)?.filter(|next| order(next, end) != Some(Ordering::Greater));
        match next {
            Some(next) => {
                made.push(make(from, next.clone())?);
                from = next;
            }
            None => {
                if partial {
                    made.push(make(from, end.clone())?);
                }
                break;
            }
        }
        if made.len() > MOST {
            return Err(Fault::unsupported("GENERATE_RANGE_ARRAY of more than a million ranges"));
        }
    }
    Ok(Value::Array(made))
}

/// The start moved by so many steps, in the start's own type; `None` past the last valid value.
fn nth(start: &Value, step: Interval, count: i32) -> Result<Option<Value>, Fault> {
    let scaled = Interval {
        months: step.months.saturating_mul(count),
        days: step.days.saturating_mul(count),
        micros: step.micros.saturating_mul(i64::from(count)),
    };
    if let Value::Date(days) = start {
        if step.micros != 0 {
            return Err(Fault::query(
                "GENERATE_RANGE_ARRAY step of a DATE range must be of whole days",
            ));
        }
        return Ok(moved_date(*days, scaled).map(Value::Date));
    }
    if matches!(start, Value::Timestamp(_)) && step.months != 0 {
        return Err(Fault::query(
            "GENERATE_RANGE_ARRAY step of a TIMESTAMP range cannot have months",
        ));
    }
    Ok(interval_add(&[start.clone(), Value::Interval(scaled)]).ok())
}
