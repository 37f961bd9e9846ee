//! Dates and times read from text, as literals and CAST read them.
//!
//! Decides the lenient canonical forms (one-digit months, `T` or a blank before the clock, a zone
//! after a timestamp) and the error texts. It must take nothing that BigQuery refuses: no blanks
//! around, no seconds left out.

use super::calendar::{HOUR, MINUTE, SECOND, checked_day, midnight, valid_micros};
use super::zone::{UTC, Zone, parse_offset};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

/// Reads digits off the front: between `least` and `most` of them.
fn digits(text: &mut &str, least: usize, most: usize) -> Option<i64> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (number, rest) = text.split_at_checked(count)?;
    *text = rest;
    number.parse().ok()
}

fn expect(text: &mut &str, wanted: char) -> Option<()> {
    *text = text.strip_prefix(wanted)?;
    Some(())
}

/// Year, month and day; the text goes on after them.
fn date_parts(text: &mut &str) -> Option<(i64, i64, i64)> {
    let year = digits(text, 4, 4)?;
    expect(text, '-')?;
    let month = digits(text, 1, 2)?;
    expect(text, '-')?;
    Some((year, month, digits(text, 1, 2)?))
}

/// Hours, minutes and seconds with a fraction, in microseconds; a 60th second is the next minute's
/// first.
fn clock(text: &mut &str) -> Option<i64> {
    let hours = digits(text, 1, 2)?;
    expect(text, ':')?;
    let minutes = digits(text, 1, 2)?;
    expect(text, ':')?;
    let seconds = digits(text, 1, 2)?;
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let fraction = if expect(text, '.').is_some() { fraction(text)? } else { 0 };
    let fraction = if seconds == 60 { 0 } else { fraction };
    Some(hours * HOUR + minutes * MINUTE + seconds * SECOND + fraction)
}

/// One to nine digits after the point; those beyond the sixth are dropped.
fn fraction(text: &mut &str) -> Option<i64> {
    let before = *text;
    digits(text, 1, 9)?;
    let count = before.len() - text.len();
    let number: String = before.chars().take(count).chain("000000".chars()).take(6).collect();
    number.parse().ok()
}

/// A DATE.
pub(crate) fn parse_date(text: &str) -> Result<Value, Fault> {
    let mut rest = text;
    let invalid = || Fault::query(format!("Invalid date: '{text}'"));
    let (year, month, day) =
        date_parts(&mut rest).filter(|_| rest.is_empty()).ok_or_else(invalid)?;
    if year == 0 && checked_day(4, month, day).is_some() {
        return Err(Fault::query(format!("Date value out of range: '{text}'")));
    }
    checked_day(year, month, day).map(Value::Date).ok_or_else(invalid)
}

/// A TIME.
pub(crate) fn parse_time(text: &str) -> Result<Value, Fault> {
    let mut rest = text;
    let found = clock(&mut rest).filter(|_| rest.is_empty());
    found
        .map(|micros| Value::Time(micros % (24 * HOUR)))
        .ok_or_else(|| Fault::query(format!("Invalid time string \"{text}\"")))
}

/// A date and, when the text goes on, a clock after a blank or `T`.
fn local(text: &mut &str) -> Option<i64> {
    let (year, month, day) = date_parts(text)?;
    let days = checked_day(year, month, day)?;
    let Some(after) = text.strip_prefix([' ', 'T', 't']) else { return Some(midnight(days)) };
    // A blank may also stand before a zone's name.
    if !after.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(midnight(days));
    }
    *text = after;
    midnight(days).checked_add(clock(text)?)
}

/// A DATETIME.
pub(crate) fn parse_datetime(text: &str) -> Result<Value, Fault> {
    let mut rest = text;
    let found = local(&mut rest).filter(|_| rest.is_empty()).and_then(valid_micros);
    found
        .map(Value::Datetime)
        .ok_or_else(|| Fault::query(format!("Invalid datetime string \"{text}\"")))
}

/// A TIMESTAMP; a text without a zone is in UTC.
pub(crate) fn parse_timestamp(text: &str) -> Result<Value, Fault> {
    parse_timestamp_in(text, &UTC)
}

/// A TIMESTAMP; a text without a zone is in `default`.
pub(crate) fn parse_timestamp_in(text: &str, default: &Zone) -> Result<Value, Fault> {
    let invalid = || Fault::query(format!("Invalid timestamp: '{text}'"));
    let mut rest = text;
    let local = local(&mut rest).ok_or_else(invalid)?;
    let has_clock = text.len() - rest.len() > "2024-01-05".len();
    let zone = match rest.strip_prefix(' ') {
        _ if rest.is_empty() => default.clone(),
        _ if !has_clock => return Err(invalid()),
        Some(name) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => Zone::parse(name)?,
        Some(_) => return Err(invalid()),
        None if rest == "Z" || rest == "z" => UTC,
        None if rest.starts_with(['+', '-']) => offset_zone(rest, invalid)?,
        None => return Err(invalid()),
    };
    let instant = zone.instant(local).and_then(valid_micros);
    instant
        .map(Value::Timestamp)
        .ok_or_else(|| Fault::query(format!("Invalid timestamp string \"{text}\"")))
}

/// An offset; one that looks right but is out of range has a message of its own.
fn offset_zone(text: &str, invalid: impl Fn() -> Fault) -> Result<Zone, Fault> {
    if let Some(seconds) = parse_offset(text) {
        return Ok(Zone::Fixed(seconds));
    }
    let shaped =
        text.len() <= 6 && text.bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b':');
    Err(if shaped { Fault::query(format!("Invalid time zone: {text}")) } else { invalid() })
}
