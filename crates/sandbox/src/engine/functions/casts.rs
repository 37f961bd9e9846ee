//! CAST and SAFE_CAST between the claimed types.
//!
//! Decides what each conversion gives: numbers round half away from zero, text is read and printed in GoogleSQL's
//! own forms, and a value that cannot be converted is an error (NULL for SAFE_CAST). A pair of types that is not
//! listed is refused; none falls through to the engine's own casts.

use super::{Function, Given, Resolved, unexpected};
use crate::engine::types::{Datum, SqlType};
use crate::engine::{calendar, numeric, text};
use crate::wire::error::ApiError;

macro_rules! cast {
    ($name:literal, $safe:literal, $resolve:ident, $eval:ident) => {
        Function { name: $name, title: "CAST", resolve: $resolve, eval: $eval, safe: $safe }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    cast!("bq_cast_bool", false, bool_types, to_bool),
    cast!("bq_cast_int64", false, int_types, to_int),
    cast!("bq_cast_float64", false, float_types, to_float),
    cast!("bq_cast_numeric", false, numeric_types, to_numeric),
    cast!("bq_cast_string", false, text_types, to_text),
    cast!("bq_cast_date", false, date_types, to_date),
    cast!("bq_cast_timestamp", false, timestamp_types, to_timestamp),
    cast!("bq_safe_cast_bool", true, bool_types, to_bool),
    cast!("bq_safe_cast_int64", true, int_types, to_int),
    cast!("bq_safe_cast_float64", true, float_types, to_float),
    cast!("bq_safe_cast_numeric", true, numeric_types, to_numeric),
    cast!("bq_safe_cast_string", true, text_types, to_text),
    cast!("bq_safe_cast_date", true, date_types, to_date),
    cast!("bq_safe_cast_timestamp", true, timestamp_types, to_timestamp),
];

/// A signature that takes one of several types as it is.
fn one_of(given: Given<'_>, allowed: &[SqlType], returns: SqlType) -> Resolved {
    let [given] = given else { return None };
    // An untyped NULL becomes a NULL of the target type.
    let kind = given.unwrap_or(returns);
    allowed.contains(&kind).then(|| (vec![kind], returns))
}

fn bool_types(given: Given<'_>) -> Resolved {
    one_of(given, &[SqlType::Bool, SqlType::Int64, SqlType::String], SqlType::Bool)
}

fn int_types(given: Given<'_>) -> Resolved {
    let allowed = [SqlType::Int64, SqlType::Bool, SqlType::Float64, SqlType::Numeric, SqlType::String];
    one_of(given, &allowed, SqlType::Int64)
}

fn float_types(given: Given<'_>) -> Resolved {
    one_of(given, &[SqlType::Float64, SqlType::Int64, SqlType::Numeric, SqlType::String], SqlType::Float64)
}

fn numeric_types(given: Given<'_>) -> Resolved {
    one_of(given, &[SqlType::Numeric, SqlType::Int64, SqlType::Float64, SqlType::String], SqlType::Numeric)
}

fn text_types(given: Given<'_>) -> Resolved {
    let allowed =
        [SqlType::String, SqlType::Bool, SqlType::Int64, SqlType::Numeric, SqlType::Date, SqlType::Timestamp];
    one_of(given, &allowed, SqlType::String)
}

fn date_types(given: Given<'_>) -> Resolved {
    one_of(given, &[SqlType::Date, SqlType::Timestamp, SqlType::String], SqlType::Date)
}

fn timestamp_types(given: Given<'_>) -> Resolved {
    one_of(given, &[SqlType::Timestamp, SqlType::Date, SqlType::String], SqlType::Timestamp)
}

fn bad(kind: &str, value: &str) -> ApiError {
    ApiError::invalid_query(format!("Bad {kind} value: {value}"))
}

fn to_bool(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Bool(value)] => Ok(Datum::Bool(*value)),
        [Datum::Int(value)] => Ok(Datum::Bool(*value != 0)),
        [Datum::Text(value)] => text::parse_bool(value).map(Datum::Bool).ok_or_else(|| bad("bool", value)),
        _ => Err(unexpected("CAST")),
    }
}

