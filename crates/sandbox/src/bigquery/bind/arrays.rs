//! Arrays, structs and ranges: constructors, element access, and functions of any element type.
//!
//! Decides their result types; the bodies are a few lines each and stand here beside them.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use sqlparser::ast::{Expr as Ast, FunctionArguments, StructField};

use super::call::Call;
use super::path::make_struct;
use super::scope::Scopes;
use super::typed::{Typed, Weight};
use super::{Binder, ops, type_of};
use crate::bigquery::engine::scalar::{Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{Body, json};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// Most elements of a generated array.
const MOST: i128 = 1_048_576;

impl Binder<'_> {
    /// `[a, b]`.
    pub(super) fn array(&self, items: &[Ast], scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        let items =
            items.iter().map(|item| self.expr(item, scopes)).collect::<Result<Vec<_>, _>>()?;
        if items.is_empty() {
            let of = Type::Array(Box::new(Type::Int64));
            let mut typed = Typed::literal(&Value::Array(Vec::new()), of);
            typed.weight = Weight::Nothing;
            return Ok(typed);
        }
        let count = items.len();
        let (exprs, of) = ops::unify(items, "array constructor")?;
        if matches!(of, Type::Array(_)) {
            return Err(Fault::query(
                "Cannot construct array with element type ARRAY because nested arrays are not supported",
            ));
        }
        let result = Type::Array(Box::new(of.clone()));
        let call = Scalar {
            name: "array".to_owned(),
            args: vec![of; count],
            result: result.clone(),
            strict: false,
            safe: false,
            imp: Imp::Row(|args| Ok(Value::Array(args.to_vec()))),
        };
        Ok(Typed::new(call.call(exprs), result))
    }

    /// `(a, b)`: a STRUCT without names.
    pub(super) fn tuple(&self, values: &[Ast], scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        let parts = values.iter().map(|value| self.expr(value, scopes).map(|v| (String::new(), v)));
        Ok(make_struct(parts.collect::<Result<_, _>>()?))
    }

    /// `STRUCT(a AS x, b)` and `STRUCT<x INT64>(1)`.
    pub(super) fn record(
        &self,
        values: &[Ast],
        fields: &[StructField],
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let mut parts = Vec::new();
        for (at, value) in values.iter().enumerate() {
            let (name, inner) = match value {
                Ast::Named { expr, name } => (name.value.clone(), expr.as_ref()),
                Ast::Identifier(name) => (name.value.clone(), value),
                Ast::CompoundIdentifier(path) => {
                    (path.last().map(|name| name.value.clone()).unwrap_or_default(), value)
                }
                _ => (String::new(), value),
            };
            let typed = self.expr(inner, scopes)?;
            match fields.get(at) {
                Some(field) => {
                    let of = type_of(&field.field_type)?;
                    if !typed.fits(&of) {
                        return Err(Fault::query(format!(
                            "Struct field {} has type {} which does not coerce to {of}",
                            at.saturating_add(1),
                            typed.of
                        )));
                    }
                    let name = field.field_name.as_ref().map(|name| name.value.clone());
                    parts.push((name.unwrap_or_default(), Typed::new(typed.to(&of)?, of)));
                }
                None if fields.is_empty() => parts.push((name, typed)),
                None => {
                    return Err(Fault::query(
                        "STRUCT type has fewer fields than the constructor has values",
                    ));
                }
            }
        }
        Ok(make_struct(parts))
    }

    /// `x[OFFSET(1)]`, `x[1]`, `j['a']`.
    pub(super) fn subscript(
        &self,
        typed: Typed,
        index: &Ast,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        if typed.of == Type::Json {
            let key = self.expr(index, scopes)?;
            return self.json_subscript(typed, key);
        }
        let Type::Array(element) = typed.of.clone() else {
            return Err(Fault::unsupported(format!("A subscript of {}", typed.of)));
        };
        let (mode, inner) = access_mode(index);
        let at = self.expr(inner, scopes)?.to(&Type::Int64)?;
        let (base, safe) = match mode.as_str() {
            "OFFSET" | "" => (0, false),
            "ORDINAL" => (1, false),
            "SAFE_OFFSET" => (0, true),
            _ => (1, true),
        };
        let pick = move |args: &[Value]| {
            let [Value::Array(items), Value::Int(at)] = args else { return Ok(Value::Null) };
            let found = at.checked_sub(base).and_then(|at| usize::try_from(at).ok());
            match found.and_then(|at| items.get(at)) {
                Some(item) => Ok(item.clone()),
                None if safe => Ok(Value::Null),
                None => {
                    let kind = if base == 0 { "Array index" } else { "Array ordinal" };
                    Err(Fault::query(format!("{kind} {at} is out of bounds")))
                }
            }
        };
        let call = Scalar {
            name: format!("subscript {mode}"),
            args: vec![typed.of, Type::Int64],
            result: (*element).clone(),
            strict: true,
            safe: false,
            imp: Imp::Closure(Arc::new(pick)),
        };
        Ok(Typed::new(call.call(vec![typed.expr, at]), *element))
    }

    /// `j.a`, `j['a']`, `j[0]`.
    pub(super) fn json_subscript(&self, json: Typed, key: Typed) -> Result<Typed, Fault> {
        let call = Scalar {
            name: "json subscript".to_owned(),
            args: vec![Type::Json, key.of.clone()],
            result: Type::Json,
            strict: true,
            safe: false,
            imp: Imp::Row(|args| match args {
                [Value::Str(text), key] => json::subscript(text, key),
                _ => Ok(Value::Null),
            }),
        };
        Ok(Typed::new(call.call(vec![json.expr, key.expr]), Type::Json))
    }

    /// `x IN UNNEST(array)`.
    pub(super) fn in_unnest(
        &self,
        expr: &Ast,
        array: &Ast,
        negated: bool,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let (item, array) = (self.expr(expr, scopes)?, self.expr(array, scopes)?);
        self.in_array(item, array, negated)
    }

    /// Whether an array holds a value, by the rules of IN.
    pub(super) fn in_array(
        &self,
        item: Typed,
        array: Typed,
        negated: bool,
    ) -> Result<Typed, Fault> {
        let Type::Array(element) = &array.of else {
            return Err(Fault::query("Second argument of IN UNNEST must be an array"));
        };
        let inside = Typed::new(array.expr.clone(), (**element).clone());
        let common =
            ops::common_type(&[&item, &inside]).filter(Type::is_groupable).ok_or_else(|| {
                ops::no_signature("operator", "IN UNNEST", &[item.clone(), array.clone()])
            })?;
        let of = Type::Array(Box::new(common.clone()));
        let array = if array.of == of { array } else { self.cast(array, of.clone(), false)? };
        let call = Scalar {
            name: format!("in unnest {negated}"),
            args: vec![common.clone(), of],
            result: Type::Bool,
            strict: false,
            safe: false,
            imp: Imp::Closure(Arc::new(move |args| {
                let [item, items] = args else { return Ok(Value::Null) };
                let none = Vec::new();
                let items = if let Value::Array(items) = items { items } else { &none };
                if items.is_empty() {
                    return Ok(Value::Bool(negated));
                }
                if item.is_null() {
                    return Ok(Value::Null);
                }
                if items.iter().any(|other| !other.is_null() && item == other) {
                    return Ok(Value::Bool(!negated));
                }
                let unknown = items.iter().any(Value::is_null);
                Ok(if unknown { Value::Null } else { Value::Bool(negated) })
            })),
        };
        Ok(Typed::new(call.call(vec![item.to(&common)?, array.expr]), Type::Bool))
    }

    /// Functions over arrays of any element type; `None` if the name is none of them.
    pub(super) fn array_call(
        &self,
        call: &Call<'_>,
        scopes: &Scopes<'_>,
    ) -> Result<Option<Typed>, Fault> {
        let all =
            || call.args.iter().map(|ast| self.expr(ast, scopes)).collect::<Result<Vec<_>, _>>();
        match (call.name.as_str(), call.args.len()) {
            ("ARRAY_CONCAT", 1..) => concat(all()?).map(Some),
            ("GENERATE_ARRAY", 2 | 3) => generate(all()?).map(Some),
            ("ARRAY_LENGTH" | "ARRAY_REVERSE" | "ARRAY_FIRST" | "ARRAY_LAST", 1)
            | ("ARRAY_SLICE", 3) => simple(&call.name, all()?, call.safe).map(Some),
            ("ARRAY_TO_STRING", 2 | 3) => to_string(all()?).map(Some),
            (
                "ARRAY_INCLUDES" | "ARRAY_IS_DISTINCT" | "ARRAY_MIN" | "ARRAY_MAX" | "ARRAY_SUM",
                _,
            ) => Err(Fault::unsupported(format!("The function {}", call.name))),
            _ => Ok(None),
        }
    }
}

