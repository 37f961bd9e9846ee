//! Whether a filter may hold for some row of a piece, by the spans of its columns.
//!
//! Interval arithmetic over the filter. Everything it does not understand may hold: a piece is left
//! out only on proof.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, ColumnarValue, Expr, Operator, ScalarFunctionArgs};

/// Least and greatest value an expression can take.
type Span = (ScalarValue, ScalarValue);
/// A column's place and its span.
pub(crate) type Spans = [(usize, ScalarValue, ScalarValue)];

/// Functions that never decrease when their one column argument grows.
const MONOTONE: &[&str] = &[
    "DATE",
    "DATE_TRUNC",
    "TIMESTAMP_TRUNC",
    "DATETIME_TRUNC",
    "TIMESTAMP",
    "DATETIME",
    "cast",
    "EXTRACT:YEAR",
    "EXTRACT_DATE",
];

/// Whether the filter may be true.
pub(crate) fn may_hold(filter: &Expr, schema: &SchemaRef, spans: &Spans) -> bool {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            may_hold(left, schema, spans) && may_hold(right, schema, spans)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            may_hold(left, schema, spans) || may_hold(right, schema, spans)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            match (span(left, schema, spans), span(right, schema, spans)) {
                (Some(left), Some(right)) => may_compare(&left, *op, &right),
                _ => true,
            }
        }
        Expr::Between(between) if !between.negated => {
            let of = span(&between.expr, schema, spans);
            let low = span(&between.low, schema, spans);
            let high = span(&between.high, schema, spans);
            match (of, low, high) {
                (Some(of), Some(low), Some(high)) => {
                    may_compare(&of, Operator::GtEq, &low)
                        && may_compare(&of, Operator::LtEq, &high)
                }
                _ => true,
            }
        }
        Expr::InList(list) if !list.negated => {
            let Some(of) = span(&list.expr, schema, spans) else { return true };
            list.list.iter().any(|item| {
                span(item, schema, spans).is_none_or(|item| may_compare(&of, Operator::Eq, &item))
            })
        }
        Expr::Literal(ScalarValue::Boolean(Some(false)), _) => false,
        _ => true,
    }
}

fn may_compare(left: &Span, op: Operator, right: &Span) -> bool {
    let le =
        |a: &ScalarValue, b: &ScalarValue| a.partial_cmp(b).is_none_or(std::cmp::Ordering::is_le);
    let lt =
        |a: &ScalarValue, b: &ScalarValue| a.partial_cmp(b).is_none_or(std::cmp::Ordering::is_lt);
    match op {
        Operator::Eq => le(&left.0, &right.1) && le(&right.0, &left.1),
        Operator::Lt => lt(&left.0, &right.1),
        Operator::LtEq => le(&left.0, &right.1),
        Operator::Gt => lt(&right.0, &left.1),
        Operator::GtEq => le(&right.0, &left.1),
        _ => true,
    }
}

fn span(expr: &Expr, schema: &SchemaRef, spans: &Spans) -> Option<Span> {
    match expr {
        Expr::Literal(value, _) if !value.is_null() => Some((value.clone(), value.clone())),
        Expr::Column(column) => {
            let at = schema.index_of(&column.name).ok()?;
            let known = spans.iter().find(|(place, ..)| *place == at)?;
            Some((known.1.clone(), known.2.clone()))
        }
        Expr::Cast(cast) => {
            let (low, high) = span(&cast.expr, schema, spans)?;
            let to = cast.field.data_type();
            Some((low.cast_to(to).ok()?, high.cast_to(to).ok()?))
        }
        Expr::ScalarFunction(call) if MONOTONE.contains(&call.func.name()) => {
            let low = at_end(call, schema, spans, false)?;
            let high = at_end(call, schema, spans, true)?;
            Some((low, high))
        }
        Expr::Alias(alias) => span(&alias.expr, schema, spans),
        _ => None,
    }
}

/// The function's value at one end of its arguments' spans.
fn at_end(
    call: &datafusion::logical_expr::expr::ScalarFunction,
    schema: &SchemaRef,
    spans: &Spans,
    high: bool,
) -> Option<ScalarValue> {
    let pick = |arg: &Expr| span(arg, schema, spans).map(|(l, h)| if high { h } else { l });
    let values = call.args.iter().map(pick).collect::<Option<Vec<_>>>()?;
    let field = |value: &ScalarValue| {
        std::sync::Arc::new(datafusion::arrow::datatypes::Field::new("a", value.data_type(), true))
    };
    let types: Vec<_> = values.iter().map(ScalarValue::data_type).collect();
    let result = call.func.return_type(&types).ok()?;
    let args = ScalarFunctionArgs {
        arg_fields: values.iter().map(field).collect(),
        args: values.into_iter().map(ColumnarValue::Scalar).collect(),
        number_rows: 1,
        return_field: std::sync::Arc::new(datafusion::arrow::datatypes::Field::new(
            "r", result, true,
        )),
        config_options: std::sync::Arc::default(),
    };
    match call.func.invoke_with_args(args).ok()? {
        ColumnarValue::Scalar(value) if !value.is_null() => Some(value),
        _ => None,
    }
}
