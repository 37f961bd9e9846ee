//! UNNEST in FROM.
//!
//! Decides what an unnested element brings into scope: itself, its fields, its place.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use datafusion::common::{Column, JoinType, UnnestOptions};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{Expr as Ast, TableFactor};

use super::from::{Rel, Unnest};
use super::scope::{Item, Scope, Scopes};
use super::typed::{Typed, column};
use super::{Binder, Col, plan_fault};
use crate::bigquery::engine::scalar::{Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

impl Binder<'_> {
    /// UNNEST, or a path to an array of something to the left.
    pub(super) fn unnest_of(&self, factor: &TableFactor, left: &Scope) -> Option<Unnest> {
        match factor {
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, .. } => {
                let [array] = array_exprs.as_slice() else { return None };
                Some(Unnest {
                    array: array.clone(),
                    alias: alias.as_ref().map(|alias| alias.name.value.clone()),
                    offset: with_offset.then(|| {
                        with_offset_alias
                            .as_ref()
                            .map_or("offset".to_owned(), |name| name.value.clone())
                    }),
                })
            }
            TableFactor::Table { name, alias, args: None, .. } => {
                let path: Vec<_> =
                    name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                let first = path.first().filter(|_| path.len() > 1)?;
                left.item(&first.value)?;
                let own = path.last().map(|name| name.value.clone());
                Some(Unnest {
                    array: Ast::CompoundIdentifier(path),
                    alias: alias.as_ref().map(|alias| alias.name.value.clone()).or(own),
                    offset: None,
                })
            }
            _ => None,
        }
    }

    pub(super) fn unnest(
        &self,
        left: Option<Rel>,
        unnest: &Unnest,
        keep_empty: bool,
        outer: Option<&Scopes<'_>>,
    ) -> Result<Rel, Fault> {
        let (plan, mut scope) = match left {
            Some(rel) => rel,
            None => {
                (LogicalPlanBuilder::empty(true).build().map_err(plan_fault)?, Scope::default())
            }
        };
        let array = self.expr(&unnest.array, &Scopes::of(&scope, outer))?;
        let Type::Array(element) = array.of.clone() else {
            let message = format!(
                "Values referenced in UNNEST must be arrays. UNNEST contains expression of type {}",
                array.of
            );
            return Err(Fault::query(message).at(self.place(&unnest.array)));
        };
        if has_outer(&array.expr) {
            return Err(Fault::unsupported("UNNEST of an enclosing query's array"));
        }
        if is_constant(&array.expr) && !scope.items.is_empty() {
            return Self::beside((plan, scope), self.unnest(None, unnest, keep_empty, outer)?);
        }
        let pair =
            Type::Struct(vec![(String::new(), (*element).clone()), (String::new(), Type::Int64)]);
        let numbered = Scalar {
            name: format!("numbered {keep_empty}"),
            args: vec![array.of],
            result: Type::Array(Box::new(pair.clone())),
            strict: false,
            safe: false,
            imp: if keep_empty { Imp::Row(number_kept) } else { Imp::Row(number) },
        };
        let id = self.id();
        let mut exprs: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        exprs.push(numbered.call(vec![array.expr]).alias(&id));
        let options = UnnestOptions::new().with_preserve_nulls(false);
        let plan = LogicalPlanBuilder::new(plan)
            .project(exprs)
            .and_then(|builder| {
                builder.unnest_column_with_options(Column::new_unqualified(&id), options)
            })
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        let paired = Typed::new(column(&id), pair);
        let (value, place) =
            (super::path::field_at(paired.clone(), 0), super::path::field_at(paired, 1));
        let (plan, unnested) = self.unnested(plan, value, place, unnest)?;
        scope.items.push(unnested);
        Ok((plan, scope))
    }

    /// One array for all rows is made once, not once for each row.
    fn beside(left: Rel, right: Rel) -> Result<Rel, Fault> {
        let ((plan, mut scope), (right, unnested)) = (left, right);
        let plan = LogicalPlanBuilder::new(plan)
            .join_on(right, JoinType::Inner, Some(super::typed::truth(Some(true))))
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        scope.items.extend(unnested.items);
        Ok((plan, scope))
    }

    /// The columns an unnested element brings: itself, its fields, its place.
    fn unnested(
        &self,
        plan: LogicalPlan,
        value: Typed,
        place: Typed,
        unnest: &Unnest,
    ) -> Result<(LogicalPlan, Item), Fault> {
        let mut exprs: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut add = |name: &str, typed: Typed, hidden: bool| {
            let id = self.id();
            exprs.push(typed.expr.alias(&id));
            Col { name: name.to_owned(), id, of: typed.of, hidden }
        };
        let alias = unnest.alias.clone();
        let mut item = Item { alias: alias.clone(), columns: Vec::new(), value: None };
        if let Type::Struct(fields) = value.of.clone() {
            for (at, (name, _)) in fields.iter().enumerate() {
                item.columns.push(add(name, super::path::field_at(value.clone(), at), false));
            }
            item.value = Some(add(alias.as_deref().unwrap_or_default(), value, true));
        } else {
            let col = add(alias.as_deref().unwrap_or_default(), value, false);
            item.columns.push(col);
        }
        if let Some(name) = &unnest.offset {
            item.columns.push(add(name, place, false));
        }
        let plan = LogicalPlanBuilder::new(plan)
            .project(exprs)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok((plan, item))
    }
}

/// Elements with their places.
fn number(args: &[Value]) -> Result<Value, Fault> {
    let [Value::Array(items)] = args else { return Ok(Value::Array(Vec::new())) };
    let place = |at: usize| Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
    let pairs =
        items.iter().enumerate().map(|(at, item)| Value::Struct(vec![item.clone(), place(at)]));
    Ok(Value::Array(pairs.collect()))
}

/// As [`number`], with one row of NULLs for nothing, as LEFT JOIN keeps it.
fn number_kept(args: &[Value]) -> Result<Value, Fault> {
    Ok(match number(args)? {
        Value::Array(items) if items.is_empty() => {
            Value::Array(vec![Value::Struct(vec![Value::Null, Value::Null])])
        }
        other => other,
    })
}

/// Whether an expression is the same for every row.
fn is_constant(expr: &Expr) -> bool {
    use datafusion::common::tree_node::TreeNode as _;
    let varies = expr.exists(|expr| {
        Ok(matches!(
            expr,
            Expr::Column(_) | Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_)
        ))
    });
    !varies.unwrap_or(true)
}

fn has_outer(expr: &Expr) -> bool {
    use datafusion::common::tree_node::TreeNode as _;
    expr.exists(|expr| Ok(matches!(expr, Expr::OuterReferenceColumn(..)))).unwrap_or(true)
}