/// OFFSET, ORDINAL and their safe forms, or a bare index.
fn access_mode(index: &Ast) -> (String, &Ast) {
    if let Ast::Function(function) = index
        && let FunctionArguments::List(list) = &function.args
        && let [sqlparser::ast::FunctionArg::Unnamed(sqlparser::ast::FunctionArgExpr::Expr(inner))] =
            list.args.as_slice()
    {
        let name = function.name.to_string().to_ascii_uppercase();
        if ["OFFSET", "ORDINAL", "SAFE_OFFSET", "SAFE_ORDINAL"].contains(&name.as_str()) {
            return (name, inner);
        }
    }
    (String::new(), index)
}

/// ARRAY_CONCAT and `||` of arrays.
pub(super) fn concat(args: Vec<Typed>) -> Result<Typed, Fault> {
    let count = args.len();
    let (exprs, of) = ops::unify(args, "function ARRAY_CONCAT")?;
    let call = Scalar {
        name: "ARRAY_CONCAT".to_owned(),
        args: vec![of.clone(); count],
        result: of.clone(),
        strict: true,
        safe: false,
        imp: Imp::Row(|args| {
            let items = args.iter().flat_map(|arg| match arg {
                Value::Array(items) => items.clone(),
                _ => Vec::new(),
            });
            Ok(Value::Array(items.collect()))
        }),
    };
    Ok(Typed::new(call.call(exprs), of))
}

