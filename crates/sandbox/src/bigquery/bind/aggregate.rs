//! Aggregate functions.
//!
//! Decides which aggregates run on the engine's own accumulators (the hot ones, with results turned
//! into BigQuery's types) and which gather their rows.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::functions_aggregate as native;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{AggregateUDF, Expr, cast as engine_cast};
use sqlparser::ast::{FunctionArgumentClause, NullTreatment, OrderByExpr};

use super::call::Call;
use super::scope::Scopes;
use super::typed::Typed;
use super::{Binder, ops};
use crate::bigquery::engine::collect::{Collect, Finish, SortKey};
use crate::bigquery::engine::scalar::{Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::aggregate as finish;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

const NAMES: &[&str] = &[
    "ANY_VALUE",
    "APPROX_COUNT_DISTINCT",
    "APPROX_QUANTILES",
    "APPROX_TOP_COUNT",
    "APPROX_TOP_SUM",
    "ARRAY_AGG",
    "ARRAY_CONCAT_AGG",
    "AVG",
    "BIT_AND",
    "BIT_OR",
    "BIT_XOR",
    "CORR",
    "COUNT",
    "COUNTIF",
    "COVAR_POP",
    "COVAR_SAMP",
    "GROUPING",
    "LOGICAL_AND",
    "LOGICAL_OR",
    "MAX",
    "MAX_BY",
    "MIN",
    "MIN_BY",
    "STDDEV",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "STRING_AGG",
    "SUM",
    "VARIANCE",
    "VAR_POP",
    "VAR_SAMP",
];

pub(super) fn is_aggregate(name: &str) -> bool {
    NAMES.contains(&name)
}

/// How an aggregate is placed: as itself, or over a window.
pub(super) type Place<'p> = &'p dyn Fn(Arc<AggregateUDF>, Vec<Expr>, bool) -> Expr;

/// Modifiers inside a call.
#[derive(Default)]
struct Inside<'a> {
    order: &'a [OrderByExpr],
    limit: Option<usize>,
    ignore_nulls: bool,
}

impl Binder<'_> {
    /// An aggregate call outside a window.
    pub(super) fn aggregate(&self, call: &Call<'_>, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        if !scopes.aggregates {
            let message = format!("Aggregate function {} not allowed here", call.name);
            return Err(Fault::query(message));
        }
        let inner = Scopes { aggregates: false, ..*scopes };
        self.aggregate_at(call, &inner, &|udaf, args, distinct| {
            Expr::AggregateFunction(AggregateFunction::new_udf(
                udaf,
                args,
                distinct,
                None,
                vec![],
                None,
            ))
        })
    }

    /// An aggregate call placed by `place`.
    pub(super) fn aggregate_at(
        &self,
        call: &Call<'_>,
        scopes: &Scopes<'_>,
        place: Place<'_>,
    ) -> Result<Typed, Fault> {
        let mut args =
            call.args.iter().map(|ast| self.expr(ast, scopes)).collect::<Result<Vec<_>, _>>()?;
        let inside = self.inside(call)?;
        if call.name == "COUNT" && call.star {
            let count = place(
                native::count::count_udaf(),
                vec![datafusion::logical_expr::lit(1_i64)],
                false,
            );
            return Ok(Typed::new(count, Type::Int64));
        }
        if args.is_empty() || call.star {
            return Err(ops::no_signature("aggregate function", &call.name, &args));
        }
        if let Some(typed) = hot(&call.name, &mut args, call.distinct, &inside, place)? {
            return Ok(typed);
        }
        self.gathered(call, args, &inside, scopes, place)
    }

    fn inside<'c>(&self, call: &Call<'c>) -> Result<Inside<'c>, Fault> {
        let ignore_nulls = matches!(call.nulls, Some(NullTreatment::IgnoreNulls));
        let mut inside = Inside { ignore_nulls, ..Inside::default() };
        for clause in call.clauses {
            match clause {
                FunctionArgumentClause::IgnoreOrRespectNulls(treatment) => {
                    inside.ignore_nulls = matches!(treatment, NullTreatment::IgnoreNulls);
                }
                FunctionArgumentClause::OrderBy(order) => inside.order = order,
                FunctionArgumentClause::Limit(sqlparser::ast::Expr::Value(value)) => {
                    inside.limit = value.value.to_string().parse().ok();
                }
                _ => return Err(Fault::unsupported(format!("This clause inside {}", call.name))),
            }
        }
        Ok(inside)
    }

    fn gathered(
        &self,
        call: &Call<'_>,
        mut args: Vec<Typed>,
        inside: &Inside<'_>,
        scopes: &Scopes<'_>,
        place: Place<'_>,
    ) -> Result<Typed, Fault> {
        let name = call.name.as_str();
        let shape = shape(name, &mut args, call.distinct)?;
        let mut order = Vec::new();
        for key in inside.order {
            let typed = self.expr(&key.expr, scopes)?;
            if !typed.of.is_orderable() {
                return Err(Fault::query(format!(
                    "ORDER BY expression of type {} is not allowed",
                    typed.of
                )));
            }
            let descending = key.options.asc == Some(false);
            order.push(SortKey {
                descending,
                nulls_first: key.options.nulls_first.unwrap_or(!descending),
            });
            args.push(typed);
        }
        let ignore = inside.ignore_nulls || shape.ignores_nulls;
        let collect = Collect {
            name: name.to_owned(),
            types: args.iter().map(|arg| arg.of.clone()).collect(),
            result: shape.result.clone(),
            distinct: call.distinct,
            ignore_nulls: ignore,
            order,
            limit: inside.limit,
            finish: shape.finish,
        };
        let exprs = args.into_iter().map(|arg| arg.expr).collect();
        Ok(Typed::new(place(collect.udaf(), exprs, false), shape.result))
    }
}

