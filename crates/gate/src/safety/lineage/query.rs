//! Queries: WITH, set operations, ORDER BY and LIMIT.
//!
//! Every field of the parser's query is named here, so that one a new version adds does not compile
//! until somebody has decided what it does to columns. A recursive WITH is refused.

use std::rc::Rc;

use sqlparser::ast::{
    Cte, Expr, LimitClause, Offset, OrderBy, OrderByExpr, OrderByKind, Query, SetExpr, SetOperator,
    SetQuantifier, With,
};

use super::names::fresh;
use super::tracer::{Checked, Tracer, need, refused};
use super::value::{Bound, Column, Name, Rows, Scope, Seen, Value};
use super::{Blocked, Clause};

impl Tracer<'_> {
    /// The rows of a query.
    pub(super) fn query(&mut self, query: &Query, parent: Option<&Scope<'_>>) -> Checked<Rows> {
        self.deeper(|tracer| tracer.query_inside(query, parent))
    }

    fn query_inside(&mut self, query: &Query, parent: Option<&Scope<'_>>) -> Checked<Rows> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        let other = fetch.is_some() || !locks.is_empty() || for_clause.is_some();
        let other = other || settings.is_some() || format_clause.is_some();
        need(!other, "lineage.query", "A clause at the end of the query")?;
        let outer_with = self.with.len();
        if let Some(with) = with {
            self.with(with, parent)?;
        }
        let mut rows = if let SetExpr::Select(select) = &**body {
            self.select(select, order_by.as_ref(), parent)?
        } else {
            let rows = self.set_expr(body, parent)?;
            self.order_rows(&rows, order_by.as_ref(), parent)?;
            rows
        };
        if let Some(limit) = limit_clause {
            self.limit(limit, parent)?;
        }
        for operator in pipe_operators {
            rows = self.pipe(operator, rows, parent)?;
        }
        self.with.truncate(outer_with);
        Ok(rows)
    }

    fn with(&mut self, with: &With, parent: Option<&Scope<'_>>) -> Checked<()> {
        let With { with_token: _, recursive, cte_tables } = with;
        need(!recursive, "lineage.recursive", "WITH RECURSIVE")?;
        let outer = self.with.len();
        for cte in cte_tables {
            let Cte { alias, query, from, materialized: _, closing_paren_token: _ } = cte;
            need(from.is_none(), "lineage.with", "This form of WITH")?;
            let title = fresh(&alias.name)?.to_owned();
            let mut again = self.with.iter().skip(outer);
            let twice = again.any(|(other, _)| other.eq_ignore_ascii_case(&title));
            need(!twice, "lineage.with", "A WITH that gives one name twice")?;
            let rows = self.query(query, parent)?;
            let rows = renamed(rows, alias)?;
            self.with.push((title, Rc::new(rows)));
        }
        Ok(())
    }

    /// The rows of a body. A chain of UNIONs leans to the left, so a loop walks it.
    pub(super) fn set_expr(&mut self, body: &SetExpr, parent: Option<&Scope<'_>>) -> Checked<Rows> {
        let mut arms = Vec::new();
        let mut first = body;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = first {
            arms.push((*op, *set_quantifier, &**right));
            first = left;
        }
        let mut rows = self.deeper(|tracer| tracer.single(first, parent))?;
        for (op, quantifier, right) in arms.into_iter().rev() {
            let right = self.deeper(|tracer| tracer.set_expr(right, parent))?;
            rows = self.set_operation(rows, op, quantifier, right)?;
        }
        Ok(rows)
    }

    fn single(&mut self, body: &SetExpr, parent: Option<&Scope<'_>>) -> Checked<Rows> {
        match body {
            SetExpr::Select(select) => self.select(select, None, parent),
            SetExpr::Query(query) => self.query(query, parent),
            SetExpr::SetOperation { .. } => self.set_expr(body, parent),
            SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => refused("lineage.body", "This kind of query"),
        }
    }

    /// Two sets of rows as one: by position, or by name where BY NAME says so.
    pub(super) fn set_operation(
        &mut self,
        left: Rows,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: Rows,
    ) -> Checked<Rows> {
        let (by_name, all) = match quantifier {
            SetQuantifier::All => (false, true),
            SetQuantifier::Distinct | SetQuantifier::None => (false, false),
            SetQuantifier::AllByName => (true, true),
            SetQuantifier::ByName | SetQuantifier::DistinctByName => (true, false),
        };
        let left = visible(left);
        let right = visible(right);
        if !(all && op == SetOperator::Union) {
            // Rows are compared, so that their number tells about their values.
            for column in left.iter().chain(&right) {
                self.record(Clause::Group, &column.value);
            }
        }
        let open = left.iter().chain(&right).any(|column| column.name == Name::Open);
        if open {
            let all = self.join_all(left.iter().chain(&right).map(|column| &column.value))?;
            return Ok(Rows::of(vec![Column::new(Name::Open, all)]));
        }
        if by_name {
            return self.by_name(left, right);
        }
        need(
            left.len() == right.len(),
            "lineage.set_columns",
            "A set operation of queries with different numbers of columns",
        )?;
        let mut columns = Vec::with_capacity(left.len());
        for (column, other) in left.into_iter().zip(right) {
            let value = self.join(&column.value, &other.value)?;
            columns.push(Column::new(column.name, value));
        }
        Ok(Rows::of(columns))
    }

    /// BY NAME and its kin: which columns are kept, and in which order, depends on words the parser
    /// is not shown, so every column counts as derived from all of them.
    fn by_name(&mut self, left: Vec<Column>, right: Vec<Column>) -> Checked<Rows> {
        let all = self.join_all(left.iter().chain(&right).map(|column| &column.value))?;
        let mut columns: Vec<Column> = Vec::with_capacity(left.len());
        for column in left.into_iter().chain(right) {
            let given = column.name.given();
            let known = given.is_some_and(|given| columns.iter().any(|one| one.name.is(given)));
            if !known {
                columns.push(Column::new(column.name, all.clone()));
            }
            self.spend(columns.len() / 8)?;
        }
        Ok(Rows::of(columns))
    }

    /// ORDER BY over the columns of a finished query.
    fn order_rows(
        &mut self,
        rows: &Rows,
        order_by: Option<&OrderBy>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        let Some(order_by) = order_by else { return Ok(()) };
        let bounds = [Bound { name: None, columns: rows.columns.clone(), element: None }];
        self.order_by(order_by, &rows.columns, &Scope::of(&bounds, parent))
    }

    /// ORDER BY: numbers stand for columns of the SELECT list.
    pub(super) fn order_by(
        &mut self,
        order_by: &OrderBy,
        outputs: &[Column],
        scope: &Scope<'_>,
    ) -> Checked<()> {
        let OrderBy { kind, interpolate } = order_by;
        let OrderByKind::Expressions(keys) = kind else {
            return refused("lineage.order_by", "ORDER BY ALL");
        };
        need(interpolate.is_none(), "lineage.order_by", "INTERPOLATE")?;
        self.order_keys(keys, outputs, scope).map(|_| ())
    }

    /// The keys of an ORDER BY, and what all of them derive from.
    pub(super) fn order_keys(
        &mut self,
        keys: &[OrderByExpr],
        outputs: &[Column],
        scope: &Scope<'_>,
    ) -> Checked<Value> {
        let mut all = Value::default();
        for OrderByExpr { expr, options: _, with_fill } in keys {
            need(with_fill.is_none(), "lineage.order_by", "WITH FILL")?;
            let value = self.key(expr, outputs, scope)?;
            self.record(Clause::Order, &value);
            all = self.join(&all, &value)?;
        }
        Ok(all)
    }

    fn limit(&mut self, limit: &LimitClause, parent: Option<&Scope<'_>>) -> Checked<()> {
        let scope = Scope::of(&[], parent);
        let (limit, offset): (Option<&Expr>, Option<&Expr>) = match limit {
            LimitClause::LimitOffset { limit, offset, limit_by } => {
                need(limit_by.is_empty(), "lineage.limit", "LIMIT BY")?;
                let offset = offset.as_ref().map(|Offset { value, rows: _ }| value);
                (limit.as_ref(), offset)
            }
            LimitClause::OffsetCommaLimit { offset, limit } => (Some(limit), Some(offset)),
        };
        for expr in limit.into_iter().chain(offset) {
            let value = self.eval(expr, &scope)?;
            self.record(Clause::Filter, &value);
        }
        Ok(())
    }
}

/// The columns a star shows, in order.
pub(super) fn visible(rows: Rows) -> Vec<Column> {
    rows.columns.into_iter().filter(|column| column.seen == Seen::Always).collect()
}

/// Rows with the column names of an alias, if it gives any.
pub(super) fn renamed(mut rows: Rows, alias: &sqlparser::ast::TableAlias) -> Checked<Rows> {
    let sqlparser::ast::TableAlias { explicit: _, name: title, columns, at } = alias;
    fresh(title)?;
    need(at.is_none(), "lineage.alias", "AT in an alias")?;
    if columns.is_empty() {
        return Ok(rows);
    }
    let open = rows.columns.iter().any(|column| column.name == Name::Open);
    if open || rows.element.is_some() || rows.columns.len() != columns.len() {
        let reason = "An alias must name as many columns as the query has.";
        return Err(Blocked::new("lineage.alias", reason));
    }
    for (column, given) in rows.columns.iter_mut().zip(columns) {
        need(given.data_type.is_none(), "lineage.alias", "A type in an alias")?;
        column.name = Name::Given(fresh(&given.name)?.to_owned());
    }
    Ok(rows)
}
