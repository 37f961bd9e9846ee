//! A table's definition and content; rows are spread over partitions by the definition.
//!
//! Decides which partition a row belongs to and never changes a table in place.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, RecordBatch, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};

use super::chunk::{Chunk, PartitionKey};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;
use crate::bigquery::value::{Value, read};

const DAY: i64 = 86_400_000_000;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnDef {
    pub(crate) name: String,
    pub(crate) of: Type,
    /// NOT NULL.
    pub(crate) required: bool,
    pub(crate) description: Option<String>,
}

impl ColumnDef {
    pub(crate) fn new(name: impl Into<String>, of: Type) -> Self {
        Self { name: name.into(), of, required: false, description: None }
    }
}

/// Width of a time partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granularity {
    Hour,
    Day,
    Month,
    Year,
}

/// How rows are spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Partitioning {
    /// By a DATE, DATETIME or TIMESTAMP column.
    Time { column: String, by: Granularity },
    /// By the time of arrival.
    Ingestion { by: Granularity },
    /// By an INT64 column: start, end (exclusive) and width.
    Range { column: String, start: i64, end: i64, step: i64 },
}

impl Partitioning {
    /// The column, unless rows are spread by arrival.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Self::Time { column, .. } | Self::Range { column, .. } => Some(column),
            Self::Ingestion { .. } => None,
        }
    }
}

/// All about a table but its rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableDef {
    pub(crate) name: String,
    pub(crate) columns: Vec<ColumnDef>,
    pub(crate) partitioning: Option<Partitioning>,
    pub(crate) clustering: Vec<String>,
    pub(crate) require_partition_filter: bool,
    pub(crate) description: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// OPTIONS as written: name and the literal's SQL text.
    pub(crate) options: Vec<(String, String)>,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    pub(crate) modified: i64,
}

impl TableDef {
    /// The engine's schema of the rows.
    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |column: &ColumnDef| Field::new(&column.name, column.of.arrow(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// A column's place, by name without regard to case.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// What a table is made of.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// One chunk for each partition that holds rows, in key order.
    Rows(Vec<Arc<Chunk>>),
    /// The text of a view.
    View(String),
}

/// A table or view.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) def: TableDef,
    pub(crate) content: Content,
}

impl Table {
    /// An empty table.
    pub(crate) const fn empty(def: TableDef) -> Self {
        Self { def, content: Content::Rows(Vec::new()) }
    }

    /// Its partitions; none for a view.
    pub(crate) fn chunks(&self) -> &[Arc<Chunk>] {
        match &self.content {
            Content::Rows(chunks) => chunks,
            Content::View(_) => &[],
        }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.chunks().iter().map(|chunk| chunk.rows).sum()
    }

    /// Logical bytes of all rows.
    pub(crate) fn bytes(&self) -> u64 {
        self.chunks().iter().flat_map(|chunk| &chunk.sizes).sum()
    }

    /// The table with these rows added; `now` is the arrival in microseconds since 1970.
    ///
    /// # Errors
    /// A NULL in a required column.
    pub(crate) fn with_rows(&self, rows: &[RecordBatch], now: i64) -> Result<Self, Fault> {
        let mut by_key: BTreeMap<PartitionKey, Vec<RecordBatch>> = BTreeMap::new();
        for chunk in self.chunks() {
            by_key.entry(chunk.key).or_default().extend(chunk.batches.iter().cloned());
        }
        for batch in rows {
            self.required(batch)?;
            for (key, part) in self.spread(batch, now)? {
                by_key.entry(key).or_default().push(part);
            }
        }
        let chunks = by_key.into_iter().map(|(key, batches)| {
            let old = self.chunks().iter().find(|old| old.key == key);
            match old {
                Some(old) if old.batches.len() == batches.len() => Arc::clone(old),
                _ => Arc::new(Chunk::of(key, batches, &self.def.columns)),
            }
        });
        Ok(Self { def: self.def.clone(), content: Content::Rows(chunks.collect()) })
    }

    fn required(&self, batch: &RecordBatch) -> Result<(), Fault> {
        for (column, values) in self.def.columns.iter().zip(batch.columns()) {
            if column.required && values.null_count() > 0 {
                let message = format!("Required field {} cannot be null", column.name);
                return Err(Fault::query(message));
            }
        }
        Ok(())
    }

    fn spread(
        &self,
        batch: &RecordBatch,
        now: i64,
    ) -> Result<Vec<(PartitionKey, RecordBatch)>, Fault> {
        let whole = |key| Ok(vec![(key, batch.clone())]);
        match &self.def.partitioning {
            None => whole(PartitionKey::Whole),
            Some(Partitioning::Ingestion { by }) => whole(PartitionKey::time(now, *by)),
            Some(Partitioning::Time { column, by }) => {
                self.split(batch, column, |value| time_key(value, *by))
            }
            Some(Partitioning::Range { column, start, end, step }) => {
                self.split(batch, column, |value| match value {
                    Value::Int(n) if *n >= *start && *n < *end => {
                        let at = n.saturating_sub(*start).checked_div(*step).unwrap_or(0);
                        PartitionKey::Number(start.saturating_add(at.saturating_mul(*step)))
                    }
                    Value::Null => PartitionKey::Null,
                    _ => PartitionKey::Unpartitioned,
                })
            }
        }
    }

    fn split(
        &self,
        batch: &RecordBatch,
        column: &str,
        key: impl Fn(&Value) -> PartitionKey,
    ) -> Result<Vec<(PartitionKey, RecordBatch)>, Fault> {
        let lost =
            || Fault::query("The field specified for partitioning cannot be found in the schema.");
        let at = self.def.position(column).ok_or_else(lost)?;
        let of = &self.def.columns.get(at).ok_or_else(lost)?.of;
        let values = batch.column(at);
        let mut rows: BTreeMap<PartitionKey, Vec<u32>> = BTreeMap::new();
        for row in 0..batch.num_rows() {
            let place = key(&read(values, row, of));
            rows.entry(place).or_default().push(u32::try_from(row).unwrap_or(u32::MAX));
        }
        let part = |(key, rows): (PartitionKey, Vec<u32>)| {
            take_record_batch(batch, &UInt32Array::from(rows)).map(|part| (key, part))
        };
        rows.into_iter().map(part).collect::<Result<_, _>>().map_err(|_| lost())
    }
}

fn time_key(value: &Value, by: Granularity) -> PartitionKey {
    match value {
        Value::Date(days) => PartitionKey::time(i64::from(*days).saturating_mul(DAY), by),
        Value::Datetime(micros) | Value::Timestamp(micros) => PartitionKey::time(*micros, by),
        _ => PartitionKey::Null,
    }
}
