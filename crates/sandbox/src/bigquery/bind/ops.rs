//! Operators and the common type of several expressions.
//!
//! Decides which overload of an operator or function a call means: the one that coerces fewest
//! expressions, then fewest literals, then the first in the table.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _};
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};
use datafusion::logical_expr::{Expr, Operator, binary_expr};

use super::Binder;
use super::typed::{Typed, Weight};
use crate::bigquery::engine::scalar::{Columns, Imp, Scalar};
use crate::bigquery::fault::{Fault, Place};
use crate::bigquery::functions::{self, P, Sig, number::columnar};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// The type all of these are taken as.
pub(super) fn common_type(of: &[&Typed]) -> Option<Type> {
    let pick = |weight: Weight, start: Option<Type>| {
        of.iter().filter(|typed| typed.weight == weight).try_fold(start, |known, typed| match known
        {
            None => Some(Some(typed.of.clone())),
            Some(known) if typed.fits(&known) => Some(Some(known)),
            Some(known) => known.common(&typed.of).map(Some),
        })
    };
    let plain = pick(Weight::Plain, None)?;
    let known = pick(Weight::Literal, plain)?;
    let found = match known {
        Some(known) => known,
        None => of.first().map_or(Type::Int64, |first| first.of.clone()),
    };
    of.iter().all(|typed| typed.fits(&found)).then_some(found)
}

/// All of these as their common type.
pub(super) fn unify(of: Vec<Typed>, what: &str) -> Result<(Vec<Expr>, Type), Fault> {
    let refs: Vec<&Typed> = of.iter().collect();
    let Some(common) = common_type(&refs) else {
        let types: Vec<String> = of.iter().map(|typed| typed.of.to_string()).collect();
        return Err(Fault::query(format!(
            "No matching signature for {what} for argument types: {}",
            types.join(", ")
        )));
    };
    let exprs = of.into_iter().map(|typed| typed.to(&common)).collect::<Result<_, _>>()?;
    Ok((exprs, common))
}

/// The overload that fits best.
pub(super) fn choose<'s>(table: impl Iterator<Item = &'s Sig>, args: &[Typed]) -> Option<&'s Sig> {
    let scored = table.filter_map(|sig| score(sig, args).map(|score| (score, sig)));
    scored.min_by_key(|(score, _)| *score).map(|(_, sig)| sig)
}

/// Coerced expressions, then coerced literals; `None` if the overload does not fit.
fn score(sig: &Sig, args: &[Typed]) -> Option<(usize, usize)> {
    let least = sig.params.len().saturating_sub(sig.optional);
    let most = if sig.variadic { usize::MAX } else { sig.params.len() };
    if args.len() < least || args.len() > most {
        return None;
    }
    let mut score = (0_usize, 0_usize);
    for (at, arg) in args.iter().enumerate() {
        let param = sig.params.get(at).or(sig.params.last())?;
        let wanted = param.to_type().unwrap_or(Type::String);
        if !arg.fits(&wanted) {
            return None;
        }
        if arg.of != wanted && arg.weight == Weight::Plain {
            score.0 = score.0.saturating_add(1);
        } else if arg.of != wanted && arg.weight == Weight::Literal {
            score.1 = score.1.saturating_add(1);
        }
    }
    Some(score)
}

/// A call of an overload.
pub(super) fn call_sig(sig: &Sig, args: Vec<Typed>, safe: bool) -> Result<Typed, Fault> {
    let mut types = Vec::with_capacity(args.len());
    let mut exprs = Vec::with_capacity(args.len());
    let mut name = sig.name.to_owned();
    for (at, arg) in args.into_iter().enumerate() {
        let param = sig.params.get(at).or(sig.params.last()).copied().unwrap_or(P::String);
        let wanted = param.to_type().unwrap_or(Type::String);
        if param == P::Part
            && sig.name == "EXTRACT"
            && let Some(Value::Str(part)) = arg.value()
        {
            // The part is in the name so that pruning knows EXTRACT(YEAR ...) grows with its date.
            name = format!("{}:{part}", sig.name);
        }
        exprs.push(arg.to(&wanted)?);
        types.push(wanted);
    }
    let result = sig.result.to_type().unwrap_or(Type::String);
    let imp = match columnar_form(sig.name, &types) {
        Some(columns) if !safe => Imp::Columns(columns),
        _ => Imp::Row(sig.body),
    };
    let scalar =
        Scalar { name, args: types, result: result.clone(), strict: sig.strict, safe, imp };
    Ok(Typed::new(scalar.call(exprs), result))
}

