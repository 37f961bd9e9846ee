//! Numbers as text and texts as numbers.
//!
//! Decides which spellings of INT64, FLOAT64, NUMERIC and BIGNUMERIC are read, and how a FLOAT64 is
//! written (the shortest of 15 or 17 digits that reads back the same). It must never guess: a text
//! that BigQuery does not read is `None`.

use num_bigint::{BigInt, Sign};

use super::exact::{Kind, divide_rounded, ten_to};

/// `%.{digits}g` of the C library: shortest of plain and exponent form, no trailing zeros.
pub(crate) fn general(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let bound = i32::try_from(digits).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= bound {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs());
    }
    let after = usize::try_from(bound - 1 - exponent).unwrap_or(0);
    without_zeros(&format!("{value:.after$}")).to_owned()
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A float inside an error message: six digits.
pub(crate) fn short_float(value: f64) -> String {
    general(value, 6)
}

/// A FLOAT64 as CAST to STRING prints it: `1`, `0.1`, `1e+20`, `inf`, `nan`.
pub(crate) fn float_text(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let short = general(value, 15);
    if value.is_nan() || short.parse() == Ok(value) { short } else { general(value, 17) }
}

/// An INT64 in decimal or, after `0x`, in hexadecimal; blanks around it are dropped.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = hex.map_or((digits, 10), |rest| (rest, 16));
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// A FLOAT64; blanks around it are dropped, `inf`, `infinity` and `nan` are read in any case.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let magnitude = if let Some(hex) = lower.strip_prefix("0x") {
        hex_float(hex)?
    } else if lower == "inf" || lower == "infinity" {
        f64::INFINITY
    } else if lower == "nan" {
        f64::NAN
    } else if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// A whole hexadecimal number of up to 53 bits; longer ones and fractions are not read.
fn hex_float(digits: &str) -> Option<f64> {
    let whole = u64::from_str_radix(digits, 16).ok().filter(|n| *n <= 1 << 53)?;
    whole.to_string().parse().ok()
}

/// A decimal with an optional point and exponent, rounded to the kind's digits; `None` when it is
/// none or out of range.
pub(crate) fn parse_decimal(text: &str, kind: Kind) -> Option<BigInt> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    unsigned_decimal(digits, kind)
        .map(|units| if negative { -units } else { units })
        .filter(|n| kind.holds(n))
}

fn unsigned_decimal(text: &str, kind: Kind) -> Option<BigInt> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let units = BigInt::parse_bytes(all.as_bytes(), 10)?;
    if units.sign() == Sign::NoSign {
        return Some(units);
    }
    let places = i64::try_from(fraction.len()).ok()?;
    let shift = i64::from(kind.scale()) + exponent - places;
    let size = u32::try_from(shift.unsigned_abs()).ok();
    if shift >= 0 {
        // More than 200 places to the left is beyond either range.
        return size.filter(|n| *n <= 200).map(|n| units * ten_to(n));
    }
    let longest = u64::try_from(all.len()).ok()?.saturating_add(1);
    if shift.unsigned_abs() > longest {
        return Some(BigInt::default());
    }
    divide_rounded(&units, &ten_to(size?))
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // An exponent too long for 32 bits pushes the number out of range or to zero all the same.
    let size = digits.parse::<i32>().map_or(i64::from(i32::MAX), i64::from);
    Some(if text.starts_with('-') { -size } else { size })
}

/// What PARSE_NUMERIC and PARSE_BIGNUMERIC read: a sign before or after, blanks beside it, commas
/// anywhere before the point.
pub(crate) fn parse_loose_decimal(text: &str, kind: Kind) -> Option<BigInt> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let is_sign = |c: char| c == '+' || c == '-';
    let (sign, rest) = match (text.strip_prefix(is_sign), text.strip_suffix(is_sign)) {
        (Some(_), Some(_)) if text.len() > 1 => return None,
        (Some(rest), _) => {
            (text.starts_with('-'), rest.trim_start_matches(|c: char| c.is_ascii_whitespace()))
        }
        (None, Some(rest)) => {
            (text.ends_with('-'), rest.trim_end_matches(|c: char| c.is_ascii_whitespace()))
        }
        (None, None) => (false, text),
    };
    let (whole, fraction) = match rest.find(['.', 'e', 'E']) {
        Some(at) => rest.split_at_checked(at)?,
        None => (rest, ""),
    };
    if !whole.is_empty() && !whole.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = [&whole.replace(',', ""), fraction].concat();
    let units = unsigned_decimal(&digits, kind)?;
    Some(if sign { -units } else { units }).filter(|n| kind.holds(n))
}
