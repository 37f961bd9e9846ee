//! GROUP BY: keys, grouping sets, and what may stand beside an aggregate.
//!
//! Decides that every expression after grouping is made of keys and aggregates; anything else is
//! refused.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::collections::BTreeSet;

use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::logical_expr::utils::find_aggregate_exprs;
use datafusion::logical_expr::{Expr, GroupingSet, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{Expr as Ast, GroupByExpr};

use super::query::ordinal;
use super::scope::Scopes;
use super::select::{Output, Work};
use super::typed::{Typed, column};
use super::{Binder, plan_fault};
use crate::bigquery::fault::Fault;

impl Binder<'_> {
    /// One grouping expression: an output's number or alias, or an expression over the rows.
    fn group_key(
        &self,
        ast: &Ast,
        outputs: &[Output],
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let typed = match ordinal(ast) {
            Some(at) => outputs.get(at.saturating_sub(1)).map(|output| output.typed.clone()).ok_or_else(|| {
                Fault::query(format!("GROUP BY column number item is out of range. Allowed values are between 1 and {}", outputs.len()))
            })?,
            // A name alone means the select list's alias before a column.
            None if matches!(ast, Ast::Identifier(_)) => {
                self.expr(ast, &Scopes { aliases_first: true, ..*scopes })?
            }
            None => self.expr(ast, scopes)?,
        };
        if !find_aggregate_exprs([&typed.expr]).is_empty() {
            return Err(
                Fault::query("Aggregate function not allowed in GROUP BY").at(self.place(ast))
            );
        }
        if typed.of.may_be_groupable() {
            Err(Fault::unsupported(format!("GROUP BY of {}", typed.of)))
        } else if typed.of.is_groupable() {
            Ok(typed)
        } else {
            let message = format!("Grouping by expressions of type {} is not allowed", typed.of);
            Err(Fault::query(message).at(self.place(ast)))
        }
    }

    pub(super) fn groups(
        &self,
        by: &GroupByExpr,
        outputs: &[Output],
        scopes: &Scopes<'_>,
    ) -> Result<Option<Vec<Vec<Typed>>>, Fault> {
        let (exprs, modifiers) = match by {
            GroupByExpr::Expressions(exprs, modifiers) => (exprs, modifiers),
            GroupByExpr::All(modifiers) if modifiers.is_empty() => return all_groups(outputs),
            GroupByExpr::All(_) => return Err(Fault::unsupported("This form of GROUP BY")),
        };
        if !modifiers.is_empty() {
            return Err(Fault::unsupported("This form of GROUP BY"));
        }
        if exprs.is_empty() {
            return Ok(None);
        }
        let bind = |ast: &Ast| self.group_key(ast, outputs, scopes);
        let list = |asts: &[Ast]| asts.iter().map(bind).collect::<Result<Vec<_>, _>>();
        let sets = match exprs.as_slice() {
            [Ast::Rollup(lists)] => {
                let lists = lists.iter().map(|asts| list(asts)).collect::<Result<Vec<_>, _>>()?;
                (0..=lists.len())
                    .rev()
                    .map(|most| lists.iter().take(most).flatten().cloned().collect())
                    .collect()
            }
            [Ast::Cube(lists)] => {
                let lists = lists.iter().map(|asts| list(asts)).collect::<Result<Vec<_>, _>>()?;
                cube(&lists)?
            }
            [Ast::GroupingSets(lists)] => {
                lists.iter().map(|asts| list(asts)).collect::<Result<Vec<_>, _>>()?
            }
            plain => {
                if plain
                    .iter()
                    .any(|ast| matches!(ast, Ast::Rollup(_) | Ast::Cube(_) | Ast::GroupingSets(_)))
                {
                    return Err(Fault::unsupported(
                        "GROUP BY that mixes plain expressions and grouping sets",
                    ));
                }
                vec![list(plain)?]
            }
        };
        Ok(Some(sets))
    }

    /// Grouping: keys become columns, aggregates become columns, everything else must be made of both.
    #[expect(clippy::needless_pass_by_value, reason = "it is used up here")]
    pub(super) fn group(
        &self,
        plan: LogicalPlan,
        sets: Vec<Vec<Typed>>,
        aggregates: Vec<Expr>,
        work: &mut Work,
    ) -> Result<LogicalPlan, Fault> {
        let mut keys: Vec<(Expr, String)> = Vec::new();
        for typed in sets.iter().flatten() {
            if !keys.iter().any(|(expr, _)| *expr == typed.expr) {
                let id = match &typed.expr {
                    Expr::Column(column) => column.name.clone(),
                    _ => self.id(),
                };
                keys.push((typed.expr.clone(), id));
            }
        }
        // Keys that are computed become columns first, so that every key is a plain column.
        let computed = keys.iter().filter(|(expr, _)| !matches!(expr, Expr::Column(_)));
        let computed: Vec<Expr> = computed.map(|(expr, id)| expr.clone().alias(id)).collect();
        let mut builder = LogicalPlanBuilder::new(plan.clone());
        if !computed.is_empty() {
            let all = plan.schema().columns().into_iter().map(Expr::Column).chain(computed);
            builder = builder.project(all).map_err(plan_fault)?;
        }
        let key_of = |typed: &Typed| {
            let found = keys.iter().find(|(expr, _)| *expr == typed.expr);
            column(found.map_or("", |(_, id)| id.as_str()))
        };
        let plain: Vec<Expr> = keys.iter().map(|(_, id)| column(id)).collect();
        let by = if sets.len() == 1 {
            plain
        } else {
            let sets = sets.iter().map(|set| set.iter().map(key_of).collect()).collect();
            vec![Expr::GroupingSet(GroupingSet::GroupingSets(sets))]
        };
        let names: Vec<(Expr, String)> =
            aggregates.into_iter().map(|expr| (expr, self.id())).collect();
        let plan = aggregated(builder, by, &keys, &names)?;
        let known: BTreeSet<String> = keys
            .iter()
            .map(|(_, id)| id.clone())
            .chain(names.iter().map(|(_, id)| id.clone()))
            .collect();
        work.rewrite(&|expr| {
            let expr = replace(expr, &|expr| {
                let key = keys.iter().chain(&names).find(|(known, _)| known == expr);
                key.map(|(_, id)| column(id))
            })?;
            only(&expr, &known)?;
            Ok(expr)
        })?;
        Ok(plan)
    }
}

