//! FROM: tables, joins, derived tables and UNNEST.
//!
//! Decides what each item brings into scope. A comma is a cross join, and an UNNEST beside it may
//! name what stands to its left.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{
    Expr as Ast, Join, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor,
    TableWithJoins,
};

use super::scope::{Item, Scope, Scopes};
use super::typed::truth;
use super::{Binder, Bound, Col, plan_fault};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;

/// A plan and what it brings into scope.
pub(super) type Rel = (LogicalPlan, Scope);

impl Binder<'_> {
    pub(super) fn from(
        &self,
        from: &[TableWithJoins],
        outer: Option<&Scopes<'_>>,
    ) -> Result<Rel, Fault> {
        let mut whole: Option<Rel> = None;
        for item in from {
            whole = Some(match whole {
                None => self.joined(None, item, outer)?,
                Some(left) => self.joined(Some(left), item, outer)?,
            });
        }
        match whole {
            Some((plan, scope)) => {
                unique_aliases(&scope)?;
                Ok((plan, scope))
            }
            None => {
                let plan = LogicalPlanBuilder::empty(true).build().map_err(plan_fault)?;
                Ok((plan, Scope::default()))
            }
        }
    }

    fn joined(
        &self,
        left: Option<Rel>,
        item: &TableWithJoins,
        outer: Option<&Scopes<'_>>,
    ) -> Result<Rel, Fault> {
        let joins_alone = left.is_some() && !item.joins.is_empty();
        let mut rel = match left {
            None => self.factor(&item.relation, None, outer)?,
            Some(left) if !joins_alone => {
                self.add(left, &item.relation, JoinType::Inner, &JoinConstraint::None, outer)?
            }
            Some(left) => {
                // `a, b JOIN c`: the comma binds last.
                let right = self.joined(None, item, outer)?;
                return cross(left, right);
            }
        };
        for join in &item.joins {
            rel = self.join(rel, join, outer)?;
        }
        Ok(rel)
    }

    fn join(&self, left: Rel, join: &Join, outer: Option<&Scopes<'_>>) -> Result<Rel, Fault> {
        let (kind, constraint) = match &join.join_operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) => (JoinType::Inner, on),
            JoinOperator::CrossJoin(on) => (JoinType::Inner, on),
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (JoinType::Left, on),
            JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (JoinType::Right, on),
            JoinOperator::FullOuter(on) => (JoinType::Full, on),
            _ => return Err(Fault::query("Syntax error: Unexpected kind of join")),
        };
        let crossed = matches!(join.join_operator, JoinOperator::CrossJoin(_));
        if !crossed && matches!(constraint, JoinConstraint::None) && !is_unnest(&join.relation) {
            return Err(Fault::query(
                "Syntax error: JOIN must have an immediately following ON or USING clause",
            ));
        }
        self.add(left, &join.relation, kind, constraint, outer)
    }

    fn add(
        &self,
        left: Rel,
        right: &TableFactor,
        kind: JoinType,
        constraint: &JoinConstraint,
        outer: Option<&Scopes<'_>>,
    ) -> Result<Rel, Fault> {
        if let Some(unnest) = self.unnest_of(right, &left.1) {
            let trivial = match constraint {
                JoinConstraint::None => true,
                JoinConstraint::On(Ast::Value(value)) => {
                    matches!(value.value, sqlparser::ast::Value::Boolean(true))
                }
                _ => false,
            };
            if !trivial || !matches!(kind, JoinType::Inner | JoinType::Left) {
                return Err(Fault::unsupported("This join with UNNEST"));
            }
            return self.unnest(Some(left), &unnest, kind == JoinType::Left, outer);
        }
        let right = self.factor(right, Some(&left.1), outer)?;
        match constraint {
            JoinConstraint::None => cross(left, right),
            JoinConstraint::On(condition) => self.on(left, right, kind, condition, outer),
            JoinConstraint::Using(names) => self.using(left, right, kind, names),
            JoinConstraint::Natural => Err(Fault::query("Natural join not supported")),
        }
    }

    fn on(
        &self,
        left: Rel,
        right: Rel,
        kind: JoinType,
        condition: &Ast,
        outer: Option<&Scopes<'_>>,
    ) -> Result<Rel, Fault> {
        let scope = both(left.1, right.1);
        let typed = self.expr(condition, &Scopes::of(&scope, outer))?;
        if !typed.fits(&Type::Bool) {
            let message =
                format!("JOIN ON clause should return type BOOL, but returns {}", typed.of);
            return Err(Fault::query(message).at(self.place(condition)));
        }
        let condition = typed.to(&Type::Bool)?;
        let plan = LogicalPlanBuilder::new(left.0)
            .join_on(right.0, kind, Some(condition))
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok((plan, scope))
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one match over every form; cutting it would hide a form"
    )]
    fn using(
        &self,
        left: Rel,
        right: Rel,
        kind: JoinType,
        names: &[ObjectName],
    ) -> Result<Rel, Fault> {
        let mut conditions: Option<Expr> = None;
        let mut pairs = Vec::new();
        for name in names {
            let name = name.to_string().replace('`', "");
            let find = |scope: &Scope, side: &str| {
                let same = |col: &&Col| col.name.eq_ignore_ascii_case(&name);
                scope
                    .merged
                    .iter()
                    .chain(scope.items.iter().flat_map(|item| &item.columns))
                    .find(same)
                    .cloned()
                    .ok_or_else(|| {
                        Fault::query(format!(
                            "Column {name} in USING clause not found on {side} side of join"
                        ))
                    })
            };
            let (a, b) = (find(&left.1, "left")?, find(&right.1, "right")?);
            let equal = self.compare(
                super::scope::reference(&a, 0),
                datafusion::logical_expr::Operator::Eq,
                super::scope::reference(&b, 0),
                None,
            )?;
            conditions = Some(conditions.map_or(equal.expr.clone(), |all| all.and(equal.expr)));
            pairs.push((a, b));
        }
        let mut scope = both(left.1, right.1);
        let plan = LogicalPlanBuilder::new(left.0)
            .join_on(right.0, kind, conditions)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        // The merged column is the left one, the right one, or whichever is there.
        let mut exprs: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut merged = Vec::new();
        for (a, b) in pairs {
            let id = self.id();
            let (x, y) = (super::scope::reference(&a, 0), super::scope::reference(&b, 0));
            let of = a.of.common(&b.of).unwrap_or_else(|| a.of.clone());
            let (x, y) = (x.to(&of)?, y.to(&of)?);
            let expr = match kind {
                JoinType::Right => y,
                JoinType::Full => {
                    let case =
                        datafusion::logical_expr::when(x.clone().is_not_null(), x).otherwise(y);
                    case.map_err(plan_fault)?
                }
                _ => x,
            };
            exprs.push(expr.alias(&id));
            merged.push(Col { name: a.name, id, of, hidden: false });
        }
        scope
            .merged
            .retain(|old| !merged.iter().any(|new: &Col| new.name.eq_ignore_ascii_case(&old.name)));
        merged.extend(std::mem::take(&mut scope.merged));
        scope.merged = merged;
        let plan = LogicalPlanBuilder::new(plan)
            .project(exprs)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok((plan, scope))
    }

    fn factor(
        &self,
        factor: &TableFactor,
        left: Option<&Scope>,
        outer: Option<&Scopes<'_>>,
    ) -> Result<Rel, Fault> {
        if let Some(unnest) = self.unnest_of(factor, left.unwrap_or(&Scope::default())) {
            return self.unnest(None, &unnest, false, outer);
        }
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                version: None,
                sample,
                with_ordinality: false,
                json_path: None,
                ..
            } => {
                let sample = self.sample(sample.as_ref())?;
                let bound = self.table(name, sample)?;
                let own = last_part(name);
                Ok(item(bound, alias.as_ref(), Some(own))?)
            }
            TableFactor::Table { name, args, .. } => Err(if args.is_some() {
                Fault::unsupported(format!("The table function {name}"))
            } else {
                Fault::unsupported("FOR SYSTEM_TIME AS OF")
            }),
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                item(self.query(subquery, outer)?, alias.as_ref(), None)
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.joined(None, table_with_joins, outer)
            }
            TableFactor::Pivot { .. } => self.pivot(factor, outer),
            _ => Err(Fault::unsupported("This FROM item")),
        }
    }

    /// An inner factor for PIVOT.
    pub(super) fn plain_factor(
        &self,
        factor: &TableFactor,
        outer: Option<&Scopes<'_>>,
    ) -> Result<Rel, Fault> {
        self.factor(factor, None, outer)
    }
}