macro_rules! columns {
    ($name:ident, $of:path, $type:ty) => {
        fn $name(args: &[ArrayRef]) -> Result<ArrayRef, Fault> {
            match args {
                [a, b] => Ok(Arc::new($of(a.as_primitive::<$type>(), b.as_primitive::<$type>())?)),
                _ => Err(Fault::unsupported("This operator")),
            }
        }
    };
}

columns!(add_int, columnar::add_i64, Int64Type);
columns!(sub_int, columnar::subtract_i64, Int64Type);
columns!(mul_int, columnar::multiply_i64, Int64Type);
columns!(div_int, columnar::divide_i64, Int64Type);
columns!(add_float, columnar::add_f64, Float64Type);
columns!(sub_float, columnar::subtract_f64, Float64Type);
columns!(mul_float, columnar::multiply_f64, Float64Type);
columns!(div_float, columnar::divide_f64, Float64Type);
columns!(add_num, columnar::add_numeric, Decimal128Type);
columns!(sub_num, columnar::subtract_numeric, Decimal128Type);
columns!(mul_num, columnar::multiply_numeric, Decimal128Type);
columns!(div_num, columnar::divide_numeric, Decimal128Type);

/// The body over whole columns, for the operators that queries compute with most.
fn columnar_form(name: &str, types: &[Type]) -> Option<Columns> {
    let [a, b] = types else { return None };
    if a != b {
        return None;
    }
    Some(match (name, a) {
        ("+", Type::Int64) => add_int,
        ("-", Type::Int64) => sub_int,
        ("*", Type::Int64) => mul_int,
        ("/", Type::Int64) => div_int,
        ("+", Type::Float64) => add_float,
        ("-", Type::Float64) => sub_float,
        ("*", Type::Float64) => mul_float,
        ("/", Type::Float64) => div_float,
        ("+", Type::Numeric) => add_num,
        ("-", Type::Numeric) => sub_num,
        ("*", Type::Numeric) => mul_num,
        ("/", Type::Numeric) => div_num,
        _ => return None,
    })
}

impl Binder<'_> {
    /// An operator or function of the library.
    pub(super) fn library(
        &self,
        name: &str,
        args: Vec<Typed>,
        safe: bool,
        place: Option<Place>,
    ) -> Result<Typed, Fault> {
        let table = || functions::named(name);
        match choose(table(), &args) {
            Some(sig) => call_sig(sig, args, safe),
            None if table().next().is_some() => {
                Err(no_signature("function", name, &args).at(place))
            }
            None if functions::known::is_known(name) => {
                Err(Fault::unsupported(format!("The function {name}")))
            }
            None => Err(Fault::query(format!("Function not found: {name}")).at(place)),
        }
    }

    /// `=`, `<` and their kin.
    pub(super) fn compare(
        &self,
        left: Typed,
        op: Operator,
        right: Typed,
        place: Option<Place>,
    ) -> Result<Typed, Fault> {
        let spelled = if op == Operator::NotEq { "!=".to_owned() } else { op.to_string() };
        let Some(common) = common_type(&[&left, &right]) else {
            let (a, b) = (left.of.to_string(), right.of.to_string());
            let mut sorted = [a.clone(), b.clone()];
            sorted.sort();
            return Err(Fault::query(format!(
                "No matching signature for operator {spelled} for argument types: {a}, {b}\n  Signature: T1 {spelled} T1\n    Unable to find common supertype for templated argument <T1>\n      Input types for <T1>: {{{}}}",
                sorted.join(", ")
            ))
            .at(place));
        };
        let equality = matches!(op, Operator::Eq | Operator::NotEq);
        if let (Type::Struct(_), true) = (&common, equality) {
            return Err(Fault::unsupported("A comparison of STRUCTs"));
        }
        if !(if equality { common.is_groupable() } else { common.is_orderable() }) {
            let message = format!(
                "{} is not defined for arguments of type {common}",
                if equality { "Equality" } else { "Less than" }
            );
            return Err(Fault::query(message).at(place));
        }
        if matches!(common, Type::Interval | Type::Range(_)) && !equality {
            return Err(Fault::unsupported(format!("An order of {common}")));
        }
        let (left, right) = (left.to(&common)?, right.to(&common)?);
        if common == Type::Float64 {
            return Ok(float_compare(left, op, right));
        }
        Ok(Typed::new(binary_expr(left, op, right), Type::Bool))
    }

    /// `a OP b` for numbers, dates and bits.
    pub(super) fn arithmetic(
        &self,
        op: &str,
        left: Typed,
        right: Typed,
        place: Option<Place>,
    ) -> Result<Typed, Fault> {
        if let Some(typed) = self.date_arithmetic(op, &left, &right)? {
            return Ok(typed);
        }
        let args = vec![left, right];
        match choose(functions::named(op), &args) {
            Some(sig) => call_sig(sig, args, false),
            None => Err(no_signature("operator", op, &args).at(place)),
        }
    }

    /// DATE plus days, instants plus intervals, differences.
    fn date_arithmetic(
        &self,
        op: &str,
        left: &Typed,
        right: &Typed,
    ) -> Result<Option<Typed>, Fault> {
        let name = match (op, &left.of, &right.of) {
            ("+", Type::Date | Type::Datetime | Type::Timestamp, Type::Interval) => "interval_add",
            ("+", Type::Interval, Type::Date | Type::Datetime | Type::Timestamp) => {
                return self.date_arithmetic(op, right, left);
            }
            ("-", Type::Date | Type::Datetime | Type::Timestamp, Type::Interval) => "interval_sub",
            ("+", Type::Date, Type::Int64) => "DATE_ADD",
            ("-", Type::Date, Type::Int64) => "DATE_SUB",
            ("+", Type::Int64, Type::Date) => return self.date_arithmetic(op, right, left),
            ("-" | "+" | "*" | "/", Type::Interval, _)
            | ("-" | "+" | "*" | "/", _, Type::Interval) => {
                return Err(Fault::unsupported(format!("{} {op} {}", left.of, right.of)));
            }
            ("-", Type::Date, Type::Date)
            | ("-", Type::Timestamp, Type::Timestamp)
            | ("-", Type::Datetime, Type::Datetime) => {
                return Err(Fault::unsupported(format!("{} - {}", left.of, right.of)));
            }
            _ => return Ok(None),
        };
        if name.starts_with("interval") {
            return Ok(Some(moved(name == "interval_add", left.clone(), right.clone())));
        }
        let mut args = vec![left.clone(), right.clone()];
        if name.starts_with("DATE") {
            args.push(Typed::literal(&Value::Str("DAY".to_owned()), Type::String));
        }
        self.library(name, args, false, None).map(Some)
    }
}

