//! NUMERIC and FLOAT64 arithmetic with GoogleSQL's rounding, text forms and overflow.
//!
//! Decides how exact decimals are rounded (half away from zero), printed (no trailing zeros) and read. Money goes
//! through here: nothing in this module may pass a NUMERIC through a float except where GoogleSQL itself does.

use super::types::{NUMERIC_MAX, NUMERIC_ONE};

/// `value / divisor` rounded half away from zero; `None` when the divisor is zero or the result does not fit.
pub(crate) fn divide_rounded(value: i128, divisor: i128) -> Option<i128> {
    let quotient = value.checked_div(divisor)?;
    let remainder = value.checked_rem(divisor)?;
    let doubled = remainder.unsigned_abs().checked_mul(2)?;
    if doubled < divisor.unsigned_abs() {
        return Some(quotient);
    }
    let away = if (value < 0) == (divisor < 0) { 1 } else { -1 };
    quotient.checked_add(away)
}

/// A scaled value that lies inside NUMERIC's range.
pub(crate) fn in_range(value: i128) -> Option<i128> {
    (value.unsigned_abs() <= NUMERIC_MAX.unsigned_abs()).then_some(value)
}

/// Product of two scaled values, rounded to nine digits.
pub(crate) fn multiply(left: i128, right: i128) -> Option<i128> {
    let (whole, fraction) = (right.checked_div(NUMERIC_ONE)?, right.checked_rem(NUMERIC_ONE)?);
    // Split the right side so that the intermediate product of large values still fits 128 bits.
    let (left_whole, left_fraction) = (left.checked_div(NUMERIC_ONE)?, left.checked_rem(NUMERIC_ONE)?);
    let small = divide_rounded(left_fraction.checked_mul(fraction)?, NUMERIC_ONE)?;
    let product = left
        .checked_mul(whole)?
        .checked_add(left_whole.checked_mul(fraction)?)?
        .checked_add(small)?;
    in_range(product)
}

/// Quotient of two scaled values, rounded to nine digits; `None` for zero divisors and overflow.
pub(crate) fn divide(left: i128, right: i128) -> Option<i128> {
    let whole = left.checked_div(right)?;
    let remainder = left.checked_rem(right)?;
    let scaled = whole.checked_mul(NUMERIC_ONE)?;
    in_range(match remainder.checked_mul(NUMERIC_ONE) {
        Some(rest) => scaled.checked_add(divide_rounded(rest, right)?)?,
        // A remainder this large comes with a divisor at least as large: drop digits below the result's precision.
        None => scaled.checked_add(divide_rounded(remainder, divide_rounded(right, NUMERIC_ONE)?)?)?,
    })
}

/// Rounds a scaled value to `digits` after the point (negative: before it).
pub(crate) fn round(value: i128, digits: i64) -> Option<i128> {
    if digits >= 9 {
        return Some(value);
    }
    let Ok(power) = u32::try_from(9 - digits) else { return Some(0) };
    let Some(step) = 10_i128.checked_pow(power) else { return Some(0) };
    in_range(divide_rounded(value, step)?.checked_mul(step)?)
}

/// Reads a decimal literal, with at most nine digits after the point kept by rounding; `None` if it is not one.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let magnitude = scale_digits(all.trim_start_matches('0'), 9_i32.checked_sub(places)?)?;
    in_range(if negative { -magnitude } else { magnitude })
}

/// The integer of `digits` times ten to the power `shift`, rounded half away from zero.
fn scale_digits(digits: &str, shift: i32) -> Option<i128> {
    if digits.is_empty() {
        return Some(0);
    }
    let integer = digits.parse::<i128>().ok()?;
    let step = 10_i128.checked_pow(shift.unsigned_abs());
    match (shift >= 0, step) {
        (true, step) => integer.checked_mul(step?),
        (false, Some(step)) => divide_rounded(integer, step),
        (false, None) => Some(0),
    }
}

/// NUMERIC as GoogleSQL prints it: no trailing zeros, no point without digits behind it.
pub(crate) fn print(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let magnitude = value.unsigned_abs();
    let one = NUMERIC_ONE.unsigned_abs();
    let (whole, fraction) = (magnitude / one, magnitude % one);
    let digits = format!("{fraction:09}");
    let trimmed = digits.trim_end_matches('0');
    if trimmed.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{trimmed}") }
}

