//! The operators on plain numbers: one check each, no allocation unless they fail.
//!
//! Decides overflow for the row-wise and the columnar forms alike, so that both answer the same. It
//! must never round a NUMERIC other than half away from zero.

use datafusion::arrow::datatypes::i256;

use super::exact::{NUMERIC_MAX, NUMERIC_ONE, divide_rounded_i128, numeric_text};
use super::operators::{float_overflow, float_quotient};
use super::text::short_float;
use crate::bigquery::fault::Fault;

fn int_overflow(left: i64, operator: &str, right: i64) -> Fault {
    Fault::query(format!("int64 overflow: {left} {operator} {right}"))
}

fn numeric_overflow(left: i128, operator: &str, right: i128) -> Fault {
    let (left, right) = (numeric_text(left), numeric_text(right));
    Fault::query(format!("numeric overflow: {left} {operator} {right}"))
}

fn in_range(units: i128) -> Option<i128> {
    (units.unsigned_abs() <= NUMERIC_MAX.unsigned_abs()).then_some(units)
}

pub(crate) fn add_int(left: i64, right: i64) -> Result<i64, Fault> {
    left.checked_add(right).ok_or_else(|| int_overflow(left, "+", right))
}

pub(crate) fn subtract_int(left: i64, right: i64) -> Result<i64, Fault> {
    left.checked_sub(right).ok_or_else(|| int_overflow(left, "-", right))
}

pub(crate) fn multiply_int(left: i64, right: i64) -> Result<i64, Fault> {
    left.checked_mul(right).ok_or_else(|| int_overflow(left, "*", right))
}

/// INT64 by INT64 is a FLOAT64.
pub(crate) fn divide_int(left: i64, right: i64) -> Result<f64, Fault> {
    if right == 0 {
        return Err(Fault::query(format!("division by zero: {left} / 0")));
    }
    Ok(float_quotient(left, right))
}

/// `result`, unless finite operands left the range.
fn finite(left: f64, operator: &str, right: f64, result: f64) -> Result<f64, Fault> {
    if result.is_finite() || !left.is_finite() || !right.is_finite() {
        return Ok(result);
    }
    Err(float_overflow(left, operator, right))
}

pub(crate) fn add_float(left: f64, right: f64) -> Result<f64, Fault> {
    finite(left, "+", right, left + right)
}

pub(crate) fn subtract_float(left: f64, right: f64) -> Result<f64, Fault> {
    finite(left, "-", right, left - right)
}

pub(crate) fn multiply_float(left: f64, right: f64) -> Result<f64, Fault> {
    finite(left, "*", right, left * right)
}

pub(crate) fn divide_float(left: f64, right: f64) -> Result<f64, Fault> {
    if right == 0.0 {
        let (left, right) = (short_float(left), short_float(right));
        return Err(Fault::query(format!("division by zero: {left} / {right}")));
    }
    finite(left, "/", right, left / right)
}

pub(crate) fn add_numeric(left: i128, right: i128) -> Result<i128, Fault> {
    left.checked_add(right).and_then(in_range).ok_or_else(|| numeric_overflow(left, "+", right))
}

pub(crate) fn subtract_numeric(left: i128, right: i128) -> Result<i128, Fault> {
    left.checked_sub(right).and_then(in_range).ok_or_else(|| numeric_overflow(left, "-", right))
}

/// A product of at most 76 digits fits 256 bits, so only the short form needs a check.
pub(crate) fn multiply_numeric(left: i128, right: i128) -> Result<i128, Fault> {
    let product = match left.checked_mul(right) {
        Some(product) => divide_rounded_i128(product, NUMERIC_ONE),
        None => wide_quotient(
            i256::from_i128(left),
            i256::from_i128(right),
            i256::from_i128(NUMERIC_ONE),
        ),
    };
    product.and_then(in_range).ok_or_else(|| numeric_overflow(left, "*", right))
}

pub(crate) fn divide_numeric(left: i128, right: i128) -> Result<i128, Fault> {
    if right == 0 {
        let left = numeric_text(left);
        return Err(Fault::query(format!("division by zero: {left} / 0")));
    }
    let quotient = match left.checked_mul(NUMERIC_ONE) {
        Some(scaled) => divide_rounded_i128(scaled, right),
        None => wide_quotient(
            i256::from_i128(left),
            i256::from_i128(NUMERIC_ONE),
            i256::from_i128(right),
        ),
    };
    quotient.and_then(in_range).ok_or_else(|| numeric_overflow(left, "/", right))
}

/// `left * right / divisor`, rounded half away from zero; `None` beyond 128 bits.
fn wide_quotient(left: i256, right: i256, divisor: i256) -> Option<i128> {
    let product = left.checked_mul(right)?;
    let quotient = product.checked_div(divisor)?;
    let rest = product.checked_rem(divisor)?.wrapping_abs();
    let size = divisor.wrapping_abs();
    if rest < size.wrapping_sub(rest) {
        return quotient.to_i128();
    }
    let away = if product.is_negative() == divisor.is_negative() { 1 } else { -1 };
    quotient.checked_add(i256::from_i128(away))?.to_i128()
}