/// A date or instant moved by an interval; a DATE becomes a DATETIME.
fn moved(forward: bool, from: Typed, by: Typed) -> Typed {
    let result = if from.of == Type::Date { Type::Datetime } else { from.of.clone() };
    let body = if forward { functions::time::interval_add } else { functions::time::interval_sub };
    let scalar = Scalar {
        name: format!("move {forward}"),
        args: vec![from.of, by.of],
        result: result.clone(),
        strict: true,
        safe: false,
        imp: Imp::Row(body),
    };
    Typed::new(scalar.call(vec![from.expr, by.expr]), result)
}

/// "No matching signature", with the types.
pub(super) fn no_signature(kind: &str, name: &str, args: &[Typed]) -> Fault {
    if args.is_empty() {
        return Fault::query(format!("No matching signature for {kind} {name} with no arguments"));
    }
    let types: Vec<String> = args
        .iter()
        .map(|arg| if arg.is_null() { "NULL".to_owned() } else { arg.of.to_string() })
        .collect();
    let types = types.join(", ");
    Fault::query(format!("No matching signature for {kind} {name} for argument types: {types}"))
}

/// Comparisons of floats: nothing equals NaN and nothing is less, unlike in the engine's total order.
fn float_compare(left: Expr, op: Operator, right: Expr) -> Typed {
    fn of(args: &[ArrayRef], holds: fn(f64, f64) -> bool) -> Result<ArrayRef, Fault> {
        let [a, b] = args else { return Err(Fault::unsupported("This comparison")) };
        let (a, b) = (a.as_primitive::<Float64Type>(), b.as_primitive::<Float64Type>());
        let pairs = a.iter().zip(b.iter()).map(|(a, b)| Some(holds(a?, b?)));
        Ok(Arc::new(pairs.collect::<datafusion::arrow::array::BooleanArray>()))
    }
    #[expect(clippy::float_cmp, reason = "BigQuery's own equality of floats")]
    let body: Columns = match op {
        Operator::Eq => |args| of(args, |a, b| a == b),
        Operator::NotEq => |args| of(args, |a, b| a != b),
        Operator::Lt => |args| of(args, |a, b| a < b),
        Operator::LtEq => |args| of(args, |a, b| a <= b),
        Operator::Gt => |args| of(args, |a, b| a > b),
        _ => |args| of(args, |a, b| a >= b),
    };
    let scalar = Scalar {
        name: format!("float {op}"),
        args: vec![Type::Float64, Type::Float64],
        result: Type::Bool,
        strict: true,
        safe: false,
        imp: Imp::Columns(body),
    };
    Typed::new(scalar.call(vec![left, right]), Type::Bool)
}