struct Shape {
    result: Type,
    finish: Finish,
    ignores_nulls: bool,
}

/// Refuses DISTINCT over what cannot be told apart.
fn may_be_distinct(of: &Type, distinct: bool) -> Result<(), Fault> {
    if distinct && of.may_be_groupable() {
        return Err(Fault::unsupported(format!("DISTINCT of {of}")));
    }
    if distinct && !of.is_groupable() {
        return Err(Fault::query(format!(
            "Aggregate functions with DISTINCT cannot be used with arguments of type {of}"
        )));
    }
    Ok(())
}

/// Result and body of a gathering aggregate; coerces its arguments.
fn shape(name: &str, args: &mut [Typed], distinct: bool) -> Result<Shape, Fault> {
    let refuse = |args: &[Typed]| Err(ops::no_signature("aggregate function", name, args));
    let first = args.first().map_or(Type::Int64, |arg| arg.of.clone());
    let second = args.get(1).map(|arg| arg.of.clone());
    may_be_distinct(&first, distinct)?;
    let shape = |result: Type, finish: Finish, ignores_nulls: bool| {
        Ok(Shape { result, finish, ignores_nulls })
    };
    match (name, args.len()) {
        ("ARRAY_AGG", 1) if !matches!(first, Type::Array(_)) => {
            shape(Type::Array(Box::new(first)), finish::array_agg, false)
        }
        ("ARRAY_CONCAT_AGG", 1) if matches!(first, Type::Array(_)) => {
            shape(first, finish::array_concat_agg, true)
        }
        ("STRING_AGG", 1 | 2) if matches!(first, Type::String | Type::Bytes) => {
            if second.is_some_and(|second| second != first) {
                return refuse(args);
            }
            shape(first, finish::string_agg, true)
        }
        ("ANY_VALUE", 1) => shape(first, finish::any_value, false),
        ("MAX_BY" | "MIN_BY", 2) if second.as_ref().is_some_and(Type::is_orderable) => {
            let finish = if name == "MAX_BY" { finish::max_by } else { finish::min_by };
            shape(first, finish, false)
        }
        ("BIT_AND" | "BIT_OR" | "BIT_XOR", 1) if first == Type::Int64 => {
            let finish = match name {
                "BIT_AND" => finish::bit_and,
                "BIT_OR" => finish::bit_or,
                _ => finish::bit_xor,
            };
            shape(Type::Int64, finish, true)
        }
        ("APPROX_QUANTILES", 2) if first.is_orderable() => {
            shape(Type::Array(Box::new(first)), finish::approx_quantiles, true)
        }
        ("APPROX_TOP_COUNT", 2) if first.is_groupable() => {
            let fields = vec![("value".to_owned(), first), ("count".to_owned(), Type::Int64)];
            shape(Type::Array(Box::new(Type::Struct(fields))), finish::approx_top_count, false)
        }
        ("APPROX_TOP_SUM", 3)
            if first.is_groupable() && second.as_ref().is_some_and(Type::is_number) =>
        {
            let fields = vec![
                ("value".to_owned(), first),
                ("sum".to_owned(), second.unwrap_or(Type::Int64)),
            ];
            shape(Type::Array(Box::new(Type::Struct(fields))), finish::approx_top_sum, false)
        }
        ("SUM" | "AVG", 1) if first.is_number() => {
            let result = if name == "AVG" && first == Type::Int64 { Type::Float64 } else { first };
            shape(result, if name == "SUM" { finish::sum } else { finish::avg }, true)
        }
        _ => refuse(args),
    }
}

