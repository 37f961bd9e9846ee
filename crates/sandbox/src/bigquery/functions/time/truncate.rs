//! DATE_TRUNC, DATETIME_TRUNC, TIMESTAMP_TRUNC, TIME_TRUNC and LAST_DAY.
//!
//! Decides where each part begins. A timestamp's days and longer parts begin at local midnight of the
//! zone; a part that would begin before year 1 is an error.

use super::calendar::{
    Civil, LAST_DAY, SECOND, add_months, civil, day_number, iso_year, iso_year_start, midnight,
    split, valid_day, week_start,
};
use super::part::{Part, wrong_part};
use super::write::date_text;
use super::zone::Zone;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{
    date, datetime, optional_text, text, time, timestamp,
};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

const DATETIME: &[P] = &[P::Datetime, P::Part];
const TIMESTAMP: &[P] = &[P::Timestamp, P::Part, P::String];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("DATE_TRUNC", &[P::Date, P::Part], P::Date, |a| {
        let (days, word) = (date(a, 0)?, text(a, 1)?);
        let part = Part::read(word)?;
        if part.within_day() || matches!(part, Part::DayOfWeek | Part::DayOfYear) {
            return Err(wrong_part("DATE_TRUNC", word, "DATE"));
        }
        date_start(days, part).map(Value::Date)
    }),
    Sig::new("DATE_TRUNC", DATETIME, P::Datetime, |a| of_datetime("DATE_TRUNC", a)),
    Sig::new("DATE_TRUNC", TIMESTAMP, P::Timestamp, |a| of_timestamp("DATE_TRUNC", a)).optional(1),
    Sig::new("DATETIME_TRUNC", DATETIME, P::Datetime, |a| of_datetime("DATETIME_TRUNC", a)),
    Sig::new("DATETIME_TRUNC", TIMESTAMP, P::Timestamp, |a| of_timestamp("DATETIME_TRUNC", a))
        .optional(1),
    Sig::new("TIMESTAMP_TRUNC", TIMESTAMP, P::Timestamp, |a| of_timestamp("TIMESTAMP_TRUNC", a))
        .optional(1),
    Sig::new("TIMESTAMP_TRUNC", DATETIME, P::Datetime, |a| of_datetime("TIMESTAMP_TRUNC", a)),
    Sig::new("TIME_TRUNC", &[P::Time, P::Part], P::Time, |a| {
        let (micros, word) = (time(a, 0)?, text(a, 1)?);
        let part = Part::read(word)?;
        match part.micros().filter(|_| part.within_day()) {
            Some(length) => Ok(Value::Time(micros - micros % length)),
            None => Err(wrong_part("TIME_TRUNC", word, "TIME")),
        }
    }),
    Sig::new("LAST_DAY", &[P::Date, P::Part], P::Date, |a| last_day(date(a, 0)?, a)).optional(1),
    Sig::new("LAST_DAY", &[P::Datetime, P::Part], P::Date, |a| {
        last_day(split(datetime(a, 0)?).0, a)
    })
    .optional(1),
];

/// The first day of the part that a date lies in; parts within a day leave it as it is.
pub(crate) fn start_of(days: i32, part: Part) -> i32 {
    let date = civil(days);
    match part {
        Part::Week(first) => week_start(days, first),
        Part::IsoWeek => week_start(days, 1),
        Part::Month => day_number(Civil { day: 1, ..date }),
        Part::Quarter => day_number(Civil { day: 1, month: (date.month - 1) / 3 * 3 + 1, ..date }),
        Part::Year => day_number(Civil { day: 1, month: 1, ..date }),
        Part::IsoYear => iso_year_start(iso_year(days)),
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::Day
        | Part::DayOfWeek
        | Part::DayOfYear => days,
    }
}

