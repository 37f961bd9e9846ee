//! Filters: whether a table's partition or time column is bounded in the block that reads the table.
//!
//! Only a conjunct counts, on the column itself or a function that keeps its order, from below or
//! equal to something that no row can change. In doubt a filter does not count.
//!
//! A filter that is missing is asked for and never added. A LIMIT cannot change an aggregate, because
//! it is not added to one; a window always would: `SELECT SUM(revenue)` with 30 days put under it is
//! another question, and its answer looks like the answer to the first. No window is right for a query
//! that names none, not even the column is certain when a table has several, and a filter in WHERE
//! turns an outer join into an inner one. So the query is refused with the clause to add, written out
//! for the table, the column and its type, and whoever asks chooses the window.

use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    BinaryOperator, DataType, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, SelectItem, Value, visit_expressions,
};

use super::links::Links;

/// Functions of a time that keep its order.
const ORDERLY: [&str; 6] =
    ["DATE", "TIMESTAMP", "DATETIME", "DATE_TRUNC", "TIMESTAMP_TRUNC", "DATETIME_TRUNC"];
/// Words that are parts of a date where a function asks for one.
const PARTS: [&str; 17] = [
    "MICROSECOND",
    "MILLISECOND",
    "SECOND",
    "MINUTE",
    "HOUR",
    "DAY",
    "DAYOFWEEK",
    "DAYOFYEAR",
    "WEEK",
    "ISOWEEK",
    "MONTH",
    "QUARTER",
    "YEAR",
    "ISOYEAR",
    "DATE",
    "MONDAY",
    "SUNDAY",
];

/// One item of a FROM.
#[derive(Debug)]
pub(super) struct Item<'q> {
    /// Its range variable, lower case.
    pub(super) alias: Option<String>,
    /// The table's name in parts; empty for anything else.
    pub(super) parts: Vec<&'q str>,
    /// Whether it unfolds an array of an item further left.
    pub(super) correlated: bool,
    /// Rows it generates from literals.
    pub(super) generated: Option<f64>,
    /// Most rows it may have, as far as its text says.
    pub(super) rows: Option<f64>,
    /// The CTE it reads, if it reads one.
    pub(super) source: Option<String>,
}

impl<'q> Item<'q> {
    pub(super) const fn table(alias: Option<String>, parts: Vec<&'q str>) -> Self {
        Self { alias, parts, correlated: false, generated: None, rows: None, source: None }
    }

    pub(super) const fn other(alias: Option<String>, rows: Option<f64>) -> Self {
        Self { alias, parts: Vec::new(), correlated: false, generated: None, rows, source: None }
    }

    pub(super) const fn correlated(alias: Option<String>) -> Self {
        Self {
            alias,
            parts: Vec::new(),
            correlated: true,
            generated: None,
            rows: None,
            source: None,
        }
    }

    /// The same item, read from the CTE of this name.
    pub(super) fn of(mut self, source: String) -> Self {
        self.source = Some(source);
        self
    }

    pub(super) const fn is_table(&self) -> bool {
        !self.parts.is_empty()
    }
}

/// A filter, and the items it filters.
#[derive(Debug)]
struct Condition<'q> {
    expr: &'q Expr,
    reach: Range<usize>,
    visible: Option<Vec<&'q str>>,
}

/// The items and filters of one query block.
#[derive(Debug, Default)]
pub(super) struct Block<'q> {
    pub(super) items: Vec<Item<'q>>,
    conditions: Vec<Condition<'q>>,
    /// What ties the items together.
    pub(super) links: Links<'q>,
    closed: bool,
    visible: Option<Vec<&'q str>>,
}

impl<'q> Block<'q> {
    pub(super) fn add_condition(&mut self, expr: &'q Expr, reach: Range<usize>) {
        self.links.condition(expr);
        self.conditions.push(Condition { expr, reach, visible: None });
    }

    pub(super) fn add_where(&mut self, filter: Option<&'q Expr>) {
        let Some(expr) = filter else { return };
        self.links.condition(expr);
        if !self.closed {
            let visible = self.visible.clone();
            self.conditions.push(Condition { expr, reach: 0..self.items.len(), visible });
        }
    }

    /// Filters further on are about other rows.
    pub(super) const fn close(&mut self) {
        self.closed = true;
    }

    /// Filters further on see only what this list keeps under its name.
    pub(super) fn narrow(&mut self, items: &'q [SelectItem]) {
        if items.iter().any(|item| matches!(item, SelectItem::Wildcard(_))) {
            return;
        }
        let kept = items.iter().filter_map(|item| match item {
            SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(ident.value.as_str()),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                parts.last().map(|ident| ident.value.as_str())
            }
            SelectItem::UnnamedExpr(_)
            | SelectItem::ExprWithAlias { .. }
            | SelectItem::ExprWithAliases { .. }
            | SelectItem::QualifiedWildcard(..)
            | SelectItem::Wildcard(_) => None,
        });
        self.visible = Some(kept.collect());
    }

    /// Whether a filter bounds the column of the item at this place.
    pub(super) fn bounds(&self, at: usize, column: &str) -> bool {
        let Some(item) = self.items.get(at) else { return false };
        let shadowed =
            self.items.iter().any(|other| other.alias.as_deref().is_some_and(|a| same(a, column)));
        let target = Target { alias: item.alias.as_deref(), column, shadowed };
        self.conditions.iter().any(|condition| {
            let seen = |names: &Vec<&str>| names.iter().any(|name| same(name, column));
            condition.reach.contains(&at)
                && condition.visible.as_ref().is_none_or(seen)
                && target.bounded_by(condition.expr)
        })
    }
}

