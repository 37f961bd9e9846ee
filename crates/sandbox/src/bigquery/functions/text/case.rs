//! Letter case, normal forms and sound codes.
//!
//! Decides by Unicode's tables, the same for every language; BYTES change their ASCII letters only.
//! It must never normalise what a function is not asked to.

use unicode_normalization::UnicodeNormalization as _;

use super::super::number::args::{bytes, optional_text, text};
use super::super::{P, Sig};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

const S: &[P] = &[P::String];
const B: &[P] = &[P::Bytes];
const SS: &[P] = &[P::String, P::String];
const SP: &[P] = &[P::String, P::Part];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("LOWER", S, P::String, |a| Ok(Value::Str(text(a, 0)?.to_lowercase()))),
    Sig::new("LOWER", B, P::Bytes, |a| Ok(Value::Bytes(bytes(a, 0)?.to_ascii_lowercase()))),
    Sig::new("UPPER", S, P::String, |a| Ok(Value::Str(text(a, 0)?.to_uppercase()))),
    Sig::new("UPPER", B, P::Bytes, |a| Ok(Value::Bytes(bytes(a, 0)?.to_ascii_uppercase()))),
    Sig::new("INITCAP", SS, P::String, initcap).optional(1),
    Sig::new("NORMALIZE", SP, P::String, normalize).optional(1),
    Sig::new("NORMALIZE_AND_CASEFOLD", SP, P::String, normalize_and_casefold).optional(1),
    Sig::new("SOUNDEX", S, P::String, soundex),
    Sig::new("COLLATE", SS, P::String, collate),
];

/// What ends a word for INITCAP, besides white space.
const ENDS: &str = "[](){}/|\\<>!?@\"^#$&~_,.:;*%+-";

/// INITCAP maps one character to one character, so that `ß` stays.
fn initcap(args: &[Value]) -> Result<Value, Fault> {
    let ends = optional_text(args, 1)?;
    let ends = |c: char| match ends {
        Some(ends) => ends.contains(c),
        None => ENDS.contains(c) || c.is_whitespace(),
    };
    let mut first = true;
    let change = |c: char| {
        if ends(c) {
            first = true;
            return c;
        }
        let changed = if first { upper(c) } else { lower(c) };
        first = false;
        changed
    };
    Ok(Value::Str(text(args, 0)?.chars().map(change).collect()))
}

/// The one character that is the upper case of another, if any.
fn upper(c: char) -> char {
    let full = c.to_uppercase();
    let title = |step: u32| char::from_u32(u32::from(c).saturating_add(step)).unwrap_or(c);
    match (full.len(), u32::from(c)) {
        (1, _) => full.last().unwrap_or(c),
        // Greek letters with an iota below have one for titles.
        (_, 0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7) => title(8),
        (_, 0x1FB3 | 0x1FC3 | 0x1FF3) => title(9),
        _ => c,
    }
}

/// The one character that is the lower case of another, if any.
fn lower(c: char) -> char {
    if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// A character with its case folded in full; Cherokee folds to upper case.
fn fold(c: char) -> String {
    match c {
        'ı' => c.to_string(),
        'ẞ' => "ss".to_owned(),
        '\u{13A0}'..='\u{13FD}' | '\u{AB70}'..='\u{ABBF}' => c.to_uppercase().collect(),
        _ => c.to_uppercase().flat_map(char::to_lowercase).collect(),
    }
}

fn normal(of: &str, form: &str) -> Result<String, Fault> {
    Ok(match form {
        "NFC" => of.nfc().collect(),
        "NFD" => of.nfd().collect(),
        "NFKC" => of.nfkc().collect(),
        "NFKD" => of.nfkd().collect(),
        _ => return Err(Fault::query("A valid normalize mode is required.")),
    })
}

/// A normal form with case folded after it; the result is not normalised again.
pub(super) fn folded(of: &str, form: &str) -> Result<String, Fault> {
    Ok(normal(of, form)?.chars().map(fold).collect())
}

fn normalize(args: &[Value]) -> Result<Value, Fault> {
    normal(text(args, 0)?, optional_text(args, 1)?.unwrap_or("NFC")).map(Value::Str)
}

fn normalize_and_casefold(args: &[Value]) -> Result<Value, Fault> {
    folded(text(args, 0)?, optional_text(args, 1)?.unwrap_or("NFC")).map(Value::Str)
}

/// The digit of a letter's sound: 0 for vowels and their like, none for what is no letter.
const fn sound(byte: u8) -> Option<u8> {
    Some(match byte.to_ascii_uppercase() {
        b'A' | b'E' | b'I' | b'O' | b'U' | b'Y' | b'H' | b'W' => b'0',
        b'B' | b'F' | b'P' | b'V' => b'1',
        b'C' | b'G' | b'J' | b'K' | b'Q' | b'S' | b'X' | b'Z' => b'2',
        b'D' | b'T' => b'3',
        b'L' => b'4',
        b'M' | b'N' => b'5',
        b'R' => b'6',
        _ => return None,
    })
}

/// SOUNDEX: the first letter as written, then the digits of three sounds that differ from the one
/// before; vowels between two equal sounds do not part them.
fn soundex(args: &[Value]) -> Result<Value, Fault> {
    let mut code = String::new();
    let mut previous = b'0';
    for byte in text(args, 0)?.bytes() {
        let Some(digit) = sound(byte) else { continue };
        if code.is_empty() {
            code.push(char::from(byte));
            previous = digit;
        } else if digit != b'0' && digit != previous {
            code.push(char::from(digit));
            previous = digit;
        }
        if code.len() == 4 {
            break;
        }
    }
    while !code.is_empty() && code.len() < 4 {
        code.push('0');
    }
    Ok(Value::Str(code))
}

/// COLLATE: only the empty collation, which changes nothing.
fn collate(args: &[Value]) -> Result<Value, Fault> {
    match text(args, 1)? {
        "" => Ok(Value::Str(text(args, 0)?.to_owned())),
        "binary" => Err(Fault::query("Collation 'binary' in collate function is not supported.")),
        other => Err(Fault::unsupported(format!("The collation '{other}'"))),
    }
}
