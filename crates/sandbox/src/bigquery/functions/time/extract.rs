//! EXTRACT of a number, and of the DATE, TIME or DATETIME of a timestamp.
//!
//! Decides which part each type has. A timestamp is read in the zone given, UTC without one.

use super::calendar::{
    DAY, HOUR, MINUTE, SECOND, civil, day_of_year, iso_week, iso_year, split, week_of_year, weekday,
};
use super::part::{Part, wrong_part};
use super::zone::Zone;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{
    date, datetime, interval, optional_text, text, time, timestamp,
};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::{Interval, Value};

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("EXTRACT", &[P::Part, P::Date], P::Int64, |a| {
        let word = text(a, 0)?;
        let found = of_date(date(a, 1)?, Part::read(word)?);
        found.map(Value::Int).ok_or_else(|| missing(word, "DATE"))
    }),
    Sig::new("EXTRACT", &[P::Part, P::Datetime], P::Int64, |a| {
        let word = text(a, 0)?;
        Ok(Value::Int(of_datetime(datetime(a, 1)?, Part::read(word)?)))
    }),
    Sig::new("EXTRACT", &[P::Part, P::Timestamp, P::String], P::Int64, |a| {
        let word = text(a, 0)?;
        let local = Zone::optional(optional_text(a, 2)?)?.local(timestamp(a, 1)?);
        Ok(Value::Int(of_datetime(local, Part::read(word)?)))
    })
    .optional(1),
    Sig::new("EXTRACT", &[P::Part, P::Time], P::Int64, |a| {
        let word = text(a, 0)?;
        let found = of_clock(time(a, 1)?, Part::read(word)?);
        found.map(Value::Int).ok_or_else(|| missing(word, "TIME"))
    }),
    Sig::new("EXTRACT", &[P::Part, P::Interval], P::Int64, |a| {
        let word = text(a, 0)?;
        let found = of_interval(interval(a, 1)?, Part::read(word)?);
        found.map(Value::Int).ok_or_else(|| missing(word, "INTERVAL"))
    }),
    Sig::new("EXTRACT_DATE", &[P::Timestamp, P::String], P::Date, |a| {
        Ok(Value::Date(split(local(a)?).0))
    })
    .optional(1),
    Sig::new("EXTRACT_DATE", &[P::Datetime], P::Date, |a| {
        Ok(Value::Date(split(datetime(a, 0)?).0))
    }),
    Sig::new("EXTRACT_TIME", &[P::Timestamp, P::String], P::Time, |a| {
        Ok(Value::Time(split(local(a)?).1))
    })
    .optional(1),
    Sig::new("EXTRACT_TIME", &[P::Datetime], P::Time, |a| {
        Ok(Value::Time(split(datetime(a, 0)?).1))
    }),
    Sig::new("EXTRACT_DATETIME", &[P::Timestamp, P::String], P::Datetime, |a| {
        local(a).map(Value::Datetime)
    })
    .optional(1),
];

fn missing(word: &str, of: &str) -> Fault {
    if of == "INTERVAL" {
        return Fault::query(format!("Unsupported date part {word} in EXTRACT FROM INTERVAL"));
    }
    wrong_part(&format!("EXTRACT from {of}"), word, of)
}

/// The local time of a timestamp in an optional zone; an error outside the years 1 to 9999.
pub(crate) fn local(args: &[Value]) -> Result<i64, Fault> {
    let (zone, instant) = (Zone::optional(optional_text(args, 1)?)?, timestamp(args, 0)?);
    super::calendar::valid_micros(zone.local(instant)).ok_or_else(|| {
        let shown = super::write::timestamp_text(instant, &zone);
        Fault::query(format!("Invalid date extracted from timestamp {shown}"))
    })
}

/// A part of a date; `None` for parts within a day.
pub(crate) fn of_date(days: i32, part: Part) -> Option<i64> {
    let date = civil(days);
    Some(i64::from(match part {
        Part::Day => date.day,
        Part::DayOfWeek => weekday(days) + 1,
        Part::DayOfYear => day_of_year(days),
        Part::Week(first) => week_of_year(days, first),
        Part::IsoWeek => iso_week(days),
        Part::Month => date.month,
        Part::Quarter => (date.month - 1) / 3 + 1,
        Part::Year => date.year,
        Part::IsoYear => iso_year(days),
        Part::Microsecond | Part::Millisecond | Part::Second | Part::Minute | Part::Hour => {
            return None;
        }
    }))
}

/// A part of a time of day; `None` for a day and longer ones.
pub(crate) const fn of_clock(micros: i64, part: Part) -> Option<i64> {
    Some(match part {
        Part::Microsecond => micros % SECOND,
        Part::Millisecond => micros / 1000 % 1000,
        Part::Second => micros / SECOND % 60,
        Part::Minute => micros / MINUTE % 60,
        Part::Hour => micros % DAY / HOUR,
        Part::Day
        | Part::DayOfWeek
        | Part::DayOfYear
        | Part::Week(_)
        | Part::IsoWeek
        | Part::Month
        | Part::Quarter
        | Part::Year
        | Part::IsoYear => return None,
    })
}

/// Any part of a local time.
pub(crate) fn of_datetime(micros: i64, part: Part) -> i64 {
    let (days, within) = split(micros);
    of_clock(within, part).or_else(|| of_date(days, part)).unwrap_or(0)
}

/// A part of an interval; the three stored parts are read apart, each with its own sign.
const fn of_interval(of: Interval, part: Part) -> Option<i64> {
    Some(match part {
        Part::Year => of.months as i64 / 12,
        Part::Month => of.months as i64 % 12,
        Part::Day => of.days as i64,
        Part::Hour => of.micros / HOUR,
        Part::Minute => of.micros / MINUTE % 60,
        Part::Second => of.micros / SECOND % 60,
        Part::Millisecond => of.micros / 1000 % 1000,
        Part::Microsecond => of.micros % SECOND,
        Part::DayOfWeek
        | Part::DayOfYear
        | Part::Week(_)
        | Part::IsoWeek
        | Part::Quarter
        | Part::IsoYear => return None,
    })
}
