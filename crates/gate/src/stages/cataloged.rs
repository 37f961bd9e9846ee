//! The second stage: every table and column must be in the catalog, in a form that may be used.
//!
//! The lineage of the query is followed here, and the filters are asked for that its tables need.
//! Names that are not known are answered with the nearest ones that are; nothing outside the catalog
//! is ever named.

use autopilot_domain::catalog::{Catalog, ColumnType, TableFacts, TableRef};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::narrower::TableRead;

use super::SafeQuery;
use crate::safety::{self, Blocked, Clause, Lineage, Reading, TableName};

/// Most changed characters between a wrong name and one worth proposing.
const NEAR: usize = 3;

/// A query whose tables and columns are known.
#[derive(Debug)]
pub struct Cataloged {
    safe: SafeQuery,
    lineage: Lineage,
    /// The tables of the query, and no other.
    catalog: Catalog,
}

impl Cataloged {
    /// Looks every name up and follows every column.
    ///
    /// # Errors
    /// `TABLE_UNKNOWN`, `COLUMN_UNKNOWN`, or `SQL_BLOCKED` for a missing filter, a column type that
    /// cannot be shown, or a column that cannot be followed.
    pub(crate) async fn check(safe: SafeQuery, catalog: &Catalog) -> Result<Self, Failure> {
        let tables: Result<Vec<&TableFacts>, Failure> =
            safe.written().iter().map(|name| look_up(name, catalog)).collect();
        let known = Catalog::of(tables?.into_iter().cloned());
        let followed = safety::follow(safe.sql().to_owned(), known.clone()).await?;
        let lineage = followed.map_err(refused)?;
        usable(&lineage, &known)?;
        let safe = safe.reads(reading(&lineage, &known));
        Ok(Self { safe, lineage, catalog: known })
    }

    /// Hash of the query's text.
    pub(crate) const fn safe(&self) -> &SafeQuery {
        &self.safe
    }

    /// The query, where its columns go, and the facts of its tables.
    pub(super) fn into_parts(self) -> (SafeQuery, Lineage, Catalog) {
        (self.safe, self.lineage, self.catalog)
    }
}

/// The tables by their full names, with the columns that are used of each.
fn reading(lineage: &Lineage, known: &Catalog) -> Reading {
    let tables: Vec<TableRef> = lineage.tables.iter().map(|used| used.table.clone()).collect();
    let read = |table: &TableRef| {
        let of_it = lineage.uses.iter().filter(|used| used.column.table == *table);
        let columns = of_it.map(|used| used.column.column.as_str());
        known.table(table).map(|facts| TableRead::of(facts, columns))
    };
    let reads = tables.iter().filter_map(read).collect();
    Reading { tables, reads }
}

/// The code of a refusal by the catalog.
fn refused(blocked: Blocked) -> Failure {
    let code = match blocked.rule {
        "catalog.unknown_table" => ErrorCode::TableUnknown,
        "catalog.unknown_column" => ErrorCode::ColumnUnknown,
        _ => return blocked.into(),
    };
    Failure::with(FailureClass::ValidationFailed, code, blocked.reason)
}

/// The facts of a table as a text names it. A name without a project is one of the only project.
pub(crate) fn look_up<'c>(
    name: &TableName,
    catalog: &'c Catalog,
) -> Result<&'c TableFacts, Failure> {
    let mut fitting = catalog.tables().filter(|facts| {
        let project = name.project.as_ref().is_none_or(|project| *project == facts.table.project);
        let dataset = name.dataset.as_ref().is_some_and(|of| *of == facts.table.dataset);
        project && dataset && name.table == facts.table.table
    });
    match (fitting.next(), fitting.next()) {
        (Some(facts), None) => Ok(facts),
        (Some(_) | None, _) => Err(unknown_table(name, catalog)),
    }
}

fn unknown_table(name: &TableName, catalog: &Catalog) -> Failure {
    let written = [name.project.as_deref(), name.dataset.as_deref(), Some(name.table.as_str())];
    let written = written.into_iter().flatten().collect::<Vec<_>>().join(".");
    let known: Vec<String> = catalog.tables().map(|facts| facts.table.to_string()).collect();
    let hint = near(&written, known.iter().map(String::as_str));
    let sentence = format!("The catalog does not hold the table {written}.{hint}");
    Failure::with(FailureClass::ValidationFailed, ErrorCode::TableUnknown, sentence)
}

/// Results hold plain values: no record, no array and nothing of an unknown type may reach them.
pub(crate) fn usable(lineage: &Lineage, catalog: &Catalog) -> Result<(), Failure> {
    for one in lineage.uses.iter().filter(|one| one.clause == Clause::Output) {
        let facts = catalog.table(&one.column.table);
        let Some(column) = facts.and_then(|facts| facts.column(&one.column.column)) else {
            continue;
        };
        let nested = matches!(column.column_type, ColumnType::Record | ColumnType::Other);
        if nested || column.repeated {
            let reason =
                format!("The column {} is a record, an array or of an unknown type.", column.name);
            return Err(Blocked::new("catalog.column_type", reason).into());
        }
    }
    Ok(())
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
