//! The allow-list over the parser's tree, and what the tree says about tables, joins and filters.
//!
//! Every struct is taken apart with all its fields and every enum is matched without a wildcard, so
//! that what a new parser version adds does not compile until somebody has decided about it. What is
//! not admitted here is refused; nothing is skipped.

mod call;
mod expr;
mod from;
mod pipe;
mod query;
mod select;
mod settle;
mod types;
mod unnest;

use std::collections::BTreeSet;

use sqlparser::ast::{Ident, LimitClause, Query, SetExpr, Statement};

use super::facts::SafetyCatalog;
use super::filters::Missing;
use super::policy::Policy;
use super::verdict::TableName;
use super::{Blocked, cost};

pub(super) type Checked<T> = Result<T, Blocked>;

/// Refuses unless `ok`.
pub(super) fn need(ok: bool, rule: &'static str, reason: &str) -> Checked<()> {
    if ok { Ok(()) } else { Err(Blocked::new(rule, reason)) }
}

/// What a query's result is like, as far as the LIMIT rule asks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    /// Every row stands for a group.
    pub(super) aggregated: bool,
    /// The number of rows is bounded by a LIMIT.
    pub(super) limited: bool,
    /// The query goes on with pipe operators, so a LIMIT is one more of them.
    pub(super) piped: bool,
    /// Most rows it may have, as far as the text and the catalog say.
    pub(super) rows: Option<f64>,
}

/// A CTE that can be seen.
#[derive(Debug)]
pub(super) struct Named {
    /// Its name, lower case.
    name: String,
    /// Most rows it may have, if known.
    rows: Option<f64>,
}

impl Named {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// What the walk found in an admitted query.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) tables: BTreeSet<TableName>,
    pub(super) joins: usize,
    pub(super) nesting: usize,
    pub(super) missing: Vec<Missing>,
    pub(super) shape: Shape,
}

pub(super) struct Walker<'a> {
    policy: &'a Policy,
    catalog: &'a SafetyCatalog,
    /// The CTEs that can be seen.
    ctes: Vec<Named>,
    /// Range variables of each enclosing FROM that can be seen, lower case.
    scopes: Vec<Vec<String>>,
    /// Subqueries around the current query.
    nesting: usize,
    /// Aggregates without OVER seen in the current SELECT.
    aggregates: usize,
    found: Found,
}

/// Walks the only statement of a text.
pub(super) fn walk(
    statement: &Statement,
    policy: &Policy,
    catalog: &SafetyCatalog,
) -> Checked<Found> {
    let Statement::Query(query) = statement else {
        let reason = "Only a SELECT may run; statements that define, change or control may not.";
        return Err(Blocked::new("block.statement", reason));
    };
    let mut walker = Walker {
        policy,
        catalog,
        ctes: Vec::new(),
        scopes: Vec::new(),
        nesting: 0,
        aggregates: 0,
        found: Found::default(),
    };
    walker.found.shape = walker.query(query)?;
    result_limit(query)?;
    Ok(walker.found)
}

/// The LIMIT of the result, which may stand inside of parentheses. The walk has bounded their depth.
fn result_limit(query: &Query) -> Checked<()> {
    let mut query = query;
    loop {
        if let Some(LimitClause::LimitOffset { limit: Some(limit), .. }) = &query.limit_clause {
            return cost::check_limit(limit);
        }
        let SetExpr::Query(inner) = query.body.as_ref() else { return Ok(()) };
        query = inner;
    }
}

/// A name as it is written; quotes of other dialects are refused.
pub(super) fn name(ident: &Ident) -> Checked<&str> {
    let Ident { value, quote_style, span: _ } = ident;
    let known = quote_style.is_none_or(|quote| quote == '`');
    need(known, "shape.name", "A name may only be quoted with backquotes.")?;
    Ok(value)
}
