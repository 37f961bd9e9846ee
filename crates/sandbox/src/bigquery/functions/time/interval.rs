//! Intervals: reading, writing, justifying, and adding them to dates and times.
//!
//! Decides the three parts' ranges and how literals like `'1-2' YEAR TO MONTH` are read. Months, days
//! and microseconds are never turned into one another except by JUSTIFY_*.

use super::calendar::{DAY, HOUR, MINUTE, SECOND, midnight};
use super::part::Part;
use super::shift::{add_to_date, add_to_datetime};
use super::write::datetime_text;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{
    date, datetime, int, interval, mismatch, timestamp,
};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::{Interval, Value};

const MAX_MONTHS: i64 = 120_000;
const MAX_DAYS: i64 = 3_660_000;
const MAX_MICROS: i64 = 316_224_000_000 * SECOND;
const I: P = P::Int64;

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("MAKE_INTERVAL", &[I, I, I, I, I, I], P::Interval, make).optional(6),
    Sig::new("JUSTIFY_DAYS", &[P::Interval], P::Interval, |a| {
        justify_days(interval(a, 0)?).map(Value::Interval)
    }),
    Sig::new("JUSTIFY_HOURS", &[P::Interval], P::Interval, |a| {
        justify_hours(interval(a, 0)?).map(Value::Interval)
    }),
    Sig::new("JUSTIFY_INTERVAL", &[P::Interval], P::Interval, |a| {
        justify_days(justify_hours(interval(a, 0)?)?).map(Value::Interval)
    }),
    Sig::new("NEG", &[P::Interval], P::Interval, |a| {
        multiply(interval(a, 0)?, -1).map(Value::Interval)
    }),
    Sig::new("*", &[P::Interval, I], P::Interval, |a| {
        multiply(interval(a, 0)?, int(a, 1)?).map(Value::Interval)
    }),
    Sig::new("*", &[I, P::Interval], P::Interval, |a| {
        multiply(interval(a, 1)?, int(a, 0)?).map(Value::Interval)
    }),
    Sig::new("/", &[P::Interval, I], P::Interval, |a| {
        divide(interval(a, 0)?, int(a, 1)?).map(Value::Interval)
    }),
    Sig::new("+", &[P::Interval, P::Interval], P::Interval, |a| plus(a, 1)),
    Sig::new("-", &[P::Interval, P::Interval], P::Interval, |a| plus(a, -1)),
    Sig::new("+", &[P::Date, P::Interval], P::Datetime, interval_add),
    Sig::new("+", &[P::Datetime, P::Interval], P::Datetime, interval_add),
    Sig::new("+", &[P::Timestamp, P::Interval], P::Timestamp, interval_add),
    Sig::new("+", &[P::Interval, P::Date], P::Datetime, |a| interval_add(&swapped(a))),
    Sig::new("+", &[P::Interval, P::Datetime], P::Datetime, |a| interval_add(&swapped(a))),
    Sig::new("+", &[P::Interval, P::Timestamp], P::Timestamp, |a| interval_add(&swapped(a))),
    Sig::new("-", &[P::Date, P::Interval], P::Datetime, interval_sub),
    Sig::new("-", &[P::Datetime, P::Interval], P::Datetime, interval_sub),
    Sig::new("-", &[P::Timestamp, P::Interval], P::Timestamp, interval_sub),
    Sig::new("-", &[P::Date, P::Date], P::Interval, |a| {
        between(midnight(date(a, 0)?), midnight(date(a, 1)?), true)
    }),
    Sig::new("-", &[P::Datetime, P::Datetime], P::Interval, |a| {
        between(datetime(a, 0)?, datetime(a, 1)?, true)
    }),
    Sig::new("-", &[P::Timestamp, P::Timestamp], P::Interval, |a| {
        between(timestamp(a, 0)?, timestamp(a, 1)?, false)
    }),
];

fn swapped(args: &[Value]) -> Vec<Value> {
    args.iter().rev().cloned().collect()
}

/// The parts, each inside its range.
pub(crate) fn checked(months: i128, days: i128, micros: i128) -> Result<Interval, Fault> {
    let part = |value: i128, most: i64, name: &str| {
        let found =
            i64::try_from(value).ok().filter(|value| value.unsigned_abs() <= most.unsigned_abs());
        found.ok_or_else(|| {
            Fault::query(format!(
                "Interval field {name} '{value}' is out of range -{most} to {most}"
            ))
        })
    };
    Ok(Interval {
        months: i32::try_from(part(months, MAX_MONTHS, "months")?).unwrap_or(0),
        days: i32::try_from(part(days, MAX_DAYS, "days")?).unwrap_or(0),
        micros: part(micros, MAX_MICROS, "microseconds")?,
    })
}

fn make(args: &[Value]) -> Result<Value, Fault> {
    let at = |at: usize| if args.len() > at { int(args, at).map(i128::from) } else { Ok(0) };
    let clock =
        at(3)? * i128::from(HOUR) + at(4)? * i128::from(MINUTE) + at(5)? * i128::from(SECOND);
    checked(at(0)? * 12 + at(1)?, at(2)?, clock).map(Value::Interval)
}

