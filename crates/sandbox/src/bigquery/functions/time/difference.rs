//! DATE_DIFF, DATETIME_DIFF, TIMESTAMP_DIFF and TIME_DIFF.
//!
//! Decides what is counted: boundaries of the part between two dates, datetimes or times, but whole
//! parts that have passed between two timestamps.

use super::calendar::{civil, iso_year, split, week_start};
use super::part::{Part, wrong_part};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{date, datetime, text, time, timestamp};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

const DATES: &[P] = &[P::Date, P::Date, P::Part];
const DATETIMES: &[P] = &[P::Datetime, P::Datetime, P::Part];
const TIMESTAMPS: &[P] = &[P::Timestamp, P::Timestamp, P::Part];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("DATE_DIFF", DATES, P::Int64, |a| {
        let (later, earlier, word) = (date(a, 0)?, date(a, 1)?, text(a, 2)?);
        let counted = date_difference(later, earlier, Part::read(word)?);
        counted.map(Value::Int).ok_or_else(|| wrong_part("DATE_DIFF", word, "DATE"))
    }),
    Sig::new("DATE_DIFF", DATETIMES, P::Int64, |a| of_datetimes("DATE_DIFF", a)),
    Sig::new("DATE_DIFF", TIMESTAMPS, P::Int64, |a| of_timestamps("DATE_DIFF", a)),
    Sig::new("DATETIME_DIFF", DATETIMES, P::Int64, |a| of_datetimes("DATETIME_DIFF", a)),
    Sig::new("DATETIME_DIFF", TIMESTAMPS, P::Int64, |a| of_timestamps("DATETIME_DIFF", a)),
    Sig::new("TIMESTAMP_DIFF", TIMESTAMPS, P::Int64, |a| of_timestamps("TIMESTAMP_DIFF", a)),
    Sig::new("TIMESTAMP_DIFF", DATETIMES, P::Int64, |a| of_datetimes("TIMESTAMP_DIFF", a)),
    Sig::new("TIME_DIFF", &[P::Time, P::Time, P::Part], P::Int64, |a| {
        let (later, earlier, word) = (time(a, 0)?, time(a, 1)?, text(a, 2)?);
        let part = Part::read(word)?;
        match part.micros().filter(|_| part.within_day()) {
            Some(length) => Ok(Value::Int(later / length - earlier / length)),
            None => Err(wrong_part("TIME_DIFF", word, "TIME")),
        }
    }),
];

/// Boundaries of a part between two dates; `None` for parts that dates do not have.
pub(crate) fn date_difference(later: i32, earlier: i32, part: Part) -> Option<i64> {
    let (a, b) = (civil(later), civil(earlier));
    let months = |year: i32, month: i32| i64::from(year) * 12 + i64::from(month) - 1;
    let (to, from) = (months(a.year, a.month), months(b.year, b.month));
    let weeks = |first| i64::from(week_start(later, first) - week_start(earlier, first)) / 7;
    Some(match part {
        Part::Day => i64::from(later) - i64::from(earlier),
        Part::Week(first) => weeks(first),
        Part::IsoWeek => weeks(1),
        Part::Month => to - from,
        Part::Quarter => to / 3 - from / 3,
        Part::Year => i64::from(a.year) - i64::from(b.year),
        Part::IsoYear => i64::from(iso_year(later)) - i64::from(iso_year(earlier)),
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::DayOfWeek
        | Part::DayOfYear => return None,
    })
}

fn of_datetimes(name: &str, args: &[Value]) -> Result<Value, Fault> {
    let (later, earlier, word) = (datetime(args, 0)?, datetime(args, 1)?, text(args, 2)?);
    let part = Part::read(word)?;
    let counted = match part.micros() {
        Some(length) => Some(later.div_euclid(length) - earlier.div_euclid(length)),
        None => date_difference(split(later).0, split(earlier).0, part),
    };
    counted.map(Value::Int).ok_or_else(|| wrong_part(name, word, "DATETIME"))
}

fn of_timestamps(name: &str, args: &[Value]) -> Result<Value, Fault> {
    let (later, earlier, word) = (timestamp(args, 0)?, timestamp(args, 1)?, text(args, 2)?);
    match Part::read(word)?.micros() {
        // Both lie within the years 1 to 9999, so the difference fits.
        Some(length) => Ok(Value::Int((later - earlier) / length)),
        None => Err(wrong_part(name, word, "TIMESTAMP")),
    }
}
