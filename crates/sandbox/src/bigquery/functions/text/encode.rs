//! BYTES written as text: hexadecimal, base 32, base 64, and UTF-8 itself.
//!
//! Decides what a decoder takes: base 64 is lenient about white space, padding and left-over bits, as
//! BigQuery's is. It must never answer for text whose reading by BigQuery is not known.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::number::args::{bytes, text};
use super::super::{P, Sig};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

const S: &[P] = &[P::String];
const B: &[P] = &[P::Bytes];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("TO_HEX", B, P::String, |a| Ok(Value::Str(hex::encode(bytes(a, 0)?)))),
    Sig::new("FROM_HEX", S, P::Bytes, from_hex),
    Sig::new("TO_BASE32", B, P::String, |a| Ok(Value::Str(base32(bytes(a, 0)?)))),
    Sig::new("FROM_BASE32", S, P::Bytes, from_base32),
    Sig::new("TO_BASE64", B, P::String, |a| Ok(Value::Str(STANDARD.encode(bytes(a, 0)?)))),
    Sig::new("FROM_BASE64", S, P::Bytes, from_base64),
    Sig::new("SAFE_CONVERT_BYTES_TO_STRING", B, P::String, |a| {
        Ok(Value::Str(converted(bytes(a, 0)?)))
    }),
];

/// FROM_HEX: an odd number of digits stands for a leading zero.
fn from_hex(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    if let Some(at) = of.bytes().position(|byte| !byte.is_ascii_hexdigit()) {
        return Err(Fault::query(format!(
            "Failed to decode invalid hexadecimal string due to character at offset {at}: {of}"
        )));
    }
    let zero = if of.len() % 2 == 1 { "0" } else { "" };
    let decoded = hex::decode(format!("{zero}{of}"));
    decoded.map(Value::Bytes).map_err(|_| Fault::unsupported("FROM_HEX of this text"))
}

/// FROM_BASE32 of whole, padded groups. How BigQuery reads other text of the alphabet is not known.
fn from_base32(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    if let Some(decoded) = unbase32(of) {
        return Ok(Value::Bytes(decoded));
    }
    let alphabet = |c: char| c.is_ascii_alphanumeric() || c == '=' || c.is_ascii_whitespace();
    if of.chars().all(alphabet) {
        return Err(Fault::unsupported("FROM_BASE32 of text that is not padded base 32"));
    }
    Err(Fault::query("Failed to decode invalid base32 string"))
}

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Each five bytes as eight letters, the last ones padded.
fn base32(of: &[u8]) -> String {
    let mut text = String::new();
    for group in of.chunks(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        let missing = 5_usize.saturating_sub(group.len());
        let bits = (0..missing).fold(bits, |bits, _| bits << 8);
        let used = group.len().saturating_mul(8).div_ceil(5);
        for at in 0..8_usize {
            let shift = 35_usize.saturating_sub(at.saturating_mul(5));
            let letter = usize::try_from((bits >> shift) & 31).ok().and_then(|n| LETTERS.get(n));
            let letter = letter.copied().unwrap_or(b'=');
            text.push(char::from(if at < used { letter } else { b'=' }));
        }
    }
    text
}

/// The bytes of whole, padded groups whose spare bits are zero.
fn unbase32(of: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (groups, rest) = of.as_bytes().as_chunks::<8>();
    if !rest.is_empty() {
        return None;
    }
    for (at, group) in groups.iter().enumerate() {
        let used = group.iter().take_while(|letter| **letter != b'=').count();
        let whole = used.saturating_mul(5) / 8;
        let ends = at.saturating_add(1) == groups.len();
        let padded = group.iter().skip(used).all(|letter| *letter == b'=');
        if !(used == 8 || ends && padded && matches!(used, 2 | 4 | 5 | 7)) {
            return None;
        }
        let mut bits = 0_u64;
        for letter in group {
            let value = LETTERS.iter().position(|known| known == letter || *letter == b'=')?;
            bits = (bits << 5) | u64::try_from(value).ok()?;
        }
        let decoded = bits.to_be_bytes();
        let (kept, spare) = decoded.get(3..)?.split_at_checked(whole)?;
        if spare.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn from_base64(args: &[Value]) -> Result<Value, Fault> {
    let decoded = base64(text(args, 0)?);
    decoded.map(Value::Bytes).ok_or_else(|| Fault::query("Failed to decode invalid base64 string"))
}

/// White space is skipped; padding, also with dots, is complete or left out; spare bits are dropped.
fn base64(of: &str) -> Option<Vec<u8>> {
    let is_space = |byte: u8| byte.is_ascii_whitespace() || byte == 0x0B;
    let kept: Vec<u8> = of.bytes().filter(|byte| !is_space(*byte)).collect();
    let digits = kept.iter().take_while(|byte| !matches!(byte, b'=' | b'.')).count();
    let (digits, padding) = kept.split_at_checked(digits)?;
    let wanted = match digits.len() % 4 {
        0 => 0,
        2 => 2,
        3 => 1,
        _ => return None,
    };
    let pads = padding.iter().all(|byte| matches!(byte, b'=' | b'.'));
    let complete = padding.len() == wanted || padding.is_empty();
    if !pads || !complete {
        return None;
    }
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = (bits << 6) | u32::from(sextet(*digit)?);
        }
        let missing = 4_usize.saturating_sub(group.len());
        for _ in 0..missing {
            bits <<= 6;
        }
        bytes.extend(bits.to_be_bytes().iter().skip(1).take(3_usize.saturating_sub(missing)));
    }
    Some(bytes)
}

/// The value of a base 64 digit.
fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => digit.checked_sub(b'A'),
        b'a'..=b'z' => digit.checked_sub(b'a')?.checked_add(26),
        b'0'..=b'9' => digit.checked_sub(b'0')?.checked_add(52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Each byte that is not part of valid UTF-8 becomes U+FFFD.
fn converted(of: &[u8]) -> String {
    let mut done = String::with_capacity(of.len());
    for chunk in of.utf8_chunks() {
        done.push_str(chunk.valid());
        done.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    done
}
