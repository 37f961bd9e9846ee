//! Compares an answer with a recording, in the form that Google's Python client prints values.
//!
//! Decides equality only: floats to the last bit but one, JSON by content, rows in order where the
//! query orders them.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use serde_json::{Map, Value as Json, json};

use crate::bigquery::functions::{casts, number};
use crate::bigquery::session::{Bytes, Outcome};
use crate::bigquery::types::Type;
use crate::bigquery::value::{Interval, Value};

/// Names, types and modes.
pub(super) fn schema(expected: &Json, outcome: &Outcome) -> Result<(), String> {
    let got: Vec<Json> =
        outcome.columns.iter().map(|column| field(&column.name, &column.of)).collect();
    let wanted = expected.as_array().cloned().unwrap_or_default();
    if wanted.len() != got.len() {
        return Err(format!("{} columns, recorded {}", got.len(), wanted.len()));
    }
    for (wanted, got) in wanted.iter().zip(&got) {
        let same = ["name", "type"].iter().all(|key| wanted[key] == got[key]);
        let repeated = |field: &Json| field["mode"] == "REPEATED";
        if !same || repeated(wanted) != repeated(got) {
            return Err(format!("column {got}, recorded {wanted}"));
        }
        if let (Some(a), Some(b)) = (wanted["fields"].as_array(), got["fields"].as_array())
            && a.iter().zip(b).any(|(a, b)| a["name"] != b["name"] || a["type"] != b["type"])
        {
            return Err(format!("column {got}, recorded {wanted}"));
        }
    }
    Ok(())
}

fn field(name: &str, of: &Type) -> Json {
    let (mode, inner) = match of {
        Type::Array(element) => ("REPEATED", element.as_ref()),
        other => ("NULLABLE", other),
    };
    let mut field = json!({"name": name, "type": inner.wire(), "mode": mode});
    if let (Type::Struct(fields), Some(map)) = (inner, field.as_object_mut()) {
        let fields = fields.iter().map(|(name, of)| self::field(name, of)).collect();
        map.insert("fields".to_owned(), Json::Array(fields));
    }
    field
}

/// Processed and billed bytes.
pub(super) fn bytes(expected: &Json, got: Bytes) -> Result<(), String> {
    for (name, got) in
        [("total_bytes_processed", got.processed), ("total_bytes_billed", got.billed)]
    {
        if let Some(wanted) = expected[name].as_u64()
            && wanted != got
        {
            return Err(format!("{name} {got}, recorded {wanted}"));
        }
    }
    Ok(())
}

/// Rows; in any order when the query gives none.
pub(super) fn rows(expected: &Json, outcome: &Outcome, query: &str) -> Result<(), String> {
    let wanted = expected.as_array().cloned().unwrap_or_default();
    let mut got: Vec<Json> = outcome.rows.iter().map(|row| object(outcome, row)).collect();
    if wanted.len() != got.len() {
        return Err(format!("{} rows, recorded {}", got.len(), wanted.len()));
    }
    let mut wanted = wanted;
    if !query.to_ascii_uppercase().contains("ORDER BY") {
        got.sort_by_key(Json::to_string);
        wanted.sort_by_key(Json::to_string);
    }
    for (wanted, got) in wanted.iter().zip(&got) {
        for column in &outcome.columns {
            let (a, b) = (&wanted[&column.name], &got[&column.name]);
            if !equal(a, b, &column.of) {
                return Err(format!("{} = {b}, recorded {a}", column.name));
            }
        }
    }
    Ok(())
}

fn object(outcome: &Outcome, row: &[Value]) -> Json {
    let fields = outcome.columns.iter().zip(row);
    Json::Object(
        fields.map(|(column, value)| (column.name.clone(), shown(value, &column.of))).collect(),
    )
}

