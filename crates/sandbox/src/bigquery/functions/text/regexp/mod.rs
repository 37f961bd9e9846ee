//! Regular expressions.
//!
//! Decides what the functions take, where they search and what they answer; the syntax is RE2's, as
//! BigQuery's is. It must never count a place of a STRING in bytes.

mod class;
mod escape;
mod groups;
mod search;
mod syntax;

use std::rc::Rc;

use super::super::number::args::{int, mismatch};
use super::super::{P, Sig};
use super::strand::{self, Kind};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;
use search::{Found, Pattern, compile};

const SS: &[P] = &[P::String, P::String];
const BB: &[P] = &[P::Bytes, P::Bytes];
const SSII: &[P] = &[P::String, P::String, P::Int64, P::Int64];
const BBII: &[P] = &[P::Bytes, P::Bytes, P::Int64, P::Int64];
const SSIII: &[P] = &[P::String, P::String, P::Int64, P::Int64, P::Int64];
const BBIII: &[P] = &[P::Bytes, P::Bytes, P::Int64, P::Int64, P::Int64];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("REGEXP_CONTAINS", SS, P::Bool, contains),
    Sig::new("REGEXP_CONTAINS", BB, P::Bool, contains),
    Sig::new("REGEXP_EXTRACT", SSII, P::String, extract).optional(2),
    Sig::new("REGEXP_EXTRACT", BBII, P::Bytes, extract).optional(2),
    Sig::new("REGEXP_SUBSTR", SSII, P::String, extract).optional(2),
    Sig::new("REGEXP_SUBSTR", BBII, P::Bytes, extract).optional(2),
    Sig::new("REGEXP_EXTRACT_ALL", SS, P::Strings, extract_all),
    Sig::new("REGEXP_EXTRACT_ALL", BB, P::ListOfBytes, extract_all),
    Sig::new("REGEXP_INSTR", SSIII, P::Int64, instr).optional(3),
    Sig::new("REGEXP_INSTR", BBIII, P::Int64, instr).optional(3),
    Sig::new("REGEXP_REPLACE", &[P::String, P::String, P::String], P::String, replace),
    Sig::new("REGEXP_REPLACE", &[P::Bytes, P::Bytes, P::Bytes], P::Bytes, replace),
];

/// The searched bytes, their kind, and the compiled pattern.
fn read(args: &[Value]) -> Result<(&[u8], Kind, Rc<Pattern>), Fault> {
    let (of, kind) = strand::read(args, 0)?;
    let pattern = match args.get(1) {
        Some(Value::Str(pattern)) => compile(pattern, false)?,
        Some(Value::Bytes(pattern)) => {
            compile(&pattern.iter().map(|byte| char::from(*byte)).collect::<String>(), true)?
        }
        _ => return Err(mismatch()),
    };
    Ok((of, kind, pattern))
}

fn contains(args: &[Value]) -> Result<Value, Fault> {
    let (of, _, pattern) = read(args)?;
    Ok(Value::Bool(pattern.is_match(of)))
}

/// Position and occurrence, both from 1 and 1 when left out.
fn counts(args: &[Value]) -> Result<(usize, usize), Fault> {
    let positive = |at: usize, name: &str| match args.get(at) {
        None => Ok(1),
        Some(_) => match usize::try_from(int(args, at)?) {
            Ok(number) if number > 0 => Ok(number),
            Ok(_) | Err(_) => Err(Fault::query(format!("{name} must be positive"))),
        },
    };
    Ok((positive(2, "Position")?, positive(3, "Occurrence")?))
}

/// What a search from a position sees: the rest of the value, as if it were the whole.
///
/// BigQuery compares the position with the length in bytes; a STRING with longer characters can
/// therefore also be searched at its very end, from any place up to that length.
fn from_position(of: &[u8], kind: Kind, position: usize) -> Option<&[u8]> {
    if position > of.len() {
        return None;
    }
    of.get(kind.offset(of, position.saturating_sub(1)).unwrap_or(of.len())..)
}