/// The aggregation, with short names for its columns.
fn aggregated(
    builder: LogicalPlanBuilder,
    by: Vec<Expr>,
    keys: &[(Expr, String)],
    names: &[(Expr, String)],
) -> Result<LogicalPlan, Fault> {
    let plain: Vec<Expr> =
        names.iter().map(|(expr, _)| grouping_of_keys(expr, keys)).collect::<Result<_, _>>()?;
    // Aggregates get their names in a projection: some rules of the engine miss aliased ones.
    let mut named: Vec<Expr> = keys.iter().map(|(_, id)| column(id)).collect();
    for (expr, (_, id)) in plain.iter().zip(names) {
        let known = datafusion::common::Column::from_name(expr.schema_name().to_string());
        named.push(Expr::Column(known).alias(id));
    }
    builder
        .aggregate(by, plain)
        .and_then(|builder| builder.project(named))
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_fault)
}

/// GROUPING of a key that was computed names the key's column.
fn grouping_of_keys(expr: &Expr, keys: &[(Expr, String)]) -> Result<Expr, Fault> {
    replace(expr.clone(), &|expr| match expr {
        Expr::AggregateFunction(call) if call.func.name() == "grouping" => {
            let mut call = call.clone();
            for arg in &mut call.params.args {
                if let Some((_, id)) = keys.iter().find(|(known, _)| known == arg) {
                    *arg = column(id);
                }
            }
            Some(Expr::AggregateFunction(call))
        }
        _ => None,
    })
}

