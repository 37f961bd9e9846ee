//! Rows written by a call instead of a statement: streamed rows and kept results.
//!
//! A table is replaced as a whole, so a reader sees all of the rows or none.

use datafusion::arrow::array::RecordBatch;

use super::clock;
use crate::bigquery::fault::Fault;
use crate::bigquery::session::Warehouse;
use crate::bigquery::store::Table;
use crate::bigquery::value::{Value, column};
use crate::wire::error::ApiError;

/// Puts the table, with these rows added, in place of what has its name.
pub(crate) fn append(
    warehouse: &Warehouse,
    dataset: &str,
    table: &Table,
    rows: &[Vec<Value>],
) -> Result<(), ApiError> {
    let mut grown = if rows.is_empty() {
        table.clone()
    } else {
        table.with_rows(&[batch(table, rows)?], clock::micros())?
    };
    grown.def.modified = clock::millis();
    Ok(warehouse.store.put(dataset, grown)?)
}

fn batch(table: &Table, rows: &[Vec<Value>]) -> Result<RecordBatch, Fault> {
    let columns = table.def.columns.iter().enumerate().map(|(at, definition)| {
        let values: Vec<Value> =
            rows.iter().map(|row| row.get(at).cloned().unwrap_or(Value::Null)).collect();
        column(&values, &definition.of)
    });
    RecordBatch::try_new(table.def.schema(), columns.collect())
        .map_err(|_| Fault::query("The rows do not fit the table's columns"))
}
