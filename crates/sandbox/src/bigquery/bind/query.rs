//! Queries: WITH, set operations, and what follows them.
//!
//! Decides the types of a set operation's columns by position and the order of clauses.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use sqlparser::ast::{
    Expr as Ast, LimitClause, OrderBy, OrderByKind, Query, SetExpr, SetOperator, SetQuantifier,
    With,
};

use super::scope::{Item, Scope, Scopes};
use super::typed::{Typed, column};
use super::{Binder, Bound, Col, ops, order, plan_fault};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

impl Binder<'_> {
    /// Binds a query; its CTEs are known inside it only.
    pub(super) fn query(&self, query: &Query, outer: Option<&Scopes<'_>>) -> Result<Bound, Fault> {
        if query.fetch.is_some()
            || !query.locks.is_empty()
            || query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
        {
            return Err(Fault::query("Syntax error: Unexpected clause after the query"));
        }
        if !query.pipe_operators.is_empty() {
            return Err(Fault::unsupported("Pipe syntax"));
        }
        let known = self.ctes.borrow().len();
        if let Some(with) = &query.with {
            self.with(with)?;
        }
        let bound = self.body(query, outer);
        self.ctes.borrow_mut().truncate(known);
        bound
    }

    fn with(&self, with: &With) -> Result<(), Fault> {
        for cte in &with.cte_tables {
            if !cte.alias.columns.is_empty() || cte.materialized.is_some() || cte.from.is_some() {
                return Err(Fault::unsupported("This form of WITH"));
            }
            let name = cte.alias.name.value.clone();
            let bound = if with.recursive && names_itself(&cte.query, &name) {
                self.recursive(&cte.query, &name)?
            } else {
                self.query(&cte.query, None)?
            };
            self.ctes.borrow_mut().push((name, Arc::new(bound)));
        }
        Ok(())
    }

    /// `base UNION ALL step`, where the step reads the name.
    fn recursive(&self, query: &Query, name: &str) -> Result<Bound, Fault> {
        let SetExpr::SetOperation {
            left,
            op: SetOperator::Union,
            set_quantifier: SetQuantifier::All,
            right,
        } = query.body.as_ref()
        else {
            return Err(Fault::unsupported("This form of WITH RECURSIVE"));
        };
        let base = self.set(left, None, &[])?;
        let table = self.id();
        let fields: Vec<_> = base
            .columns
            .iter()
            .map(|c| datafusion::arrow::datatypes::Field::new(&c.id, c.of.arrow(), true))
            .collect();
        let schema = datafusion::arrow::datatypes::Schema::new(fields);
        let source = datafusion::logical_expr::logical_plan::builder::table_source(&schema);
        let work =
            datafusion::datasource::cte_worktable::CteWorkTable::new(&table, Arc::new(schema));
        drop(source);
        let source = datafusion::datasource::provider_as_source(Arc::new(work));
        let scan = LogicalPlanBuilder::scan(table.clone(), source, None).map_err(plan_fault)?;
        let renamed: Vec<Col> =
            base.columns.iter().map(|c| Col { id: self.id(), ..c.clone() }).collect();
        let exprs = base.columns.iter().zip(&renamed).map(|(old, new)| {
            Expr::Column(datafusion::common::Column::new(Some(table.clone()), &old.id))
                .alias(&new.id)
        });
        let plan = scan.project(exprs).and_then(LogicalPlanBuilder::build).map_err(plan_fault)?;
        self.ctes.borrow_mut().push((name.to_owned(), Arc::new(Bound { plan, columns: renamed })));
        let step = self.set(right, None, &[]);
        self.ctes.borrow_mut().pop();
        let step = self.shaped(step?, &base.columns)?;
        let plan = LogicalPlanBuilder::new(base.plan)
            .to_recursive_query(table, step.plan, false)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok(Bound { plan, columns: base.columns })
    }

    fn body(&self, query: &Query, outer: Option<&Scopes<'_>>) -> Result<Bound, Fault> {
        let keys = order_keys(query.order_by.as_ref())?;
        let is_select = matches!(query.body.as_ref(), SetExpr::Select(_));
        let inner = if is_select { keys } else { &[] };
        let mut bound = self.set(&query.body, outer, inner)?;
        if !is_select && !keys.is_empty() {
            bound = self.sort_output(bound, keys, outer)?;
        }
        if let Some(limit) = &query.limit_clause {
            bound.plan = self.limit(bound.plan, limit)?;
        }
        Ok(bound)
    }

    /// Columns are cut to the visible ones only after ORDER BY and LIMIT.
    fn set(
        &self,
        set: &SetExpr,
        outer: Option<&Scopes<'_>>,
        keys: &[sqlparser::ast::OrderByExpr],
    ) -> Result<Bound, Fault> {
        match set {
            SetExpr::Select(select) => self.select(select, outer, keys),
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let left = self.set(left, outer, &[])?;
                let right = self.set(right, outer, &[])?;
                self.operation(left, *op, *set_quantifier, right)
            }
            SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => Err(Fault::query("Syntax error: Unexpected query form")),
        }
    }

    fn operation(
        &self,
        left: Bound,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: Bound,
    ) -> Result<Bound, Fault> {
        if left.columns.len() != right.columns.len() {
            return Err(Fault::query(format!(
                "Queries in {op} have mismatched column count; query 1 has {} columns, query 2 has {} columns",
                left.columns.len(),
                right.columns.len()
            )));
        }
        let mut wanted = Vec::new();
        for (at, (a, b)) in left.columns.iter().zip(&right.columns).enumerate() {
            let (x, y) = (self.output(&left, a), self.output(&right, b));
            let Some(of) = ops::common_type(&[&x, &y]) else {
                return Err(Fault::query(format!(
                    "Column {} in {op} has incompatible types: {}, {}",
                    at.saturating_add(1),
                    a.of,
                    b.of
                )));
            };
            wanted.push(Col { name: a.name.clone(), id: self.id(), of, hidden: false });
        }
        let (left, right) = (self.shaped(left, &wanted)?, self.shaped(right, &wanted)?);
        let builder = LogicalPlanBuilder::new(left.plan);
        let plan = match (op, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => builder.union(right.plan),
            (SetOperator::Union, SetQuantifier::Distinct) => {
                builder.union(right.plan).and_then(LogicalPlanBuilder::distinct)
            }
            (SetOperator::Intersect, SetQuantifier::Distinct) => builder
                .build()
                .and_then(|left| LogicalPlanBuilder::intersect(left, right.plan, false))
                .map(LogicalPlanBuilder::new),
            (SetOperator::Except, SetQuantifier::Distinct) => builder
                .build()
                .and_then(|left| LogicalPlanBuilder::except(left, right.plan, false))
                .map(LogicalPlanBuilder::new),
            _ => {
                return Err(Fault::query(format!(
                    "Syntax error: Expected keyword ALL or keyword DISTINCT after {op}"
                )));
            }
        };
        let plan = plan.and_then(LogicalPlanBuilder::build).map_err(plan_fault)?;
        Ok(Bound { plan, columns: wanted })
    }

    /// An output column as an expression: a literal keeps coercing as one.
    fn output(&self, bound: &Bound, col: &Col) -> Typed {
        let mut typed = Typed::new(column(&col.id), col.of.clone());
        if let datafusion::logical_expr::LogicalPlan::Projection(projection) = &bound.plan {
            let found = projection.expr.iter().find_map(|expr| match expr {
                Expr::Alias(alias) if alias.name == col.id => Some(alias.expr.as_ref()),
                _ => None,
            });
            if let Some(Expr::Literal(value, _)) = found {
                typed.weight = if value.is_null() && col.of == crate::bigquery::types::Type::Int64 {
                    super::typed::Weight::Nothing
                } else {
                    super::typed::Weight::Literal
                };
            }
        }
        typed
    }

    /// A relation with these types and unique names, by position.
    fn shaped(&self, bound: Bound, wanted: &[Col]) -> Result<Bound, Fault> {
        let mut exprs = Vec::new();
        for (have, want) in bound.columns.iter().zip(wanted) {
            let mut typed = self.output(&bound, have);
            let expr = if typed.of == want.of {
                typed.expr
            } else if typed.weight == super::typed::Weight::Nothing {
                typed.to(&want.of)?
            } else if typed.of.coerces_to(&want.of) {
                typed.weight = super::typed::Weight::Plain;
                typed.to(&want.of)?
            } else {
                super::typed::cast(typed.expr, typed.of, want.of.clone(), false)
            };
            exprs.push(expr.alias(&want.id));
        }
        let plan = LogicalPlanBuilder::new(bound.plan)
            .project(exprs)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok(Bound { plan, columns: wanted.to_vec() })
    }

    /// ORDER BY after a set operation sees the output columns only.
    fn sort_output(
        &self,
        bound: Bound,
        keys: &[sqlparser::ast::OrderByExpr],
        outer: Option<&Scopes<'_>>,
    ) -> Result<Bound, Fault> {
        let item = Item { alias: None, columns: bound.columns.clone(), value: None };
        let scope = Scope { merged: Vec::new(), items: vec![item] };
        let scopes = Scopes::of(&scope, outer);
        let mut sorts = Vec::new();
        for key in keys {
            let typed = match ordinal(&key.expr) {
                Some(at) => {
                    let found = bound.columns.get(at.saturating_sub(1)).ok_or_else(|| {
                        Fault::query(format!("ORDER BY column number item is out of range. Allowed values are between 1 and {}", bound.columns.len()))
                    })?;
                    Typed::new(column(&found.id), found.of.clone())
                }
                None => self.expr(&key.expr, &scopes)?,
            };
            sorts.push(order::sort(typed, key)?);
        }
        let plan = LogicalPlanBuilder::new(bound.plan)
            .sort(sorts)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok(Bound { plan, columns: bound.columns })
    }

    fn limit(
        &self,
        plan: datafusion::logical_expr::LogicalPlan,
        clause: &LimitClause,
    ) -> Result<datafusion::logical_expr::LogicalPlan, Fault> {
        let LimitClause::LimitOffset { limit, offset, limit_by } = clause else {
            return Err(Fault::query("Syntax error: Expected end of input but got \",\""));
        };
        if !limit_by.is_empty() {
            return Err(Fault::query("Syntax error: Unexpected keyword BY"));
        }
        let scope = Scope::default();
        let number = |ast: &Ast| match self.expr(ast, &Scopes::of(&scope, None))?.value() {
            Some(Value::Int(n)) if n >= 0 => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
            _ => Err(Fault::query("LIMIT expects a non-negative integer literal or parameter")),
        };
        let most = limit.as_ref().map(&number).transpose()?;
        let skip = offset.as_ref().map(|offset| number(&offset.value)).transpose()?.unwrap_or(0);
        LogicalPlanBuilder::new(plan)
            .limit(skip, most)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)
    }
}

/// A place in the select list, as in `ORDER BY 2`.
pub(super) fn ordinal(ast: &Ast) -> Option<usize> {
    match ast {
        Ast::Value(value) => match &value.value {
            sqlparser::ast::Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn order_keys(order: Option<&OrderBy>) -> Result<&[sqlparser::ast::OrderByExpr], Fault> {
    match order {
        None => Ok(&[]),
        Some(OrderBy { kind: OrderByKind::Expressions(keys), interpolate: None }) => Ok(keys),
        Some(_) => Err(Fault::unsupported("ORDER BY ALL")),
    }
}

/// Whether a query's FROM names this table.
fn names_itself(query: &Query, name: &str) -> bool {
    use sqlparser::ast::visit_relations;
    let found = visit_relations(query, |relation| {
        if relation.to_string().eq_ignore_ascii_case(name) {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    });
    found.is_break()
}
