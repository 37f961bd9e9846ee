//! What gathering aggregates compute at the end, over all rows of a group in order.
//!
//! Decides results only; order, DISTINCT, NULL treatment and LIMIT were applied before.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::cmp::Ordering;

use super::named;
use crate::bigquery::engine::collect::compare;
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

type Rows<'a> = &'a [Vec<Value>];

fn firsts(rows: Rows<'_>) -> impl Iterator<Item = &Value> {
    rows.iter().filter_map(|row| row.first())
}

/// ARRAY_AGG; NULL for no rows.
pub(crate) fn array_agg(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    if rows.is_empty() {
        return Ok(Value::Null);
    }
    Ok(Value::Array(firsts(rows).cloned().collect()))
}

/// ARRAY(subquery); no rows make an empty array.
pub(crate) fn array_subquery(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    Ok(Value::Array(firsts(rows).cloned().collect()))
}

/// ARRAY_CONCAT_AGG.
pub(crate) fn array_concat_agg(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    if rows.is_empty() {
        return Ok(Value::Null);
    }
    let items = firsts(rows).flat_map(|value| match value {
        Value::Array(items) => items.clone(),
        _ => Vec::new(),
    });
    Ok(Value::Array(items.collect()))
}

/// STRING_AGG of STRING or BYTES.
pub(crate) fn string_agg(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    let between = rows.first().and_then(|row| row.get(1));
    if let Some(Value::Bytes(_)) = firsts(rows).next() {
        let between = if let Some(Value::Bytes(b)) = between { b.clone() } else { b",".to_vec() };
        let parts: Vec<Vec<u8>> = firsts(rows)
            .filter_map(|v| if let Value::Bytes(b) = v { Some(b.clone()) } else { None })
            .collect();
        return Ok(Value::Bytes(parts.join(between.as_slice())));
    }
    let between = if let Some(Value::Str(s)) = between { s.as_str() } else { "," };
    let parts: Vec<&str> = firsts(rows)
        .filter_map(|v| if let Value::Str(s) = v { Some(s.as_str()) } else { None })
        .collect();
    Ok(if parts.is_empty() { Value::Null } else { Value::Str(parts.join(between)) })
}

/// ANY_VALUE: the first row's.
pub(crate) fn any_value(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    Ok(firsts(rows).next().cloned().unwrap_or(Value::Null))
}

fn by(rows: Rows<'_>, wanted: Ordering) -> Value {
    let mut best: Option<(&Value, &Value)> = None;
    for row in rows {
        let (Some(value), Some(key)) = (row.first(), row.get(1)) else { continue };
        if key.is_null() {
            continue;
        }
        if best.is_none_or(|(_, known)| compare(key, known) == wanted) {
            best = Some((value, key));
        }
    }
    best.map_or(Value::Null, |(value, _)| value.clone())
}

/// MAX_BY.
pub(crate) fn max_by(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    Ok(by(rows, Ordering::Greater))
}

/// MIN_BY.
pub(crate) fn min_by(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    Ok(by(rows, Ordering::Less))
}

fn bits(rows: Rows<'_>, of: fn(i64, i64) -> i64) -> Value {
    let ints = firsts(rows).filter_map(|v| if let Value::Int(n) = v { Some(*n) } else { None });
    ints.reduce(of).map_or(Value::Null, Value::Int)
}

/// BIT_AND.
pub(crate) fn bit_and(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    Ok(bits(rows, |a, b| a & b))
}

/// BIT_OR.
pub(crate) fn bit_or(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    Ok(bits(rows, |a, b| a | b))
}

/// BIT_XOR.
pub(crate) fn bit_xor(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    Ok(bits(rows, |a, b| a ^ b))
}

/// APPROX_QUANTILES, computed exactly.
pub(crate) fn approx_quantiles(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    let Some(Value::Int(buckets)) = rows.first().and_then(|row| row.get(1)) else {
        return Ok(Value::Null);
    };
    let buckets = usize::try_from(*buckets).ok().filter(|n| *n > 0);
    let buckets = buckets.ok_or_else(|| {
        Fault::query("The second argument of APPROX_QUANTILES must be a positive integer")
    })?;
    let mut values: Vec<&Value> = firsts(rows).collect();
    values.sort_by(|a, b| compare(a, b));
    // The last row of the first n buckets; the least value for none.
    let at = |n: usize| {
        let rank = n.saturating_mul(values.len()).div_ceil(buckets);
        values.get(rank.saturating_sub(1)).map_or(Value::Null, |value| (*value).clone())
    };
    Ok(Value::Array((0..=buckets).map(at).collect()))
}

fn top(mut totals: Vec<(Value, Value)>, most: Option<&Value>) -> Value {
    let most = if let Some(Value::Int(n)) = most { usize::try_from(*n).unwrap_or(0) } else { 0 };
    totals.sort_by(|(_, a), (_, b)| compare(b, a));
    totals.truncate(most);
    Value::Array(
        totals.into_iter().map(|(value, total)| Value::Struct(vec![value, total])).collect(),
    )
}