fn to_int(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let (answer, shown) = match args {
        [Datum::Int(value)] => return Ok(Datum::Int(*value)),
        [Datum::Bool(value)] => return Ok(Datum::Int(i64::from(*value))),
        [Datum::Float(value)] => (numeric::float_to_int(*value), value.to_string()),
        [Datum::Numeric(value)] => (numeric_to_int(*value), numeric::print(*value)),
        // Hexadecimal text is not claimed and reads as a bad value.
        [Datum::Text(value)] => (value.trim().parse().ok(), value.to_string()),
        _ => return Err(unexpected("CAST")),
    };
    answer.map(Datum::Int).ok_or_else(|| bad("int64", &shown))
}

fn numeric_to_int(value: i128) -> Option<i64> {
    numeric::divide_rounded(value, crate::engine::types::NUMERIC_ONE).and_then(|whole| i64::try_from(whole).ok())
}

fn to_float(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Float(value)] => Ok(Datum::Float(*value)),
        [Datum::Int(value)] => Ok(Datum::Float(numeric::int_to_float(*value))),
        [Datum::Numeric(value)] => Ok(Datum::Float(numeric::to_float(*value))),
        [Datum::Text(value)] => match value.trim().parse::<f64>() {
            // The engine orders NaN and infinities otherwise than GoogleSQL does, so they never come into being.
            Ok(number) if number.is_finite() => Ok(Datum::Float(number)),
            Ok(_) => Err(ApiError::unsupported("CAST of NaN or infinity to FLOAT64")),
            Err(_) => Err(bad("double", value)),
        },
        _ => Err(unexpected("CAST")),
    }
}

fn to_numeric(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let (answer, shown) = match args {
        [Datum::Numeric(value)] => return Ok(Datum::Numeric(*value)),
        [Datum::Int(value)] => {
            (i128::from(*value).checked_mul(crate::engine::types::NUMERIC_ONE), value.to_string())
        }
        [Datum::Float(value)] => (numeric::from_float(*value), value.to_string()),
        [Datum::Text(value)] => (numeric::parse(value), value.to_string()),
        _ => return Err(unexpected("CAST")),
    };
    answer.map(Datum::Numeric).ok_or_else(|| ApiError::invalid_query(format!("Invalid NUMERIC value: {shown}")))
}

fn to_text(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [value] = args else { return Err(unexpected("CAST")) };
    Ok(Datum::text(match value {
        Datum::Text(value) => value.to_string(),
        Datum::Bool(value) => value.to_string(),
        Datum::Int(value) => value.to_string(),
        Datum::Numeric(value) => numeric::print(*value),
        Datum::Date(value) => text::print_date(*value),
        Datum::Timestamp(value) => text::print_timestamp(*value),
        Datum::Null | Datum::Float(_) => return Err(unexpected("CAST")),
    }))
}

fn to_date(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Date(value)] => Ok(Datum::Date(*value)),
        [Datum::Timestamp(value)] => calendar::date_of(*value).map(Datum::Date).ok_or_else(|| unexpected("CAST")),
        [Datum::Text(value)] => text::parse_date(value)
            .map(Datum::Date)
            .ok_or_else(|| ApiError::invalid_query(format!("Invalid date: '{value}'"))),
        _ => Err(unexpected("CAST")),
    }
}

fn to_timestamp(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Timestamp(value)] => Ok(Datum::Timestamp(*value)),
        [Datum::Date(value)] => Ok(Datum::Timestamp(calendar::midnight(*value))),
        [Datum::Text(value)] => text::parse_timestamp(value)
            .map(Datum::Timestamp)
            .ok_or_else(|| ApiError::invalid_query(format!("Invalid timestamp: '{value}'"))),
        _ => Err(unexpected("CAST")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_half_away_from_zero() {
        assert_eq!(to_int(&[Datum::Float(2.5)]).unwrap(), Datum::Int(3));
        assert_eq!(to_int(&[Datum::Numeric(-1_500_000_000)]).unwrap(), Datum::Int(-2));
        assert_eq!(to_numeric(&[Datum::Float(0.1)]).unwrap(), Datum::Numeric(100_000_000));
    }

    #[test]
    fn text_that_is_no_value_is_an_error() {
        assert_eq!(to_date(&[Datum::text("not-a-date")]).unwrap_err().message, "Invalid date: 'not-a-date'");
        assert_eq!(to_int(&[Datum::text("4x")]).unwrap_err().message, "Bad int64 value: 4x");
        assert!(to_float(&[Datum::text("NaN")]).is_err());
    }
}