/// An UNNEST in plain terms.
pub(super) struct Unnest {
    pub(super) array: Ast,
    pub(super) alias: Option<String>,
    pub(super) offset: Option<String>,
}

fn is_unnest(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::UNNEST { .. })
}

fn cross(left: Rel, right: Rel) -> Result<Rel, Fault> {
    let plan = LogicalPlanBuilder::new(left.0)
        .join_on(right.0, JoinType::Inner, Some(truth(Some(true))))
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_fault)?;
    Ok((plan, both(left.1, right.1)))
}

fn both(mut left: Scope, right: Scope) -> Scope {
    left.merged.extend(right.merged);
    left.items.extend(right.items);
    left
}

/// A relation as one FROM item.
fn item(bound: Bound, alias: Option<&TableAlias>, own: Option<String>) -> Result<Rel, Fault> {
    if alias.is_some_and(|alias| !alias.columns.is_empty()) {
        return Err(Fault::query("Syntax error: Column aliases are not allowed here"));
    }
    let alias = alias.map(|alias| alias.name.value.clone()).or(own);
    // A value table (one column without a name that is a STRUCT) offers its fields.
    let item = Item { alias, columns: bound.columns, value: None };
    Ok((bound.plan, Scope { merged: Vec::new(), items: vec![item] }))
}

fn unique_aliases(scope: &Scope) -> Result<(), Fault> {
    let mut seen: Vec<String> = Vec::new();
    for alias in scope.items.iter().filter_map(|item| item.alias.as_ref()) {
        let lower = alias.to_ascii_lowercase();
        if seen.contains(&lower) {
            return Err(Fault::query(format!(
                "Duplicate table alias {alias} in the same FROM clause"
            )));
        }
        seen.push(lower);
    }
    Ok(())
}

/// The last part of a table's name: its alias when it has none.
pub(super) fn last_part(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.clone());
    let last = last.unwrap_or_default();
    last.rsplit('.').next().unwrap_or_default().to_owned()
}

/// Keeps a shared relation.
pub(super) fn shared(bound: &Arc<Bound>) -> Bound {
    bound.as_ref().clone()
}
