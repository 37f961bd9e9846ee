//! Adding to and subtracting from dates and times by a number of parts.
//!
//! Decides which parts each type takes and what happens at a month's end (the day is cut to the
//! month's last). A result outside the years 1 to 9999 is an error that names the call.

use super::calendar::{DAY, add_months, midnight, split, valid_day, valid_micros};
use super::part::{Part, wrong_part};
use super::write::{date_text, datetime_text, timestamp_text};
use super::zone::UTC;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{date, datetime, int, text, time, timestamp};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

const DATE: &[P] = &[P::Date, P::Int64, P::Part];
const DATETIME: &[P] = &[P::Datetime, P::Int64, P::Part];
const TIMESTAMP: &[P] = &[P::Timestamp, P::Int64, P::Part];
const TIME: &[P] = &[P::Time, P::Int64, P::Part];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("DATE_ADD", DATE, P::Date, |a| shift_date("DATE_ADD", a, false)),
    Sig::new("DATE_ADD", DATETIME, P::Datetime, |a| shift_datetime("DATE_ADD", a, false)),
    Sig::new("DATE_ADD", TIMESTAMP, P::Timestamp, |a| shift_timestamp("DATE_ADD", a, false)),
    Sig::new("DATE_SUB", DATE, P::Date, |a| shift_date("DATE_SUB", a, true)),
    Sig::new("DATE_SUB", DATETIME, P::Datetime, |a| shift_datetime("DATE_SUB", a, true)),
    Sig::new("DATE_SUB", TIMESTAMP, P::Timestamp, |a| shift_timestamp("DATE_SUB", a, true)),
    Sig::new("DATETIME_ADD", DATETIME, P::Datetime, |a| shift_datetime("DATETIME_ADD", a, false)),
    Sig::new("DATETIME_ADD", TIMESTAMP, P::Timestamp, |a| {
        shift_timestamp("DATETIME_ADD", a, false)
    }),
    Sig::new("DATETIME_SUB", DATETIME, P::Datetime, |a| shift_datetime("DATETIME_SUB", a, true)),
    Sig::new("DATETIME_SUB", TIMESTAMP, P::Timestamp, |a| shift_timestamp("DATETIME_SUB", a, true)),
    Sig::new("TIMESTAMP_ADD", TIMESTAMP, P::Timestamp, |a| {
        shift_timestamp("TIMESTAMP_ADD", a, false)
    }),
    Sig::new("TIMESTAMP_SUB", TIMESTAMP, P::Timestamp, |a| {
        shift_timestamp("TIMESTAMP_SUB", a, true)
    }),
    Sig::new("TIME_ADD", TIME, P::Time, |a| shift_time("TIME_ADD", a, false)),
    Sig::new("TIME_SUB", TIME, P::Time, |a| shift_time("TIME_SUB", a, true)),
    Sig::new("+", &[P::Date, P::Int64], P::Date, |a| shift_days(date(a, 0)?, int(a, 1)?, false)),
    Sig::new("+", &[P::Int64, P::Date], P::Date, |a| shift_days(date(a, 1)?, int(a, 0)?, false)),
    Sig::new("-", &[P::Date, P::Int64], P::Date, |a| shift_days(date(a, 0)?, int(a, 1)?, true)),
];

/// A date moved by whole parts; `None` for other parts and out of range.
pub(crate) fn add_to_date(days: i32, count: i64, part: Part) -> Option<i32> {
    match part {
        Part::Day => valid_day(i64::from(days).checked_add(count)?),
        Part::Week(0) => valid_day(i64::from(days).checked_add(count.checked_mul(7)?)?),
        Part::Month => add_months(days, count),
        Part::Quarter => add_months(days, count.checked_mul(3)?),
        Part::Year => add_months(days, count.checked_mul(12)?),
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::DayOfWeek
        | Part::DayOfYear
        | Part::Week(_)
        | Part::IsoWeek
        | Part::IsoYear => None,
    }
}

