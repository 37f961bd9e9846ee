//! What a checked query says, in our own words.
//!
//! Names are kept as they were written; they are compared without case, as BigQuery compares
//! columns. A reading never leaves a name out: what is not listed here is not in the query.

use autopilot_domain::catalog::TableRef;

/// Tables, columns and filters of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Every table, once.
    pub(crate) tables: Vec<TableRef>,
    /// Every column in any clause, once.
    pub(crate) columns: Vec<String>,
    /// The columns a filter bounds by `=`, `<`, `<=`, `>` or `>=`.
    pub(crate) bounded: Vec<String>,
    /// Names that the ORDER BY takes from the SELECT list. If the table has a column of that name,
    /// which of the two is meant is the warehouse's choice, so it counts as used.
    pub(crate) ordered_aliases: Vec<String>,
}

impl Reading {
    pub(super) fn uses(&mut self, column: &str) {
        push_once(&mut self.columns, column);
    }

    pub(super) fn bounds(&mut self, column: &str) {
        push_once(&mut self.bounded, column);
    }

    /// Whether a filter bounds this column.
    pub(crate) fn is_bounded(&self, column: &str) -> bool {
        holds(&self.bounded, column)
    }
}

/// Whether the names hold this one, without regard to case.
pub(super) fn holds(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn push_once(names: &mut Vec<String>, name: &str) {
    if !holds(names, name) {
        names.push(name.to_owned());
    }
}
