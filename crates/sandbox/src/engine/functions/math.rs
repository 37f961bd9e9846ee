//! Arithmetic: operators, ABS, MOD, DIV, SAFE_DIVIDE, ROUND, FLOOR, CEIL.
//!
//! Decides GoogleSQL's rules: `/` of two INT64 is a FLOAT64, overflow and division by zero are errors with both
//! operands named, NUMERIC is exact and rounds half away from zero.

use super::{Function, Given, Resolved, numbers, unexpected};
use crate::engine::numeric;
use crate::engine::types::{Datum, NUMERIC_ONE, SqlType};
use crate::wire::error::ApiError;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "bq_add", title: "+", resolve: same_pair, eval: add, safe: false },
    Function { name: "bq_subtract", title: "-", resolve: same_pair, eval: subtract, safe: false },
    Function { name: "bq_multiply", title: "*", resolve: same_pair, eval: multiply, safe: false },
    Function { name: "bq_divide", title: "/", resolve: quotient, eval: divide, safe: false },
    Function { name: "bq_safe_divide", title: "SAFE_DIVIDE", resolve: quotient, eval: divide, safe: true },
    Function { name: "bq_negate", title: "-", resolve: same_one, eval: negate, safe: false },
    Function { name: "bq_abs", title: "ABS", resolve: same_one, eval: absolute, safe: false },
    Function { name: "bq_mod", title: "MOD", resolve: exact_pair, eval: modulo, safe: false },
    Function { name: "bq_div", title: "DIV", resolve: exact_pair, eval: whole_quotient, safe: false },
    Function { name: "bq_round", title: "ROUND", resolve: rounding, eval: round, safe: false },
    Function { name: "bq_floor", title: "FLOOR", resolve: whole, eval: floor, safe: false },
    Function { name: "bq_ceil", title: "CEIL", resolve: whole, eval: ceil, safe: false },
];

fn same_pair(given: Given<'_>) -> Resolved {
    numbers(given, 2).map(|kind| (vec![kind, kind], kind))
}

fn same_one(given: Given<'_>) -> Resolved {
    numbers(given, 1).map(|kind| (vec![kind], kind))
}

fn exact_pair(given: Given<'_>) -> Resolved {
    same_pair(given).filter(|(_, kind)| *kind != SqlType::Float64)
}

fn quotient(given: Given<'_>) -> Resolved {
    let kind = numbers(given, 2)?;
    let returns = if kind == SqlType::Int64 { SqlType::Float64 } else { kind };
    Some((vec![kind, kind], returns))
}

fn float_unless_numeric(kind: SqlType) -> SqlType {
    if kind == SqlType::Numeric { SqlType::Numeric } else { SqlType::Float64 }
}

fn whole(given: Given<'_>) -> Resolved {
    numbers(given, 1).map(float_unless_numeric).map(|kind| (vec![kind], kind))
}

fn rounding(given: Given<'_>) -> Resolved {
    let (first, rest) = given.split_first()?;
    let kind = numbers(&[*first], 1).map(float_unless_numeric)?;
    match rest {
        [] => Some((vec![kind], kind)),
        [digits] if digits.is_none_or(|digits| digits == SqlType::Int64) => Some((vec![kind, SqlType::Int64], kind)),
        _ => None,
    }
}

