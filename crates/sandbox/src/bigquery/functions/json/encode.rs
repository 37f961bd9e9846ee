//! SQL values as JSON: TO_JSON, TO_JSON_STRING and every function that puts a value into JSON.
//!
//! Decides the encoding of each type. TO_JSON keeps numbers and sorts members; TO_JSON_STRING quotes
//! what a FLOAT64 cannot hold and keeps the fields as they stand. Neither may lose a digit silently.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::document::{Json, Number, sorted};
use super::number::round_trips;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::mismatch;
use crate::bigquery::functions::number::convert::{bignumeric_to_float, numeric_to_float};
use crate::bigquery::functions::number::text::float_text;
use crate::bigquery::functions::number::{bignumeric_text, numeric_text};
use crate::bigquery::functions::time::write::{date_text, datetime_text, time_text};
use crate::bigquery::functions::{AnySig, P};
use crate::bigquery::types::Type;
use crate::bigquery::value::{Interval, Value};

/// The largest integer of which a FLOAT64 can tell its neighbours apart.
const LOSSLESS: u64 = 1 << 53;

/// Which of the two encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// TO_JSON; wide numbers may be asked for as strings.
    Stored { stringify: bool },
    /// TO_JSON_STRING.
    Written,
}

/// TO_JSON as other functions use it.
pub(crate) const STORED: How = How::Stored { stringify: false };

pub(crate) static ANY: &[AnySig] = &[
    AnySig {
        name: "TO_JSON",
        params: &[None, Some(P::Bool)],
        optional: 1,
        variadic: false,
        result: P::Json,
        strict: false,
        body: |args, types| {
            let (Some(value), Some(of)) = (args.first(), types.first()) else {
                return Err(mismatch());
            };
            let stringify = match args.get(1) {
                None => false,
                Some(Value::Bool(flag)) => *flag,
                Some(_) => return Ok(Value::Null),
            };
            Ok(Value::Str(encode(value, of, How::Stored { stringify })?.compact()))
        },
    },
    AnySig {
        name: "TO_JSON_STRING",
        params: &[None, Some(P::Bool)],
        optional: 1,
        variadic: false,
        result: P::String,
        strict: false,
        body: |args, types| {
            let (Some(value), Some(of)) = (args.first(), types.first()) else {
                return Err(mismatch());
            };
            let json = encode(value, of, How::Written)?;
            Ok(match args.get(1) {
                None | Some(Value::Bool(false)) => Value::Str(json.compact()),
                Some(Value::Bool(true)) => Value::Str(json.pretty()),
                Some(_) => Value::Null,
            })
        },
    },
];

/// A value as JSON; NULL is the JSON null.
///
/// # Errors
/// A number that JSON cannot hold without loss.
pub(crate) fn encode(value: &Value, of: &Type, how: How) -> Result<Json, Fault> {
    Ok(match (value, of) {
        (Value::Null, _) => Json::Null,
        (Value::Bool(truth), _) => Json::Bool(*truth),
        (Value::Int(number), _) => integer(*number, how),
        (Value::Float(number), _) => float(*number, how),
        (Value::Numeric(units), _) => {
            decimal(numeric_text(*units), numeric_to_float(*units), of, how)?
        }
        (Value::BigNumeric(units), _) => {
            decimal(bignumeric_text(*units), bignumeric_to_float(*units), of, how)?
        }
        (Value::Str(text), Type::Json) => Json::stored(text)?,
        (Value::Str(text), _) => Json::Text(text.clone()),
        (Value::Bytes(bytes), _) => Json::Text(STANDARD.encode(bytes)),
        (Value::Date(days), _) => Json::Text(date_text(*days)),
        (Value::Time(micros), _) => Json::Text(time_text(*micros)),
        (Value::Datetime(micros), _) => Json::Text(iso(*micros)),
        (Value::Timestamp(micros), _) => Json::Text(iso(*micros) + "Z"),
        (Value::Interval(interval), _) => Json::Text(iso_interval(*interval)),
        (Value::Array(items), Type::Array(element)) => {
            let items = items.iter().map(|item| encode(item, element, how));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        (Value::Struct(parts), Type::Struct(fields)) => {
            let members = parts
                .iter()
                .zip(fields)
                .map(|(part, (name, of))| encode(part, of, how).map(|json| (name.clone(), json)));
            object(members.collect::<Result<_, _>>()?, how)
        }
        (Value::Range(ends), Type::Range(element)) => object(
            vec![
                ("start".to_owned(), encode(&ends.0, element, how)?),
                ("end".to_owned(), encode(&ends.1, element, how)?),
            ],
            how,
        ),
        (Value::Array(_) | Value::Struct(_) | Value::Range(_), _) => return Err(mismatch()),
    })
}

fn object(members: Vec<(String, Json)>, how: How) -> Json {
    if how == How::Written { Json::Object(members) } else { sorted(members) }
}

fn integer(number: i64, how: How) -> Json {
    let wide = number.unsigned_abs() > LOSSLESS;
    if wide && how != STORED {
        return Json::Text(number.to_string());
    }
    Json::Number(Number::Int(number))
}

fn float(number: f64, how: How) -> Json {
    if number.is_nan() {
        return Json::Text("NaN".to_owned());
    }
    if number.is_infinite() {
        return Json::Text(if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned());
    }
    // Minus zero is written without its sign.
    let number = if number == 0.0 { 0.0 } else { number };
    Json::Number(match how {
        How::Written => Number::Raw(float_text(number)),
        How::Stored { .. } => Number::Float(number),
    })
}

/// NUMERIC and BIGNUMERIC by their text.
fn decimal(text: String, near: f64, of: &Type, how: How) -> Result<Json, Fault> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(integer(number, how));
    }
    let How::Stored { stringify } = how else { return Ok(Json::Text(text)) };
    if let Ok(number) = text.parse::<u64>() {
        return Ok(if stringify {
            Json::Text(text)
        } else {
            Json::Number(Number::Unsigned(number))
        });
    }
    if round_trips(&text, near).is_ok() {
        return Ok(Json::Number(Number::Float(near)));
    }
    if stringify {
        return Ok(Json::Text(text));
    }
    Err(Fault::query(format!("Failed to convert type {of} to JSON")))
}

fn iso(micros: i64) -> String {
    datetime_text(micros).replacen(' ', "T", 1)
}

/// `P1Y2M3DT4H5M6.5S`
fn iso_interval(interval: Interval) -> String {
    let mut out = "P".to_owned();
    let part = |out: &mut String, number: i64, unit: char| {
        if number != 0 {
            out.push_str(&number.to_string());
            out.push(unit);
        }
    };
    part(&mut out, i64::from(interval.months / 12), 'Y');
    part(&mut out, i64::from(interval.months % 12), 'M');
    part(&mut out, i64::from(interval.days), 'D');
    if interval.micros != 0 {
        out.push('T');
        let seconds = interval.micros / 1_000_000;
        part(&mut out, seconds / 3600, 'H');
        part(&mut out, seconds / 60 % 60, 'M');
        let fraction = (interval.micros % 1_000_000).unsigned_abs();
        if fraction != 0 {
            let sign = if interval.micros < 0 { "-" } else { "" };
            let digits = format!("{fraction:06}");
            let whole = (seconds % 60).unsigned_abs();
            out.push_str(&format!("{sign}{whole}.{}S", digits.trim_end_matches('0')));
        } else {
            part(&mut out, seconds % 60, 'S');
        }
    }
    if out == "P" { "P0Y".to_owned() } else { out }
}
