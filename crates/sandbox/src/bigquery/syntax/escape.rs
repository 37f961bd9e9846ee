//! Escapes in string and bytes literals.
//!
//! Decides the value of a literal by BigQuery's list of escapes; anything outside the list is an
//! error, as there.

use crate::bigquery::fault::Fault;

/// The text of a string literal's inside.
pub(super) fn decode_string(inside: &str) -> Result<String, Fault> {
    let mut text = String::with_capacity(inside.len());
    for piece in pieces(inside) {
        match piece? {
            Piece::Char(c) => text.push(c),
            Piece::Code(code) | Piece::Unicode(code) => {
                text.push(char::from_u32(code).ok_or_else(illegal)?);
            }
        }
    }
    Ok(text)
}

/// The bytes of a bytes literal's inside.
pub(super) fn decode_bytes(inside: &str) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::with_capacity(inside.len());
    for piece in pieces(inside) {
        match piece? {
            Piece::Char(c) => bytes.extend(c.to_string().bytes()),
            Piece::Code(code) => bytes.push(u8::try_from(code).map_err(|_| illegal())?),
            Piece::Unicode(_) => return Err(illegal()),
        }
    }
    Ok(bytes)
}

enum Piece {
    Char(char),
    /// `\x` or octal.
    Code(u32),
    /// `\u` or `\U`.
    Unicode(u32),
}

fn illegal() -> Fault {
    Fault::query("Syntax error: Illegal escape sequence")
}

fn pieces(inside: &str) -> impl Iterator<Item = Result<Piece, Fault>> + '_ {
    let mut chars = inside.chars();
    std::iter::from_fn(move || {
        let c = chars.next()?;
        if c != '\\' {
            return Some(Ok(Piece::Char(c)));
        }
        Some(escape(&mut chars))
    })
}

fn escape(chars: &mut std::str::Chars<'_>) -> Result<Piece, Fault> {
    let first = chars.next().ok_or_else(illegal)?;
    Ok(match first {
        'x' | 'X' => Piece::Code(digits(chars, None, 2, 16)?),
        'u' => Piece::Unicode(digits(chars, None, 4, 16)?),
        'U' => Piece::Unicode(digits(chars, None, 8, 16)?),
        '0'..='3' => Piece::Code(digits(chars, Some(first), 2, 8)?),
        other => Piece::Char(simple(other).ok_or_else(illegal)?),
    })
}

/// A code of exactly so many digits.
fn digits(
    chars: &mut std::str::Chars<'_>,
    first: Option<char>,
    count: usize,
    radix: u32,
) -> Result<u32, Fault> {
    let mut text: String = first.into_iter().collect();
    text.extend(chars.take(count));
    let whole = text.len() == count.saturating_add(usize::from(first.is_some()));
    u32::from_str_radix(&text, radix).ok().filter(|_| whole).ok_or_else(illegal)
}

const fn simple(c: char) -> Option<char> {
    Some(match c {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' | '?' | '"' | '\'' | '`' | '\n' => c,
        _ => return None,
    })
}