/// The operands as they read in an error message.
fn operands(args: &[Datum<'_>], sign: &str) -> String {
    let shown: Vec<String> = args.iter().map(show).collect();
    shown.join(&format!(" {sign} "))
}

fn show(value: &Datum<'_>) -> String {
    match value {
        Datum::Int(value) => value.to_string(),
        Datum::Float(value) => value.to_string(),
        Datum::Numeric(value) => numeric::print(*value),
        Datum::Null | Datum::Bool(_) | Datum::Text(_) | Datum::Date(_) | Datum::Timestamp(_) => "?".to_owned(),
    }
}

fn overflow(args: &[Datum<'_>], sign: &str) -> ApiError {
    let kind = match args.first() {
        Some(Datum::Int(_)) => "int64",
        Some(Datum::Numeric(_)) => "numeric",
        _ => "double",
    };
    ApiError::invalid_query(format!("{kind} overflow: {}", operands(args, sign)))
}

/// Applies an operator by type; `None` from an exact operation and an infinite float are overflows.
fn arithmetic(
    args: &[Datum<'_>],
    sign: &str,
    ints: fn(i64, i64) -> Option<i64>,
    exact: fn(i128, i128) -> Option<i128>,
    floats: fn(f64, f64) -> f64,
) -> Result<Datum<'static>, ApiError> {
    let answer = match args {
        [Datum::Int(a), Datum::Int(b)] => ints(*a, *b).map(Datum::Int),
        [Datum::Numeric(a), Datum::Numeric(b)] => exact(*a, *b).and_then(numeric::in_range).map(Datum::Numeric),
        [Datum::Float(a), Datum::Float(b)] => finite(floats(*a, *b)),
        _ => return Err(unexpected(sign)),
    };
    answer.ok_or_else(|| overflow(args, sign))
}

fn finite(value: f64) -> Option<Datum<'static>> {
    value.is_finite().then_some(Datum::Float(value))
}

fn add(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    arithmetic(args, "+", i64::checked_add, i128::checked_add, |a, b| a + b)
}

fn subtract(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    arithmetic(args, "-", i64::checked_sub, i128::checked_sub, |a, b| a - b)
}

fn multiply(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    arithmetic(args, "*", i64::checked_mul, numeric::multiply, |a, b| a * b)
}

fn is_zero(value: Option<&Datum<'_>>) -> bool {
    match value {
        Some(Datum::Int(value)) => *value == 0,
        Some(Datum::Numeric(value)) => *value == 0,
        Some(Datum::Float(value)) => *value == 0.0,
        _ => false,
    }
}

fn by_zero(args: &[Datum<'_>]) -> Result<(), ApiError> {
    if is_zero(args.last()) {
        return Err(ApiError::invalid_query(format!("division by zero: {}", operands(args, "/"))));
    }
    Ok(())
}

fn divide(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    by_zero(args)?;
    let answer = match args {
        [Datum::Int(a), Datum::Int(b)] => finite(numeric::int_to_float(*a) / numeric::int_to_float(*b)),
        [Datum::Numeric(a), Datum::Numeric(b)] => numeric::divide(*a, *b).map(Datum::Numeric),
        [Datum::Float(a), Datum::Float(b)] => finite(a / b),
        _ => return Err(unexpected("/")),
    };
    answer.ok_or_else(|| overflow(args, "/"))
}

fn modulo(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    by_zero(args)?;
    match args {
        // The only pair that overflows is (min, -1), whose remainder is 0.
        [Datum::Int(a), Datum::Int(b)] => Ok(Datum::Int(a.checked_rem(*b).unwrap_or_default())),
        [Datum::Numeric(a), Datum::Numeric(b)] => Ok(Datum::Numeric(a.checked_rem(*b).unwrap_or_default())),
        _ => Err(unexpected("MOD")),
    }
}

fn whole_quotient(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    by_zero(args)?;
    let answer = match args {
        [Datum::Int(a), Datum::Int(b)] => a.checked_div(*b).map(Datum::Int),
        [Datum::Numeric(a), Datum::Numeric(b)] => {
            a.checked_div(*b).and_then(|whole| whole.checked_mul(NUMERIC_ONE)).and_then(numeric::in_range).map(Datum::Numeric)
        }
        _ => return Err(unexpected("DIV")),
    };
    answer.ok_or_else(|| overflow(args, "/"))
}

fn negate(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let answer = match args {
        [Datum::Int(value)] => value.checked_neg().map(Datum::Int),
        [Datum::Numeric(value)] => value.checked_neg().map(Datum::Numeric),
        [Datum::Float(value)] => Some(Datum::Float(-value)),
        _ => return Err(unexpected("-")),
    };
    answer.ok_or_else(|| overflow(args, "-"))
}

fn absolute(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let answer = match args {
        [Datum::Int(value)] => value.checked_abs().map(Datum::Int),
        [Datum::Numeric(value)] => value.checked_abs().map(Datum::Numeric),
        [Datum::Float(value)] => Some(Datum::Float(value.abs())),
        _ => return Err(unexpected("ABS")),
    };
    answer.ok_or_else(|| overflow(args, "ABS"))
}

fn round(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let (value, digits) = match args {
        [value] => (value, 0),
        [value, Datum::Int(digits)] => (value, *digits),
        _ => return Err(unexpected("ROUND")),
    };
    let answer = match value {
        Datum::Numeric(value) => numeric::round(*value, digits).map(Datum::Numeric),
        Datum::Float(value) => finite(round_float(*value, digits)),
        _ => return Err(unexpected("ROUND")),
    };
    answer.ok_or_else(|| overflow(args, "ROUND"))
}

fn round_float(value: f64, digits: i64) -> f64 {
    let Ok(digits) = i32::try_from(digits) else { return if digits > 0 { value } else { 0.0 } };
    let scale = 10_f64.powi(digits);
    let scaled = value * scale;
    if scale.is_finite() && scaled.is_finite() && scale > 0.0 { scaled.round() / scale } else { value }
}

fn floor(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    whole_number(args, "FLOOR", f64::floor, i128::div_euclid)
}

fn ceil(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    whole_number(args, "CEIL", f64::ceil, |value, one| -(-value).div_euclid(one))
}

fn whole_number(
    args: &[Datum<'_>],
    title: &str,
    floats: fn(f64) -> f64,
    exact: fn(i128, i128) -> i128,
) -> Result<Datum<'static>, ApiError> {
    let answer = match args {
        [Datum::Float(value)] => Some(Datum::Float(floats(*value))),
        [Datum::Numeric(value)] => {
            exact(*value, NUMERIC_ONE).checked_mul(NUMERIC_ONE).and_then(numeric::in_range).map(Datum::Numeric)
        }
        _ => return Err(unexpected(title)),
    };
    answer.ok_or_else(|| overflow(args, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Datum<'static> {
        Datum::Numeric(numeric::parse(text).unwrap())
    }

    #[test]
    fn integers_divide_into_floats_and_name_a_zero_divisor() {
        assert_eq!(divide(&[Datum::Int(7), Datum::Int(2)]).unwrap(), Datum::Float(3.5));
        assert_eq!(divide(&[Datum::Int(1), Datum::Int(0)]).unwrap_err().message, "division by zero: 1 / 0");
        assert_eq!(divide(&[decimal("1.5"), decimal("0")]).unwrap_err().message, "division by zero: 1.5 / 0");
    }

    #[test]
    fn overflow_is_an_error_and_not_a_wrap() {
        let error = add(&[Datum::Int(i64::MAX), Datum::Int(1)]).unwrap_err();
        assert_eq!(error.message, "int64 overflow: 9223372036854775807 + 1");
        assert!(multiply(&[Datum::Float(1e300), Datum::Float(1e300)]).is_err());
    }

    #[test]
    fn whole_numbers_go_down_and_up_below_zero_too() {
        assert_eq!(floor(&[decimal("-1.5")]).unwrap(), decimal("-2"));
        assert_eq!(ceil(&[decimal("-1.5")]).unwrap(), decimal("-1"));
        assert_eq!(round(&[Datum::Float(-2.5)]).unwrap(), Datum::Float(-3.0));
        assert_eq!(round(&[decimal("2.345"), Datum::Int(2)]).unwrap(), decimal("2.35"));
        assert_eq!(round(&[Datum::Float(5.0), Datum::Int(-400)]).unwrap(), Datum::Float(5.0));
    }

    #[test]
    fn numeric_wins_over_int64_and_float64_over_both() {
        let types = |a, b| same_pair(&[Some(a), Some(b)]).map(|(_, returns)| returns);
        assert_eq!(types(SqlType::Int64, SqlType::Numeric), Some(SqlType::Numeric));
        assert_eq!(types(SqlType::Float64, SqlType::Numeric), Some(SqlType::Float64));
        assert_eq!(types(SqlType::String, SqlType::Int64), None);
    }
}
