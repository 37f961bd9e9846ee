//! One JSON object in, one JSON object out: the detector as a line filter.
//!
//! Decides nothing but the form. It must never panic, never answer with more than one line, and
//! never put a value or a piece of a bad line into its answer.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Detector;
use super::sample::{Column, Samples, column_type};

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    table: String,
    column: String,
    #[serde(rename = "type")]
    column_type: String,
    #[serde(default)]
    values: Vec<Value>,
}

/// See [`super::check_line`].
pub(super) fn check(detector: &Detector, line: &str) -> String {
    let Ok(parsed) = serde_json::from_str::<Value>(line) else {
        return json!({"id": null, "error": "the line is not JSON"}).to_string();
    };
    let id = parsed.get("id").cloned().unwrap_or(Value::Null);
    let Ok(line) = serde_json::from_value::<Line>(parsed) else {
        return json!({"id": id, "error": "the line is not a column with type and values"})
            .to_string();
    };
    let values: Vec<String> = line.values.iter().map(as_text).collect();
    let finding = detector.examine(&Column {
        table: &line.table,
        column: &line.column,
        column_type: column_type(&line.column_type),
        samples: Samples::new(values.iter().map(String::as_str)),
    });
    json!({
        "id": line.id,
        "label": finding.label,
        "tier": finding.tier,
        "confidence": finding.confidence,
        "reason": finding.reason,
    })
    .to_string()
}

/// Text as it is, null as nothing, everything else as JSON writes it.
fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
