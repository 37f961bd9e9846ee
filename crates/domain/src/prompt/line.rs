//! One JSON object in, one JSON object out: the context builder as a line filter.
//!
//! Decides where a carrier's text may go: names become identifiers, descriptions and labels become
//! descriptions, and everything else, row values above all, goes nowhere. It must never panic and
//! never answer with more than one line.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::context::{CatalogView, ColumnView, ContextOptions, Mark, TableView, build};
use crate::catalog::ColumnType;

#[derive(Deserialize)]
struct Line {
    carrier: String,
    value: String,
    #[serde(default)]
    table: Option<String>,
    #[serde(default)]
    column: Option<String>,
}

/// Builds the context one line describes: `{id, carrier, value, table, column}` gives
/// `{id, prompt, identifiers}`, the identifiers as the prompt shows them; a bad line gives
/// `{id, error}`. The mark is derived from the line, so that the same line gives the same answer;
/// [`check_line_with`] takes one that was drawn.
#[must_use]
pub fn check_line(line: &str) -> String {
    let digest = hex::encode(Sha256::digest(line.as_bytes()));
    match Mark::new(digest.get(..32).unwrap_or_default()) {
        Ok(mark) => check_line_with(line, &mark),
        Err(refusal) => json!({"id": null, "error": refusal.to_string()}).to_string(),
    }
}

/// [`check_line`] with a mark that the caller drew for this request.
#[must_use]
pub fn check_line_with(line: &str, mark: &Mark) -> String {
    let Ok(parsed) = serde_json::from_str::<Value>(line) else {
        return json!({"id": null, "error": "the line is not JSON"}).to_string();
    };
    let id = parsed.get("id").cloned().unwrap_or(Value::Null);
    let Ok(read) = serde_json::from_value::<Line>(parsed) else {
        return json!({"id": id, "error": "the line has no carrier with a value"}).to_string();
    };
    let context = build(&view(&read), ContextOptions::default(), mark);
    let identifiers: Vec<&str> =
        context.identifiers().values().map(|identifier| identifier.shown.as_str()).collect();
    json!({"id": id, "prompt": context.text(), "identifiers": identifiers}).to_string()
}

/// The catalog of one table and one column that the carrier's text belongs to.
fn view(line: &Line) -> CatalogView<'_> {
    let value = line.value.as_str();
    let at = |carriers: &[&str]| carriers.contains(&line.carrier.as_str()).then_some(value);
    let table_name = at(&["table_name", "view_name"]);
    let column_name = at(&["column_name", "field_name"]);
    let column = ColumnView {
        name: column_name.or(line.column.as_deref()).unwrap_or("id"),
        column_type: Some(ColumnType::String),
        description: at(&["column_description", "field_description", "column_comment"]),
        protected: false,
    };
    CatalogView {
        labels: at(&["dataset_label", "dataset_description", "table_label"]).into_iter().collect(),
        tables: vec![TableView {
            name: table_name.or(line.table.as_deref()).unwrap_or("table"),
            description: at(&["table_description", "view_description", "table_comment"]),
            rows: None,
            columns: vec![column],
        }],
    }
}