/// INT64 as FLOAT64, rounding beyond 2^53 as GoogleSQL's cast does.
#[expect(clippy::cast_precision_loss, reason = "GoogleSQL's own conversion rounds to the nearest double")]
pub(crate) const fn int_to_float(value: i64) -> f64 {
    value as f64
}

/// A 128-bit sum as FLOAT64, rounding as above.
#[expect(clippy::cast_precision_loss, reason = "an average of INT64 is a FLOAT64 by definition")]
pub(crate) const fn wide_to_float(value: i128) -> f64 {
    value as f64
}

/// NUMERIC as the nearest FLOAT64 (through its exact decimal text, so that the rounding is correct).
pub(crate) fn to_float(value: i128) -> f64 {
    print(value).parse().unwrap_or(f64::NAN)
}

/// FLOAT64 as NUMERIC, rounded to nine digits; `None` for NaN, infinities and values out of range.
pub(crate) fn from_float(value: f64) -> Option<i128> {
    // `Display` of a double is its shortest exact-round-trip decimal, never in exponent form.
    parse(&value.to_string())
}

/// FLOAT64 as INT64, rounded half away from zero; `None` when it does not fit.
pub(crate) fn float_to_int(value: f64) -> Option<i64> {
    let rounded = value.round();
    // 2^63 is exact as a double; i64::MAX is not, so compare with the bound itself.
    if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and inside the range of i64, checked above")]
    let whole = rounded as i64;
    Some(whole)
}

/// FLOAT64 in the form the REST API uses (Java's): `3.0`, `1.0E10`, `NaN`, `Infinity`.
pub(crate) fn print_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() };
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => format!("{mantissa}E{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_printed_without_trailing_zeros() {
        for (text, printed) in
            [("29.330", "29.33"), ("150", "150"), ("-0.5", "-0.5"), ("1e3", "1000"), ("0.0000000005", "0.000000001")]
        {
            assert_eq!(print(parse(text).unwrap()), printed);
        }
        for bad in ["", ".", "1.2.3", "abc", "1e", "--1"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn products_and_quotients_round_half_away_from_zero() {
        let third = divide(NUMERIC_ONE, 3 * NUMERIC_ONE).unwrap();
        assert_eq!(print(third), "0.333333333");
        assert_eq!(print(divide(parse("-2").unwrap(), parse("3").unwrap()).unwrap()), "-0.666666667");
        assert_eq!(print(multiply(parse("0.000000001").unwrap(), parse("0.5").unwrap()).unwrap()), "0.000000001");
        assert_eq!(print(multiply(parse("-11.77").unwrap(), parse("1.1").unwrap()).unwrap()), "-12.947");
        assert_eq!(multiply(NUMERIC_MAX, parse("2").unwrap()), None);
        assert_eq!(divide(NUMERIC_ONE, 0), None);
    }

    #[test]
    fn large_products_do_not_lose_their_middle() {
        let left = parse("12345678901234567890.5").unwrap();
        assert_eq!(print(multiply(left, parse("10.000000001").unwrap()).unwrap()), "123456789024691357806.234567891");
    }

    #[test]
    fn rounding_takes_digits_on_both_sides_of_the_point() {
        let value = parse("1234.5678").unwrap();
        assert_eq!(print(round(value, 2).unwrap()), "1234.57");
        assert_eq!(print(round(value, -2).unwrap()), "1200");
        assert_eq!(print(round(value, -40).unwrap()), "0");
        assert_eq!(print(round(parse("-0.5").unwrap(), 0).unwrap()), "-1");
    }

    #[test]
    fn floats_print_as_the_rest_api_prints_them() {
        for (value, printed) in [
            (3.0, "3.0"),
            (0.1, "0.1"),
            (10_000_000.0, "1.0E7"),
            (1_790_553_600.0, "1.7905536E9"),
            (0.0001, "1.0E-4"),
            (-2.5, "-2.5"),
            (0.0, "0.0"),
        ] {
            assert_eq!(print_float(value), printed);
        }
    }

    #[test]
    fn a_float_outside_int64_has_no_integer() {
        assert_eq!(float_to_int(9_223_372_036_854_775_808.0), None);
        assert_eq!(float_to_int(-2.5), Some(-3));
        assert_eq!(float_to_int(f64::NAN), None);
    }
}
