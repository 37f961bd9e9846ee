//! Exact decimals: NUMERIC in units of 1e-9 and BIGNUMERIC in units of 1e-38.
//!
//! Decides how they are rounded (half away from zero), where they overflow and how they are written.
//! No digit may pass through a float here.

use datafusion::arrow::datatypes::i256;
use num_bigint::{BigInt, Sign};

/// The largest NUMERIC: 38 nines, 9 of them after the point.
pub(crate) const NUMERIC_MAX: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;
/// One, as NUMERIC.
pub(crate) const NUMERIC_ONE: i128 = 1_000_000_000;
/// Digits after the point.
pub(crate) const NUMERIC_SCALE: u32 = 9;
pub(crate) const BIGNUMERIC_SCALE: u32 = 38;

/// Which of the two kinds, where the rules are the same but for digits and range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Numeric,
    BigNumeric,
}

impl Kind {
    pub(crate) const fn scale(self) -> u32 {
        match self {
            Self::Numeric => NUMERIC_SCALE,
            Self::BigNumeric => BIGNUMERIC_SCALE,
        }
    }

    /// One, in this kind's units.
    pub(crate) fn one(self) -> BigInt {
        ten_to(self.scale())
    }

    /// Whether a number of units is inside this kind's range.
    pub(crate) fn holds(self, units: &BigInt) -> bool {
        match self {
            Self::Numeric => to_numeric(units).is_some(),
            Self::BigNumeric => to_bignumeric(units).is_some(),
        }
    }
}

/// Ten to a power.
pub(crate) fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// Units as a NUMERIC; `None` out of range.
pub(crate) fn to_numeric(units: &BigInt) -> Option<i128> {
    i128::try_from(units).ok().filter(|n| n.unsigned_abs() <= NUMERIC_MAX.unsigned_abs())
}

/// Units as a BIGNUMERIC, whose range is exactly that of 256 bits; `None` out of range.
pub(crate) fn to_bignumeric(units: &BigInt) -> Option<i256> {
    let little = units.to_signed_bytes_le();
    let fill = if units.sign() == Sign::Minus { 0xff } else { 0 };
    let mut all = [fill; 32];
    if little.len() > all.len() {
        return None;
    }
    for (slot, byte) in all.iter_mut().zip(&little) {
        *slot = *byte;
    }
    Some(i256::from_le_bytes(all))
}

/// A BIGNUMERIC as a number of units.
pub(crate) fn from_bignumeric(value: i256) -> BigInt {
    BigInt::from_signed_bytes_le(&value.to_le_bytes())
}

/// `value / divisor` rounded half away from zero; `None` for a zero divisor.
pub(crate) fn divide_rounded(value: &BigInt, divisor: &BigInt) -> Option<BigInt> {
    if divisor.sign() == Sign::NoSign {
        return None;
    }
    let quotient = value / divisor;
    let rest = value % divisor;
    if rest.magnitude() * 2_u32 < *divisor.magnitude() {
        return Some(quotient);
    }
    let away =
        if (value.sign() == Sign::Minus) == (divisor.sign() == Sign::Minus) { 1 } else { -1 };
    Some(quotient + away)
}

/// The same on 128 bits.
pub(crate) fn divide_rounded_i128(value: i128, divisor: i128) -> Option<i128> {
    let quotient = value.checked_div(divisor)?;
    let rest = value.checked_rem(divisor)?.unsigned_abs();
    // `rest` is below the divisor, so the difference cannot wrap.
    if rest < divisor.unsigned_abs() - rest {
        return Some(quotient);
    }
    quotient.checked_add(if (value < 0) == (divisor < 0) { 1 } else { -1 })
}

/// How a digit that is cut off changes the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    HalfAway,
    TowardsZero,
    Up,
    Down,
}

/// Units with `scale` digits after the point, cut to `digits` of them (negative: before the point).
pub(crate) fn cut(units: &BigInt, scale: u32, digits: i64, how: Rounding) -> BigInt {
    let dropped = i64::from(scale).saturating_sub(digits);
    if dropped <= 0 {
        return units.clone();
    }
    // Beyond 90 digits nothing of any value is left, so a larger step says the same.
    let step = ten_to(u32::try_from(dropped.min(90)).unwrap_or(90));
    let towards = units / &step;
    let rest = units % &step;
    let kept = match how {
        Rounding::TowardsZero => towards,
        Rounding::HalfAway => divide_rounded(units, &step).unwrap_or(towards),
        Rounding::Up if rest.sign() == Sign::Plus => towards + 1,
        Rounding::Down if rest.sign() == Sign::Minus => towards - 1,
        Rounding::Up | Rounding::Down => towards,
    };
    kept * step
}

/// Units with `scale` digits after the point, as BigQuery prints them: no trailing zeros.
pub(crate) fn units_text(units: &BigInt, scale: u32) -> String {
    let sign = if units.sign() == Sign::Minus { "-" } else { "" };
    let digits = units.magnitude().to_string();
    let width = usize::try_from(scale).unwrap_or(0);
    let padded = format!("{digits:0>least$}", least = width + 1);
    let (whole, fraction) = padded.split_at_checked(padded.len() - width).unwrap_or((&padded, ""));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// NUMERIC as BigQuery prints it: `220`, `0.75`.
pub(crate) fn numeric_text(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) =
        (value.unsigned_abs() / 1_000_000_000, value.unsigned_abs() % 1_000_000_000);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{rest:09}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// BIGNUMERIC as BigQuery prints it.
pub(crate) fn bignumeric_text(value: i256) -> String {
    units_text(&from_bignumeric(value), BIGNUMERIC_SCALE)
}
