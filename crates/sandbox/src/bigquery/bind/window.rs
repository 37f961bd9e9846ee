//! Window functions.
//!
//! Decides partitions, orders and frames; the engine computes them. Its default frames are
//! BigQuery's; its row numbers are turned into INT64.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions_window as native;
use datafusion::logical_expr::expr::{
    NullTreatment as EngineNulls, Sort, WindowFunction, WindowFunctionParams,
};
use datafusion::logical_expr::{
    Expr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition, cast, lit,
};
use sqlparser::ast::{self, NullTreatment, WindowFrameBound as Bound, WindowSpec, WindowType};

use super::call::Call;
use super::scope::Scopes;
use super::typed::Typed;
use super::{Binder, ops};
use crate::bigquery::engine::collect::Collect;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::aggregate as finish;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// Partition, order and frame.
struct Over {
    partition: Vec<Expr>,
    order: Vec<Sort>,
    frame: WindowFrame,
    framed: bool,
}

impl Binder<'_> {
    pub(super) fn window(&self, call: &Call<'_>, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        let spec = match &call.function.over {
            Some(WindowType::WindowSpec(spec)) => spec,
            Some(WindowType::NamedWindow(_)) | None => {
                return Err(Fault::unsupported("A named window"));
            }
        };
        let over = self.over(spec, scopes)?;
        let nulls = call.nulls.or_else(|| {
            call.clauses.iter().find_map(|clause| match clause {
                ast::FunctionArgumentClause::IgnoreOrRespectNulls(nulls) => Some(*nulls),
                _ => None,
            })
        });
        if super::aggregate::is_aggregate(&call.name) && call.name != "GROUPING" {
            if call.distinct {
                return Err(Fault::unsupported("DISTINCT in a window"));
            }
            return self.aggregate_at(call, scopes, &|udaf, args, _| {
                over.call(WindowFunctionDefinition::AggregateUDF(udaf), args, None)
            });
        }
        let args =
            call.args.iter().map(|ast| self.expr(ast, scopes)).collect::<Result<Vec<_>, _>>()?;
        self.ranking(call, args, nulls, over)
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one match over every form; cutting it would hide a form"
    )]
    #[expect(clippy::needless_pass_by_value, reason = "it is used up here")]
    fn ranking(
        &self,
        call: &Call<'_>,
        args: Vec<Typed>,
        nulls: Option<NullTreatment>,
        over: Over,
    ) -> Result<Typed, Fault> {
        let udwf = WindowFunctionDefinition::WindowUDF;
        let whole = |typed: Expr| Typed::new(cast(typed, DataType::Int64), Type::Int64);
        let ordered = !over.order.is_empty();
        let name = call.name.as_str();
        if !ordered
            && !matches!(
                name,
                "ROW_NUMBER"
                    | "FIRST_VALUE"
                    | "LAST_VALUE"
                    | "NTH_VALUE"
                    | "PERCENTILE_CONT"
                    | "PERCENTILE_DISC"
            )
        {
            return Err(Fault::query(format!(
                "Window ORDER BY is required for analytic function {name}"
            )));
        }
        let nulls =
            matches!(nulls, Some(NullTreatment::IgnoreNulls)).then_some(EngineNulls::IgnoreNulls);
        Ok(match (name, args.len()) {
            ("ROW_NUMBER", 0) => {
                whole(over.call(udwf(native::row_number::row_number_udwf()), vec![], None))
            }
            ("RANK", 0) => whole(over.call(udwf(native::rank::rank_udwf()), vec![], None)),
            ("DENSE_RANK", 0) => {
                whole(over.call(udwf(native::rank::dense_rank_udwf()), vec![], None))
            }
            ("PERCENT_RANK", 0) => Typed::new(
                over.call(udwf(native::rank::percent_rank_udwf()), vec![], None),
                Type::Float64,
            ),
            ("CUME_DIST", 0) => Typed::new(
                over.call(udwf(native::cume_dist::cume_dist_udwf()), vec![], None),
                Type::Float64,
            ),
            ("NTILE", 1) => {
                let buckets = positive(&args, 0, name)?;
                whole(over.call(udwf(native::ntile::ntile_udwf()), vec![lit(buckets)], None))
            }
            ("LAG" | "LEAD", 1..=3) => lag(name, args, nulls, &over)?,
            ("FIRST_VALUE" | "LAST_VALUE", 1) => {
                let udf = if name == "FIRST_VALUE" {
                    native::nth_value::first_value_udwf()
                } else {
                    native::nth_value::last_value_udwf()
                };
                let Some(arg) = args.into_iter().next() else {
                    return Err(Fault::unsupported(name));
                };
                Typed::new(over.call(udwf(udf), vec![arg.expr], nulls), arg.of)
            }
            ("NTH_VALUE", 2) => {
                let place = positive(&args, 1, name)?;
                let Some(arg) = args.into_iter().next() else {
                    return Err(Fault::unsupported(name));
                };
                let exprs = vec![arg.expr, lit(place)];
                Typed::new(
                    over.call(udwf(native::nth_value::nth_value_udwf()), exprs, nulls),
                    arg.of,
                )
            }
            ("PERCENTILE_CONT" | "PERCENTILE_DISC", 2) if !over.framed && !ordered => {
                percentile(name, args, &over)?
            }
            _ => {
                let place = self.place(&ast::Expr::Function(call.function.clone()));
                return Err(Fault::query(format!("Function not found: {name}")).at(place));
            }
        })
    }

    fn over(&self, spec: &WindowSpec, scopes: &Scopes<'_>) -> Result<Over, Fault> {
        if spec.window_name.is_some() {
            return Err(Fault::unsupported("A named window"));
        }
        let partition = spec.partition_by.iter().map(|ast| {
            let typed = self.expr(ast, scopes)?;
            if !typed.of.is_groupable() || typed.of == Type::Float64 {
                let message =
                    format!("Partitioning by expression of type {} is not allowed", typed.of);
                return Err(Fault::query(message));
            }
            Ok(typed.expr)
        });
        let partition = partition.collect::<Result<Vec<_>, Fault>>()?;
        let mut order = Vec::new();
        for key in &spec.order_by {
            let typed = self.expr(&key.expr, scopes)?;
            order.push(super::order::sort(typed, key)?);
        }
        let ordered = !order.is_empty();
        let frame = match &spec.window_frame {
            Some(frame) => self.frame(frame, scopes)?,
            None => WindowFrame::new(ordered.then_some(false)),
        };
        Ok(Over { partition, order, frame, framed: spec.window_frame.is_some() })
    }

    fn frame(&self, frame: &ast::WindowFrame, scopes: &Scopes<'_>) -> Result<WindowFrame, Fault> {
        let units = match frame.units {
            ast::WindowFrameUnits::Rows => WindowFrameUnits::Rows,
            ast::WindowFrameUnits::Range => WindowFrameUnits::Range,
            ast::WindowFrameUnits::Groups => return Err(Fault::unsupported("GROUPS frames")),
        };
        let start = self.bound(&frame.start_bound, units, scopes)?;
        let end = match &frame.end_bound {
            Some(end) => self.bound(end, units, scopes)?,
            None => WindowFrameBound::CurrentRow,
        };
        Ok(WindowFrame::new_bounds(units, start, end))
    }

    fn bound(
        &self,
        bound: &Bound,
        units: WindowFrameUnits,
        scopes: &Scopes<'_>,
    ) -> Result<WindowFrameBound, Fault> {
        let amount = |ast: &Option<Box<ast::Expr>>| -> Result<ScalarValue, Fault> {
            let Some(ast) = ast else {
                return Ok(match units {
                    WindowFrameUnits::Rows => ScalarValue::UInt64(None),
                    WindowFrameUnits::Range | WindowFrameUnits::Groups => ScalarValue::Null,
                });
            };
            match self.expr(ast, scopes)?.value() {
                Some(Value::Int(n)) if n >= 0 => Ok(match units {
                    WindowFrameUnits::Rows => ScalarValue::UInt64(u64::try_from(n).ok()),
                    WindowFrameUnits::Range | WindowFrameUnits::Groups => {
                        ScalarValue::Int64(Some(n))
                    }
                }),
                _ => Err(Fault::unsupported("This frame bound")),
            }
        };
        Ok(match bound {
            Bound::CurrentRow => WindowFrameBound::CurrentRow,
            Bound::Preceding(ast) => WindowFrameBound::Preceding(amount(ast)?),
            Bound::Following(ast) => WindowFrameBound::Following(amount(ast)?),
        })
    }
}

