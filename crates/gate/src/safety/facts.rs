//! What is known about the tables a text may read, as far as the safety rules need it.
//!
//! Names are found by their last parts, because a text may leave the project out. A table that is not
//! listed is not refused here: its rows are unknown, so no rule about rows applies to it.

use std::collections::HashMap;

use autopilot_domain::catalog::{Catalog, ColumnFacts, ColumnType, TableFacts};

/// Facts of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafetyTable {
    /// Rows, as the warehouse reports them; None if unknown.
    pub rows: Option<u64>,
    /// The partitioning column, `_PARTITIONTIME` for one by ingestion.
    pub partition: Option<String>,
    /// Columns a time filter may use.
    pub time_columns: Vec<String>,
    /// Whether the warehouse itself refuses a query without a partition filter.
    pub require_partition_filter: bool,
    /// Types of columns by name, in BigQuery's standard names; None if unknown.
    pub columns: Option<Vec<(String, String)>>,
}

/// The known tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafetyCatalog {
    tables: HashMap<String, Vec<(Vec<String>, SafetyTable)>>,
}

impl SafetyCatalog {
    /// A catalog of these tables, each under its dotted name (two or three parts).
    pub fn of(tables: impl IntoIterator<Item = (String, SafetyTable)>) -> Self {
        let mut catalog = Self::default();
        for (name, table) in tables {
            let parts: Vec<String> = name.split('.').map(str::to_ascii_lowercase).collect();
            let last = parts.last().cloned().unwrap_or_default();
            catalog.tables.entry(last).or_default().push((parts, table));
        }
        catalog
    }

    /// What a tenant's catalog says. Every column of a day or an instant may bound a large table; a
    /// small one needs its partition filter only if the warehouse asks for it.
    pub(super) fn from_catalog(catalog: &Catalog, large_rows: u64) -> Self {
        let table = |facts: &TableFacts| (facts.table.to_string(), of_table(facts, large_rows));
        Self::of(catalog.tables().map(table))
    }

    /// Facts of every listed table that the written name may stand for; a name that ends in `*`
    /// stands for all tables it begins.
    pub(super) fn find(&self, written: &[&str]) -> Vec<&SafetyTable> {
        let Some((last, before)) = written.split_last() else { return Vec::new() };
        let last = last.to_ascii_lowercase();
        let fits = |parts: &[String]| {
            let known = parts.iter().rev().skip(1);
            known.zip(before.iter().rev()).all(|(known, part)| known.eq_ignore_ascii_case(part))
        };
        let exact = self.tables.get(&last).into_iter().flatten();
        let mut found: Vec<_> = exact.filter(|(parts, _)| fits(parts)).collect();
        if let Some(prefix) = last.strip_suffix('*').filter(|_| found.is_empty()) {
            let begun = self.tables.iter().filter(|(name, _)| name.starts_with(prefix));
            found = begun.flat_map(|(_, of)| of).filter(|(parts, _)| fits(parts)).collect();
        }
        found.into_iter().map(|(_, table)| table).collect()
    }
}

fn of_table(facts: &TableFacts, large_rows: u64) -> SafetyTable {
    let filtered = facts.partition_filter_required || facts.rows >= large_rows;
    let timed = |column: &&ColumnFacts| !of_type(column).is_empty() && !column.repeated;
    SafetyTable {
        rows: Some(facts.rows),
        partition: facts.partition_column.clone().filter(|_| filtered),
        time_columns: facts.columns.iter().filter(timed).map(|c| c.name.clone()).collect(),
        require_partition_filter: facts.partition_filter_required,
        columns: Some(facts.columns.iter().map(|c| (c.name.clone(), of_type(c))).collect()),
    }
}

/// The type's standard name, as far as a filter's text needs it.
fn of_type(column: &ColumnFacts) -> String {
    let known = match column.column_type {
        ColumnType::Date => "DATE",
        ColumnType::Datetime => "DATETIME",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Int64
        | ColumnType::Float64
        | ColumnType::Numeric
        | ColumnType::Bignumeric
        | ColumnType::String
        | ColumnType::Bytes
        | ColumnType::Bool
        | ColumnType::Time
        | ColumnType::Json
        | ColumnType::Geography
        | ColumnType::Interval
        | ColumnType::Record
        | ColumnType::Other => "",
    };
    known.to_owned()
}

impl SafetyTable {
    /// The type of a column, if known.
    pub(super) fn column_type(&self, column: &str) -> Option<&str> {
        match column.to_ascii_uppercase().as_str() {
            "_PARTITIONTIME" => return Some("TIMESTAMP"),
            "_PARTITIONDATE" => return Some("DATE"),
            _ => {}
        }
        let columns = self.columns.as_ref()?;
        columns
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(column))
            .map(|(_, of)| of.as_str())
    }
}