/// Aggregates on the engine's own accumulators.
fn hot(
    name: &str,
    args: &mut Vec<Typed>,
    distinct: bool,
    inside: &Inside<'_>,
    place: Place<'_>,
) -> Result<Option<Typed>, Fault> {
    if !inside.order.is_empty() || inside.limit.is_some() || inside.ignore_nulls {
        return Ok(None);
    }
    let one = |args: &mut Vec<Typed>| args.first().cloned().unwrap_or_else(Typed::null);
    let first = one(args);
    Ok(Some(match (name, args.len()) {
        ("COUNT", 1) => {
            may_be_distinct(&first.of, distinct)?;
            Typed::new(place(native::count::count_udaf(), vec![first.expr], distinct), Type::Int64)
        }
        ("APPROX_COUNT_DISTINCT", 1) if first.of.is_groupable() => {
            Typed::new(place(native::count::count_udaf(), vec![first.expr], true), Type::Int64)
        }
        ("GROUPING", 1) => {
            let grouping = place(native::grouping::grouping_udaf(), vec![first.expr], false);
            Typed::new(engine_cast(grouping, DataType::Int64), Type::Int64)
        }
        ("COUNTIF", 1) if first.fits(&Type::Bool) => {
            let condition = first.to(&Type::Bool)?;
            let case =
                datafusion::logical_expr::when(condition, datafusion::logical_expr::lit(1_i64));
            let case = case.end().map_err(super::plan_fault)?;
            Typed::new(place(native::count::count_udaf(), vec![case], distinct), Type::Int64)
        }
        ("SUM", 1) if !distinct => match sum(first, place)? {
            Some(sum) => sum,
            None => return Ok(None),
        },
        ("AVG", 1) if !distinct => match avg(first, place)? {
            Some(avg) => avg,
            None => return Ok(None),
        },
        ("MIN" | "MAX", 1) if first.of.is_orderable() && first.of != Type::Float64 => {
            if matches!(first.of, Type::Interval | Type::Range(_)) {
                return Err(Fault::unsupported(format!("{name} of {}", first.of)));
            }
            let udaf = if name == "MIN" {
                native::min_max::min_udaf()
            } else {
                native::min_max::max_udaf()
            };
            Typed::new(place(udaf, vec![first.expr], false), first.of)
        }
        ("MIN" | "MAX", 1) if first.of == Type::Float64 => float_extreme(name, first, place),
        ("LOGICAL_AND" | "LOGICAL_OR", 1) if first.fits(&Type::Bool) => {
            let udaf = if name == "LOGICAL_AND" {
                native::bool_and_or::bool_and_udaf()
            } else {
                native::bool_and_or::bool_or_udaf()
            };
            Typed::new(place(udaf, vec![first.to(&Type::Bool)?], false), Type::Bool)
        }
        _ if !distinct => return statistic(name, args, place),
        _ => return Ok(None),
    }))
}

/// Variances, deviations and correlations of any number type, as FLOAT64.
fn statistic(name: &str, args: &[Typed], place: Place<'_>) -> Result<Option<Typed>, Fault> {
    let udaf = match (name, args.len()) {
        ("STDDEV" | "STDDEV_SAMP", 1) => native::stddev::stddev_udaf(),
        ("STDDEV_POP", 1) => native::stddev::stddev_pop_udaf(),
        ("VAR_POP", 1) => native::variance::var_pop_udaf(),
        ("VARIANCE" | "VAR_SAMP", 1) => native::variance::var_samp_udaf(),
        ("CORR", 2) => native::correlation::corr_udaf(),
        ("COVAR_POP", 2) => native::covariance::covar_pop_udaf(),
        ("COVAR_SAMP", 2) => native::covariance::covar_samp_udaf(),
        _ => return Ok(None),
    };
    if !args.iter().all(|arg| arg.of.is_number()) {
        return Ok(None);
    }
    let floats = args.iter().map(|arg| arg.clone().to(&Type::Float64)).collect::<Result<_, _>>()?;
    Ok(Some(Typed::new(place(udaf, floats, false), Type::Float64)))
}

