//! Values as `{"v": ...}` cells, the way jobs.query, getQueryResults and tabledata.list print them.
//!
//! Every scalar is text or null; arrays are lists of cells and structs are rows again. Nothing is
//! rounded here: a value that has no text of its own does not exist.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::bigquery::functions::casts::cast;
use crate::bigquery::session::Outcome;
use crate::bigquery::store::ColumnDef;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// How timestamps are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stamp {
    /// Seconds as the text of a double, `1.7905536E9`.
    #[default]
    Seconds,
    /// Whole microseconds.
    Micros,
}

/// All rows of an outcome from one index on, as many as wanted, until the page is full.
pub(crate) fn page(
    outcome: &Outcome,
    from: usize,
    take: usize,
    cap: usize,
    stamp: Stamp,
) -> Vec<Json> {
    let mut size = 0_usize;
    let mut page = Vec::new();
    for values in outcome.rows.iter().skip(from).take(take) {
        let row = row(values, &outcome.columns, stamp);
        size = size.saturating_add(weight(&row));
        // A row wider than a page still has to leave alone.
        if size > cap && !page.is_empty() {
            break;
        }
        page.push(row);
    }
    page
}

/// One row.
pub(crate) fn row(values: &[Value], columns: &[ColumnDef], stamp: Stamp) -> Json {
    let cells = values.iter().zip(columns).map(|(value, column)| cell(value, &column.of, stamp));
    json!({"f": cells.collect::<Vec<_>>()})
}

/// Roughly how many bytes a printed value takes.
fn weight(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len().saturating_add(2),
        Json::Array(items) => items.iter().map(weight).fold(2, usize::saturating_add),
        Json::Object(fields) => fields.values().map(weight).fold(6, usize::saturating_add),
        Json::Null | Json::Bool(_) | Json::Number(_) => 4,
    }
}

fn cell(value: &Value, of: &Type, stamp: Stamp) -> Json {
    json!({"v": content(value, of, stamp)})
}

fn content(value: &Value, of: &Type, stamp: Stamp) -> Json {
    match (value, of) {
        // BigQuery has no NULL array in a result: it prints an empty one.
        (Value::Null, Type::Array(_)) => json!([]),
        (Value::Array(items), Type::Array(element)) => {
            items.iter().map(|item| cell(item, element, stamp)).collect()
        }
        (Value::Struct(parts), Type::Struct(fields)) => {
            let cells = parts.iter().zip(fields).map(|(part, (_, of))| cell(part, of, stamp));
            json!({"f": cells.collect::<Vec<_>>()})
        }
        (Value::Range(ends), Type::Range(element)) => {
            let end = |value: &Value| match content(value, element, stamp) {
                Json::String(text) => text,
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
                    "UNBOUNDED".to_owned()
                }
            };
            json!(format!("[{}, {})", end(&ends.0), end(&ends.1)))
        }
        _ => scalar(value, of, stamp).map_or(Json::Null, Json::String),
    }
}

fn scalar(value: &Value, of: &Type, stamp: Stamp) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Struct(_) | Value::Range(_) => None,
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Float(number) => Some(double(*number)),
        Value::Str(text) => Some(text.clone()),
        Value::Bytes(bytes) => Some(STANDARD.encode(bytes)),
        Value::Timestamp(micros) => Some(match stamp {
            Stamp::Seconds => seconds(*micros),
            Stamp::Micros => micros.to_string(),
        }),
        Value::Datetime(_) => text(value, of).map(|text| text.replacen(' ', "T", 1)),
        Value::Numeric(_)
        | Value::BigNumeric(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Interval(_) => text(value, of),
    }
}

/// The text that CAST to STRING gives.
fn text(value: &Value, of: &Type) -> Option<String> {
    match cast(value, of, &Type::String) {
        Ok(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// A double as the service prints it: plain between 1e-3 and 1e7, else with an exponent.
pub(crate) fn double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    exponent(&format!("{number:e}"))
}

/// Seconds with up to six decimals, in the same form, without a detour over a double.
fn seconds(micros: i64) -> String {
    let size = micros.unsigned_abs();
    let sign = if micros < 0 { "-" } else { "" };
    let digits = size.to_string();
    if (1_000..10_000_000_000_000).contains(&size) || size == 0 {
        let fraction = format!("{:06}", size % 1_000_000);
        let fraction = fraction.trim_end_matches('0');
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        return format!("{sign}{}.{fraction}", size / 1_000_000);
    }
    let power = i64::try_from(digits.len()).unwrap_or(0).saturating_sub(7);
    let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
    let rest = rest.trim_end_matches('0');
    let rest = if rest.is_empty() { "0" } else { rest };
    format!("{sign}{first}.{rest}E{power}")
}

/// `1e20` as `1.0E20`.
fn exponent(text: &str) -> String {
    let (digits, power) = text.split_once('e').unwrap_or((text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{power}")
}
