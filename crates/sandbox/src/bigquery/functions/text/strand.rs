//! STRING and BYTES seen as one thing: a run of characters or of bytes.
//!
//! Decides how either is measured, cut and given back, so that a function with both overloads is
//! written once. It must never give back a STRING that is not UTF-8.

use super::super::number::args::mismatch;
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

/// The longest value that BigQuery's string functions make.
pub(super) const MOST: usize = 1 << 20;

/// What a run is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Chars,
    Bytes,
}

/// An argument's bytes and kind.
pub(super) fn read(args: &[Value], at: usize) -> Result<(&[u8], Kind), Fault> {
    match args.get(at) {
        Some(Value::Str(text)) => Ok((text.as_bytes(), Kind::Chars)),
        Some(Value::Bytes(bytes)) => Ok((bytes, Kind::Bytes)),
        _ => Err(mismatch()),
    }
}

/// An argument's bytes, or others when it was left out.
pub(super) fn read_or<'a>(args: &'a [Value], at: usize, or: &'a [u8]) -> Result<&'a [u8], Fault> {
    if args.len() <= at { Ok(or) } else { read(args, at).map(|(bytes, _)| bytes) }
}

/// A count as INT64.
pub(super) fn whole(count: usize) -> Result<Value, Fault> {
    Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// Whether a byte starts a character.
const fn starts(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

impl Kind {
    /// Characters or bytes.
    pub(super) fn length(self, of: &[u8]) -> usize {
        match self {
            Self::Chars => of.iter().filter(|byte| starts(**byte)).count(),
            Self::Bytes => of.len(),
        }
    }

    /// Where the unit with this number (from 0) starts; the end for the one after the last.
    pub(super) fn offset(self, of: &[u8], number: usize) -> Option<usize> {
        match self {
            Self::Bytes => (number <= of.len()).then_some(number),
            Self::Chars => {
                let starts = of.iter().enumerate().filter(|(_, byte)| starts(**byte));
                starts.map(|(at, _)| at).chain(std::iter::once(of.len())).nth(number)
            }
        }
    }

    /// At most so many units after so many others.
    pub(super) fn part(self, of: &[u8], skip: usize, most: usize) -> &[u8] {
        let Some(start) = self.offset(of, skip) else { return &[] };
        let rest = of.get(start..).unwrap_or_default();
        let end = self.offset(rest, most).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// The units one by one.
    pub(super) fn units(self, of: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
        let mut cuts: Vec<usize> = match self {
            Self::Bytes => (0..of.len()).collect(),
            Self::Chars => {
                (0..of.len()).filter(|at| of.get(*at).is_some_and(|b| starts(*b))).collect()
            }
        };
        cuts.push(of.len());
        let pieces: Vec<&[u8]> = cuts
            .iter()
            .zip(cuts.iter().skip(1))
            .map(|(start, end)| of.get(*start..*end).unwrap_or_default())
            .collect();
        pieces.into_iter()
    }

    /// The value of this kind.
    pub(super) fn value(self, bytes: Vec<u8>) -> Result<Value, Fault> {
        match self {
            Self::Bytes => Ok(Value::Bytes(bytes)),
            Self::Chars => String::from_utf8(bytes)
                .map(Value::Str)
                .map_err(|_| Fault::unsupported("A STRING that is not UTF-8")),
        }
    }
}