/// SUM: of INT64 as an exact decimal, so that an overflow is found and not wrapped.
fn sum(arg: Typed, place: Place<'_>) -> Result<Option<Typed>, Fault> {
    let udaf = native::sum::sum_udaf();
    Ok(Some(match arg.of {
        Type::Int64 => {
            let wide = engine_cast(arg.expr, DataType::Decimal128(38, 0));
            narrow_sum(place(udaf, vec![wide], false))
        }
        Type::Float64 => checked(place(udaf, vec![arg.expr], false), Type::Float64),
        Type::Numeric => checked(place(udaf, vec![arg.expr], false), Type::Numeric),
        _ => return Ok(None),
    }))
}

/// AVG: of NUMERIC by its own division.
fn avg(arg: Typed, place: Place<'_>) -> Result<Option<Typed>, Fault> {
    Ok(Some(match arg.of {
        Type::Int64 | Type::Float64 => {
            let expr = arg.to(&Type::Float64)?;
            checked(place(native::average::avg_udaf(), vec![expr], false), Type::Float64)
        }
        Type::Numeric => {
            let sum = place(native::sum::sum_udaf(), vec![arg.expr.clone()], false);
            let count = place(native::count::count_udaf(), vec![arg.expr], false);
            let divide = Scalar {
                name: "avg numeric".to_owned(),
                args: vec![Type::Numeric, Type::Int64],
                result: Type::Numeric,
                strict: true,
                safe: false,
                imp: Imp::Row(finish::divide),
            };
            Typed::new(divide.call(vec![sum, count]), Type::Numeric)
        }
        _ => return Ok(None),
    }))
}

/// A sum whose overflow the engine does not find.
fn checked(sum: Expr, of: Type) -> Typed {
    const MOST: u128 = 10_u128.pow(38);
    let scalar = Scalar {
        name: "checked sum".to_owned(),
        args: vec![of.clone()],
        result: of.clone(),
        strict: true,
        safe: false,
        imp: Imp::Row(|args| match args {
            [Value::Numeric(units)] if units.unsigned_abs() >= MOST => {
                Err(Fault::query("numeric overflow: SUM"))
            }
            // Whether a value or an overflow made it so is not known here.
            [Value::Float(sum)] if sum.is_infinite() => {
                Err(Fault::unsupported("A sum of FLOAT64 that is infinite"))
            }
            [sum] => Ok(sum.clone()),
            _ => Ok(Value::Null),
        }),
    };
    Typed::new(scalar.call(vec![sum]), of)
}

/// A decimal sum as INT64.
fn narrow_sum(sum: Expr) -> Typed {
    fn narrow(
        args: &[datafusion::arrow::array::ArrayRef],
    ) -> Result<datafusion::arrow::array::ArrayRef, Fault> {
        use datafusion::arrow::array::AsArray as _;
        let [sums] = args else { return Err(Fault::unsupported("SUM")) };
        let sums = sums.as_primitive::<datafusion::arrow::datatypes::Decimal128Type>().iter();
        let narrow = sums.map(|sum| {
            sum.map(|sum| i64::try_from(sum).map_err(|_| Fault::query("int64 overflow in SUM")))
                .transpose()
        });
        Ok(Arc::new(narrow.collect::<Result<datafusion::arrow::array::Int64Array, Fault>>()?))
    }
    let scalar = Scalar {
        name: "sum int64".to_owned(),
        args: vec![Type::Int64],
        result: Type::Int64,
        strict: true,
        safe: false,
        imp: Imp::Columns(narrow),
    };
    Typed::new(scalar.call(vec![sum]), Type::Int64)
}

/// MIN and MAX of FLOAT64, where one NaN makes the result NaN.
fn float_extreme(name: &str, arg: Typed, place: Place<'_>) -> Typed {
    let udaf =
        if name == "MIN" { native::min_max::min_udaf() } else { native::min_max::max_udaf() };
    let extreme = place(udaf, vec![arg.expr.clone()], false);
    // The engine orders NaN last, so the greatest value tells whether there is one.
    let greatest = place(native::min_max::max_udaf(), vec![arg.expr], false);
    let scalar = Scalar {
        name: format!("{name} float"),
        args: vec![Type::Float64, Type::Float64],
        result: Type::Float64,
        strict: true,
        safe: false,
        imp: Imp::Row(|args| match args {
            [_, Value::Float(nan)] if nan.is_nan() => Ok(Value::Float(f64::NAN)),
            [value, _] => Ok(value.clone()),
            _ => Ok(Value::Null),
        }),
    };
    Typed::new(scalar.call(vec![extreme, greatest]), Type::Float64)
}
