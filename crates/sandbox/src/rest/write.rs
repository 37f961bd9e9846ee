//! Rows written by a call instead of a statement: streamed rows and kept results.
//!
//! A table is replaced as a whole, so a reader sees all of the rows or none. Writers of all kinds
//! take turns, since each puts back the table it read: two at once must not lose rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use super::clock;
use crate::bigquery::fault::Fault;
use crate::bigquery::session::Warehouse;
use crate::bigquery::store::Table;
use crate::bigquery::value::{Value, column};
use crate::wire::error::ApiError;

/// How long an insertId is remembered, in milliseconds.
const REMEMBERED: i64 = 60_000;

/// The turn of whoever writes, and the insertIds of the last minute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams {
    turn: Arc<tokio::sync::Mutex<Seen>>,
}

/// The right to write until it is dropped.
pub(crate) type Turn = tokio::sync::OwnedMutexGuard<Seen>;

impl Streams {
    /// Waits for the turn to write.
    pub(crate) async fn turn(&self) -> Turn {
        Arc::clone(&self.turn).lock_owned().await
    }
}

/// A streamed row's place and name: data set, table, when that table was made, insertId.
pub(crate) type RowId = (String, String, i64, String);

/// The insertIds that came lately, and when.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    ids: BTreeMap<RowId, i64>,
}

impl Seen {
    /// Whether a row of this id was taken lately.
    pub(crate) fn knows(&mut self, id: &RowId) -> bool {
        let now = clock::millis();
        self.ids.retain(|_, at| now.saturating_sub(*at) < REMEMBERED);
        self.ids.contains_key(id)
    }

    /// Remembers rows that were taken.
    pub(crate) fn took(&mut self, ids: Vec<RowId>) {
        let now = clock::millis();
        self.ids.extend(ids.into_iter().map(|id| (id, now)));
    }
}

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
