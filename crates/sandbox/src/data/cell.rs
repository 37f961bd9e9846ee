//! One field's text as a value of a type that was inferred.
//!
//! Decides which texts a type takes without losing anything: a leading zero, a plus, an hour without
//! minutes or an eleventh digit keeps the column a text. NULL never comes here.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, db};

const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

/// Digits only, and at least one.
fn digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Sign, digits before and after the point, as written; nothing for another form or a leading zero.
fn decimal(text: &str) -> Option<(bool, &str, &str)> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, places) = match rest.split_once('.') {
        Some((whole, places)) if digits(places.as_bytes()) => (whole, places),
        Some(_) => return None,
        None => (rest, ""),
    };
    let padded = whole.len() > 1 && whole.starts_with('0');
    // `.5` is a number, a lone sign is none.
    let none = whole.is_empty() && places.is_empty();
    let plain = whole.is_empty() || digits(whole.as_bytes());
    (!padded && !none && plain).then_some((negative, whole, places))
}

/// An INT64.
pub(super) fn int(text: &str) -> Option<i64> {
    let first = text.as_bytes().first()?;
    let number: i64 = match first {
        b'1'..=b'9' => text.parse().ok()?,
        b'0' if text.len() == 1 => 0,
        b'-' if matches!(text.as_bytes().get(1), Some(b'1'..=b'9')) => text.parse().ok()?,
        _ => return None,
    };
    Some(number)
}

/// A NUMERIC in billionths: at most 29 digits before the point and 9 after it.
pub(super) fn numeric(text: &str) -> Option<i128> {
    let (negative, whole, places) = decimal(text)?;
    if whole.len() > 29 || places.len() > 9 {
        return None;
    }
    let digit = |value: i128, byte: u8| value * 10 + i128::from(byte & 15);
    let scaled = whole.bytes().chain(places.bytes()).fold(0, digit);
    let missing = u32::try_from(9 - places.len()).ok()?;
    let scaled = scaled * 10_i128.pow(missing);
    Some(if negative { -scaled } else { scaled })
}

/// A FLOAT64 in decimals, with or without an exponent. A whole number that it cannot hold exactly is
/// refused: it is more likely a key than a measure.
pub(super) fn float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (_, whole, places) = decimal(mantissa)?;
    if let Some(exponent) = exponent {
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        digits(power.as_bytes()).then_some(())?;
    } else if places.is_empty() && whole.len() > 15 {
        let exact: i128 = whole.parse().ok()?;
        (exact <= 1 << 53).then_some(())?;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `true` or `false`, in any case.
pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

/// A number of exactly this many digits, and what follows.
fn number(text: &[u8], length: usize) -> Option<(i64, &[u8])> {
    let (head, tail) = text.split_at_checked(length)?;
    let digit =
        |value: i64, byte: &u8| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte & 15));
    Some((head.iter().try_fold(0, digit)?, tail))
}

/// Two digits up to a limit, and what follows.
fn two(text: &[u8], most: i64) -> Option<(i64, &[u8])> {
    number(text, 2).filter(|(value, _)| *value <= most)
}

fn expect(text: &[u8], byte: u8) -> Option<&[u8]> {
    text.split_first().filter(|(first, _)| **first == byte).map(|(_, rest)| rest)
}

/// `YYYY-MM-DD` as days since 1970, and what follows.
fn days(text: &[u8]) -> Option<(i64, &[u8])> {
    let (year, rest) = number(text, 4)?;
    let (month, rest) = two(expect(rest, b'-')?, 12)?;
    let (day, rest) = two(expect(rest, b'-')?, 31)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if year == 0 || day == 0 || day > longest {
        return None;
    }
    // Years that begin in March put the leap day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some((year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468, rest))
}

/// A DATE in days since 1970.
pub(super) fn date(text: &str) -> Option<i32> {
    let (days, rest) = days(text.as_bytes())?;
    rest.is_empty().then(|| i32::try_from(days).ok())?
}

/// `HH:MM:SS` with up to six decimals (more if they are zeros) in microseconds, and what follows.
fn clock(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = two(text, 23)?;
    let (minute, rest) = two(expect(rest, b':')?, 59)?;
    let (second, rest) = two(expect(rest, b':')?, 59)?;
    let whole = (hour * 3600 + minute * 60 + second) * SECOND;
    let Some(places) = expect(rest, b'.') else { return Some((whole, rest)) };
    let length = places.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = places.split_at_checked(length).filter(|_| length > 0)?;
    let mut unit = SECOND;
    let mut micros = 0;
    for byte in fraction {
        unit /= 10;
        if unit == 0 && *byte != b'0' {
            return None;
        }
        micros += i64::from(byte & 15) * unit;
    }
    Some((whole + micros, rest))
}

/// Day and time in microseconds since 1970, and what follows.
fn local(text: &[u8]) -> Option<(i64, &[u8])> {
    let (days, rest) = days(text)?;
    let (separator, rest) = rest.split_first()?;
    let (clock, rest) = matches!(separator, b' ' | b'T' | b't').then(|| clock(rest))??;
    Some((days * DAY + clock, rest))
}

/// A DATETIME in microseconds since 1970.
pub(super) fn datetime(text: &str) -> Option<i64> {
    let (micros, rest) = local(text.as_bytes())?;
    rest.is_empty().then_some(micros)
}

/// A TIMESTAMP in microseconds since 1970: only with `Z`, `UTC`, an offset or a zone's name.
pub(super) fn timestamp(text: &str) -> Option<i64> {
    let (micros, rest) = local(text.as_bytes())?;
    let (blank, zone) = match expect(rest, b' ') {
        Some(zone) => (true, zone),
        None => (false, rest),
    };
    match zone {
        b"Z" | b"z" | b"UTC" => Some(micros),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let ahead = offset(rest)?;
            Some(if *sign == b'+' { micros - ahead } else { micros + ahead })
        }
        [] => None,
        name => blank.then(|| in_zone(micros, std::str::from_utf8(name).ok()?))?,
    }
    .filter(|micros| (-719_162 * DAY..2_932_897 * DAY).contains(micros))
}

/// `HH`, `HHMM` or `HH:MM` in microseconds.
fn offset(text: &[u8]) -> Option<i64> {
    let (hours, rest) = two(text, 14)?;
    let minutes = match rest {
        [] => 0,
        rest => {
            let (minutes, rest) = two(expect(rest, b':').unwrap_or(rest), 59)?;
            rest.is_empty().then_some(minutes)?
        }
    };
    Some((hours * 60 + minutes) * 60 * SECOND)
}

/// The instant of a local time in a zone of the IANA data base.
fn in_zone(micros: i64, name: &str) -> Option<i64> {
    let zone: TimeZone = name.contains('/').then(|| db().get(name).ok())??;
    let days = i32::try_from(micros.div_euclid(DAY)).ok()?;
    let epoch = Date::constant(1970, 1, 1);
    let date = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let clock = jiff::SignedDuration::from_micros(micros.rem_euclid(DAY));
    let time = Time::midnight().checked_add(clock).ok()?;
    let local = DateTime::from_parts(date, time);
    Some(local.to_zoned(zone).ok()?.timestamp().as_microsecond())
}
