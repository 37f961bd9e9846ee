//! The second stage: every table and column must be in the catalog, in a form that may be used.
//!
//! A table that demands a filter on its partitioning column must get one. Names that are not known
//! are answered with the nearest ones that are; nothing outside the catalog is ever named.

use autopilot_domain::catalog::{Catalog, ColumnFacts, ColumnType, TableFacts, TableRef};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use super::SafeQuery;
use crate::safety::{Blocked, Reading};

/// Most changed characters between a wrong name and one worth proposing.
const NEAR: usize = 3;

/// A query whose tables and columns are known.
#[derive(Debug)]
pub struct Cataloged {
    safe: SafeQuery,
    columns: Vec<ColumnFacts>,
}

impl Cataloged {
    /// Looks every name up.
    ///
    /// # Errors
    /// `TABLE_UNKNOWN`, `COLUMN_UNKNOWN`, or `SQL_BLOCKED` for a missing partition filter or a
    /// column type that cannot be used.
    pub(crate) fn check(safe: SafeQuery, catalog: &Catalog) -> Result<Self, Failure> {
        let reading = safe.reading();
        let mut columns = Vec::new();
        for table in &reading.tables {
            let facts = catalog.table(table).ok_or_else(|| unknown_table(table, catalog))?;
            columns.extend(used_columns(reading, facts)?);
            partition_filter(reading, facts)?;
        }
        Ok(Self { safe, columns })
    }

    /// The query and the facts of every column it uses.
    pub(super) fn into_parts(self) -> (SafeQuery, Vec<ColumnFacts>) {
        (self.safe, self.columns)
    }
}

fn used_columns(reading: &Reading, facts: &TableFacts) -> Result<Vec<ColumnFacts>, Failure> {
    let mut used = Vec::new();
    for name in &reading.columns {
        let column = facts.column(name).ok_or_else(|| unknown_column(name, facts))?;
        usable(column)?;
        used.push(column.clone());
    }
    let ambiguous = reading.ordered_aliases.iter().filter_map(|alias| facts.column(alias));
    used.extend(ambiguous.cloned());
    Ok(used)
}

fn usable(column: &ColumnFacts) -> Result<(), Failure> {
    let nested = matches!(column.column_type, ColumnType::Record | ColumnType::Other);
    if nested || column.repeated {
        let reason =
            format!("The column {} is a record, an array or of an unknown type.", column.name);
        return Err(Blocked::new("catalog.column_type", reason).into());
    }
    Ok(())
}

fn partition_filter(reading: &Reading, facts: &TableFacts) -> Result<(), Failure> {
    if !facts.partition_filter_required {
        return Ok(());
    }
    let filtered = facts.partition_column.as_ref().is_some_and(|column| reading.is_bounded(column));
    if filtered {
        return Ok(());
    }
    let column = facts.partition_column.as_deref().unwrap_or("its partitioning column");
    let reason = format!("The table {} must be filtered on {column} in WHERE.", facts.table);
    Err(Blocked::new("catalog.partition_filter", reason).into())
}

fn unknown_table(table: &TableRef, catalog: &Catalog) -> Failure {
    let known: Vec<String> = catalog.tables().map(|facts| facts.table.to_string()).collect();
    let hint = near(&table.to_string(), known.iter().map(String::as_str));
    let sentence = format!("The catalog does not hold the table {table}.{hint}");
    Failure::with(FailureClass::ValidationFailed, ErrorCode::TableUnknown, sentence)
}

fn unknown_column(name: &str, facts: &TableFacts) -> Failure {
    let hint = near(name, facts.columns.iter().map(|column| column.name.as_str()));
    let sentence = format!("The table {} has no column {name}.{hint}", facts.table);
    Failure::with(FailureClass::ValidationFailed, ErrorCode::ColumnUnknown, sentence)
}

/// A sentence that proposes up to three known names, nearest first; empty if none is near.
fn near<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let wrong = wrong.to_ascii_lowercase();
    let mut ranked: Vec<(usize, &str)> = known
        .map(|name| (strsim::levenshtein(&wrong, &name.to_ascii_lowercase()), name))
        .filter(|(distance, _)| *distance <= NEAR)
        .collect();
    ranked.sort_unstable();
    let names: Vec<&str> = ranked.iter().take(3).map(|(_, name)| *name).collect();
    if names.is_empty() { String::new() } else { format!(" Did you mean {}?", names.join(" or ")) }
}
