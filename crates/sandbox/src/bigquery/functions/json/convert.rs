//! JSON values as SQL values: BOOL, INT64, FLOAT64, STRING, their LAX forms and their arrays.
//!
//! Decides which JSON kinds convert. The strict forms fail on anything else, the LAX forms answer
//! NULL; neither may round except where BigQuery says so.

use super::document::{Json, Number};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{optional_text, text};
use crate::bigquery::functions::number::convert::{bignumeric_to_int, float_to_int};
use crate::bigquery::functions::number::exact::{Kind, to_bignumeric};
use crate::bigquery::functions::number::text::{
    float_text, parse_decimal, parse_float, short_float,
};
use crate::bigquery::functions::{Body, P, Sig};
use crate::bigquery::value::Value;

const fn sig(name: &'static str, result: P, body: Body) -> Sig {
    Sig::new(name, &[P::Json], result, body)
}

pub(crate) static SIGS: &[Sig] = &[
    sig("BOOL", P::Bool, |a| to_bool(&read(a)?)),
    sig("INT64", P::Int64, |a| to_int(&read(a)?)),
    Sig::new("FLOAT64", &[P::Json, P::String], P::Float64, |a| to_float(&read(a)?, exact(a)?))
        .optional(1),
    sig("STRING", P::String, |a| to_string(&read(a)?)),
    sig("BOOL_ARRAY", P::Bools, |a| each(a, to_bool)),
    sig("INT64_ARRAY", P::Ints, |a| each(a, to_int)),
    Sig::new("FLOAT64_ARRAY", &[P::Json, P::String], P::Floats, |a| {
        let exact = exact(a)?;
        each(a, |item| to_float(item, exact))
    })
    .optional(1),
    sig("STRING_ARRAY", P::Strings, |a| each(a, to_string)),
    sig("LAX_BOOL", P::Bool, |a| Ok(lax_bool(&read(a)?))),
    sig("LAX_INT64", P::Int64, |a| Ok(lax_int(&read(a)?))),
    sig("LAX_FLOAT64", P::Float64, |a| Ok(lax_float(&read(a)?))),
    sig("LAX_STRING", P::String, |a| Ok(lax_string(&read(a)?))),
    sig("LAX_BOOL_ARRAY", P::Bools, |a| lax_each(a, lax_bool)),
    sig("LAX_INT64_ARRAY", P::Ints, |a| lax_each(a, lax_int)),
    sig("LAX_FLOAT64_ARRAY", P::Floats, |a| lax_each(a, lax_float)),
    sig("LAX_STRING_ARRAY", P::Strings, |a| lax_each(a, lax_string)),
];

fn read(args: &[Value]) -> Result<Json, Fault> {
    Json::stored(text(args, 0)?)
}

/// Whether `wide_number_mode` asks for exact numbers, or the mode that does not exist.
pub(crate) fn exact_mode(mode: &str) -> Result<bool, &str> {
    match mode {
        "exact" => Ok(true),
        "round" => Ok(false),
        other => Err(other),
    }
}

fn exact(args: &[Value]) -> Result<bool, Fault> {
    let mode = optional_text(args, 1)?.map_or(Ok(false), exact_mode);
    mode.map_err(|mode| Fault::query(format!("Invalid `wide_number_mode` specified: {mode}")))
}

fn no(kind: &str) -> Fault {
    Fault::query(format!("The provided JSON input is not {kind}"))
}

fn to_bool(json: &Json) -> Result<Value, Fault> {
    if let Json::Bool(truth) = json { Ok(Value::Bool(*truth)) } else { Err(no("a boolean")) }
}

fn to_string(json: &Json) -> Result<Value, Fault> {
    if let Json::Text(text) = json { Ok(Value::Str(text.clone())) } else { Err(no("a string")) }
}

fn to_int(json: &Json) -> Result<Value, Fault> {
    match json {
        Json::Number(Number::Int(number)) => Ok(Value::Int(*number)),
        Json::Number(Number::Float(number)) => {
            let whole = float_to_int(*number).ok().filter(|_| number.fract() == 0.0);
            whole.map(Value::Int).ok_or_else(|| {
                Fault::query(format!(
                    "The provided JSON number: {} cannot be converted to an int64",
                    short_float(*number)
                ))
            })
        }
        Json::Number(Number::Unsigned(_) | Number::Raw(_))
        | Json::Null
        | Json::Bool(_)
        | Json::Text(_)
        | Json::Array(_)
        | Json::Object(_) => Err(no("an integer")),
    }
}

fn to_float(json: &Json, exact: bool) -> Result<Value, Fault> {
    let Json::Number(number) = json else { return Err(no("a number")) };
    let value = number.near();
    let wide = match number {
        Number::Int(whole) => whole.unsigned_abs() > 1 << 53,
        Number::Unsigned(_) => true,
        Number::Float(_) | Number::Raw(_) => false,
    };
    if exact && wide {
        let number = number.text();
        return Err(Fault::query(format!(
            "JSON number: {number} cannot be converted to FLOAT64 without loss of precision"
        )));
    }
    Ok(Value::Float(value))
}

impl Number {
    /// The nearest float.
    fn near(&self) -> f64 {
        if let Self::Float(number) = self {
            return *number;
        }
        // The shortest decimal text reads back as the nearest float.
        self.text().parse().unwrap_or(f64::NAN)
    }
}

/// Every item of an array, or the error of the first that does not convert.
fn each(args: &[Value], convert: impl Fn(&Json) -> Result<Value, Fault>) -> Result<Value, Fault> {
    let Json::Array(items) = read(args)? else {
        return Err(no("an array"));
    };
    items.iter().map(convert).collect::<Result<Vec<Value>, Fault>>().map(Value::Array)
}

fn lax_each(args: &[Value], convert: fn(&Json) -> Value) -> Result<Value, Fault> {
    let Json::Array(items) = read(args)? else { return Ok(Value::Null) };
    Ok(Value::Array(items.iter().map(convert).collect()))
}

fn lax_bool(json: &Json) -> Value {
    match json {
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Bool(number.near() != 0.0),
        Json::Text(text) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        Json::Text(text) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        Json::Null | Json::Text(_) | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}

fn lax_int(json: &Json) -> Value {
    let found = match json {
        Json::Bool(truth) => Some(i64::from(*truth)),
        Json::Number(Number::Int(number)) => Some(*number),
        Json::Number(Number::Float(number)) => float_to_int(*number).ok(),
        Json::Text(text) => parse_decimal(text, Kind::BigNumeric)
            .and_then(|units| to_bignumeric(&units))
            .and_then(|units| bignumeric_to_int(units).ok()),
        Json::Number(Number::Unsigned(_) | Number::Raw(_))
        | Json::Null
        | Json::Array(_)
        | Json::Object(_) => None,
    };
    found.map_or(Value::Null, Value::Int)
}

fn lax_float(json: &Json) -> Value {
    match json {
        Json::Number(number) => Value::Float(number.near()),
        Json::Text(text) => parse_float(text).map_or(Value::Null, Value::Float),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}

fn lax_string(json: &Json) -> Value {
    if let Json::Number(Number::Float(number)) = json {
        return Value::Str(float_text(*number));
    }
    json.scalar().map_or(Value::Null, Value::Str)
}
