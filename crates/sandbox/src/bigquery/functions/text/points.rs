//! Code points and single characters.
//!
//! Decides which numbers are code points; surrogates are none. It must never replace an invalid one
//! by another character.

use super::super::number::args::{bytes, int, mismatch, text};
use super::super::{P, Sig};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

const S: &[P] = &[P::String];
const B: &[P] = &[P::Bytes];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("ASCII", S, P::Int64, ascii),
    Sig::new("ASCII", B, P::Int64, |a| {
        Ok(Value::Int(bytes(a, 0)?.first().map_or(0, |byte| i64::from(*byte))))
    }),
    Sig::new("UNICODE", S, P::Int64, |a| {
        Ok(Value::Int(text(a, 0)?.chars().next().map_or(0, number)))
    }),
    Sig::new("CHR", &[P::Int64], P::String, |a| Ok(Value::Str(character(int(a, 0)?)?.to_string()))),
    Sig::new("TO_CODE_POINTS", S, P::Ints, |a| {
        Ok(Value::Array(text(a, 0)?.chars().map(number).map(Value::Int).collect()))
    }),
    Sig::new("TO_CODE_POINTS", B, P::Ints, |a| {
        let numbers = bytes(a, 0)?.iter().map(|byte| Value::Int(i64::from(*byte)));
        Ok(Value::Array(numbers.collect()))
    }),
    Sig::new("CODE_POINTS_TO_STRING", &[P::Ints], P::String, to_string),
    Sig::new("CODE_POINTS_TO_BYTES", &[P::Ints], P::Bytes, to_bytes),
];

fn number(c: char) -> i64 {
    i64::from(u32::from(c))
}

fn ascii(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    match of.chars().next() {
        None => Ok(Value::Int(0)),
        Some(c) if c.is_ascii() => Ok(Value::Int(number(c))),
        Some(_) => Err(Fault::query(format!(
            "Argument to ASCII is not a structurally valid ASCII string: '{of}'"
        ))),
    }
}

fn character(point: i64) -> Result<char, Fault> {
    let found = u32::try_from(point).ok().and_then(char::from_u32);
    found.ok_or_else(|| Fault::query(format!("Invalid codepoint {point}")))
}

/// The numbers; none at all when one is NULL.
fn numbers(args: &[Value]) -> Result<Option<Vec<i64>>, Fault> {
    let Some(Value::Array(items)) = args.first() else { return Err(mismatch()) };
    Ok(items.iter().map(|item| if let Value::Int(n) = item { Some(*n) } else { None }).collect())
}

fn to_string(args: &[Value]) -> Result<Value, Fault> {
    let Some(points) = numbers(args)? else { return Ok(Value::Null) };
    points.into_iter().map(character).collect::<Result<_, _>>().map(Value::Str)
}

fn to_bytes(args: &[Value]) -> Result<Value, Fault> {
    let Some(points) = numbers(args)? else { return Ok(Value::Null) };
    let byte = |point: i64| {
        u8::try_from(point).map_err(|_| Fault::query(format!("Invalid ASCII value {point}")))
    };
    points.into_iter().map(byte).collect::<Result<_, _>>().map(Value::Bytes)
}
