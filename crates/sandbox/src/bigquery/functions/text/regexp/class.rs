//! Character classes.
//!
//! Decides the members of `[…]` and of `\p{…}`, `\d` and their kin, and writes them so that the
//! engine reads no set operation, nested class or wider group into them. It must never leave a
//! punctuation mark unescaped.

use super::escape;
use super::groups;
use super::syntax::{Parser, wrong};
use crate::bigquery::fault::Fault;

/// A class that nothing is in.
pub(super) const NONE: &str = "[a&&b]";

const RANGE: &str = "invalid character class range";

/// One character as the engine's text; a surrogate matches nothing.
pub(super) fn one(code: u32) -> String {
    match char::from_u32(code) {
        None => NONE.to_owned(),
        Some(c) if c.is_ascii_alphanumeric() => c.to_string(),
        Some(_) => escaped(code),
    }
}

/// Two digits mean a byte where the engine works on bytes.
fn escaped(code: u32) -> String {
    if code <= 0xFF { format!(r"\x{code:02X}") } else { format!(r"\x{{{code:X}}}") }
}

/// A range inside a class, without the surrogates at its ends.
fn range(low: u32, high: u32) -> String {
    let low = if (0xD800..0xE000).contains(&low) { 0xE000 } else { low };
    let high = if (0xD800..0xE000).contains(&high) { 0xD7FF } else { high };
    if low > high { NONE.to_owned() } else { format!("{}-{}", escaped(low), escaped(high)) }
}

/// `\d`, `\p{Greek}` and their kin, as members of a class.
pub(super) fn group(parser: &mut Parser<'_>) -> Result<String, Fault> {
    let start = parser.place();
    parser.skip(1);
    let letter = parser.bump().unwrap_or_default();
    if let Some(members) = groups::perl(letter) {
        return Ok(signed(members, letter.is_ascii_lowercase()));
    }
    let mut name = name(parser, start)?;
    let mut positive = letter == 'p';
    if let Some(negated) = name.strip_prefix('^') {
        name = negated;
        positive = !positive;
    }
    let members =
        groups::unicode(name, parser.bytes).ok_or_else(|| wrong(RANGE, parser.since(start)))?;
    Ok(signed(&members, positive))
}

/// The name after `\p`: one character, or more in braces.
fn name<'p>(parser: &mut Parser<'p>, start: usize) -> Result<&'p str, Fault> {
    let place = parser.place();
    if parser.peek() != Some('{') {
        parser.bump();
        return Ok(parser.since(place));
    }
    let Some(length) = parser.rest().find('}') else {
        parser.skip(parser.rest().len());
        return Err(wrong(RANGE, parser.since(start)));
    };
    let name = parser.rest().get(1..length).unwrap_or_default();
    parser.skip(length.saturating_add(1));
    Ok(name)
}

fn signed(members: &str, positive: bool) -> String {
    if positive { members.to_owned() } else { format!("[^{members}]") }
}

/// A class in brackets.
pub(super) fn parse(parser: &mut Parser<'_>) -> Result<String, Fault> {
    let whole = parser.rest();
    parser.skip(1);
    let mut text = String::from(if parser.eat("^") { "[^" } else { "[" });
    let mut first = true;
    loop {
        match parser.peek() {
            None => return Err(wrong("missing ]", whole)),
            Some(']') if !first => break,
            Some(_) => text.push_str(&member(parser, whole)?),
        }
        first = false;
    }
    parser.skip(1);
    text.push(']');
    Ok(text)
}

fn member(parser: &mut Parser<'_>, whole: &str) -> Result<String, Fault> {
    if let Some(posix) = posix(parser)? {
        return Ok(posix);
    }
    let rest = parser.rest();
    let letter = rest.strip_prefix('\\').and_then(|rest| rest.chars().next());
    if letter.is_some_and(|letter| "pPdDsSwW".contains(letter)) {
        return group(parser);
    }
    let start = parser.place();
    let low = character(parser, whole)?;
    let rest = parser.rest();
    if !rest.starts_with('-') || rest.len() < 2 || rest.starts_with("-]") {
        return Ok(range(low, low));
    }
    parser.skip(1);
    let high = character(parser, whole)?;
    if high < low {
        return Err(wrong(RANGE, parser.since(start)));
    }
    Ok(range(low, high))
}

fn character(parser: &mut Parser<'_>, whole: &str) -> Result<u32, Fault> {
    match parser.peek() {
        None => Err(wrong("missing ]", whole)),
        Some('\\') => escape::code(parser),
        Some(c) => {
            parser.skip(c.len_utf8());
            Ok(u32::from(c))
        }
    }
}

/// `[:alpha:]`; without a `:]` further on, the bracket is a plain one.
fn posix(parser: &mut Parser<'_>) -> Result<Option<String>, Fault> {
    let Some(inner) = parser.rest().strip_prefix("[:") else { return Ok(None) };
    let Some(end) = inner.find(":]") else { return Ok(None) };
    let start = parser.place();
    parser.skip(end.saturating_add(4));
    let name = inner.get(..end).unwrap_or_default();
    let (name, positive) = name.strip_prefix('^').map_or((name, true), |name| (name, false));
    let members = groups::posix(name).ok_or_else(|| wrong(RANGE, parser.since(start)))?;
    Ok(Some(signed(members, positive)))
}
