//! Schemas on the wire: legacy type names, modes and nested fields, in both directions.
//!
//! Decides which declared type a client's schema means. A type or mode that BigQuery does not have
//! is refused by its name and place in the schema.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the types with parts are listed; every other is a name alone"
)]

use serde_json::{Map, Value as Json, json};

use super::error::ApiError;
use crate::bigquery::store::ColumnDef;
use crate::bigquery::types::Type;

/// A result's schema: every field says its mode.
pub(crate) fn of_result(columns: &[ColumnDef]) -> Json {
    json!({"fields": columns.iter().map(|column| field(column, true)).collect::<Vec<_>>()})
}

/// A table's schema: a field without a mode is NULLABLE.
pub(crate) fn of_table(columns: &[ColumnDef]) -> Json {
    json!({"fields": columns.iter().map(|column| field(column, false)).collect::<Vec<_>>()})
}

fn field(column: &ColumnDef, always: bool) -> Json {
    let mut out = typed(&column.name, &column.of, column.required, always);
    if let Some(description) = &column.description {
        out.insert("description".to_owned(), json!(description));
    }
    Json::Object(out)
}

fn typed(name: &str, of: &Type, required: bool, always: bool) -> Map<String, Json> {
    let (of, mode) = match of {
        Type::Array(element) => (element.as_ref(), "REPEATED"),
        other => (other, if required { "REQUIRED" } else { "NULLABLE" }),
    };
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(name));
    out.insert("type".to_owned(), json!(of.wire()));
    if always || mode != "NULLABLE" {
        out.insert("mode".to_owned(), json!(mode));
    }
    if let Type::Struct(fields) = of {
        let inner = fields.iter().map(|(name, of)| Json::Object(typed(name, of, false, always)));
        out.insert("fields".to_owned(), inner.collect());
    }
    if let Type::Range(element) = of {
        out.insert("rangeElementType".to_owned(), json!({"type": element.wire()}));
    }
    out
}

/// The columns that a schema declares.
pub(crate) fn columns(schema: &Json) -> Result<Vec<ColumnDef>, ApiError> {
    let fields = schema.get("fields").and_then(Json::as_array);
    let fields = fields.ok_or_else(|| ApiError::invalid("Schema has no fields."))?;
    let columns = fields.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    for (at, one) in columns.iter().enumerate() {
        if columns.iter().take(at).any(|other| other.name.eq_ignore_ascii_case(&one.name)) {
            let sentence = format!("Invalid schema: duplicate field name {}", one.name);
            return Err(ApiError::invalid(sentence));
        }
    }
    Ok(columns)
}

fn column(field: &Json) -> Result<ColumnDef, ApiError> {
    let text = |name: &str| field.get(name).and_then(Json::as_str);
    let name = text("name").filter(|name| valid(name)).ok_or_else(|| {
        let name = text("name").unwrap_or_default();
        ApiError::invalid(format!(
            "Invalid field name \"{name}\". Fields must contain only letters, numbers, and underscores, start with a letter or underscore, and be at most 300 characters long."
        ))
    })?;
    let of = scalar(name, field)?;
    let (of, required) = match text("mode").unwrap_or("NULLABLE").to_ascii_uppercase().as_str() {
        "NULLABLE" | "" => (of, false),
        "REQUIRED" => (of, true),
        "REPEATED" => (Type::Array(Box::new(of)), false),
        other => {
            return Err(ApiError::invalid(format!(
                "Invalid value for mode: {other} is not a valid value"
            )));
        }
    };
    let description = text("description").map(str::to_owned);
    Ok(ColumnDef { name: name.to_owned(), of, required, description })
}

fn valid(name: &str) -> bool {
    let mut letters = name.chars();
    let head = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    head && letters.all(|c| c.is_alphanumeric() || c == '_') && name.chars().count() <= 300
}

fn scalar(name: &str, field: &Json) -> Result<Type, ApiError> {
    let written = field.get("type").and_then(Json::as_str).unwrap_or_default();
    let upper = written.to_ascii_uppercase();
    match upper.as_str() {
        "RECORD" | "STRUCT" => {
            let inner = columns(field).map_err(|_| {
                ApiError::invalid(format!("Field {name} is type RECORD but has no schema"))
            })?;
            Ok(Type::Struct(inner.into_iter().map(|inner| (inner.name, inner.of)).collect()))
        }
        "RANGE" => {
            let element = field.pointer("/rangeElementType/type").and_then(Json::as_str);
            let element = element.and_then(plain).filter(ranged);
            let element = element.ok_or_else(|| {
                ApiError::invalid(format!("Field {name} is type RANGE but has no element type"))
            })?;
            Ok(Type::Range(Box::new(element)))
        }
        _ => plain(&upper).ok_or_else(|| {
            ApiError::invalid(format!("Invalid value for type: {written} is not a valid value"))
        }),
    }
}

/// Whether a range of this type exists.
pub(crate) fn ranged(of: &Type) -> bool {
    matches!(of, Type::Date | Type::Datetime | Type::Timestamp)
}

/// A scalar type by its legacy or its SQL name.
pub(crate) fn plain(name: &str) -> Option<Type> {
    Some(match name.to_ascii_uppercase().as_str() {
        "INTEGER" | "INT64" | "INT" => Type::Int64,
        "FLOAT" | "FLOAT64" => Type::Float64,
        "BOOLEAN" | "BOOL" => Type::Bool,
        "NUMERIC" | "DECIMAL" => Type::Numeric,
        "BIGNUMERIC" | "BIGDECIMAL" => Type::BigNumeric,
        "STRING" => Type::String,
        "BYTES" => Type::Bytes,
        "DATE" => Type::Date,
        "TIME" => Type::Time,
        "DATETIME" => Type::Datetime,
        "TIMESTAMP" => Type::Timestamp,
        "INTERVAL" => Type::Interval,
        "JSON" => Type::Json,
        _ => return None,
    })
}
