//! Query parameters as jobs.query and jobs.insert carry them, read into typed values.
//!
//! Decides the type from `parameterType` alone and reads the text by BigQuery's own spellings. A
//! value that does not fit its type is refused; none is ever guessed.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the types with spellings of their own are listed; every other is read by one rule"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::error::ApiError;
use super::schema;
use crate::bigquery::functions::casts::cast;
use crate::bigquery::session::Parameter;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// The parameters of a query configuration.
pub(crate) fn read(query: &Json) -> Result<Vec<Parameter>, ApiError> {
    let Some(given) = query.get("queryParameters").and_then(Json::as_array) else {
        return Ok(Vec::new());
    };
    let positional = match query.get("parameterMode").and_then(Json::as_str) {
        None | Some("" | "PARAMETER_MODE_UNSPECIFIED") => {
            given.iter().all(|one| name(one).is_empty())
        }
        Some(mode) if mode.eq_ignore_ascii_case("POSITIONAL") => true,
        Some(mode) if mode.eq_ignore_ascii_case("NAMED") => false,
        Some(mode) => {
            return Err(ApiError::invalid(format!("Invalid value for parameterMode: {mode}")));
        }
    };
    given.iter().map(|one| parameter(one, positional)).collect()
}

fn name(parameter: &Json) -> &str {
    parameter.get("name").and_then(Json::as_str).unwrap_or_default()
}

fn parameter(given: &Json, positional: bool) -> Result<Parameter, ApiError> {
    let name = name(given);
    match (positional, name.is_empty()) {
        (true, false) => {
            return Err(ApiError::invalid("Positional parameters must not have a name"));
        }
        (false, true) => return Err(ApiError::invalid("Named parameters must have a name")),
        (true, true) | (false, false) => {}
    }
    let of = type_of(given.get("parameterType").unwrap_or(&Json::Null))
        .ok_or_else(|| bad(name, "has no usable parameterType"))?;
    let value = match given.get("parameterValue") {
        None | Some(Json::Null) => Value::Null,
        Some(value) => value_of(value, &of).ok_or_else(|| misread(name, value, &of))?,
    };
    Ok(Parameter { name: name.to_owned(), of, value })
}

fn bad(name: &str, what: &str) -> ApiError {
    ApiError::invalid(format!("Query parameter '{name}' {what}"))
}

fn misread(name: &str, value: &Json, of: &Type) -> ApiError {
    let text = value.get("value").and_then(Json::as_str).unwrap_or_default();
    ApiError::invalid_query(format!(
        "Invalid value for query parameter '{name}': \"{text}\" is not a value of type {of}"
    ))
}

/// A parameter's type, in the shape of `QueryParameterType`.
fn type_of(written: &Json) -> Option<Type> {
    match written.get("type")?.as_str()?.to_ascii_uppercase().as_str() {
        "ARRAY" => {
            let element = type_of(written.get("arrayType")?)?;
            (!matches!(element, Type::Array(_))).then(|| Type::Array(Box::new(element)))
        }
        "STRUCT" | "RECORD" => {
            let fields = written.get("structTypes")?.as_array()?.iter().map(|field| {
                let name = field.get("name").and_then(Json::as_str).unwrap_or_default();
                Some((name.to_owned(), type_of(field.get("type")?)?))
            });
            fields.collect::<Option<Vec<_>>>().map(Type::Struct)
        }
        "RANGE" => {
            let element = type_of(written.get("rangeElementType")?)?;
            schema::ranged(&element).then(|| Type::Range(Box::new(element)))
        }
        other => schema::plain(other),
    }
}

/// The wire's shape of a type, as `undeclaredQueryParameters` shows it.
pub(crate) fn shape(of: &Type) -> Json {
    match of {
        Type::Array(element) => serde_json::json!({"type": "ARRAY", "arrayType": shape(element)}),
        Type::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|(name, of)| serde_json::json!({"name": name, "type": shape(of)}));
            serde_json::json!({"type": "STRUCT", "structTypes": fields.collect::<Vec<_>>()})
        }
        Type::Range(element) => {
            serde_json::json!({"type": "RANGE", "rangeElementType": shape(element)})
        }
        scalar => serde_json::json!({"type": scalar.to_string()}),
    }
}

fn value_of(given: &Json, of: &Type) -> Option<Value> {
    match of {
        Type::Array(element) => {
            let Some(items) = given.get("arrayValues").and_then(Json::as_array) else {
                return Some(Value::Array(Vec::new()));
            };
            items
                .iter()
                .map(|item| value_of(item, element))
                .collect::<Option<_>>()
                .map(Value::Array)
        }
        Type::Struct(fields) => {
            let Some(parts) = given.get("structValues") else { return Some(Value::Null) };
            let part = |(name, of): &(String, Type)| match parts.get(name) {
                None | Some(Json::Null) => Some(Value::Null),
                Some(value) => value_of(value, of),
            };
            fields.iter().map(part).collect::<Option<_>>().map(Value::Struct)
        }
        Type::Range(element) => {
            let Some(range) = given.get("rangeValue") else { return scalar(given, of) };
            let end = |name: &str| match range.get(name) {
                None | Some(Json::Null) => Some(Value::Null),
                Some(value) => value_of(value, element),
            };
            Some(Value::Range(Box::new((end("start")?, end("end")?))))
        }
        _ => scalar(given, of),
    }
}

fn scalar(given: &Json, of: &Type) -> Option<Value> {
    match given.get("value") {
        None | Some(Json::Null) => Some(Value::Null),
        Some(Json::String(text)) => from_text(text, of),
        // Some clients send a bare number or truth where the service documents a string.
        Some(Json::Number(number)) => from_text(&number.to_string(), of),
        Some(Json::Bool(truth)) => from_text(&truth.to_string(), of),
        Some(Json::Array(_) | Json::Object(_)) => None,
    }
}

/// A scalar by its text: base64 for BYTES, seconds or a written instant for TIMESTAMP.
pub(crate) fn from_text(text: &str, of: &Type) -> Option<Value> {
    match of {
        Type::String => Some(Value::Str(text.to_owned())),
        Type::Bytes => STANDARD.decode(text).ok().map(Value::Bytes),
        Type::Json => {
            serde_json::from_str::<Json>(text).ok().map(|json| Value::Str(json.to_string()))
        }
        _ => cast(&Value::Str(text.to_owned()), &Type::String, of).ok(),
    }
}