/// All subsets of the lists, largest first.
fn cube(lists: &[Vec<Typed>]) -> Result<Vec<Vec<Typed>>, Fault> {
    if lists.len() > 10 {
        return Err(Fault::query("CUBE has too many columns"));
    }
    let count = 1_usize << lists.len();
    Ok((0..count)
        .rev()
        .map(|mask| {
            let chosen = lists.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
            chosen.flat_map(|(_, list)| list.clone()).collect()
        })
        .collect())
}

/// The expression with every subtree that `by` knows replaced.
pub(super) fn replace(expr: Expr, by: &dyn Fn(&Expr) -> Option<Expr>) -> Result<Expr, Fault> {
    let done = expr.transform_down(|expr| {
        Ok(match by(&expr) {
            Some(new) => Transformed::new(new, true, TreeNodeRecursion::Jump),
            None => Transformed::no(expr),
        })
    });
    done.map(|done| done.data).map_err(plan_fault)
}

/// The expression over an aggregation's output, where each aggregate is a column.
pub(super) fn over_aggregates(expr: Expr, aggregates: &[Expr]) -> Result<Expr, Fault> {
    replace(expr, &|expr| {
        aggregates.contains(expr).then(|| {
            Expr::Column(datafusion::common::Column::from_name(expr.schema_name().to_string()))
        })
    })
}

/// Refuses a column that is neither grouped nor aggregated.
fn only(expr: &Expr, known: &BTreeSet<String>) -> Result<(), Fault> {
    let mut stranger = false;
    let walked = expr.apply(|expr| {
        let outside = |plan: &LogicalPlan| {
            plan.all_out_ref_exprs().iter().any(|outer| {
                matches!(outer, Expr::OuterReferenceColumn(_, column) if !known.contains(&column.name))
            })
        };
        stranger |= match expr {
            Expr::Column(column) => !known.contains(&column.name),
            Expr::ScalarSubquery(subquery) => outside(&subquery.subquery),
            Expr::Exists(exists) => outside(&exists.subquery.subquery),
            Expr::InSubquery(subquery) => outside(&subquery.subquery.subquery),
            _ => false,
        };
        Ok(TreeNodeRecursion::Continue)
    });
    walked.map_err(plan_fault)?;
    if stranger {
        return Err(Fault::query(
            "SELECT list expression references a column which is neither grouped nor aggregated",
        ));
    }
    Ok(())
}

/// GROUP BY ALL: the items of the select list that hold no aggregate.
fn all_groups(outputs: &[Output]) -> Result<Option<Vec<Vec<Typed>>>, Fault> {
    let mut keys = Vec::new();
    for output in outputs {
        let expr = &output.typed.expr;
        let computed = expr.exists(|expr| {
            Ok(matches!(expr, Expr::AggregateFunction(_) | Expr::WindowFunction(_)))
        });
        let computed = computed.unwrap_or(true);
        let bare = free_column(expr);
        if computed && bare {
            return Err(Fault::unsupported("GROUP BY ALL beside an item that mixes both"));
        }
        if !computed && bare {
            if !output.typed.of.is_groupable() {
                return Err(Fault::unsupported(format!("GROUP BY of {}", output.typed.of)));
            }
            keys.push(output.typed.clone());
        }
    }
    if keys.is_empty() {
        return Err(Fault::unsupported("GROUP BY ALL of nothing"));
    }
    Ok(Some(vec![keys]))
}

/// Whether an expression names a column outside of its aggregates.
fn free_column(expr: &Expr) -> bool {
    let mut found = false;
    let walked = expr.apply(|expr| {
        if matches!(expr, Expr::AggregateFunction(_)) {
            return Ok(TreeNodeRecursion::Jump);
        }
        found |= matches!(expr, Expr::Column(_) | Expr::OuterReferenceColumn(..));
        Ok(TreeNodeRecursion::Continue)
    });
    walked.is_err() || found
}
