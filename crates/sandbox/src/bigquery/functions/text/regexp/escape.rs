//! Escapes, counts and flags of RE2's syntax.
//!
//! Decides single characters written as `\x{41}`, `\101` or `\n`, and what `(?i-s:` sets. It must
//! never accept an escape that RE2 rejects.

use super::syntax::{Flags, Parser, wrong};
use crate::bigquery::fault::Fault;

/// With more digits RE2 takes the brace as it stands.
const MOST_DIGITS: usize = 9;

/// A counted repetition at the start of a text: its length, least and most.
pub(super) fn counts(text: &str) -> Option<(usize, u64, Option<u64>)> {
    let end = text.find('}')?;
    let inner = text.get(1..end)?;
    let length = end.saturating_add(1);
    let Some((least, most)) = inner.split_once(',') else {
        let least = count(inner)?;
        return Some((length, least, Some(least)));
    };
    let most = if most.is_empty() { None } else { Some(count(most)?) };
    Some((length, count(least)?, most))
}

fn count(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    if digits.len() > MOST_DIGITS { None } else { digits.parse().ok() }
}

/// Whether a group may be called this: letters, digits, marks and connectors.
pub(super) fn is_name(name: &str) -> bool {
    if name.is_ascii() {
        return !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
    }
    regex::Regex::new(r"\A[\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]+\z")
        .is_ok_and(|re| re.is_match(name))
}

/// The code point of an escape such as `\n`, `\x41`, `\x{1F600}`, `\0` or `\.`.
pub(super) fn code(parser: &mut Parser<'_>) -> Result<u32, Fault> {
    let start = parser.place();
    parser.skip(1);
    let Some(c) = parser.bump() else { return Err(wrong(r"trailing \", "")) };
    let found = match c {
        'n' => Some(0x0A),
        'r' => Some(0x0D),
        't' => Some(0x09),
        'a' => Some(0x07),
        'f' => Some(0x0C),
        'v' => Some(0x0B),
        'x' => hex(parser),
        '0'..='7' => octal(parser, c),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => Some(u32::from(other)),
        _ => None,
    };
    found.ok_or_else(|| wrong("invalid escape sequence", parser.since(start)))
}

/// Up to three octal digits; one digit other than 0 would be a reference to a group.
fn octal(parser: &mut Parser<'_>, first: char) -> Option<u32> {
    let digit = |c: Option<char>| c.and_then(|c| c.to_digit(8));
    let mut code = first.to_digit(8)?;
    if code != 0 && digit(parser.peek()).is_none() {
        return None;
    }
    for _ in 0..2 {
        let Some(next) = digit(parser.peek()) else { break };
        parser.skip(1);
        code = code.saturating_mul(8).saturating_add(next);
    }
    (code <= most(parser)).then_some(code)
}

const fn most(parser: &Parser<'_>) -> u32 {
    if parser.bytes { 0xFF } else { 0x0010_FFFF }
}

fn hex(parser: &mut Parser<'_>) -> Option<u32> {
    let first = parser.bump()?;
    if first != '{' {
        let second = parser.bump()?;
        return Some(first.to_digit(16)?.saturating_mul(16).saturating_add(second.to_digit(16)?));
    }
    let mut code = None;
    loop {
        let c = parser.bump()?;
        if c == '}' {
            return code;
        }
        let next = code.unwrap_or(0_u32).saturating_mul(16).saturating_add(c.to_digit(16)?);
        if next > most(parser) {
            return None;
        }
        code = Some(next);
    }
}

/// The flags of `(?…)` or `(?…:`, and whether a group opens.
pub(super) fn flags(parser: &mut Parser<'_>) -> Result<(Flags, bool), Fault> {
    let start = parser.place();
    parser.skip(2);
    let mut flags = parser.flags;
    let (mut off, mut any) = (false, false);
    loop {
        let c = parser.bump();
        match c {
            Some('i') => flags.fold = !off,
            Some('m') => flags.multi_line = !off,
            Some('s') => flags.dot_all = !off,
            Some('U') => flags.lazy = !off,
            Some('-') if !off => {
                off = true;
                any = false;
                continue;
            }
            Some(':' | ')') if any || !off => return Ok((flags, c == Some(':'))),
            _ => return Err(wrong("invalid perl operator", parser.since(start))),
        }
        any = true;
    }
}