fn simple(name: &str, mut args: Vec<Typed>, safe: bool) -> Result<Typed, Fault> {
    let array = args.remove(0);
    let Type::Array(element) = array.of.clone() else {
        return Err(ops::no_signature("function", name, &[array]));
    };
    let (result, body): (Type, Body) = match name {
        "ARRAY_LENGTH" => (Type::Int64, |args| match args {
            [Value::Array(items)] => Ok(Value::Int(i64::try_from(items.len()).unwrap_or(i64::MAX))),
            _ => Ok(Value::Null),
        }),
        "ARRAY_REVERSE" => (array.of.clone(), |args| match args {
            [Value::Array(items)] => Ok(Value::Array(items.iter().rev().cloned().collect())),
            _ => Ok(Value::Null),
        }),
        "ARRAY_FIRST" => (*element, |args| match args {
            [Value::Array(items)] => items.first().cloned().ok_or_else(|| {
                Fault::query("ARRAY_FIRST cannot get the first element of an empty array")
            }),
            _ => Ok(Value::Null),
        }),
        "ARRAY_LAST" => (*element, |args| match args {
            [Value::Array(items)] => items.last().cloned().ok_or_else(|| {
                Fault::query("ARRAY_LAST cannot get the last element of an empty array")
            }),
            _ => Ok(Value::Null),
        }),
        _ => return Err(Fault::unsupported(format!("The function {name}"))),
    };
    let call = Scalar {
        name: name.to_owned(),
        args: vec![array.of],
        result: result.clone(),
        strict: true,
        safe,
        imp: Imp::Row(body),
    };
    Ok(Typed::new(call.call(vec![array.expr]), result))
}