/// The match with this number from 1; a failure before it counts.
fn nth(pattern: &Pattern, of: &[u8], number: usize) -> Result<Option<Found>, Fault> {
    let mut left = number;
    for found in pattern.extract(of)? {
        let found = found?;
        left = left.saturating_sub(1);
        if left == 0 {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn extract(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind, pattern) = read(args)?;
    let (position, occurrence) = counts(args)?;
    let rest =
        if of.is_empty() && position == 1 { Some(of) } else { from_position(of, kind, position) };
    let Some(rest) = rest else { return Ok(Value::Null) };
    match nth(&pattern, rest, occurrence)?.and_then(|found| found.part) {
        Some(part) => kind.value(rest.get(part).unwrap_or_default().to_vec()),
        None => Ok(Value::Null),
    }
}

/// Every match; a group that took no part counts as empty.
fn extract_all(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind, pattern) = read(args)?;
    let part = |found: Result<Found, Fault>| {
        let part = found?.part.and_then(|part| of.get(part)).unwrap_or_default();
        kind.value(part.to_vec())
    };
    pattern.extract(of)?.map(part).collect::<Result<_, _>>().map(Value::Array)
}

fn instr(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind, pattern) = read(args)?;
    let after = match args.get(4) {
        None => false,
        Some(_) => match int(args, 4)? {
            0 => false,
            1 => true,
            _ => return Err(Fault::query("Invalid return_position_after_match.")),
        },
    };
    let (position, occurrence) = counts(args)?;
    let Some(rest) = from_position(of, kind, position).filter(|_| !pattern.empty) else {
        return Ok(Value::Int(0));
    };
    let Some(Found { part: Some(part), next }) = nth(&pattern, rest, occurrence)? else {
        return Ok(Value::Int(0));
    };
    // Without a group BigQuery counts back from where the search goes on, which for an empty match
    // is behind the next unit.
    let end = if pattern.groups() == 0 { next } else { part.end };
    let end = if after { end } else { end.saturating_sub(part.len()) };
    let before = kind.length(rest.get(..end).unwrap_or_default());
    strand::whole(before.saturating_add(position))
}

/// One piece of a rewrite: plain bytes or a group.
enum Piece {
    Plain(u8),
    Group(usize),
}

/// `\1` stands for a group, `\0` for the whole match, `\\` for a backslash.
fn rewrite(with: &[u8], groups: usize) -> Result<Vec<Piece>, Fault> {
    let wrong = |what: &str| Fault::query(format!("Invalid REGEXP_REPLACE pattern: {what}"));
    let mut pieces = Vec::new();
    let mut most = 0;
    let mut bytes = with.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            pieces.push(Piece::Plain(byte));
            continue;
        }
        pieces.push(match bytes.next() {
            Some(b'\\') => Piece::Plain(b'\\'),
            Some(digit @ b'0'..=b'9') => {
                let group = usize::from(digit.saturating_sub(b'0'));
                most = most.max(group);
                Piece::Group(group)
            }
            Some(_) => {
                return Err(wrong(
                    r"Rewrite schema error: '\' must be followed by a digit or '\'.",
                ));
            }
            None => return Err(wrong(r"Rewrite schema error: '\' not allowed at end.")),
        });
    }
    if most > groups {
        let message = format!(
            "Rewrite schema requests {most} matches, but the regexp only has {groups} \
             parenthesized subexpressions."
        );
        return Err(wrong(&message));
    }
    Ok(pieces)
}

fn replace(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind, pattern) = read(args)?;
    let (with, _) = strand::read(args, 2)?;
    let pieces = rewrite(with, pattern.groups())?;
    let done = pattern.replace(of, |found, done| {
        for piece in &pieces {
            match piece {
                Piece::Plain(byte) => done.push(*byte),
                Piece::Group(group) => {
                    done.extend_from_slice(found.get(*group).map_or(&[], |group| group.as_bytes()));
                }
            }
        }
    });
    kind.value(done)
}
