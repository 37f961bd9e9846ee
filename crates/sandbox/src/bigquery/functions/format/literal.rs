//! `%t` and `%T`: any value as readable text or as a literal.
//!
//! Decides the text of every type but RANGE, which is refused. NULL is the word `NULL` in both.

use std::fmt::Write as _;

use crate::bigquery::fault::Fault;
use crate::bigquery::functions::json::Json;
use crate::bigquery::functions::number::args::mismatch;
use crate::bigquery::functions::number::text::float_text;
use crate::bigquery::functions::number::{bignumeric_text, numeric_text};
use crate::bigquery::functions::time::interval_text::interval_text;
use crate::bigquery::functions::time::write::{
    date_text, datetime_text, time_text, timestamp_text,
};
use crate::bigquery::functions::time::zone::UTC;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// `%t`
pub(super) fn plain(value: &Value, of: &Type) -> Result<String, Fault> {
    match (value, of) {
        (Value::Str(text), Type::Json) => Ok(Json::stored(text)?.compact()),
        (Value::Str(text), _) => Ok(text.clone()),
        (Value::Bytes(bytes), _) => Ok(escaped_bytes(bytes, None)),
        (Value::Array(_) | Value::Struct(_) | Value::Range(_), _) => nested(value, of, plain),
        _ => scalar(value),
    }
}

/// `%T`
pub(super) fn literal(value: &Value, of: &Type) -> Result<String, Fault> {
    let named = |name: &str, text: &str| Ok(format!("{name} {}", quoted(text)));
    match (value, of) {
        (Value::Str(text), Type::Json) => named("JSON", &Json::stored(text)?.compact()),
        (Value::Str(text), _) => Ok(quoted(text)),
        (Value::Bytes(bytes), _) => {
            let quote = quote_of(bytes.contains(&b'"'), bytes.contains(&b'\''));
            Ok(format!("b{quote}{}{quote}", escaped_bytes(bytes, Some(quote))))
        }
        (Value::Float(number), _) if !number.is_finite() => {
            Ok(format!("CAST({} AS FLOAT64)", quoted(&float_text(*number))))
        }
        (Value::Numeric(_), _) => named("NUMERIC", &scalar(value)?),
        (Value::BigNumeric(_), _) => named("BIGNUMERIC", &scalar(value)?),
        (Value::Date(_), _) => named("DATE", &scalar(value)?),
        (Value::Time(_), _) => named("TIME", &scalar(value)?),
        (Value::Datetime(_), _) => named("DATETIME", &scalar(value)?),
        (Value::Timestamp(_), _) => named("TIMESTAMP", &scalar(value)?),
        (Value::Interval(_), _) => {
            Ok(format!("INTERVAL {} YEAR TO SECOND", quoted(&scalar(value)?)))
        }
        (Value::Struct(parts), _) if parts.len() < 2 => {
            Ok(format!("STRUCT{}", nested(value, of, literal)?))
        }
        (Value::Array(_) | Value::Struct(_) | Value::Range(_), _) => nested(value, of, literal),
        (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_), _) => scalar(value),
    }
}

/// What both specifiers write in the same way.
fn scalar(value: &Value) -> Result<String, Fault> {
    Ok(match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Numeric(units) => numeric_text(*units),
        Value::BigNumeric(units) => bignumeric_text(*units),
        Value::Date(days) => date_text(*days),
        Value::Time(micros) => time_text(*micros),
        Value::Datetime(micros) => datetime_text(*micros),
        Value::Timestamp(micros) => timestamp_text(*micros, &UTC),
        Value::Interval(interval) => interval_text(*interval),
        Value::Str(_) | Value::Bytes(_) | Value::Array(_) | Value::Struct(_) | Value::Range(_) => {
            return Err(mismatch());
        }
    })
}

/// A finite number always has a point or an exponent.
fn float(number: f64) -> String {
    let mut text = float_text(number);
    if number == 0.0 && number.is_sign_negative() {
        text.insert(0, '-');
    }
    if number.is_finite() && !text.contains(['.', 'e']) {
        text.push_str(".0");
    }
    text
}

fn nested(
    value: &Value,
    of: &Type,
    each: fn(&Value, &Type) -> Result<String, Fault>,
) -> Result<String, Fault> {
    match (value, of) {
        (Value::Array(items), Type::Array(element)) => {
            let items = items.iter().map(|item| each(item, element));
            Ok(format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(", ")))
        }
        (Value::Struct(parts), Type::Struct(fields)) => {
            let parts = parts.iter().zip(fields).map(|(part, (_, of))| each(part, of));
            Ok(format!("({})", parts.collect::<Result<Vec<_>, _>>()?.join(", ")))
        }
        (Value::Range(_), _) => Err(Fault::unsupported("FORMAT of a RANGE")),
        _ => Err(mismatch()),
    }
}

/// A double quote, unless only single quotes spare an escape.
const fn quote_of(has_double: bool, has_single: bool) -> char {
    if has_double && !has_single { '\'' } else { '"' }
}

/// A string literal; of the quotes only the one around it is escaped.
fn quoted(text: &str) -> String {
    let quote = quote_of(text.contains('"'), text.contains('\''));
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_ascii_control() => {
                // Writing to a String cannot fail.
                let _: std::fmt::Result = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Bytes as printable text; without a quote of its own every quote is escaped.
fn escaped_bytes(bytes: &[u8], quote: Option<char>) -> String {
    let mut out = String::new();
    for byte in bytes {
        let c = char::from(*byte);
        match c {
            '\\' => out.push_str("\\\\"),
            '"' | '\'' | '`' if quote.is_none_or(|quote| quote == c) => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => {
                let _: std::fmt::Result = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out
}