fn to_string(args: Vec<Typed>) -> Result<Typed, Fault> {
    let strings = Type::Array(Box::new(Type::String));
    let types: Vec<Type> = std::iter::once(strings)
        .chain(std::iter::repeat_n(Type::String, args.len().saturating_sub(1)))
        .collect();
    if !args.iter().zip(&types).all(|(arg, of)| arg.fits(of)) {
        return Err(ops::no_signature("function", "ARRAY_TO_STRING", &args));
    }
    let exprs =
        args.into_iter().zip(&types).map(|(arg, of)| arg.to(of)).collect::<Result<_, _>>()?;
    let call = Scalar {
        name: "ARRAY_TO_STRING".to_owned(),
        args: types,
        result: Type::String,
        strict: true,
        safe: false,
        imp: Imp::Row(|args| {
            let (Some(Value::Array(items)), Some(Value::Str(between))) =
                (args.first(), args.get(1))
            else {
                return Ok(Value::Null);
            };
            let missing = match args.get(2) {
                Some(Value::Str(text)) => Some(text.clone()),
                _ => None,
            };
            let texts = items.iter().filter_map(|item| match item {
                Value::Str(text) => Some(text.clone()),
                _ => missing.clone(),
            });
            Ok(Value::Str(texts.collect::<Vec<_>>().join(between)))
        }),
    };
    Ok(Typed::new(call.call(exprs), Type::String))
}

/// GENERATE_ARRAY of INT64.
fn generate(args: Vec<Typed>) -> Result<Typed, Fault> {
    if !args.iter().all(|arg| arg.fits(&Type::Int64)) {
        return Err(Fault::unsupported("GENERATE_ARRAY of anything but INT64"));
    }
    let count = args.len();
    let exprs = args.into_iter().map(|arg| arg.to(&Type::Int64)).collect::<Result<_, _>>()?;
    let result = Type::Array(Box::new(Type::Int64));
    let call = Scalar {
        name: "GENERATE_ARRAY".to_owned(),
        args: vec![Type::Int64; count],
        result: result.clone(),
        strict: true,
        safe: false,
        imp: Imp::Row(|args| {
            let (Some(Value::Int(start)), Some(Value::Int(end))) = (args.first(), args.get(1))
            else {
                return Ok(Value::Null);
            };
            let step = if let Some(Value::Int(step)) = args.get(2) { *step } else { 1 };
            if step == 0 {
                return Err(Fault::query("Sequence step cannot be 0."));
            }
            let (start, end, step) = (i128::from(*start), i128::from(*end), i128::from(step));
            let length = (end.saturating_sub(start)).checked_div(step).unwrap_or(0);
            if length >= MOST {
                return Err(Fault::query("Cannot generate an array of that size"));
            }
            let up = step > 0;
            let steps = std::iter::successors(Some(start), |at| at.checked_add(step));
            let inside = steps.take_while(|at| if up { *at <= end } else { *at >= end });
            Ok(Value::Array(
                inside.filter_map(|at| i64::try_from(at).ok()).map(Value::Int).collect(),
            ))
        }),
    };
    Ok(Typed::new(call.call(exprs), result))
}

/// The argument types and the result of a function over ranges.
pub(super) fn range_types(name: &str, args: Vec<Typed>) -> Result<(Vec<Typed>, Type), Fault> {
    let refuse = |args: &[Typed]| Err(ops::no_signature("function", name, args));
    if name == "RANGE" {
        let (exprs, of) = ops::unify(args, "function RANGE")?;
        if !matches!(of, Type::Date | Type::Datetime | Type::Timestamp) {
            return Err(Fault::query(format!(
                "No matching signature for function RANGE for argument types: {of}, {of}"
            )));
        }
        let args = exprs.into_iter().map(|expr| Typed::new(expr, of.clone())).collect();
        return Ok((args, Type::Range(Box::new(of))));
    }
    let Some(Type::Range(element)) = args.first().map(|arg| arg.of.clone()) else {
        return refuse(&args);
    };
    let range = Type::Range(element.clone());
    let (second, result) = match name {
        "RANGE_START" | "RANGE_END" => (None, (*element).clone()),
        "RANGE_CONTAINS" if args.get(1).is_some_and(|arg| arg.of != range) => {
            (Some((*element).clone()), Type::Bool)
        }
        "RANGE_INTERSECT" => (Some(range.clone()), range.clone()),
        _ => (Some(range.clone()), Type::Bool),
    };
    if let (Some(arg), Some(wanted)) = (args.get(1), &second)
        && !arg.fits(wanted)
    {
        return refuse(&args);
    }
    let mut typed = Vec::new();
    for (arg, wanted) in args.into_iter().zip([Some(range), second]) {
        let wanted = wanted.unwrap_or_else(|| arg.of.clone());
        typed.push(Typed::new(arg.to(&wanted)?, wanted));
    }
    Ok((typed, result))
}
