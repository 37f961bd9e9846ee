//! `%d`, `%i`, `%o`, `%x` and `%X`.
//!
//! Decides digits, groups and padding of a whole number. A negative number in any base is a minus
//! sign before its magnitude, never two's complement.

use super::Layout;
use super::pattern::Base;

/// The number, filled to its width.
pub(super) fn write(number: i64, base: Base, layout: Layout) -> String {
    let magnitude = number.unsigned_abs();
    let (digits, prefix, group, separator) = match base {
        Base::Decimal => (magnitude.to_string(), "", 3, ','),
        Base::Octal => (format!("{magnitude:o}"), "0", 4, ','),
        Base::Hexadecimal if layout.upper => (format!("{magnitude:X}"), "0X", 4, ':'),
        Base::Hexadecimal => (format!("{magnitude:x}"), "0x", 4, ':'),
    };
    // Plain decimals follow the C library, where a precision rules out zeros up to the width.
    let plain = base == Base::Decimal && !layout.grouped;
    let digits = match layout.precision {
        Some(0) if plain && magnitude == 0 => String::new(),
        _ => digits,
    };
    let least = layout.precision.unwrap_or(0);
    let widened = least > digits.len();
    let digits = format!("{digits:0>least$}");
    let prefix = if layout.alternate && !(base == Base::Octal && widened) { prefix } else { "" };
    let body = if layout.grouped { groups(&digits, group, separator) } else { digits };
    let head = format!("{}{prefix}", layout.sign(number < 0));
    let zeros = layout.zero && !(plain && layout.precision.is_some());
    layout.fill(&head, &body, zeros)
}

/// The digits with a separator between groups, counted from the right.
pub(super) fn groups(digits: &str, size: usize, separator: char) -> String {
    let count = digits.len();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = count.saturating_sub(at);
        if at > 0 && left.checked_rem(size) == Some(0) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}
