//! CAST between scalar types.
//!
//! Decides one answer for each pair of a value and a wanted type. The value's own kind says where the
//! cast comes from; pairs were checked before.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the pairs were checked before, so the last arm of each match is the cast to STRING"
)]

use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::mismatch;
use crate::bigquery::functions::number::convert::{
    bignumeric_to_float, bignumeric_to_int, bignumeric_to_numeric, float_to_int, float_to_units,
    int_to_big, int_to_float, int_to_numeric, numeric_to_big, numeric_to_float, numeric_to_int,
};
use crate::bigquery::functions::number::exact::Kind;
use crate::bigquery::functions::number::operators::{big_value, numeric_value};
use crate::bigquery::functions::number::text::{float_text, parse_decimal, parse_float, parse_int};
use crate::bigquery::functions::number::{bignumeric_text, numeric_text};
use crate::bigquery::functions::time::calendar::{midnight, split};
use crate::bigquery::functions::time::interval_text::{interval_of_text, interval_text};
use crate::bigquery::functions::time::write::{
    date_text, datetime_text, time_text, timestamp_text,
};
use crate::bigquery::functions::time::zone::UTC;
use crate::bigquery::functions::time::{parse_date, parse_datetime, parse_time, parse_timestamp};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// The scalar pairs of BigQuery's table of casts.
pub(super) fn castable(from: &Type, to: &Type) -> bool {
    use Type::{
        BigNumeric, Bool, Bytes, Date, Datetime, Float64, Int64, Interval, Numeric, String, Time,
        Timestamp,
    };
    match from {
        Int64 => matches!(to, Bool | Float64 | Numeric | BigNumeric | String),
        Float64 | Numeric | BigNumeric => to.is_number() || *to == String,
        Bool => matches!(to, Int64 | String),
        String => {
            to.is_number()
                || matches!(to, Bool | Bytes | Date | Time | Datetime | Timestamp | Interval)
        }
        Bytes | Interval => *to == String,
        Date => matches!(to, String | Datetime | Timestamp),
        Datetime | Timestamp => matches!(to, String | Date | Time | Datetime | Timestamp),
        Time => *to == String,
        Type::Json | Type::Array(_) | Type::Struct(_) | Type::Range(_) => false,
    }
}

/// A scalar that is not NULL as another type.
pub(super) fn cast(value: &Value, to: &Type) -> Result<Value, Fault> {
    match value {
        Value::Str(text) => from_text(text, to),
        Value::Int(number) => from_int(*number, to),
        Value::Float(number) => from_float(*number, to),
        Value::Numeric(units) => from_numeric(*units, to),
        Value::BigNumeric(units) => match to {
            Type::Int64 => bignumeric_to_int(*units).map(Value::Int),
            Type::Float64 => Ok(Value::Float(bignumeric_to_float(*units))),
            Type::Numeric => bignumeric_to_numeric(*units).map(Value::Numeric),
            _ => to_text(bignumeric_text(*units), to),
        },
        Value::Bool(truth) => match to {
            Type::Int64 => Ok(Value::Int(i64::from(*truth))),
            _ => to_text(truth.to_string(), to),
        },
        Value::Bytes(bytes) => match String::from_utf8(bytes.clone()) {
            Ok(text) => to_text(text, to),
            Err(_) => Err(Fault::query("Invalid cast of bytes to UTF8 string")),
        },
        Value::Date(days) => match to {
            Type::Datetime => Ok(Value::Datetime(midnight(*days))),
            Type::Timestamp => Ok(Value::Timestamp(midnight(*days))),
            _ => to_text(date_text(*days), to),
        },
        Value::Time(micros) => to_text(time_text(*micros), to),
        Value::Datetime(micros) => {
            from_instant(*micros, to).map_or_else(|| to_text(datetime_text(*micros), to), Ok)
        }
        Value::Timestamp(micros) => {
            from_instant(*micros, to).map_or_else(|| to_text(timestamp_text(*micros, &UTC), to), Ok)
        }
        Value::Interval(interval) => to_text(interval_text(*interval), to),
        Value::Null => Ok(Value::Null),
        Value::Array(_) | Value::Struct(_) | Value::Range(_) => Err(mismatch()),
    }
}

fn to_text(text: String, to: &Type) -> Result<Value, Fault> {
    if *to == Type::String { Ok(Value::Str(text)) } else { Err(mismatch()) }
}

/// A local or UTC time as one of the other types of time.
fn from_instant(micros: i64, to: &Type) -> Option<Value> {
    let (days, within) = split(micros);
    match to {
        Type::Date => Some(Value::Date(days)),
        Type::Time => Some(Value::Time(within)),
        Type::Datetime => Some(Value::Datetime(micros)),
        Type::Timestamp => Some(Value::Timestamp(micros)),
        _ => None,
    }
}

fn from_int(number: i64, to: &Type) -> Result<Value, Fault> {
    match to {
        Type::Bool => Ok(Value::Bool(number != 0)),
        Type::Float64 => Ok(Value::Float(int_to_float(number))),
        Type::Numeric => Ok(Value::Numeric(int_to_numeric(number))),
        Type::BigNumeric => big_value(&int_to_big(number)),
        _ => to_text(number.to_string(), to),
    }
}

fn from_float(number: f64, to: &Type) -> Result<Value, Fault> {
    match to {
        Type::Int64 => float_to_int(number).map(Value::Int),
        Type::Numeric => numeric_value(&float_to_units(number, Kind::Numeric)?),
        Type::BigNumeric => big_value(&float_to_units(number, Kind::BigNumeric)?),
        _ => to_text(float_text(number), to),
    }
}

fn from_numeric(units: i128, to: &Type) -> Result<Value, Fault> {
    match to {
        Type::Int64 => numeric_to_int(units).map(Value::Int),
        Type::Float64 => Ok(Value::Float(numeric_to_float(units))),
        Type::BigNumeric => big_value(&numeric_to_big(units)),
        _ => to_text(numeric_text(units), to),
    }
}

fn from_text(text: &str, to: &Type) -> Result<Value, Fault> {
    let bad = |name: &str| Fault::query(format!("Bad {name} value: {text}"));
    let invalid = |name: &str| Fault::query(format!("Invalid {name} value: {text}"));
    match to {
        Type::Bool if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        Type::Bool if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        Type::Bool => Err(bad("bool")),
        Type::Int64 => parse_int(text).map(Value::Int).ok_or_else(|| bad("int64")),
        Type::Float64 => parse_float(text).map(Value::Float).ok_or_else(|| bad("double")),
        Type::Numeric => {
            numeric_value(&parse_decimal(text, Kind::Numeric).ok_or_else(|| invalid("NUMERIC"))?)
        }
        Type::BigNumeric => {
            big_value(&parse_decimal(text, Kind::BigNumeric).ok_or_else(|| invalid("BIGNUMERIC"))?)
        }
        Type::Bytes => Ok(Value::Bytes(text.as_bytes().to_vec())),
        Type::Date => parse_date(text),
        Type::Time => parse_time(text),
        Type::Datetime => parse_datetime(text),
        Type::Timestamp => parse_timestamp(text),
        Type::Interval => interval_of_text(text).map(Value::Interval),
        Type::String => Ok(Value::Str(text.to_owned())),
        Type::Json | Type::Array(_) | Type::Struct(_) | Type::Range(_) => Err(mismatch()),
    }
}