/// A filter that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    /// `require.partition_filter` or `require.time_filter`.
    pub(super) rule: &'static str,
    /// The table as written.
    pub(super) table: String,
    /// Its range variable.
    pub(super) alias: Option<String>,
    /// The column to filter on.
    pub(super) column: String,
    /// The column's type, if known.
    pub(super) column_type: Option<String>,
}

fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

/// The column a filter is looked for.
struct Target<'t> {
    alias: Option<&'t str>,
    column: &'t str,
    shadowed: bool,
}

impl Target<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "any other expression is one comparison")]
    fn bounded_by(&self, condition: &Expr) -> bool {
        let mut rest = condition;
        loop {
            match rest {
                Expr::Nested(inner) => rest = inner,
                Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                    if self.bounded_by(right) {
                        return true;
                    }
                    rest = left;
                }
                Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
                    if !self.bounded_by(right) {
                        return false;
                    }
                    rest = left;
                }
                other => return self.compared(other),
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "any other expression bounds nothing")]
    fn compared(&self, expr: &Expr) -> bool {
        match expr {
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::Eq => {
                    self.is(left) && is_constant(right) || self.is(right) && is_constant(left)
                }
                BinaryOperator::Gt | BinaryOperator::GtEq => self.is(left) && is_constant(right),
                BinaryOperator::Lt | BinaryOperator::LtEq => self.is(right) && is_constant(left),
                _ => false,
            },
            Expr::IsNotDistinctFrom(left, right) => {
                self.is(left) && is_constant(right) || self.is(right) && is_constant(left)
            }
            Expr::Between { expr, negated: false, low, high: _ } => {
                self.is(expr) && is_constant(low)
            }
            Expr::InList { expr, list, negated: false } => {
                self.is(expr) && list.iter().all(is_constant)
            }
            Expr::InUnnest { expr, array_expr, negated: false } => {
                self.is(expr) && is_constant(array_expr)
            }
            _ => false,
        }
    }

    /// Whether the expression is the column, or a function of it that keeps its order.
    #[expect(clippy::wildcard_enum_match_arm, reason = "any other expression is not the column")]
    fn is(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Identifier(ident) => same(&ident.value, self.column) && !self.shadowed,
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [of, column] => {
                    same(&column.value, self.column)
                        && self.alias.is_some_and(|alias| same(&of.value, alias))
                }
                _ => false,
            },
            Expr::Nested(inner) => self.is(inner),
            Expr::Cast { expr, data_type, .. } => {
                let time = matches!(
                    data_type,
                    DataType::Date | DataType::Timestamp(..) | DataType::Datetime(_)
                );
                time && self.is(expr)
            }
            Expr::Extract { field: DateTimeField::Date, expr, .. } => self.is(expr),
            Expr::AtTimeZone { timestamp, .. } => self.is(timestamp),
            Expr::Function(function) => self.is_orderly(function),
            _ => false,
        }
    }

    fn is_orderly(&self, function: &Function) -> bool {
        let named = function.name.to_string();
        let orderly = ORDERLY.iter().any(|known| same(known, &named)) && function.over.is_none();
        let FunctionArguments::List(list) = &function.args else { return false };
        let mut args = list.args.iter();
        let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = args.next() else {
            return false;
        };
        orderly && self.is(first)
    }
}

/// Whether no row can change the expression's value: no column and no subquery.
fn is_constant(expr: &Expr) -> bool {
    !mentions_column(expr)
}

/// Whether the expression mentions a column or holds a subquery.
pub(super) fn mentions_column(expr: &Expr) -> bool {
    let mut columns = 0_usize;
    let mut parts = 0_usize;
    #[expect(clippy::wildcard_enum_match_arm, reason = "only names and queries are counted")]
    let flow = visit_expressions(expr, |seen: &Expr| {
        match seen {
            Expr::Identifier(ident) if !ident.value.starts_with('@') => {
                columns = columns.saturating_add(1);
            }
            Expr::CompoundIdentifier(of) => {
                let parameter = of.first().is_some_and(|ident| ident.value.starts_with('@'));
                columns = columns.saturating_add(usize::from(!parameter));
            }
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                return ControlFlow::Break(());
            }
            Expr::Function(function) => parts = parts.saturating_add(date_parts(function)),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    flow.is_break() || columns > parts
}

/// Whether the word is a part of a date where a function asks for one.
pub(super) fn is_date_part(word: &str) -> bool {
    PARTS.iter().any(|known| same(known, word))
}

/// How many arguments of a date function are names of date parts.
fn date_parts(function: &Function) -> usize {
    let of = function.name.to_string().to_ascii_uppercase();
    let dated = ["_TRUNC", "_DIFF", "_BUCKET", "LAST_DAY", "WEEK"].iter().any(|e| of.ends_with(e));
    let FunctionArguments::List(list) = &function.args else { return 0 };
    if !dated {
        return 0;
    }
    let part = |arg: &&FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(ident))) => {
            is_date_part(&ident.value)
        }
        FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
            false
        }
    };
    let skip = usize::from(of != "WEEK");
    list.args.iter().skip(skip).filter(part).count()
}

/// Whether a condition is true for every row by what is written: TRUE, or a literal equal to itself.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else may be false")]
pub(super) fn is_constant_true(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_constant_true(inner),
        Expr::Value(value) => value.value == Value::Boolean(true),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            is_constant_true(left) || is_constant_true(right)
        }
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            is_constant_true(left) && is_constant_true(right)
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            matches!((&**left, &**right), (Expr::Value(l), Expr::Value(r)) if l == r)
        }
        _ => false,
    }
}
