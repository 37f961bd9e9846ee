//! PIVOT: rows to columns.
//!
//! Decides the columns of a pivot: what is neither aggregated nor turned groups, and each listed value
//! becomes a column per aggregate.

use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, Operator, when};
use sqlparser::ast::{Expr as Ast, ExprWithAlias, PivotValueSource, TableFactor};

use super::scope::{Item, Scope, Scopes};
use super::typed::{Typed, column};
use super::{Binder, Col, plan_fault};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

impl Binder<'_> {
    #[expect(
        clippy::too_many_lines,
        reason = "one match over every form; cutting it would hide a form"
    )]
    pub(super) fn pivot(
        &self,
        factor: &TableFactor,
        outer: Option<&Scopes<'_>>,
    ) -> Result<(datafusion::logical_expr::LogicalPlan, Scope), Fault> {
        let TableFactor::Pivot {
            table,
            aggregate_functions,
            value_column,
            value_source,
            default_on_null: None,
            alias,
        } = factor
        else {
            return Err(Fault::unsupported("This form of PIVOT"));
        };
        let (plan, scope) = self.plain_factor(table, outer)?;
        let scopes = Scopes::of(&scope, outer);
        let ([turned], PivotValueSource::List(values)) = (value_column.as_slice(), value_source)
        else {
            return Err(Fault::unsupported("This form of PIVOT"));
        };
        let turned = self.expr(turned, &scopes)?;
        let used = self.used(aggregate_functions, &turned, &scopes)?;
        let groups: Vec<Col> =
            scope.star().into_iter().filter(|col| !used.contains(&col.id)).collect();
        let mut columns = groups.clone();
        let mut calls = Vec::new();
        let mut finals: Vec<Expr> = groups.iter().map(|col| column(&col.id)).collect();
        for value in values {
            let literal = self.expr(&value.expr, &scopes)?;
            let label = match (&value.alias, literal.value()) {
                (Some(alias), _) => alias.value.clone(),
                (None, Some(Value::Str(text))) => text,
                (None, Some(Value::Int(n))) => format!("_{n}"),
                _ => return Err(Fault::unsupported("A PIVOT value without a name")),
            };
            let is = self.compare(turned.clone(), Operator::Eq, literal, None)?.expr;
            for function in aggregate_functions {
                let typed = self.filtered(&function.expr, &is, &scopes)?;
                let id = self.id();
                let name = match &function.alias {
                    Some(alias) => format!("{}_{label}", alias.value),
                    None if aggregate_functions.len() == 1 => label.clone(),
                    None => {
                        return Err(Fault::query(
                            "PIVOT expression must have an alias unless there is exactly one PIVOT expression",
                        ));
                    }
                };
                columns.push(Col { name, id: id.clone(), of: typed.of, hidden: false });
                calls.push((typed.expr, id));
            }
        }
        let by: Vec<Expr> = groups.iter().map(|col| column(&col.id)).collect();
        let aggregates: Vec<Expr> = {
            let exprs: Vec<&Expr> = calls.iter().map(|(expr, _)| expr).collect();
            datafusion::logical_expr::utils::find_aggregate_exprs(exprs)
        };
        for (expr, id) in calls {
            finals.push(super::grouping::over_aggregates(expr, &aggregates)?.alias(id));
        }
        let plan = LogicalPlanBuilder::new(plan)
            .aggregate(by, aggregates)
            .and_then(|builder| builder.project(finals))
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        let alias = alias.as_ref().map(|alias| alias.name.value.clone());
        Ok((plan, Scope { merged: Vec::new(), items: vec![Item { alias, columns, value: None }] }))
    }

    /// Ids of the columns that the aggregates and the turned column use.
    fn used(
        &self,
        functions: &[ExprWithAlias],
        turned: &Typed,
        scopes: &Scopes<'_>,
    ) -> Result<Vec<String>, Fault> {
        let mut used: Vec<String> =
            turned.expr.column_refs().iter().map(|c| c.name.clone()).collect();
        for function in functions {
            let aggregating = Scopes { aggregates: true, ..*scopes };
            let typed = self.expr(&function.expr, &aggregating)?;
            used.extend(typed.expr.column_refs().iter().map(|c| c.name.clone()));
        }
        Ok(used)
    }

    /// An aggregate over the rows where the condition holds.
    fn filtered(&self, ast: &Ast, is: &Expr, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        let aggregating = Scopes { aggregates: true, ..*scopes };
        let typed = self.expr(ast, &aggregating)?;
        let is_count = matches!(ast, Ast::Function(function) if function.name.to_string().eq_ignore_ascii_case("COUNT"));
        let is_sum = matches!(ast, Ast::Function(function) if ["SUM", "AVG", "MIN", "MAX"].iter().any(|name| function.name.to_string().eq_ignore_ascii_case(name)));
        if !is_count && !is_sum {
            return Err(Fault::unsupported("PIVOT with this aggregate"));
        }
        use datafusion::common::tree_node::{Transformed, TreeNode as _};
        let changed = typed.expr.transform_up(|expr| {
            let Expr::AggregateFunction(call) = expr else { return Ok(Transformed::no(expr)) };
            let mut params = call.params;
            params.args = params
                .args
                .into_iter()
                .map(|arg| when(is.clone(), arg).end())
                .collect::<datafusion::common::Result<_>>()?;
            Ok(Transformed::yes(Expr::AggregateFunction(AggregateFunction {
                func: call.func,
                params,
            })))
        });
        let expr = changed.map_err(plan_fault)?.data;
        Ok(Typed::new(expr, typed.of))
    }
}
