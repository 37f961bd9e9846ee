//! Queries: WITH, set operations, ORDER BY and LIMIT.
//!
//! A query is only what it shows: every clause of another dialect must be absent. A CTE is walked as
//! a query of its own that sees no alias of the query around it.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Cte, Fetch, JoinConstraint, JoinOperator, LimitClause, ObjectName, Offset, OffsetRows, OrderBy,
    OrderByExpr, OrderByKind, OrderByOptions, PipeOperator, Query, Select, SetExpr, SetOperator,
    SetQuantifier, TableAlias, TableAliasColumnDef, TableFactor, With, visit_relations,
};

use super::super::cost;
use super::super::filters::{Block, Item, is_constant_true};
use super::{Blocked, Checked, Named, Shape, Walker, name, need};

impl Walker<'_> {
    /// Walks a query and says what its result is like.
    pub(super) fn query(&mut self, query: &Query) -> Checked<Shape> {
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
        no_fetch(fetch.as_ref())?;
        need(locks.is_empty() && for_clause.is_none(), "shape.for", "FOR is not allowed.")?;
        let plain = settings.is_none() && format_clause.is_none();
        need(plain, "shape.settings", "Settings are not allowed.")?;
        let outer = self.ctes.len();
        if let Some(with) = with {
            self.with(with)?;
        }
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        let limited = limit_clause.as_ref().is_some_and(limits);
        if let Some(limit) = limit_clause {
            self.limit(limit)?;
        }
        let mut shape = self.body(body, pipe_operators, limited)?;
        if let Some(rows) = limit_clause.as_ref().and_then(literal_limit) {
            shape.rows = Some(shape.rows.map_or(rows, |most| most.min(rows)));
        }
        self.ctes.truncate(outer);
        Ok(shape)
    }

    /// A query inside another one's expressions or FROM.
    pub(super) fn subquery(&mut self, query: &Query) -> Checked<Shape> {
        self.nesting = self.nesting.saturating_add(1);
        self.found.nesting = self.found.nesting.max(self.nesting);
        let aggregates = std::mem::take(&mut self.aggregates);
        let shape = self.query(query)?;
        self.aggregates = aggregates;
        self.nesting = self.nesting.saturating_sub(1);
        Ok(shape)
    }

    fn with(&mut self, with: &With) -> Checked<()> {
        let With { with_token: _, recursive, cte_tables } = with;
        if *recursive {
            for cte in cte_tables {
                let name = name(&cte.alias.name)?.to_ascii_lowercase();
                self.ctes.push(Named { name, rows: None });
            }
        }
        for cte in cte_tables {
            let Cte { alias, query, from, materialized, closing_paren_token: _ } = cte;
            let plain = from.is_none() && materialized.is_none();
            need(plain, "shape.with", "A CTE takes a name and a query.")?;
            let own = self.alias(alias)?;
            if *recursive {
                bounded_recursion(&own, query)?;
            }
            let nesting = std::mem::take(&mut self.nesting);
            let scopes = std::mem::take(&mut self.scopes);
            let aggregates = std::mem::take(&mut self.aggregates);
            let rows = self.query(query)?.rows;
            self.aggregates = aggregates;
            self.scopes = scopes;
            self.nesting = nesting;
            if !*recursive {
                self.ctes.push(Named { name: own, rows });
            }
        }
        Ok(())
    }

    /// The name of an alias, in lower case.
    pub(super) fn alias(&mut self, alias: &TableAlias) -> Checked<String> {
        let TableAlias { explicit: _, name: ident, columns, at } = alias;
        need(at.is_none(), "shape.alias", "An alias takes a name and nothing else.")?;
        for TableAliasColumnDef { name: column, data_type } in columns {
            need(data_type.is_none(), "shape.alias", "An alias takes names and no types.")?;
            name(column)?;
        }
        Ok(name(ident)?.to_ascii_lowercase())
    }

    /// The body with the pipe operators behind it; `limited` says that a LIMIT stands between.
    fn body(&mut self, body: &SetExpr, pipes: &[PipeOperator], limited: bool) -> Checked<Shape> {
        if let SetExpr::Select(select) = body {
            return self.select(select, pipes, limited);
        }
        let mut shape = self.set_expr(body)?;
        shape.limited |= limited;
        shape.piped = false;
        if pipes.is_empty() {
            return Ok(shape);
        }
        self.scopes.push(Vec::new());
        let mut block = Block::default();
        block.items.push(Item::other(None, shape.rows));
        let shape = self.pipes(pipes, shape, &mut block)?;
        self.settle(&block)?;
        self.scopes.pop();
        Ok(shape)
    }

    fn set_expr(&mut self, body: &SetExpr) -> Checked<Shape> {
        match body {
            SetExpr::Select(select) => self.select(select, &[], false),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { .. } => self.set_operation(body),
            SetExpr::Values(_) => Err(Blocked::new("shape.values", "VALUES is not allowed.")),
            SetExpr::Table(_) => Err(Blocked::new("shape.table", "TABLE is not allowed.")),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(Blocked::new("block.dml", "The query would change data."))
            }
        }
    }

    /// A chain of set operations leans to the left, so a loop walks it.
    fn set_operation(&mut self, body: &SetExpr) -> Checked<Shape> {
        let mut aggregated = true;
        let mut rows = Some(0.0);
        let mut rest = body;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = rest {
            match op {
                SetOperator::Union | SetOperator::Except | SetOperator::Intersect => {}
                SetOperator::Minus => {
                    return Err(Blocked::new("shape.set", "MINUS is not allowed; use EXCEPT."));
                }
            }
            quantified(set_quantifier);
            let branch = self.set_expr(right)?;
            aggregated &= branch.aggregated;
            rows = rows.zip(branch.rows).map(|(all, one)| all + one);
            rest = left;
        }
        let branch = self.set_expr(rest)?;
        aggregated &= branch.aggregated;
        rows = rows.zip(branch.rows).map(|(all, one)| all + one);
        Ok(Shape { aggregated, limited: false, piped: false, rows })
    }

    pub(super) fn order_by(&mut self, order_by: &OrderBy) -> Checked<()> {
        let OrderBy { kind, interpolate } = order_by;
        need(interpolate.is_none(), "shape.order_by", "INTERPOLATE is not allowed.")?;
        match kind {
            OrderByKind::All(_) => Err(Blocked::new("shape.order_by", "Name what to order by.")),
            OrderByKind::Expressions(expressions) => self.order_exprs(expressions),
        }
    }

    pub(super) fn order_exprs(&mut self, expressions: &[OrderByExpr]) -> Checked<()> {
        for OrderByExpr { expr, options, with_fill } in expressions {
            let OrderByOptions { asc: _, nulls_first: _ } = options;
            need(with_fill.is_none(), "shape.order_by", "WITH FILL is not allowed.")?;
            self.expr(expr)?;
        }
        Ok(())
    }

    fn limit(&mut self, clause: &LimitClause) -> Checked<()> {
        let LimitClause::LimitOffset { limit, offset, limit_by } = clause else {
            return Err(Blocked::new("shape.limit", "Write LIMIT count OFFSET skipped."));
        };
        need(limit_by.is_empty(), "shape.limit", "LIMIT BY is not allowed.")?;
        if let Some(Offset { value, rows }) = offset {
            need(*rows == OffsetRows::None, "shape.limit", "Write OFFSET without ROWS.")?;
            self.expr(value)?;
        }
        if let Some(limit) = limit {
            self.expr(limit)?;
        }
        Ok(())
    }
}