/// A datetime moved by whole parts; `None` for other parts and out of range.
pub(crate) fn add_to_datetime(micros: i64, count: i64, part: Part) -> Option<i64> {
    if let Some(length) = part.micros() {
        // Days are counted apart, so that a large count of short parts does not overflow early.
        let moved = i128::from(micros) + i128::from(count) * i128::from(length);
        return i64::try_from(moved).ok().and_then(valid_micros);
    }
    let (days, within) = split(micros);
    Some(midnight(add_to_date(days, count, part)?) + within)
}

const fn moves_dates(part: Part) -> bool {
    matches!(part, Part::Day | Part::Week(0) | Part::Month | Part::Quarter | Part::Year)
}

fn overflow(count: i64, back: bool, part: &str, of: &str, shown: &str) -> Fault {
    Fault::query(match (back, count.checked_neg()) {
        (false, _) => format!("Adding {count} {part} to {of} {shown} causes overflow"),
        (true, Some(count)) => format!("Adding {count} {part} to {of} {shown} causes overflow"),
        (true, None) => format!("Subtracting {count} {part} from {of} {shown} causes overflow"),
    })
}

const fn directed(count: i64, back: bool) -> Option<i64> {
    if back { count.checked_neg() } else { Some(count) }
}

/// A date and a number of days, as the operators add them.
fn shift_days(days: i32, count: i64, back: bool) -> Result<Value, Fault> {
    let moved = directed(count, back).and_then(|count| add_to_date(days, count, Part::Day));
    moved.map(Value::Date).ok_or_else(|| overflow(count, back, "DAY", "date", &date_text(days)))
}

fn shift_date(name: &str, args: &[Value], back: bool) -> Result<Value, Fault> {
    let (days, count, word) = (date(args, 0)?, int(args, 1)?, text(args, 2)?);
    let part = Part::read(word)?;
    if !moves_dates(part) {
        return Err(wrong_part(name, word, "DATE"));
    }
    let moved = directed(count, back).and_then(|count| add_to_date(days, count, part));
    moved.map(Value::Date).ok_or_else(|| overflow(count, back, word, "date", &date_text(days)))
}

fn shift_datetime(name: &str, args: &[Value], back: bool) -> Result<Value, Fault> {
    let (micros, count, word) = (datetime(args, 0)?, int(args, 1)?, text(args, 2)?);
    let part = Part::read(word)?;
    if part.micros().is_none() && !moves_dates(part) {
        return Err(wrong_part(name, word, "DATETIME"));
    }
    let moved = directed(count, back).and_then(|count| add_to_datetime(micros, count, part));
    moved
        .map(Value::Datetime)
        .ok_or_else(|| overflow(count, back, word, "datetime", &datetime_text(micros)))
}

fn shift_timestamp(name: &str, args: &[Value], back: bool) -> Result<Value, Fault> {
    let (micros, count, word) = (timestamp(args, 0)?, int(args, 1)?, text(args, 2)?);
    let part = Part::read(word)?;
    if part.micros().is_none() {
        return Err(wrong_part(name, word, "TIMESTAMP"));
    }
    let moved = directed(count, back).and_then(|count| add_to_datetime(micros, count, part));
    let shown = || timestamp_text(micros, &UTC);
    moved.map(Value::Timestamp).ok_or_else(|| overflow(count, back, word, "timestamp", &shown()))
}

/// The clock turns over at midnight, so nothing overflows.
fn shift_time(name: &str, args: &[Value], back: bool) -> Result<Value, Fault> {
    let (micros, count, word) = (time(args, 0)?, int(args, 1)?, text(args, 2)?);
    let part = Part::read(word)?;
    let Some(length) = part.micros().filter(|_| part.within_day()) else {
        return Err(wrong_part(name, word, "TIME"));
    };
    let by = i128::from(count) * i128::from(length) * if back { -1 } else { 1 };
    let moved = (i128::from(micros) + by).rem_euclid(i128::from(DAY));
    Ok(Value::Time(i64::try_from(moved).unwrap_or(0)))
}
