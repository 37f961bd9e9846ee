//! Query parameters of a recording.
//!
//! Decides their types and values; a type that is not known is refused by name.

use serde_json::Value as Json;

use crate::bigquery::functions::casts;
use crate::bigquery::session::Parameter;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// Reads `{"parameters": [{"name", "type", "value"}]}`.
pub(super) fn read(text: &str) -> Result<Vec<Parameter>, String> {
    let file: Json =
        serde_json::from_str(text).map_err(|_| "parameters that are not JSON".to_owned())?;
    let all = file.get("parameters").and_then(Json::as_array).cloned().unwrap_or_default();
    all.iter()
        .map(|parameter| {
            let of = type_of(parameter.get("type").unwrap_or(&Json::Null))?;
            let value = value_of(parameter.get("value").unwrap_or(&Json::Null), &of)?;
            let name = parameter.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
            Ok(Parameter { name, of, value })
        })
        .collect()
}

fn type_of(written: &Json) -> Result<Type, String> {
    let name = written.as_str().or_else(|| written["type"].as_str()).unwrap_or_default();
    Ok(match name {
        "BOOL" | "BOOLEAN" => Type::Bool,
        "INT64" | "INTEGER" => Type::Int64,
        "FLOAT64" | "FLOAT" => Type::Float64,
        "NUMERIC" => Type::Numeric,
        "BIGNUMERIC" => Type::BigNumeric,
        "STRING" => Type::String,
        "BYTES" => Type::Bytes,
        "DATE" => Type::Date,
        "TIME" => Type::Time,
        "DATETIME" => Type::Datetime,
        "TIMESTAMP" => Type::Timestamp,
        "JSON" => Type::Json,
        "ARRAY" => Type::Array(Box::new(type_of(&written["arrayType"])?)),
        "STRUCT" => {
            let fields = written["structTypes"].as_array().cloned().unwrap_or_default();
            let field = |field: &Json| {
                let name = field["name"].as_str().unwrap_or_default().to_owned();
                type_of(&field["type"]).map(|of| (name, of))
            };
            Type::Struct(fields.iter().map(field).collect::<Result<_, _>>()?)
        }
        other => return Err(format!("a parameter of type {other}")),
    })
}

fn value_of(written: &Json, of: &Type) -> Result<Value, String> {
    Ok(match (written, of) {
        (Json::Null, _) => Value::Null,
        (Json::Array(items), Type::Array(element)) => {
            let items = items.iter().map(|item| value_of(item, element));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        (Json::Object(parts), Type::Struct(fields)) => {
            let parts = fields
                .iter()
                .map(|(name, of)| value_of(parts.get(name).unwrap_or(&Json::Null), of));
            Value::Struct(parts.collect::<Result<_, _>>()?)
        }
        (Json::String(text), of) => {
            let value = casts::cast(&Value::Str(text.clone()), &Type::String, of);
            value.map_err(|fault| fault.to_string())?
        }
        (other, of) => {
            let value = casts::cast(&Value::Str(other.to_string()), &Type::String, of);
            value.map_err(|fault| fault.to_string())?
        }
    })
}