/// Whether the clause limits the rows.
const fn limits(clause: &LimitClause) -> bool {
    match clause {
        LimitClause::LimitOffset { limit, offset: _, limit_by: _ } => limit.is_some(),
        LimitClause::OffsetCommaLimit { .. } => true,
    }
}

/// The number of rows that a literal LIMIT leaves.
fn literal_limit(clause: &LimitClause) -> Option<f64> {
    match clause {
        LimitClause::LimitOffset { limit, offset: _, limit_by: _ } => cost::value(limit.as_ref()?),
        LimitClause::OffsetCommaLimit { .. } => None,
    }
}

fn no_fetch(fetch: Option<&Fetch>) -> Checked<()> {
    need(fetch.is_none(), "shape.fetch", "FETCH is not allowed; use LIMIT.")
}

/// All quantifiers only say how rows are matched; none changes what is read.
const fn quantified(quantifier: &SetQuantifier) {
    match quantifier {
        SetQuantifier::All
        | SetQuantifier::Distinct
        | SetQuantifier::ByName
        | SetQuantifier::AllByName
        | SetQuantifier::DistinctByName
        | SetQuantifier::None => {}
    }
}

/// A recursive CTE must have something that ends it: a filter or a join with a condition in the branch
/// that repeats, or UNION DISTINCT. It may name itself once, in that branch's own FROM: twice, each
/// round would make twice as many rows.
fn bounded_recursion(own: &str, query: &Query) -> Checked<()> {
    let named = |of: &ObjectName| of.to_string().trim_matches('`').eq_ignore_ascii_case(own);
    let mut times = 0_usize;
    let _all: ControlFlow<()> = visit_relations(&query.body, |of| {
        times = times.saturating_add(usize::from(named(of)));
        ControlFlow::Continue(())
    });
    if times == 0 {
        return Ok(());
    }
    let reason = "A recursive CTE may name itself once, in the FROM of the branch that repeats.";
    let (distinct, select) = match (times, repeating(&query.body)) {
        (1, Some(found)) => found,
        _ => return Err(Blocked::new("enforce.recursion", reason)),
    };
    let itself = |factor: &TableFactor| match factor {
        TableFactor::Table { name: of, .. } => named(of),
        TableFactor::Derived { .. }
        | TableFactor::TableFunction { .. }
        | TableFactor::Function { .. }
        | TableFactor::UNNEST { .. }
        | TableFactor::JsonTable { .. }
        | TableFactor::OpenJsonTable { .. }
        | TableFactor::NestedJoin { .. }
        | TableFactor::Pivot { .. }
        | TableFactor::Unpivot { .. }
        | TableFactor::MatchRecognize { .. }
        | TableFactor::XmlTable { .. }
        | TableFactor::SemanticView { .. } => false,
    };
    let joins = || select.from.iter().flat_map(|item| &item.joins);
    let repeats = select.from.iter().any(|item| itself(&item.relation))
        || joins().any(|join| itself(&join.relation));
    need(repeats, "enforce.recursion", reason)?;
    let filtered = select.selection.as_ref().is_some_and(|filter| !is_constant_true(filter));
    let joined = joins().any(|join| matching(&join.join_operator));
    let reason = "A recursive CTE needs a filter or a join that ends it.";
    need(filtered || joined || distinct, "enforce.recursion", reason)
}

/// The SELECT behind the last set operation, and whether that keeps each row once.
fn repeating(body: &SetExpr) -> Option<(bool, &Select)> {
    let SetExpr::SetOperation { left: _, op: _, set_quantifier, right } = body else {
        return None;
    };
    let mut last = right;
    while let SetExpr::Query(inner) = &**last {
        last = &inner.body;
    }
    let SetExpr::Select(select) = &**last else { return None };
    let distinct =
        matches!(set_quantifier, SetQuantifier::Distinct | SetQuantifier::DistinctByName);
    Some((distinct, select))
}

/// Whether a join drops rows that match nothing.
const fn matching(operator: &JoinOperator) -> bool {
    matches!(
        operator,
        JoinOperator::Join(JoinConstraint::On(_) | JoinConstraint::Using(_))
            | JoinOperator::Inner(JoinConstraint::On(_) | JoinConstraint::Using(_))
    )
}