fn equal(wanted: &Json, got: &Json, of: &Type) -> bool {
    match of {
        Type::Float64 => match (wanted.as_f64(), got.as_f64()) {
            (Some(a), Some(b)) => {
                let scale = a.abs().max(b.abs()).max(f64::MIN_POSITIVE);
                (a - b).abs() <= scale * 2.0 * f64::EPSILON
            }
            _ => wanted == got,
        },
        Type::Json => match (wanted.as_str(), got.as_str()) {
            (Some(a), Some(b)) => {
                let parse = |text: &str| serde_json::from_str::<Json>(text).ok();
                parse(a) == parse(b)
            }
            _ => wanted == got,
        },
        Type::Array(element) => match (wanted.as_array(), got.as_array()) {
            (Some(a), Some(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b, element))
            }
            _ => wanted == got,
        },
        _ => wanted == got,
    }
}

/// A value as the Python client prints it.
fn shown(value: &Value, of: &Type) -> Json {
    let text = |value: &Value, of: &Type| match casts::cast(value, of, &Type::String) {
        Ok(Value::Str(text)) => text,
        _ => String::new(),
    };
    match (value, of) {
        // A NULL array is an empty one in a result.
        (Value::Null, Type::Array(_)) => json!([]),
        (Value::Null, _) => Json::Null,
        (Value::Float(x), _) if x.is_nan() => json!("NaN"),
        (Value::Float(x), _) if x.is_infinite() => {
            json!(if *x > 0.0 { "Infinity" } else { "-Infinity" })
        }
        (Value::Float(x), _) => json!(x),
        (Value::Int(n), _) => json!(n),
        (Value::Bool(b), _) => json!(b),
        (Value::Numeric(n), _) => json!(number::numeric_text(*n)),
        (Value::BigNumeric(n), _) => json!(number::bignumeric_text(*n)),
        (Value::Bytes(bytes), _) => {
            use base64::Engine as _;
            json!(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        (Value::Timestamp(micros), _) => json!(format!("{}+00:00", iso(*micros))),
        (Value::Datetime(micros), _) => json!(iso(*micros)),
        (Value::Time(micros), _) => {
            let day = iso(*micros);
            json!(day.split_once('T').map_or("", |(_, time)| time))
        }
        (Value::Interval(interval), _) => json!(relative(*interval)),
        (Value::Array(items), Type::Array(element)) => {
            Json::Array(items.iter().map(|item| shown(item, element)).collect())
        }
        (Value::Struct(parts), Type::Struct(fields)) => {
            let parts = fields.iter().zip(parts).enumerate().map(|(at, ((name, of), part))| {
                let name = if name.is_empty() {
                    format!("_field_{}", at.saturating_add(1))
                } else {
                    name.clone()
                };
                (name, shown(part, of))
            });
            Json::Object(parts.collect::<Map<_, _>>())
        }
        (Value::Range(ends), Type::Range(of)) => {
            json!({"start": shown(&ends.0, of), "end": shown(&ends.1, of)})
        }
        (Value::Str(text), _) => json!(text),
        (other, of) => json!(text(other, of)),
    }
}

/// ISO 8601 with microseconds only where there are some, then six digits.
fn iso(micros: i64) -> String {
    let whole = Value::Datetime(micros.saturating_sub(micros.rem_euclid(1_000_000)));
    let Ok(Value::Str(seconds)) = casts::cast(&whole, &Type::Datetime, &Type::String) else {
        return String::new();
    };
    let seconds = seconds.replace(' ', "T");
    match micros.rem_euclid(1_000_000) {
        0 => seconds,
        rest => format!("{seconds}.{rest:06}"),
    }
}

/// An interval as Python's relativedelta prints itself.
fn relative(interval: Interval) -> String {
    let (months, micros) = (i64::from(interval.months), interval.micros);
    let parts = [
        ("years", months / 12),
        ("months", months % 12),
        ("days", i64::from(interval.days)),
        ("hours", micros / 3_600_000_000),
        ("minutes", micros / 60_000_000 % 60),
        ("seconds", micros / 1_000_000 % 60),
        ("microseconds", micros % 1_000_000),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(_, count)| *count != 0)
        .map(|(name, count)| format!("{name}={count:+}"))
        .collect();
    format!("relativedelta({})", shown.join(", "))
}
