//! What a checked query reads, in our own words.
//!
//! A reading never leaves a table out: what is not listed here is not in the query.

use autopilot_domain::catalog::TableRef;
use autopilot_domain::narrower::TableRead;

/// The tables of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Every table, once, by its full name.
    pub(crate) tables: Vec<TableRef>,
    /// What is read of each, for a suggestion.
    pub(crate) reads: Vec<TableRead>,
}
