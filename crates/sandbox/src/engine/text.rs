//! How values are written as text and read from it, in the forms GoogleSQL uses.
//!
//! Decides which strings are a DATE, a TIMESTAMP or a BOOL. Literals, casts and the loading of CSV files share
//! these rules, so that a column that was taken for a date is read exactly as a query would read it.

use jiff::civil::Date;

use super::calendar;

/// Reads `YYYY-MM-DD` (one or two digits for month and day) as a day number.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let number = |part: &str| digits(part, 2).and_then(|value| i8::try_from(value).ok());
    let year = i16::try_from(digits(year, 4)?).ok()?;
    calendar::day_number(Date::new(year, number(month)?, number(day)?).ok()?)
}

fn digits(text: &str, longest: usize) -> Option<i64> {
    let valid = !text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

/// Reads a timestamp: a date, then optionally a time with up to six decimals, then optionally `Z`, `UTC` or an
/// offset such as `+02:00` (no zone means UTC). Named zones are not claimed. The result is in microseconds.
pub(crate) fn parse_timestamp(text: &str) -> Option<i64> {
    let text = text.trim_end();
    let (day_text, rest) = match text.find([' ', 'T', 't']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let midnight = calendar::midnight(parse_date(day_text)?);
    let (clock, zone) = split_zone(rest);
    let moment = midnight.checked_add(parse_clock(clock)?)?.checked_sub(parse_zone(zone)?)?;
    calendar::civil(calendar::date_of(moment)?).map(|_| moment)
}

fn split_zone(text: &str) -> (&str, &str) {
    match text.find(|c: char| c == '+' || c == '-' || c == ' ' || c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    }
}

fn parse_clock(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((hour * 3600 + minute * 60 + second) * 1_000_000 + parse_fraction(fraction, text.contains('.'))?)
}

fn parse_fraction(text: &str, present: bool) -> Option<i64> {
    if !present {
        return Some(0);
    }
    let value = digits(text, 6)?;
    let missing = u32::try_from(6_usize.checked_sub(text.len())?).ok()?;
    value.checked_mul(10_i64.checked_pow(missing)?)
}

/// Offset of a zone in microseconds east of UTC.
fn parse_zone(text: &str) -> Option<i64> {
    let text = text.trim_start();
    if text.is_empty() || text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        (None, None) => return None,
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours <= 14 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60) * 1_000_000)
}

/// Reads `true` or `false` in any case.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DD`.
pub(crate) fn print_date(days: i32) -> String {
    calendar::civil(days).map_or_else(String::new, |day| format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()))
}

/// A timestamp as `CAST(.. AS STRING)` writes it: UTC, with only the decimals it needs in groups of three.
pub(crate) fn print_timestamp(micros: i64) -> String {
    let (_, within) = calendar::split_timestamp(micros);
    let day = calendar::date_of(micros).map(print_date).unwrap_or_default();
    let (seconds, fraction) = (within / 1_000_000, within % 1_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let decimals = match fraction {
        0 => String::new(),
        _ if fraction % 1_000 == 0 => format!(".{:03}", fraction / 1_000),
        _ => format!(".{fraction:06}"),
    };
    format!("{day} {clock}{decimals}+00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_strictly() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_date("1970-1-2"), Some(1));
        for bad in ["1970-13-01", "70-01-01", "1970-02-30", "1970/01/01", "not-a-date", "1970-01-01 ", "1970-01-+1"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn timestamps_take_offsets_and_no_named_zones() {
        let noon = parse_timestamp("2024-01-15 12:00:00+00").unwrap();
        assert_eq!(noon, 1_705_320_000_000_000);
        for same in ["2024-01-15T12:00:00Z", "2024-01-15 14:00:00+02:00", "2024-01-15 12:00:00 UTC", "2024-01-15 12:00:00"] {
            assert_eq!(parse_timestamp(same), Some(noon), "{same}");
        }
        assert_eq!(parse_timestamp("2024-01-15 12:00:00.5"), Some(noon + 500_000));
        for bad in ["2024-01-15 25:00:00", "2024-01-15 12:00:00 America/New_York", "2024-01-15 12:00", "12:00:00"] {
            assert_eq!(parse_timestamp(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_timestamp_prints_only_the_decimals_it_needs() {
        assert_eq!(print_timestamp(1_705_320_000_000_000), "2024-01-15 12:00:00+00");
        assert_eq!(print_timestamp(1_705_320_000_500_000), "2024-01-15 12:00:00.500+00");
        assert_eq!(print_timestamp(-1), "1969-12-31 23:59:59.999999+00");
    }
}
