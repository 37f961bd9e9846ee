//! What a checked query reads, in our own words.
//!
//! A reading never leaves a table out: what is not listed here is not in the query.

use autopilot_domain::catalog::TableRef;

/// The tables of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Every table, once, by its full name.
    pub(crate) tables: Vec<TableRef>,
}
