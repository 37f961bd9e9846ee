//! Which queries this simulator claims to answer as BigQuery would.
//!
//! An allow-list of syntax: one SELECT over one table, with the aggregates SUM, COUNT, MIN, MAX and
//! AVG, comparisons, AND, OR, NOT, GROUP BY, ORDER BY and LIMIT. Everything else is refused by name.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArguments, ObjectName, Query, Select, SetExpr, Statement, TableFactor, TableWithJoins,
    Visit as _, Visitor,
};
use sqlparser::dialect::BigQueryDialect;
use sqlparser::parser::Parser;

use crate::wire::error::ApiError;

const AGGREGATES: [&str; 5] = ["SUM", "COUNT", "MIN", "MAX", "AVG"];

/// A claimed query: its kind by BigQuery's name, and the one table it reads, if any.
pub(crate) struct Claimed {
    pub(crate) statement: Statement,
    /// project, data set, table.
    pub(crate) table: Option<(String, String, String)>,
}

/// Reads a text; an error says what is not claimed.
pub(crate) fn read(sql: &str) -> Result<Claimed, ApiError> {
    let mut statements = Parser::parse_sql(&BigQueryDialect {}, sql)
        .map_err(|_| ApiError::invalid_query("Syntax error: the query cannot be parsed"))?;
    let statement = match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => statement,
        (None, _) => return Err(ApiError::invalid_query("Syntax error: Unexpected end of statement")),
        (Some(_), false) => return Err(ApiError::unsupported("A script of several statements")),
    };
    let Statement::Query(query) = &statement else {
        return Err(ApiError::unsupported("A statement other than a query"));
    };
    let table = query_table(query)?;
    match statement.visit(&mut Allowed) {
        ControlFlow::Continue(()) => Ok(Claimed { statement, table }),
        ControlFlow::Break(what) => Err(ApiError::unsupported(what)),
    }
}

fn query_table(query: &Query) -> Result<Option<(String, String, String)>, ApiError> {
    if query.with.is_some() || query.fetch.is_some() || !query.locks.is_empty() || !query.pipe_operators.is_empty() {
        return Err(ApiError::unsupported("WITH, FETCH, FOR or pipe syntax"));
    }
    let SetExpr::Select(select) = query.body.as_ref() else {
        return Err(ApiError::unsupported("A set operation"));
    };
    plain(select)?;
    match select.from.as_slice() {
        [] => Ok(None),
        [TableWithJoins { relation, joins }] if joins.is_empty() => named(relation).map(Some),
        _ => Err(ApiError::unsupported("A join")),
    }
}

fn plain(select: &Select) -> Result<(), ApiError> {
    let extras = select.distinct.is_some()
        || select.top.is_some()
        || select.into.is_some()
        || select.having.is_some()
        || select.qualify.is_some()
        || !select.lateral_views.is_empty()
        || !select.named_window.is_empty()
        || select.value_table_mode.is_some();
    if extras { Err(ApiError::unsupported("DISTINCT, HAVING, QUALIFY, WINDOW or another clause of this SELECT")) } else { Ok(()) }
}

fn named(relation: &TableFactor) -> Result<(String, String, String), ApiError> {
    let TableFactor::Table { name, args: None, with_hints, version: None, sample: None, .. } = relation else {
        return Err(ApiError::unsupported("A source that is not a table"));
    };
    if !with_hints.is_empty() {
        return Err(ApiError::unsupported("A table hint"));
    }
    let parts = parts(name);
    match parts.as_slice() {
        [project, dataset, table] => Ok((project.clone(), dataset.clone(), table.clone())),
        _ => Err(ApiError::invalid_query("A table must be named project.dataset.table")),
    }
}

/// A name's parts; one quoted piece may hold several.
fn parts(name: &ObjectName) -> Vec<String> {
    let idents = name.0.iter().filter_map(|part| part.as_ident());
    idents.flat_map(|ident| ident.value.split('.').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Stops at the first expression that is not claimed.
struct Allowed;

impl Visitor for Allowed {
    type Break = &'static str;

    #[expect(clippy::wildcard_enum_match_arm, reason = "an allow-list: every other expression is refused")]
    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<&'static str> {
        match expr {
            Expr::Identifier(_) | Expr::BinaryOp { .. } | Expr::UnaryOp { .. } | Expr::Value(_) | Expr::Nested(_) => ControlFlow::Continue(()),
            Expr::TypedString(_) | Expr::IsNull(_) | Expr::IsNotNull(_) => ControlFlow::Continue(()),
            Expr::Function(function) if claimed(function) => ControlFlow::Continue(()),
            Expr::Function(_) => ControlFlow::Break("A function other than SUM, COUNT, MIN, MAX and AVG"),
            _ => ControlFlow::Break("An expression of this kind"),
        }
    }
}

fn claimed(function: &Function) -> bool {
    let name = function.name.to_string();
    let known = AGGREGATES.iter().any(|aggregate| aggregate.eq_ignore_ascii_case(&name));
    let FunctionArguments::List(list) = &function.args else { return false };
    known && function.over.is_none() && function.filter.is_none() && list.duplicate_treatment.is_none() && list.clauses.is_empty()
}