/// APPROX_TOP_COUNT, computed exactly.
pub(crate) fn approx_top_count(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    let mut totals: Vec<(Value, Value)> = Vec::new();
    for value in firsts(rows) {
        match totals.iter_mut().find(|(known, _)| known == value) {
            Some((_, Value::Int(count))) => *count = count.saturating_add(1),
            _ => totals.push((value.clone(), Value::Int(1))),
        }
    }
    if totals.is_empty() {
        return Ok(Value::Null);
    }
    Ok(top(totals, rows.first().and_then(|row| row.get(1))))
}

/// APPROX_TOP_SUM, computed exactly.
pub(crate) fn approx_top_sum(rows: Rows<'_>, of: &[Type]) -> Result<Value, Fault> {
    let mut totals: Vec<(Value, Value)> = Vec::new();
    for row in rows {
        let (Some(value), Some(weight)) = (row.first(), row.get(1)) else { continue };
        if weight.is_null() {
            continue;
        }
        match totals.iter_mut().find(|(known, _)| known == value) {
            Some((_, total)) => *total = add(total, weight, of.get(1))?,
            None => totals.push((value.clone(), weight.clone())),
        }
    }
    if totals.is_empty() {
        return Ok(Value::Null);
    }
    Ok(top(totals, rows.first().and_then(|row| row.get(2))))
}

fn add(a: &Value, b: &Value, of: Option<&Type>) -> Result<Value, Fault> {
    let plus = named("+").find(|sig| {
        of.is_some_and(|of| sig.params.first().and_then(|p| p.to_type()).as_ref() == Some(of))
    });
    match plus {
        Some(plus) => (plus.body)(&[a.clone(), b.clone()]),
        None => Err(Fault::unsupported("This sum")),
    }
}

/// SUM of any number type.
pub(crate) fn sum(rows: Rows<'_>, of: &[Type]) -> Result<Value, Fault> {
    let mut total: Option<Value> = None;
    for value in firsts(rows) {
        total = Some(match total {
            None => value.clone(),
            Some(total) => add(&total, value, of.first())?,
        });
    }
    Ok(total.unwrap_or(Value::Null))
}

/// AVG of any number type.
pub(crate) fn avg(rows: Rows<'_>, of: &[Type]) -> Result<Value, Fault> {
    let total = sum(rows, of)?;
    let count = Value::Int(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    divide(&[total, count])
}

/// A total divided by a count, in the total's type (FLOAT64 for INT64).
pub(crate) fn divide(args: &[Value]) -> Result<Value, Fault> {
    let [total, Value::Int(count)] = args else { return Ok(Value::Null) };
    if total.is_null() || *count == 0 {
        return Ok(Value::Null);
    }
    let (of, count) = match total {
        Value::Numeric(_) => {
            (Type::Numeric, Value::Numeric(i128::from(*count).saturating_mul(1_000_000_000)))
        }
        Value::Float(_) => {
            (Type::Float64, super::casts::cast(&Value::Int(*count), &Type::Int64, &Type::Float64)?)
        }
        Value::Int(_) => (Type::Int64, Value::Int(*count)),
        Value::BigNumeric(_) => (
            Type::BigNumeric,
            super::casts::cast(&Value::Int(*count), &Type::Int64, &Type::BigNumeric)?,
        ),
        _ => return Err(Fault::unsupported("This average")),
    };
    let over =
        named("/").find(|sig| sig.params.first().and_then(|p| p.to_type()) == Some(of.clone()));
    match over {
        Some(over) => (over.body)(&[total.clone(), count]),
        None => Err(Fault::unsupported("This average")),
    }
}

/// PERCENTILE_CONT: the value at a fraction of the way, interpolated.
pub(crate) fn percentile_cont(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    let Some(Value::Float(fraction)) = rows.first().and_then(|row| row.get(1)) else {
        return Ok(Value::Null);
    };
    let mut values: Vec<f64> = firsts(rows)
        .filter_map(|v| if let Value::Float(x) = v { Some(*x) } else { None })
        .collect();
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Ok(Value::Null) };
    #[expect(clippy::cast_precision_loss, reason = "a count of rows in memory is far below 2^53")]
    let at = fraction * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of the way lies between the first and the last place"
    )]
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    match (values.get(low), values.get(high)) {
        (Some(a), Some(_)) if low == high => Ok(Value::Float(*a)),
        (Some(a), Some(b)) => {
            // Weights as BigQuery has them: each side by its distance to the other.
            let right = at - at.floor();
            Ok(Value::Float(a * (1.0 - right) + b * right))
        }
        _ => Ok(Value::Null),
    }
}

/// PERCENTILE_DISC: the first value at or past a fraction of all rows.
pub(crate) fn percentile_disc(rows: Rows<'_>, _of: &[Type]) -> Result<Value, Fault> {
    let Some(Value::Float(fraction)) = rows.first().and_then(|row| row.get(1)) else {
        return Ok(Value::Null);
    };
    let mut values: Vec<&Value> = firsts(rows).collect();
    values.sort_by(|a, b| compare(a, b));
    #[expect(clippy::cast_precision_loss, reason = "a count of rows in memory is far below 2^53")]
    let count = values.len() as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of the count lies between nothing and the count"
    )]
    let at = ((fraction * count).ceil() as usize).saturating_sub(1);
    Ok(values.get(at).map_or(Value::Null, |value| (*value).clone()))
}
