//! ORDER BY keys.
//!
//! Decides where NULLs and NaN go: first when ascending, last when descending, as in BigQuery.

use std::sync::Arc;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Float64Type;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::Sort;
use sqlparser::ast::OrderByExpr;

use super::typed::Typed;
use crate::bigquery::engine::scalar::{Columns, Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;

/// A key of a sort.
pub(super) fn sort(typed: Typed, key: &OrderByExpr) -> Result<Sort, Fault> {
    if key.with_fill.is_some() {
        return Err(Fault::unsupported("WITH FILL"));
    }
    if !typed.of.is_orderable() {
        return Err(Fault::query(format!(
            "ORDER BY does not support expressions of type {}",
            typed.of
        )));
    }
    if matches!(typed.of, Type::Interval) {
        return Err(Fault::unsupported("ORDER BY of INTERVAL"));
    }
    let ascending = key.options.asc.unwrap_or(true);
    let nulls_first = key.options.nulls_first.unwrap_or(ascending);
    let float = typed.of == Type::Float64;
    let expr = if float { nan_first(typed.expr) } else { typed.expr };
    Ok(expr.sort(ascending, nulls_first))
}

/// The engine puts NaN behind everything and tells the zeros apart; BigQuery puts NaN before
/// everything but NULL. A negative NaN stands there in the engine's order too.
fn nan_first(expr: Expr) -> Expr {
    let body: Columns = |args| {
        let [column] = args else { return Err(Fault::unsupported("This order")) };
        let place = |x: f64| if x.is_nan() { -f64::NAN.abs() } else { x + 0.0 };
        Ok(Arc::new(column.as_primitive::<Float64Type>().unary::<_, Float64Type>(place)))
    };
    let scalar = Scalar {
        name: "nan first".to_owned(),
        args: vec![Type::Float64],
        result: Type::Float64,
        strict: true,
        safe: false,
        imp: Imp::Columns(body),
    };
    scalar.call(vec![expr])
}
