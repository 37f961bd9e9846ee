//! Intervals as text: `1-2 3 4:5:6.789`, and the literals' shorter forms.
//!
//! Decides which fields a literal between two parts holds and their signs (one for years and months,
//! one for days, one for the clock). A field left out of the middle is an error, never a zero.

use super::calendar::{HOUR, MINUTE, SECOND};
use super::interval::{checked, interval_of};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Interval;

const FIELDS: [&str; 6] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];

/// As CAST to STRING prints it.
pub(crate) fn interval_text(of: Interval) -> String {
    let sign = |negative: bool| if negative { "-" } else { "" };
    let months = of.months.unsigned_abs();
    let clock = of.micros.unsigned_abs();
    let seconds = clock / 1_000_000;
    let fraction = match clock % 1_000_000 {
        0 => String::new(),
        rest if rest % 1000 == 0 => format!(".{:03}", rest / 1000),
        rest => format!(".{rest:06}"),
    };
    format!(
        "{}{}-{} {} {}{}:{}:{}{fraction}",
        sign(of.months < 0),
        months / 12,
        months % 12,
        of.days,
        sign(of.micros < 0),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// `INTERVAL 'text' from [TO to]`.
pub(crate) fn parse_interval(text: &str, from: &str, to: Option<&str>) -> Result<Interval, Fault> {
    let invalid = || Fault::query(format!("Invalid INTERVAL value '{text}'"));
    let Some(to) = to else { return single(text, from) };
    let at = |name: &str| FIELDS.iter().position(|field| *field == name);
    let (Some(first), Some(last)) = (at(from), at(to)) else { return Err(invalid()) };
    if first >= last {
        return Err(invalid());
    }
    fields(text, first, last).ok_or_else(invalid)?
}

/// One number and its part; only seconds may have a fraction.
fn single(text: &str, part: &str) -> Result<Interval, Fault> {
    let invalid = || Fault::query(format!("Invalid INTERVAL value '{text}'"));
    if part == "SECOND" {
        let (negative, digits) = signed(text);
        let micros = seconds(digits).ok_or_else(invalid)?;
        return checked(0, 0, if negative { -micros } else { micros });
    }
    interval_of(text.parse().map_err(|_| invalid())?, part)
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn number(text: &str) -> Option<i128> {
    let fits =
        !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// Seconds with at most nine digits of fraction, in microseconds.
fn seconds(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || (fraction.is_empty() && text.ends_with('.')) {
        return None;
    }
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let whole = if whole.is_empty() && !fraction.is_empty() { 0 } else { number(whole)? };
    number(&digits)
        .filter(|_| fraction.is_empty() || number(fraction).is_some())
        .map(|f| whole * i128::from(SECOND) + f)
}

/// The fields from one part to another; the outer `None` is a text of another shape.
fn fields(text: &str, first: usize, last: usize) -> Option<Result<Interval, Fault>> {
    let (mut months, mut days, mut micros) = (0, 0, 0);
    let mut groups = text.split(' ');
    if first <= 1 {
        let (negative, group) = signed(groups.next()?);
        let found = if first == 0 {
            let (years, rest) = group.split_once('-')?;
            number(years)? * 12 + number(rest)?
        } else {
            number(group)?
        };
        months = if negative { -found } else { found };
    }
    if first <= 2 && last >= 2 {
        let (negative, group) = signed(groups.next()?);
        days = if negative { -number(group)? } else { number(group)? };
    }
    if last >= 3 {
        let (negative, group) = signed(groups.next()?);
        let found = clock(group, first.max(3), last)?;
        micros = if negative { -found } else { found };
    }
    groups.next().is_none().then(|| checked(months, days, micros))
}

/// Hours, minutes and seconds between two fields, parted by colons.
fn clock(text: &str, first: usize, last: usize) -> Option<i128> {
    let mut parts = text.split(':');
    let mut total = 0;
    for field in first..=last {
        let part = parts.next()?;
        total += match field {
            3 => number(part)? * i128::from(HOUR),
            4 => number(part)? * i128::from(MINUTE),
            _ => seconds(part)?,
        };
    }
    parts.next().is_none().then_some(total)
}

/// What CAST reads: the full form, its usual shorter ones, or an ISO 8601 duration.
pub(crate) fn interval_of_text(text: &str) -> Result<Interval, Fault> {
    let invalid = || Fault::query(format!("Invalid INTERVAL value '{text}'"));
    if text.starts_with('P') {
        return duration(text).ok_or_else(invalid)?;
    }
    let (dashes, blanks, colons) = (
        signed(text).1.split(' ').next().is_some_and(|group| group.contains('-')),
        text.matches(' ').count(),
        text.matches(':').count(),
    );
    let (first, last) = match (dashes, blanks, colons) {
        (true, 2, 2) => (0, 5),
        (true, 1, 0) => (0, 2),
        (true, 0, 0) => (0, 1),
        (true, 2, 1) => (0, 4),
        (false, 2, 2) => (1, 5),
        (false, 1, 2) => (2, 5),
        (false, 1, 1) => (2, 4),
        (false, 0, 2) => (3, 5),
        _ => return Err(invalid()),
    };
    fields(text, first, last).ok_or_else(invalid)?
}

/// `P1Y2M3DT4H5M6.5S`; every number may have its own sign.
fn duration(text: &str) -> Option<Result<Interval, Fault>> {
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty())?;
    let (mut months, mut days, mut micros, mut in_clock) = (0, 0, 0, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            if in_clock {
                return None;
            }
            (in_clock, rest) = (true, after);
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (value, unit) = rest.split_at_checked(end)?;
        let (minus, digits) = signed(value);
        let sign = if minus { -1 } else { 1 };
        match (unit.chars().next()?, in_clock) {
            ('Y', false) => months += sign * number(digits)? * 12,
            ('M', false) => months += sign * number(digits)?,
            ('W', false) => days += sign * number(digits)? * 7,
            ('D', false) => days += sign * number(digits)?,
            ('H', true) => micros += sign * number(digits)? * i128::from(HOUR),
            ('M', true) => micros += sign * number(digits)? * i128::from(MINUTE),
            ('S', true) => micros += sign * seconds(digits)?,
            _ => return None,
        }
        rest = unit.get(1..)?;
    }
    Some(checked(months, days, micros))
}
