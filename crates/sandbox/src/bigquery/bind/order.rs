//! ORDER BY keys.
//!
//! Decides where NULLs go: first when ascending, last when descending, as in BigQuery.

use datafusion::logical_expr::expr::Sort;
use sqlparser::ast::OrderByExpr;

use super::typed::Typed;
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
    Ok(typed.expr.sort(ascending, nulls_first))
}
