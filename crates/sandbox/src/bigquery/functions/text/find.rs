//! Finding and comparing parts of STRING and BYTES.
//!
//! Decides places, counted from 1 with 0 for none, and distances. Comparison is byte by byte, which
//! for UTF-8 is character by character; it must never fold case but in CONTAINS_SUBSTR.

use super::super::number::args::{int, text};
use super::super::{AnySig, P, Sig};
use super::strand::{Kind, read, whole};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

const SS: &[P] = &[P::String, P::String];
const BB: &[P] = &[P::Bytes, P::Bytes];
const SSI: &[P] = &[P::String, P::String, P::Int64];
const BBI: &[P] = &[P::Bytes, P::Bytes, P::Int64];
const SSII: &[P] = &[P::String, P::String, P::Int64, P::Int64];
const BBII: &[P] = &[P::Bytes, P::Bytes, P::Int64, P::Int64];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("STARTS_WITH", SS, P::Bool, starts_with),
    Sig::new("STARTS_WITH", BB, P::Bool, starts_with),
    Sig::new("ENDS_WITH", SS, P::Bool, ends_with),
    Sig::new("ENDS_WITH", BB, P::Bool, ends_with),
    Sig::new("STRPOS", SS, P::Int64, strpos),
    Sig::new("STRPOS", BB, P::Int64, strpos),
    Sig::new("INSTR", SSII, P::Int64, instr).optional(2),
    Sig::new("INSTR", BBII, P::Int64, instr).optional(2),
    Sig::new("CONTAINS_SUBSTR", SS, P::Bool, contains_substr).sees_null(),
    Sig::new("EDIT_DISTANCE", SSI, P::Int64, edit_distance).optional(1),
    Sig::new("EDIT_DISTANCE", BBI, P::Int64, edit_distance).optional(1),
];

/// CONTAINS_SUBSTR also searches rows, arrays and numbers; those forms are refused by name.
pub(crate) static ANY: &[AnySig] = &[AnySig {
    name: "CONTAINS_SUBSTR",
    params: &[None, Some(P::String)],
    optional: 0,
    variadic: false,
    result: P::Bool,
    strict: false,
    body: refuse_contains,
}];

fn refuse_contains(_: &[Value], types: &[Type]) -> Result<Value, Fault> {
    let of = types.first().map_or_else(String::new, |of| format!(" of {of}"));
    Err(Fault::unsupported(format!("CONTAINS_SUBSTR{of}")))
}

/// Where a part first occurs, in bytes; an empty part does at once.
pub(super) fn first(of: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    of.windows(part.len()).position(|window| window == part)
}

fn starts_with(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bool(read(args, 0)?.0.starts_with(read(args, 1)?.0)))
}

fn ends_with(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bool(read(args, 0)?.0.ends_with(read(args, 1)?.0)))
}

fn strpos(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let before = first(of, read(args, 1)?.0).and_then(|place| of.get(..place));
    whole(before.map_or(0, |before| kind.length(before).saturating_add(1)))
}

/// INSTR from a place on; a negative place searches backwards. Occurrences may overlap.
fn instr(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let (part, _) = read(args, 1)?;
    let from = if args.len() > 2 { int(args, 2)? } else { 1 };
    let nth = if args.len() > 3 { int(args, 3)? } else { 1 };
    if nth < 1 {
        return Err(Fault::query("Occurrence must be positive"));
    }
    if from == 0 {
        return Err(Fault::query("Position must be non-zero"));
    }
    let nth = usize::try_from(nth).unwrap_or(usize::MAX).saturating_sub(1);
    let away = usize::try_from(from.unsigned_abs()).unwrap_or(usize::MAX);
    let found = if from > 0 {
        places(of, part, kind).filter(|place| *place >= away).nth(nth)
    } else {
        // An empty part also occurs after the last unit, which is place -1 for it.
        let units = kind.length(of).saturating_add(usize::from(part.is_empty()));
        let last = units.saturating_add(1).saturating_sub(away);
        places(of, part, kind).filter(|place| *place <= last).rev().nth(nth)
    };
    whole(found.unwrap_or(0))
}

/// Every place where a part occurs.
fn places(of: &[u8], part: &[u8], kind: Kind) -> impl DoubleEndedIterator<Item = usize> {
    let mut found = Vec::new();
    let mut rest = of;
    let mut place = 1_usize;
    loop {
        if rest.starts_with(part) {
            found.push(place);
        }
        let step = kind.part(rest, 0, 1).len();
        if step == 0 {
            return found.into_iter();
        }
        rest = rest.get(step..).unwrap_or_default();
        place = place.saturating_add(1);
    }
}

/// CONTAINS_SUBSTR: both sides in NFKC with case folded. BigQuery takes no NULL to search for.
fn contains_substr(args: &[Value]) -> Result<Value, Fault> {
    match args {
        [_, Value::Null] => {
            return Err(Fault::unsupported("CONTAINS_SUBSTR of a NULL to search for"));
        }
        [Value::Null, _] => return Ok(Value::Null),
        _ => {}
    }
    let fold = |text: &str| super::case::folded(text, "NFKC");
    Ok(Value::Bool(fold(text(args, 0)?)?.contains(&fold(text(args, 1)?)?)))
}

/// The least number of inserted, deleted or replaced units; no more than a bound, if given.
fn edit_distance(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let (to, _) = read(args, 1)?;
    let most = if args.len() > 2 { int(args, 2)? } else { i64::MAX };
    if most < 0 {
        return Err(Fault::query("Max distance must be non-negative"));
    }
    let to: Vec<&[u8]> = kind.units(to).collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, unit) in kind.units(of).enumerate() {
        let mut left = at.saturating_add(1);
        let mut diagonal = at;
        let mut next = vec![left];
        for (other, above) in to.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal.saturating_add(usize::from(unit != *other));
            left = replaced.min(above.saturating_add(1)).min(left.saturating_add(1));
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    let distance = i64::try_from(row.last().copied().unwrap_or(0)).unwrap_or(i64::MAX);
    Ok(Value::Int(distance.min(most)))
}
