//! Numbers inside JSON: how they are kept and how they are written.
//!
//! Decides which numbers the JSON type holds without loss (64 bit integers with and without a sign,
//! and FLOAT64). It must never round a number unless it was asked to.

use super::document::Number;

/// The longest number whose digits are compared.
const LONGEST: usize = 1500;

/// A number by its text; with `exact`, one that would lose digits is refused.
pub(crate) fn classify(raw: &str, exact: bool) -> Result<Number, String> {
    if !raw.contains(['.', 'e', 'E']) {
        if let Ok(number) = raw.parse::<i64>() {
            return Ok(Number::Int(number));
        }
        if let Ok(number) = raw.parse::<u64>() {
            return Ok(Number::Unsigned(number));
        }
    }
    let value: f64 = raw.parse().unwrap_or(f64::NAN);
    if !value.is_finite() {
        return Err(format!("number overflow parsing '{raw}'"));
    }
    if exact {
        round_trips(raw, value)?;
    }
    Ok(Number::Float(value))
}

/// Whether the shortest text of the float has the same digits as the text it came from.
pub(crate) fn round_trips(raw: &str, value: f64) -> Result<(), String> {
    if raw.len() > LONGEST {
        return Err(format!("Input number {raw} is too long."));
    }
    if Decimal::read(raw) == Decimal::read(&shortest(value)) {
        return Ok(());
    }
    Err(format!("Input number: {raw} cannot round-trip through string representation"))
}

/// The fewest digits that read back as the same float. When two such texts are equally near, the
/// last digit is the even one, as it is in the C library.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let mantissa = text.split_once('e').map_or(text.as_str(), |(mantissa, _)| mantissa);
    let digits = mantissa.chars().filter(char::is_ascii_digit).count();
    let even = format!("{value:.places$e}", places = digits.saturating_sub(1));
    if even.parse() == Ok(value) { even } else { text }
}

/// The digits of a number without the zeros at either end, and where they stand.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    /// The power of ten of the last digit.
    power: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let text = text.trim_start_matches(['-', '+']);
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let kept = all.trim_end_matches('0');
        let dropped = i64::try_from(all.len().saturating_sub(kept.len())).ok()?;
        let places = i64::try_from(fraction.len()).ok()?;
        let digits = kept.trim_start_matches('0').to_owned();
        let exponent: i64 = exponent.parse().ok()?;
        let power = if digits.is_empty() {
            0
        } else {
            exponent.checked_sub(places)?.checked_add(dropped)?
        };
        Some(Self { negative, digits, power })
    }
}

/// A float as the JSON type writes it: the shortest digits, always with a point or an exponent.
pub(crate) fn float_text(value: f64) -> String {
    let written = shortest(value.abs());
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let digits = mantissa.replace('.', "");
    let sign = if value.is_sign_negative() { "-" } else { "" };
    // Digits before the point.
    let before = exponent.parse::<i32>().unwrap_or(0).saturating_add(1);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if digits == "0" {
        return format!("{sign}0.0");
    }
    if before > 0 && before <= 15 {
        let width = usize::try_from(before).unwrap_or(0);
        if count <= before {
            return format!("{sign}{digits:0<width$}.0");
        }
        let (whole, fraction) = digits.split_at_checked(width).unwrap_or((&digits, ""));
        return format!("{sign}{whole}.{fraction}");
    }
    if before > -4 && before <= 0 {
        let zeros = usize::try_from(before.unsigned_abs()).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    }
    let exponent = before.saturating_sub(1);
    let mark = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{mantissa}e{mark}{:02}", exponent.unsigned_abs())
}
