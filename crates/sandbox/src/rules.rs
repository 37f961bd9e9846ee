//! Which queries this simulator claims to answer as BigQuery would.
//!
//! An allow-list of syntax: one SELECT over one table, with the aggregates SUM, COUNT, MIN, MAX and
//! AVG of a column, comparisons of a column with a literal, AND, OR, GROUP BY and LIMIT. Everything
//! else is refused by name: arithmetic, ordering and coercions differ between engines, and an answer
//! that is nearly BigQuery's is a wrong one.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArguments, GroupByExpr, LimitClause, ObjectName, Query,
    Select, SelectItem, SetExpr, Statement, TableFactor, TableWithJoins, Value, Visit as _,
    Visitor,
};
use sqlparser::dialect::BigQueryDialect;
use sqlparser::parser::Parser;

use crate::wire::error::ApiError;

/// Longest text, and most operators in it: a deep chain would exhaust a thread's stack.
const MOST_BYTES: usize = 65_536;
const MOST_OPERATORS: usize = 100;

const AGGREGATES: [&str; 5] = ["SUM", "COUNT", "MIN", "MAX", "AVG"];

/// A claimed query: its kind by BigQuery's name, and the one table it reads, if any.
pub(crate) struct Claimed {
    pub(crate) statement: Statement,
    /// project, data set, table.
    pub(crate) table: Option<(String, String, String)>,
    /// Columns that are compared, with the kind of literal.
    pub(crate) compared: Vec<(String, Literal)>,
    /// Columns that are summed.
    pub(crate) summed: Vec<String>,
}

/// Kind of a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Literal {
    Number,
    Text,
    Date,
}

/// Reads a text; an error says what is not claimed.
pub(crate) fn read(sql: &str) -> Result<Claimed, ApiError> {
    plain_text(sql)?;
    let mut statements = Parser::parse_sql(&BigQueryDialect {}, sql)
        .map_err(|_| ApiError::invalid_query("Syntax error: the query cannot be parsed"))?;
    let statement = match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => statement,
        (None, _) => {
            return Err(ApiError::invalid_query("Syntax error: Unexpected end of statement"));
        }
        (Some(_), false) => return Err(ApiError::unsupported("A script of several statements")),
    };
    let Statement::Query(query) = &statement else {
        return Err(ApiError::unsupported("A statement other than a query"));
    };
    let table = query_table(query)?;
    let mut allowed = Allowed::default();
    match statement.visit(&mut allowed) {
        ControlFlow::Continue(()) => {
            let Allowed { compared, summed } = allowed;
            Ok(Claimed { statement, table, compared, summed })
        }
        ControlFlow::Break(what) => Err(ApiError::unsupported(what)),
    }
}

/// Refuses what two lexers read differently, and what would be too deep to walk.
fn plain_text(sql: &str) -> Result<(), ApiError> {
    let operators = sql.chars().filter(|c| "+-*/|<>=^%&~!(".contains(*c)).count();
    let words = sql
        .split_whitespace()
        .filter(|w| ["and", "or", "not"].iter().any(|k| w.eq_ignore_ascii_case(k)))
        .count();
    if sql.len() > MOST_BYTES || operators.saturating_add(words) > MOST_OPERATORS {
        return Err(ApiError::unsupported("A query of this size"));
    }
    if sql.contains(['\\', '\r', '#', '"'])
        || sql.contains("''")
        || sql.contains("--")
        || sql.contains("/*")
    {
        return Err(ApiError::unsupported("An escape, a comment or a double quote"));
    }
    Ok(())
}