/// Whole 30 days become months; the two keep one sign.
fn justify_days(of: Interval) -> Result<Interval, Fault> {
    let (months, days) = carry(i64::from(of.months), i64::from(of.days), 30);
    checked(months.into(), days.into(), of.micros.into())
}

/// Whole 24 hours become days; the two keep one sign.
fn justify_hours(of: Interval) -> Result<Interval, Fault> {
    let (days, micros) = carry(i64::from(of.days), of.micros, DAY);
    checked(of.months.into(), days.into(), micros.into())
}

/// Moves whole `size`s of the small part to the large one and gives both the same sign.
const fn carry(large: i64, small: i64, size: i64) -> (i64, i64) {
    let (large, small) = (large + small / size, small % size);
    if large > 0 && small < 0 {
        (large - 1, small + size)
    } else if large < 0 && small > 0 {
        (large + 1, small - size)
    } else {
        (large, small)
    }
}

fn multiply(of: Interval, by: i64) -> Result<Interval, Fault> {
    let by = i128::from(by);
    checked(i128::from(of.months) * by, i128::from(of.days) * by, i128::from(of.micros) * by)
}

/// What is left of months goes to days (30 to the month), what is left of days to the clock.
fn divide(of: Interval, by: i64) -> Result<Interval, Fault> {
    if by == 0 {
        return Err(Fault::query("Interval division by zero"));
    }
    let by = i128::from(by);
    let months = i128::from(of.months);
    let days = i128::from(of.days) + months % by * 30;
    let micros = i128::from(of.micros) + days % by * i128::from(DAY);
    checked(months / by, days / by, micros / by)
}

fn plus(args: &[Value], sign: i64) -> Result<Value, Fault> {
    let (left, right) = (interval(args, 0)?, multiply(interval(args, 1)?, sign)?);
    let sum = |x: i64, y: i64| i128::from(x) + i128::from(y);
    let months = sum(left.months.into(), right.months.into());
    checked(months, sum(left.days.into(), right.days.into()), sum(left.micros, right.micros))
        .map(Value::Interval)
}

/// The difference of two local times in days and a clock, of two timestamps as a clock alone.
fn between(later: i64, earlier: i64, in_days: bool) -> Result<Value, Fault> {
    let (micros, day) = (i128::from(later) - i128::from(earlier), i128::from(DAY));
    let found =
        if in_days { checked(0, micros / day, micros % day) } else { checked(0, 0, micros) };
    found.map(Value::Interval)
}

/// A DATE, DATETIME or TIMESTAMP and an interval; a date becomes a DATETIME.
pub(crate) fn interval_add(args: &[Value]) -> Result<Value, Fault> {
    let by = interval(args, 1)?;
    match args.first() {
        Some(Value::Date(days)) => moved(midnight(*days), by, "datetime").map(Value::Datetime),
        Some(Value::Datetime(micros)) => moved(*micros, by, "datetime").map(Value::Datetime),
        Some(Value::Timestamp(_)) if by.months != 0 => Err(Fault::query(
            "TIMESTAMP +/- INTERVAL is not supported for intervals with non-zero MONTH or YEAR part.",
        )),
        Some(Value::Timestamp(micros)) => moved(*micros, by, "timestamp").map(Value::Timestamp),
        _ => Err(mismatch()),
    }
}

/// The same, backwards.
pub(crate) fn interval_sub(args: &[Value]) -> Result<Value, Fault> {
    let back = multiply(interval(args, 1)?, -1)?;
    let first = args.first().cloned().unwrap_or(Value::Null);
    interval_add(&[first, Value::Interval(back)])
}

/// Months first, then days, then the clock; each step must stay in range.
fn moved(micros: i64, by: Interval, of: &str) -> Result<i64, Fault> {
    let steps = [
        (i64::from(by.months), Part::Month, "MONTH"),
        (i64::from(by.days), Part::Day, "DAY"),
        (by.micros, Part::Microsecond, "MICROSECOND"),
    ];
    steps.into_iter().try_fold(micros, |micros, (count, part, name)| {
        add_to_datetime(micros, count, part).ok_or_else(|| {
            let zone = if of == "timestamp" { "+00" } else { "" };
            let shown = datetime_text(micros);
            Fault::query(format!("Adding {count} {name} to {of} {shown}{zone} causes overflow"))
        })
    })
}

/// `INTERVAL n part` for a whole number.
pub(crate) fn interval_of(count: i64, part: &str) -> Result<Interval, Fault> {
    let n = i128::from(count);
    match Part::parse(part) {
        Some(Part::Year) => checked(n * 12, 0, 0),
        Some(Part::Quarter) => checked(n * 3, 0, 0),
        Some(Part::Month) => checked(n, 0, 0),
        Some(Part::Week(0)) => checked(0, n * 7, 0),
        Some(Part::Day) => checked(0, n, 0),
        Some(part) if part.within_day() => {
            checked(0, 0, n * i128::from(part.micros().unwrap_or(0)))
        }
        _ => Err(Fault::query(format!("Unsupported date part for INTERVAL: {part}"))),
    }
}

/// A date moved by months and days; `None` out of range or when the interval has a clock.
pub(crate) fn moved_date(days: i32, by: Interval) -> Option<i32> {
    let days = add_to_date(days, by.months.into(), Part::Month)?;
    if by.micros == 0 { add_to_date(days, by.days.into(), Part::Day) } else { None }
}
