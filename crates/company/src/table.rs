//! The shape of the generated tables: named columns of plain vectors, with BigQuery's metadata.
//!
//! Every column of a table holds the same number of rows. Nothing here knows what a table means,
//! and nothing may depend on an engine's types: a consumer converts the vectors it needs.

use std::collections::BTreeMap;

use crate::num::count;

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name inside the data set.
    pub name: String,
    /// What the warehouse says about it.
    pub description: String,
    /// Columns, in the warehouse's order; all of one length.
    pub columns: Vec<Column>,
    /// How it is partitioned.
    pub partition: Option<Partition>,
    /// Clustering columns, most important first.
    pub clustering: Vec<String>,
    /// Whether a query must filter on the partitioning column.
    pub require_partition_filter: bool,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// One top-level column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// What the warehouse says about it.
    pub description: String,
    /// The values, one per row.
    pub values: Values,
}

/// A partitioning by a column of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The partitioning column.
    pub column: String,
    /// The unit.
    pub by: PartitionUnit,
}

/// The unit of a partitioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionUnit {
    /// One partition per day (of UTC, for a TIMESTAMP column).
    Day,
}

/// The values of a column. `None` is NULL.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// 64-bit integers.
    Int64(Vec<Option<i64>>),
    /// 64-bit floats; never NaN or infinite.
    Float64(Vec<Option<f64>>),
    /// NUMERIC, in billionths.
    Numeric(Vec<Option<i128>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Texts.
    String(Vec<Option<String>>),
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Microseconds since 1970-01-01 00:00:00 UTC.
    Timestamp(Vec<Option<i64>>),
    /// JSON documents, as text.
    Json(Vec<Option<String>>),
    /// Repeated texts; an array is never NULL in BigQuery's storage, only empty.
    StringArray(Vec<Vec<String>>),
}

impl Values {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Int64(rows) | Self::Timestamp(rows) => rows.len(),
            Self::Float64(rows) => rows.len(),
            Self::Numeric(rows) => rows.len(),
            Self::Bool(rows) => rows.len(),
            Self::String(rows) | Self::Json(rows) => rows.len(),
            Self::Date(rows) => rows.len(),
            Self::StringArray(rows) => rows.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows are NULL; an empty array is none.
    #[must_use]
    pub fn nulls(&self) -> usize {
        fn none<T>(rows: &[Option<T>]) -> usize {
            rows.iter().filter(|row| row.is_none()).count()
        }
        match self {
            Self::Int64(rows) | Self::Timestamp(rows) => none(rows),
            Self::Float64(rows) => none(rows),
            Self::Numeric(rows) => none(rows),
            Self::Bool(rows) => none(rows),
            Self::String(rows) | Self::Json(rows) => none(rows),
            Self::Date(rows) => none(rows),
            Self::StringArray(_) => 0,
        }
    }

    /// BigQuery's name of the type; `ARRAY<STRING>` for repeated texts.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Int64(_) => "INT64",
            Self::Float64(_) => "FLOAT64",
            Self::Numeric(_) => "NUMERIC",
            Self::Bool(_) => "BOOL",
            Self::String(_) => "STRING",
            Self::Date(_) => "DATE",
            Self::Timestamp(_) => "TIMESTAMP",
            Self::Json(_) => "JSON",
            Self::StringArray(_) => "ARRAY<STRING>",
        }
    }

    /// BigQuery's logical size: 8 for numbers, days and instants, 16 for NUMERIC, 1 for BOOL, 2 plus
    /// the UTF-8 length for a text, the UTF-8 length for JSON, 0 for NULL.
    #[must_use]
    pub fn logical_bytes(&self) -> u64 {
        let present = count(self.len() - self.nulls());
        match self {
            Self::Int64(_) | Self::Float64(_) | Self::Date(_) | Self::Timestamp(_) => present * 8,
            Self::Numeric(_) => present * 16,
            Self::Bool(_) => present,
            Self::String(rows) => rows.iter().flatten().map(|text| count(text.len()) + 2).sum(),
            Self::Json(rows) => rows.iter().flatten().map(|text| count(text.len())).sum(),
            Self::StringArray(rows) => {
                rows.iter().flatten().map(|text| count(text.len()) + 2).sum()
            }
        }
    }
}

impl Table {
    /// A table that is neither partitioned nor labelled.
    pub(crate) fn new(name: &str, description: &str, columns: Vec<Column>) -> Self {
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            columns,
            partition: None,
            clustering: Vec::new(),
            require_partition_filter: false,
            labels: BTreeMap::new(),
        }
    }

    /// The same table, partitioned by the day of `column`.
    pub(crate) fn by_day(mut self, column: &str) -> Self {
        self.partition = Some(Partition { column: column.to_owned(), by: PartitionUnit::Day });
        self
    }

    /// The same table, clustered.
    pub(crate) fn clustered(mut self, columns: &[&str]) -> Self {
        self.clustering = columns.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The same table with a label.
    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// The column of that exact name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The values of an INT64 or TIMESTAMP column; nothing for another type.
    #[must_use]
    pub fn ints(&self, name: &str) -> &[Option<i64>] {
        match self.column(name).map(|column| &column.values) {
            Some(Values::Int64(rows) | Values::Timestamp(rows)) => rows,
            Some(
                Values::Float64(_)
                | Values::Numeric(_)
                | Values::Bool(_)
                | Values::String(_)
                | Values::Date(_)
                | Values::Json(_)
                | Values::StringArray(_),
            )
            | None => &[],
        }
    }

    /// The values of a DATE column; nothing for another type.
    #[must_use]
    pub fn dates(&self, name: &str) -> &[Option<i32>] {
        match self.column(name) {
            Some(Column { values: Values::Date(rows), .. }) => rows,
            Some(_) | None => &[],
        }
    }

    /// The values of a NUMERIC column, in billionths; nothing for another type.
    #[must_use]
    pub fn numerics(&self, name: &str) -> &[Option<i128>] {
        match self.column(name) {
            Some(Column { values: Values::Numeric(rows), .. }) => rows,
            Some(_) | None => &[],
        }
    }

    /// The values of a STRING or JSON column; nothing for another type.
    #[must_use]
    pub fn texts(&self, name: &str) -> &[Option<String>] {
        match self.column(name) {
            Some(Column { values: Values::String(rows) | Values::Json(rows), .. }) => rows,
            Some(_) | None => &[],
        }
    }

    /// The values of a BOOL column; nothing for another type.
    #[must_use]
    pub fn bools(&self, name: &str) -> &[Option<bool>] {
        match self.column(name) {
            Some(Column { values: Values::Bool(rows), .. }) => rows,
            Some(_) | None => &[],
        }
    }
}
