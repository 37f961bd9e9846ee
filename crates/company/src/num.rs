//! Conversions between number types, and money as integers.
//!
//! Every conversion saturates: generated figures are far from the limits, and a wrong figure is
//! caught by the truth's second pass. Money must never pass through a float.

/// A position from a drawn number.
pub(crate) fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// A count as an integer column holds it.
pub(crate) fn int(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count as an unsigned number.
pub(crate) fn count(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A number that cannot be below 0.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A number as a signed one.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A day number as a date column holds it.
pub(crate) fn day32(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Cents as billionths, the unit of NUMERIC.
pub(crate) fn cents(value: i64) -> i128 {
    i128::from(value) * 10_000_000
}

/// Millionths as billionths, the unit of NUMERIC.
pub(crate) fn millionths(value: i64) -> i128 {
    i128::from(value) * 1000
}

/// Microseconds of a second.
pub(crate) const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day of 24 hours.
pub(crate) const DAY: i64 = 24 * HOUR;

/// The decimal text of billionths, without superfluous zeros.
pub(crate) fn decimal(billionths: i128) -> String {
    let sign = if billionths < 0 { "-" } else { "" };
    let whole = billionths.unsigned_abs() / 1_000_000_000;
    let part = billionths.unsigned_abs() % 1_000_000_000;
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:09}");
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_sign_and_lose_only_trailing_zeros() {
        let cases = [
            (0, "0"),
            (cents(1999), "19.99"),
            (cents(-50), "-0.5"),
            (millionths(1_084_300), "1.0843"),
            (-1, "-0.000000001"),
            (cents(120_000), "1200"),
        ];
        for (billionths, text) in cases {
            assert_eq!(decimal(billionths), text);
        }
    }
}
