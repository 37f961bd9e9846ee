//! What is known about a warehouse: tables, columns, and whether a column was examined for PII.
//!
//! Facts come from the warehouse's own metadata; decisions about columns come from people (later
//! also from the profiler). A column nobody has examined counts as protected.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The full name of a table. Parts are compared exactly, as BigQuery does for table names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRef {
    /// Cloud project id; may hold dashes.
    pub project: String,
    /// Data set.
    pub dataset: String,
    /// Table.
    pub table: String,
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.project, self.dataset, self.table)
    }
}

/// Column types, by BigQuery's standard SQL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ColumnType {
    /// 64-bit integer.
    Int64,
    /// 64-bit float.
    Float64,
    /// Exact decimal, 38 digits.
    Numeric,
    /// Exact decimal, 76 digits.
    Bignumeric,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// Truth value.
    Bool,
    /// Calendar day.
    Date,
    /// Time of day.
    Time,
    /// Calendar day and time without zone.
    Datetime,
    /// Instant.
    Timestamp,
    /// JSON document.
    Json,
    /// Geography.
    Geography,
    /// Interval.
    Interval,
    /// Nested record.
    Record,
    /// A type this version does not know; never usable, only listed.
    Other,
}

/// Whether a column may be used.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Examination {
    /// Nobody has looked; protected.
    #[default]
    Unexamined,
    /// Examined, holds no personal data.
    Clear,
    /// Examined, holds personal data; protected.
    Personal,
}

impl Examination {
    /// The examination as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unexamined => "unexamined",
            Self::Clear => "clear",
            Self::Personal => "personal",
        }
    }

    /// Whether a query may use the column.
    #[must_use]
    pub const fn is_clear(self) -> bool {
        match self {
            Self::Clear => true,
            Self::Unexamined | Self::Personal => false,
        }
    }
}

/// One top-level column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnFacts {
    /// Name as the warehouse spells it; compared without case.
    pub name: String,
    /// Type.
    pub column_type: ColumnType,
    /// Whether it is repeated (an array).
    pub repeated: bool,
    /// Whether it may be used.
    pub examination: Examination,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFacts {
    /// Full name.
    pub table: TableRef,
    /// Columns in the warehouse's order.
    pub columns: Vec<ColumnFacts>,
    /// Rows, as the warehouse reports them.
    pub rows: u64,
    /// Logical bytes, as the warehouse reports them.
    pub bytes: u64,
    /// The partitioning column, if partitioned by a column.
    pub partition_column: Option<String>,
    /// Whether a query must filter on the partitioning column.
    pub partition_filter_required: bool,
}

impl TableFacts {
    /// The column of that name, without regard to case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnFacts> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// The tables a query may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    tables: BTreeMap<TableRef, TableFacts>,
}

impl Catalog {
    /// A catalog of these tables.
    #[must_use]
    pub fn of(tables: impl IntoIterator<Item = TableFacts>) -> Self {
        Self { tables: tables.into_iter().map(|facts| (facts.table.clone(), facts)).collect() }
    }

    /// The facts of one table.
    #[must_use]
    pub fn table(&self, table: &TableRef) -> Option<&TableFacts> {
        self.tables.get(table)
    }

    /// All tables, by name.
    pub fn tables(&self) -> impl Iterator<Item = &TableFacts> {
        self.tables.values()
    }
}