/// Only weeks and ISO years can begin before the first or end after the last valid day.
const fn part_name(part: Part) -> &'static str {
    match part {
        Part::IsoWeek => "ISOWEEK",
        Part::IsoYear => "ISOYEAR",
        Part::Week(_)
        | Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::Day
        | Part::DayOfWeek
        | Part::DayOfYear
        | Part::Month
        | Part::Quarter
        | Part::Year => "WEEK",
    }
}

fn date_start(days: i32, part: Part) -> Result<i32, Fault> {
    let start = start_of(days, part);
    valid_day(i64::from(start)).ok_or_else(|| {
        let (shown, name) = (date_text(days), part_name(part));
        let said = "resulted in an out of range date value";
        Fault::query(format!("Truncating date {shown} to {name} {said}: {start}"))
    })
}

/// A datetime cut to a part.
pub(crate) fn datetime_start(micros: i64, part: Part) -> Result<i64, Fault> {
    let (days, within) = split(micros);
    if let Some(length) = part.micros() {
        return Ok(midnight(days) + within / length * length);
    }
    date_start(days, part).map(midnight)
}

fn of_datetime(name: &str, args: &[Value]) -> Result<Value, Fault> {
    let (micros, word) = (datetime(args, 0)?, text(args, 1)?);
    let part = Part::read(word)?;
    if matches!(part, Part::DayOfWeek | Part::DayOfYear) {
        return Err(wrong_part(name, word, "DATETIME"));
    }
    datetime_start(micros, part).map(Value::Datetime)
}

fn of_timestamp(name: &str, args: &[Value]) -> Result<Value, Fault> {
    let (micros, word) = (timestamp(args, 0)?, text(args, 1)?);
    let part = Part::read(word)?;
    if matches!(part, Part::DayOfWeek | Part::DayOfYear) {
        return Err(wrong_part(name, word, "TIMESTAMP"));
    }
    let name = optional_text(args, 2)?;
    let zone = Zone::optional(name)?;
    timestamp_start(micros, part, &zone).map(Value::Timestamp).map_err(|_| {
        let name = name.unwrap_or("UTC");
        Fault::query(format!(
            "Truncating to the nearest {word} causes underflow at timezone {name}"
        ))
    })
}

/// A timestamp cut to a part in a zone.
pub(crate) fn timestamp_start(micros: i64, part: Part, zone: &Zone) -> Result<i64, Fault> {
    if part.within_day() {
        return Ok(within_day_start(micros, part, zone.offset_at(micros)));
    }
    let start = datetime_start(zone.local(micros), part)?;
    let instant = zone.instant(start).and_then(super::calendar::valid_micros);
    instant.ok_or_else(|| {
        Fault::query("Timestamp truncation resulted in an out of range timestamp value")
    })
}

/// Hours and minutes are cut by the offset in force, so that an hour that comes twice stays itself.
pub(crate) fn within_day_start(micros: i64, part: Part, seconds: i64) -> i64 {
    let Some(length) = part.micros() else { return micros };
    let shift = seconds * SECOND;
    (micros + shift).div_euclid(length) * length - shift
}

fn last_day(days: i32, args: &[Value]) -> Result<Value, Fault> {
    let word = optional_text(args, 1)?.unwrap_or("MONTH");
    let part = Part::read(word)?;
    let start = start_of(days, part);
    let months = |count| add_months(start, count).map_or(LAST_DAY, |next| next - 1);
    let last = match part {
        Part::Week(_) | Part::IsoWeek => start + 6,
        Part::Month => months(1),
        Part::Quarter => months(3),
        Part::Year => months(12),
        Part::IsoYear => iso_year_start(iso_year(days) + 1) - 1,
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::Day
        | Part::DayOfWeek
        | Part::DayOfYear => return Err(wrong_part("LAST_DAY", word, "DATE")),
    };
    valid_day(i64::from(last)).map(Value::Date).ok_or_else(|| {
        let said = "resulted in an out of range date value";
        let name = part_name(part);
        Fault::query(format!("Last day of date {} to {name} {said}: {last}", date_text(days)))
    })
}
