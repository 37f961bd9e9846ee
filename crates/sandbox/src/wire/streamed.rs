//! Rows of insertAll: JSON objects read against a table's columns.
//!
//! Decides which JSON a column takes and in which words the rest is refused. A row is taken whole or
//! not at all; a field the table does not have is an error unless the caller says otherwise.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the JSON and types that need care are listed; every other goes by one rule"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use super::parameters::from_text;
use crate::bigquery::store::ColumnDef;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// Why a row was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad {
    /// The field, with dots between nested names.
    pub(crate) location: String,
    pub(crate) message: String,
}

/// A row's values in the order of the columns.
pub(crate) fn row(
    json: &Json,
    columns: &[ColumnDef],
    ignore_unknown: bool,
) -> Result<Vec<Value>, Bad> {
    let Some(fields) = json.as_object() else {
        return Err(Bad {
            location: String::new(),
            message: "Missing json for the row.".to_owned(),
        });
    };
    let known = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    unknown(fields, known, "", ignore_unknown)?;
    let value = |column: &ColumnDef| {
        let value = read(find(fields, &column.name), &column.of, &column.name)?;
        if value.is_null() && column.required {
            let message = format!("Missing required field: {}.", column.name);
            return Err(Bad { location: column.name.clone(), message });
        }
        Ok(value)
    };
    columns.iter().map(value).collect()
}

fn find<'a>(fields: &'a Map<String, Json>, name: &str) -> &'a Json {
    let exact = fields.get(name);
    let found = exact.or_else(|| {
        fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    });
    found.unwrap_or(&Json::Null)
}

fn unknown(
    fields: &Map<String, Json>,
    known: impl Fn(&str) -> bool,
    path: &str,
    ignore: bool,
) -> Result<(), Bad> {
    match fields.keys().find(|name| !ignore && !known(name)) {
        None => Ok(()),
        Some(name) => {
            let location = format!("{path}{name}");
            let message = format!("no such field: {location}.");
            Err(Bad { location, message })
        }
    }
}

fn read(json: &Json, of: &Type, path: &str) -> Result<Value, Bad> {
    match (json, of) {
        (Json::Null, Type::Array(_)) => Ok(Value::Array(Vec::new())),
        (Json::Null, _) => Ok(Value::Null),
        (Json::Array(items), Type::Array(element)) => {
            let item = |item: &Json| match item {
                Json::Null => Err(Bad {
                    location: path.to_owned(),
                    message: "Only optional fields can be set to NULL.".to_owned(),
                }),
                other => read(other, element, path),
            };
            items.iter().map(item).collect::<Result<_, _>>().map(Value::Array)
        }
        (Json::Object(fields), Type::Struct(parts)) => {
            let known = |name: &str| parts.iter().any(|(part, _)| part.eq_ignore_ascii_case(name));
            unknown(fields, known, &format!("{path}."), false)?;
            let part = |(name, of): &(String, Type)| {
                read(find(fields, name), of, &format!("{path}.{name}"))
            };
            parts.iter().map(part).collect::<Result<_, _>>().map(Value::Struct)
        }
        (Json::Array(_), other) if !matches!(other, Type::Json) => Err(Bad {
            location: path.to_owned(),
            message: "Array specified for non-repeated field.".to_owned(),
        }),
        (_, Type::Array(_)) => Err(Bad {
            location: path.to_owned(),
            message: "Repeated field must be imported as a JSON array.".to_owned(),
        }),
        (_, Type::Struct(_)) => Err(Bad {
            location: path.to_owned(),
            message: "This field is not a record.".to_owned(),
        }),
        (Json::Object(_), Type::Range(element)) => range(json, element, path),
        _ => scalar(json, of).ok_or_else(|| refused(json, of, path)),
    }
}

fn range(json: &Json, element: &Type, path: &str) -> Result<Value, Bad> {
    let end = |name: &str| {
        read(json.get(name).unwrap_or(&Json::Null), element, &format!("{path}.{name}"))
    };
    Ok(Value::Range(Box::new((end("start")?, end("end")?))))
}

fn scalar(json: &Json, of: &Type) -> Option<Value> {
    match (json, of) {
        (Json::String(text), Type::Json) => from_text(text, of),
        (other, Type::Json) => Some(Value::Str(other.to_string())),
        (Json::String(text), Type::Bytes) => STANDARD.decode(text).ok().map(Value::Bytes),
        (Json::String(text), Type::Timestamp) => {
            from_text(text, of).or_else(|| text.parse().ok().and_then(instant))
        }
        (Json::Number(number), Type::Timestamp) => number.as_f64().and_then(instant),
        (Json::String(text), _) => from_text(text.trim(), of).or_else(|| from_text(text, of)),
        (Json::Number(number), Type::Int64) => integer(number),
        (Json::Number(number), _) => from_text(&number.to_string(), of),
        (Json::Bool(truth), Type::Bool) => Some(Value::Bool(*truth)),
        (Json::Bool(truth), Type::String) => Some(Value::Str(truth.to_string())),
        (Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_), _) => None,
    }
}

/// `7` and `7.0` are integers, `7.5` is not.
fn integer(number: &serde_json::Number) -> Option<Value> {
    let text = number.to_string();
    let text = text.strip_suffix(".0").unwrap_or(&text);
    text.parse().ok().map(Value::Int)
}

/// Seconds since 1970 as an instant.
#[expect(clippy::cast_possible_truncation, reason = "checked against the calendar's ends before")]
fn instant(seconds: f64) -> Option<Value> {
    let micros = (seconds * 1e6).round();
    // 0001-01-01 to 9999-12-31, the calendar of BigQuery.
    (-6.213_559_68e16..2.534_023_008e17)
        .contains(&micros)
        .then_some(Value::Timestamp(micros as i64))
}

fn refused(json: &Json, of: &Type, path: &str) -> Bad {
    let shown = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let message = match of {
        Type::Int64 => format!("Cannot convert value to integer (bad value): {shown}"),
        Type::Float64 => format!("Cannot convert value to floating point (bad value): {shown}"),
        Type::Bool => format!("Cannot convert value to boolean (bad value): {shown}"),
        other => format!("Invalid {}: {shown}", other.wire().to_ascii_lowercase()),
    };
    Bad { location: path.to_owned(), message }
}