fn query_table(query: &Query) -> Result<Option<(String, String, String)>, ApiError> {
    if query.with.is_some()
        || query.fetch.is_some()
        || !query.locks.is_empty()
        || !query.pipe_operators.is_empty()
    {
        return Err(ApiError::unsupported("WITH, FETCH, FOR or pipe syntax"));
    }
    if query.order_by.is_some() {
        return Err(ApiError::unsupported("ORDER BY"));
    }
    limit(query.limit_clause.as_ref())?;
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

/// A whole number above zero, or nothing.
fn limit(clause: Option<&LimitClause>) -> Result<(), ApiError> {
    let refused = || ApiError::unsupported("A LIMIT other than a whole number above 0");
    match clause {
        None => Ok(()),
        Some(LimitClause::LimitOffset {
            limit: Some(Expr::Value(value)),
            offset: None,
            limit_by,
        }) if limit_by.is_empty() => {
            let positive = value.to_string().parse::<u32>().is_ok_and(|rows| rows > 0);
            if positive { Ok(()) } else { Err(refused()) }
        }
        Some(_) => Err(refused()),
    }
}

/// Every result column is a plain column or has a name of its own, since engines invent others.
fn outputs(select: &Select) -> Result<(), ApiError> {
    let named = |item: &SelectItem| {
        matches!(
            item,
            SelectItem::ExprWithAlias { .. } | SelectItem::UnnamedExpr(Expr::Identifier(_))
        )
    };
    let plain_groups = match &select.group_by {
        GroupByExpr::Expressions(columns, modifiers) => {
            modifiers.is_empty() && columns.iter().all(|c| matches!(c, Expr::Identifier(_)))
        }
        GroupByExpr::All(_) => false,
    };
    if !select.projection.iter().all(named) {
        return Err(ApiError::unsupported("A result column without a name (write AS)"));
    }
    if plain_groups {
        Ok(())
    } else {
        Err(ApiError::unsupported("GROUP BY something other than columns"))
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
    if extras {
        return Err(ApiError::unsupported(
            "DISTINCT, HAVING, QUALIFY, WINDOW or another clause of this SELECT",
        ));
    }
    outputs(select)
}

fn named(relation: &TableFactor) -> Result<(String, String, String), ApiError> {
    let TableFactor::Table { name, args: None, with_hints, version: None, sample: None, .. } =
        relation
    else {
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

/// Stops at the first expression that is not claimed, and notes what depends on types.
#[derive(Default)]
struct Allowed {
    compared: Vec<(String, Literal)>,
    summed: Vec<String>,
}

impl Visitor for Allowed {
    type Break = &'static str;

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an allow-list: every other expression is refused"
    )]
    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<&'static str> {
        match expr {
            Expr::Identifier(_) | Expr::Value(_) | Expr::Nested(_) | Expr::TypedString(_) => {
                ControlFlow::Continue(())
            }
            Expr::BinaryOp { left, op, right } => self.operator(left, op, right),
            Expr::Function(function) => self.aggregate(function),
            _ => ControlFlow::Break("An expression of this kind"),
        }
    }
}

impl Allowed {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an allow-list: every other operator is refused"
    )]
    fn operator(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
    ) -> ControlFlow<&'static str> {
        use BinaryOperator as B;
        match op {
            B::And | B::Or => ControlFlow::Continue(()),
            B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq => match (left, literal(right)) {
                (Expr::Identifier(column), Some(kind)) => {
                    self.compared.push((column.value.clone(), kind));
                    ControlFlow::Continue(())
                }
                _ => ControlFlow::Break("A comparison other than of a column with a literal"),
            },
            _ => ControlFlow::Break("Arithmetic or another operator"),
        }
    }

    fn aggregate(&mut self, function: &Function) -> ControlFlow<&'static str> {
        let refused =
            ControlFlow::Break("A function other than SUM, COUNT, MIN, MAX and AVG of one column");
        let name = function.name.to_string().to_ascii_uppercase();
        let FunctionArguments::List(list) = &function.args else { return refused };
        let extras = function.over.is_some()
            || function.filter.is_some()
            || list.duplicate_treatment.is_some()
            || !list.clauses.is_empty();
        let [argument] = list.args.as_slice() else { return refused };
        let argument = argument.to_string();
        let column = argument.trim_matches('`');
        let plain = column.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let counts_rows = name == "COUNT" && argument == "*";
        if extras || !AGGREGATES.contains(&name.as_str()) || !(plain || counts_rows) {
            return refused;
        }
        if name == "SUM" {
            self.summed.push(column.to_owned());
        }
        ControlFlow::Continue(())
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an allow-list: every other literal is refused")]
fn literal(expr: &Expr) -> Option<Literal> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) if digits.len() <= 18 => Some(Literal::Number),
            Value::SingleQuotedString(_) => Some(Literal::Text),
            _ => None,
        },
        Expr::TypedString(typed) if typed.data_type.to_string() == "DATE" => Some(Literal::Date),
        _ => None,
    }
}
