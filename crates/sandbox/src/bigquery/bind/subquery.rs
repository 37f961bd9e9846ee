//! Subqueries in expressions.
//!
//! Decides their types; the engine turns correlated ones into joins. One that it cannot turn is
//! refused by name when the plan is made.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{Exists, InSubquery, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, Subquery, WindowFrame, WindowFunctionDefinition, cast,
    lit,
};
use sqlparser::ast::{Expr as Ast, Query};

use super::scope::Scopes;
use super::typed::{Typed, column};
use super::{Binder, Bound, ops, plan_fault};
use crate::bigquery::engine::collect::{Collect, SortKey};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::aggregate as finish;
use crate::bigquery::types::Type;

impl Binder<'_> {
    fn inner(&self, query: &Query, scopes: &Scopes<'_>) -> Result<Bound, Fault> {
        self.query(query, Some(scopes))
    }

    /// `(SELECT ...)` as a value.
    pub(super) fn scalar_subquery(
        &self,
        query: &Query,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let bound = self.inner(query, scopes)?;
        let [only] = bound.columns.as_slice() else {
            return Err(Fault::query(
                "Scalar subquery cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values",
            ));
        };
        let of = only.of.clone();
        Ok(Typed::new(Expr::ScalarSubquery(subquery(&bound)), of))
    }

    /// `EXISTS(SELECT ...)`.
    pub(super) fn exists(
        &self,
        query: &Query,
        negated: bool,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let bound = self.inner(query, scopes)?;
        if bound.plan.all_out_ref_exprs().is_empty() {
            // A count works in every clause, where the engine's EXISTS works in filters only.
            let count = datafusion::functions_aggregate::expr_fn::count(
                datafusion::logical_expr::lit(1_i64),
            );
            let id = self.id();
            let plan = LogicalPlanBuilder::new(bound.plan)
                .limit(0, Some(1))
                .and_then(|builder| builder.aggregate(Vec::<Expr>::new(), vec![count.alias(&id)]))
                .and_then(LogicalPlanBuilder::build)
                .map_err(plan_fault)?;
            let of = Type::Int64;
            let col = super::Col { name: String::new(), id, of, hidden: false };
            let count = Expr::ScalarSubquery(subquery(&Bound { plan, columns: vec![col] }));
            let zero = datafusion::logical_expr::lit(0_i64);
            return Ok(Typed::new(
                if negated { count.eq(zero) } else { count.gt(zero) },
                Type::Bool,
            ));
        }
        Ok(Typed::new(Expr::Exists(Exists { subquery: subquery(&bound), negated }), Type::Bool))
    }

    /// `x IN (SELECT ...)`.
    pub(super) fn in_subquery(
        &self,
        expr: &Ast,
        query: &Query,
        negated: bool,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let item = self.expr(expr, scopes)?;
        let bound = self.inner(query, scopes)?;
        let [only] = bound.columns.as_slice() else {
            return Err(Fault::query("Subquery of type IN must have only one output column"));
        };
        if scopes.aggregates && bound.plan.all_out_ref_exprs().is_empty() {
            // The engine has IN of a subquery in filters only.
            let array = self.gathered_array(&bound, only)?;
            return self.in_array(item, array, negated);
        }
        let other = Typed::new(column(&only.id), only.of.clone());
        let Some(common) = ops::common_type(&[&item, &other]).filter(Type::is_groupable) else {
            return Err(ops::no_signature("operator", "IN", &[item, other]));
        };
        if common == Type::Float64 {
            return Err(Fault::unsupported("IN (subquery) of FLOAT64"));
        }
        let id = self.id();
        let plan = LogicalPlanBuilder::new(bound.plan.clone())
            .project([other.to(&common)?.alias(&id)])
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        let col = super::Col { name: String::new(), id, of: common.clone(), hidden: false };
        let inner = subquery(&Bound { plan, columns: vec![col] });
        let expr = Box::new(item.to(&common)?);
        Ok(Typed::new(Expr::InSubquery(InSubquery { expr, subquery: inner, negated }), Type::Bool))
    }

    /// `ARRAY(SELECT ...)`.
    pub(super) fn array_subquery(
        &self,
        query: &Query,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let bound = self.inner(query, scopes)?;
        if !bound.plan.all_out_ref_exprs().is_empty() {
            return Err(Fault::unsupported("A correlated ARRAY subquery"));
        }
        let [only] = bound.columns.as_slice() else {
            return Err(Fault::query(
                "ARRAY subquery cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values",
            ));
        };
        if matches!(only.of, Type::Array(_)) {
            return Err(Fault::query(
                "Cannot use array subquery with column of type ARRAY because nested arrays are not supported",
            ));
        }
        self.gathered_array(&bound, only)
    }

    /// All rows of a relation as an array, in their order.
    fn gathered_array(&self, bound: &Bound, only: &super::Col) -> Result<Typed, Fault> {
        let of = Type::Array(Box::new(only.of.clone()));
        let collect = Collect {
            name: "array subquery".to_owned(),
            types: vec![only.of.clone(), Type::Int64],
            result: of.clone(),
            distinct: false,
            ignore_nulls: false,
            order: vec![SortKey { descending: false, nulls_first: true }],
            limit: None,
            finish: finish::array_subquery,
        };
        let id = self.id();
        let (plan, place) = self.numbered(bound.plan.clone())?;
        let call = collect.call(vec![column(&only.id), place]).alias(&id);
        let plan = LogicalPlanBuilder::new(plan)
            .aggregate(Vec::<Expr>::new(), vec![call])
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        let col = super::Col { name: String::new(), id, of: of.clone(), hidden: false };
        Ok(Typed::new(Expr::ScalarSubquery(subquery(&Bound { plan, columns: vec![col] })), of))
    }
}

impl Binder<'_> {
    /// A plan with the place of each row in its order: the engine drops an order that nothing asks
    /// for, and so it is asked for by number.
    fn numbered(&self, plan: LogicalPlan) -> Result<(LogicalPlan, Expr), Fault> {
        let (shape, inner) = if let LogicalPlan::Projection(shape) = &plan {
            (Some(shape.expr.clone()), shape.input.as_ref())
        } else {
            (None, &plan)
        };
        let LogicalPlan::Sort(sort) = inner else { return Ok((plan, lit(0_i64))) };
        if sort.fetch.is_some() {
            return Ok((plan, lit(0_i64)));
        }
        let id = self.id();
        let number = Expr::WindowFunction(Box::new(WindowFunction {
            fun: WindowFunctionDefinition::WindowUDF(row_number_udwf()),
            params: WindowFunctionParams {
                args: Vec::new(),
                partition_by: Vec::new(),
                order_by: sort.expr.clone(),
                window_frame: WindowFrame::new(Some(false)),
                filter: None,
                null_treatment: None,
                distinct: false,
            },
        }));
        let input = sort.input.as_ref().clone();
        let mut builder =
            LogicalPlanBuilder::new(input).window([number.alias(&id)]).map_err(plan_fault)?;
        if let Some(mut exprs) = shape {
            exprs.push(column(&id));
            builder = builder.project(exprs).map_err(plan_fault)?;
        }
        let plan = builder.build().map_err(plan_fault)?;
        Ok((plan, cast(column(&id), DataType::Int64)))
    }
}

fn subquery(bound: &Bound) -> Subquery {
    let plan = bound.plan.clone();
    let outer = plan.all_out_ref_exprs();
    Subquery {
        subquery: Arc::new(plan),
        outer_ref_columns: outer,
        spans: datafusion::common::Spans::new(),
    }
}