impl Over {
    fn call(
        &self,
        fun: WindowFunctionDefinition,
        args: Vec<Expr>,
        nulls: Option<EngineNulls>,
    ) -> Expr {
        let params = WindowFunctionParams {
            args,
            partition_by: self.partition.clone(),
            order_by: self.order.clone(),
            window_frame: self.frame.clone(),
            filter: None,
            null_treatment: nulls,
            distinct: false,
        };
        Expr::WindowFunction(Box::new(WindowFunction { fun, params }))
    }
}

fn positive(args: &[Typed], at: usize, name: &str) -> Result<i64, Fault> {
    match args.get(at).and_then(Typed::value) {
        Some(Value::Int(n)) if n > 0 => Ok(n),
        _ => Err(Fault::query(format!("The argument of {name} must be a positive integer"))),
    }
}

fn lag(
    name: &str,
    args: Vec<Typed>,
    nulls: Option<EngineNulls>,
    over: &Over,
) -> Result<Typed, Fault> {
    let mut args = args.into_iter();
    let Some(value) = args.next() else { return Err(Fault::unsupported(name)) };
    let offset = match args.next().map(|arg| arg.value()) {
        None => 1,
        Some(Some(Value::Int(n))) if n >= 0 => n,
        Some(_) => {
            return Err(Fault::query(format!(
                "The offset of {name} must be a non-negative integer"
            )));
        }
    };
    let mut exprs = vec![value.expr, lit(offset)];
    if let Some(default) = args.next() {
        if !default.fits(&value.of) {
            return Err(ops::no_signature("function", name, &[default]));
        }
        exprs.push(default.to(&value.of)?);
    }
    let udf =
        if name == "LAG" { native::lead_lag::lag_udwf() } else { native::lead_lag::lead_udwf() };
    let call = over.call(WindowFunctionDefinition::WindowUDF(udf), exprs, nulls);
    Ok(Typed::new(call, value.of))
}

/// PERCENTILE_CONT and PERCENTILE_DISC over a whole partition.
fn percentile(name: &str, args: Vec<Typed>, over: &Over) -> Result<Typed, Fault> {
    let mut args = args.into_iter();
    let (Some(value), Some(fraction)) = (args.next(), args.next()) else {
        return Err(Fault::unsupported(name));
    };
    let fraction = fraction.to(&Type::Float64)?;
    let continuous = name == "PERCENTILE_CONT";
    let of = if continuous { Type::Float64 } else { value.of.clone() };
    if continuous && matches!(value.of, Type::Numeric | Type::BigNumeric) {
        return Err(Fault::unsupported(format!("PERCENTILE_CONT of {}", value.of)));
    }
    let collect = Collect {
        name: name.to_owned(),
        types: vec![of.clone(), Type::Float64],
        result: of.clone(),
        distinct: false,
        ignore_nulls: true,
        order: Vec::new(),
        limit: None,
        finish: if continuous { finish::percentile_cont } else { finish::percentile_disc },
    };
    let exprs = vec![value.to(&of)?, fraction];
    let udaf: Arc<_> = collect.udaf();
    Ok(Typed::new(over.call(WindowFunctionDefinition::AggregateUDF(udaf), exprs, None), of))
}
