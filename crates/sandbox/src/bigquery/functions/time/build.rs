//! DATE, TIME, DATETIME, TIMESTAMP and STRING, and the counts since 1970.
//!
//! Decides how a value of one of these types is built from parts or from another type. Nothing is
//! cut silently: parts that make no date and instants out of range are errors.

use super::calendar::{
    DAY, FIRST_DAY, FIRST_MICRO, HOUR, LAST_DAY, LAST_MICRO, MINUTE, SECOND, checked_day, midnight,
    split, valid_day, valid_micros,
};
use super::extract::local;
use super::literal::{parse_datetime, parse_timestamp_in};
use super::write::{date_text, datetime_text, time_text, timestamp_text};
use super::zone::Zone;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{
    date, datetime, int, optional_text, text, time, timestamp,
};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

const I: P = P::Int64;

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("DATE", &[I, I, I], P::Date, date_of_parts),
    Sig::new("DATE", &[P::Date], P::Date, |a| date(a, 0).map(Value::Date)),
    Sig::new("DATE", &[P::Datetime], P::Date, |a| Ok(Value::Date(split(datetime(a, 0)?).0))),
    Sig::new("DATE", &[P::Timestamp, P::String], P::Date, |a| Ok(Value::Date(split(local(a)?).0)))
        .optional(1),
    Sig::new("TIME", &[I, I, I], P::Time, |a| {
        let micros = clock(a, 0, || shown_clock(a, 0).unwrap_or_default())?;
        Ok(Value::Time(micros % DAY))
    }),
    Sig::new("TIME", &[P::Time], P::Time, |a| time(a, 0).map(Value::Time)),
    Sig::new("TIME", &[P::Datetime], P::Time, |a| Ok(Value::Time(split(datetime(a, 0)?).1))),
    Sig::new("TIME", &[P::Timestamp, P::String], P::Time, |a| Ok(Value::Time(split(local(a)?).1)))
        .optional(1),
    Sig::new("DATETIME", &[I, I, I, I, I, I], P::Datetime, datetime_of_parts),
    Sig::new("DATETIME", &[P::Date], P::Datetime, |a| Ok(Value::Datetime(midnight(date(a, 0)?)))),
    Sig::new("DATETIME", &[P::Date, P::Time], P::Datetime, |a| {
        Ok(Value::Datetime(midnight(date(a, 0)?) + time(a, 1)?))
    }),
    Sig::new("DATETIME", &[P::Datetime], P::Datetime, |a| datetime(a, 0).map(Value::Datetime)),
    Sig::new("DATETIME", &[P::Timestamp, P::String], P::Datetime, |a| {
        local(a).map(Value::Datetime)
    })
    .optional(1),
    Sig::new("DATETIME", &[P::String], P::Datetime, |a| parse_datetime(text(a, 0)?)),
    Sig::new("TIMESTAMP", &[P::Timestamp], P::Timestamp, |a| timestamp(a, 0).map(Value::Timestamp)),
    Sig::new("TIMESTAMP", &[P::String, P::String], P::Timestamp, |a| {
        parse_timestamp_in(text(a, 0)?, &Zone::optional(optional_text(a, 1)?)?)
    })
    .optional(1),
    Sig::new("TIMESTAMP", &[P::Date, P::String], P::Timestamp, |a| {
        instant(midnight(date(a, 0)?), a)
    })
    .optional(1),
    Sig::new("TIMESTAMP", &[P::Datetime, P::String], P::Timestamp, |a| instant(datetime(a, 0)?, a))
        .optional(1),
    Sig::new("STRING", &[P::Timestamp, P::String], P::String, |a| {
        let zone = Zone::optional(optional_text(a, 1)?)?;
        Ok(Value::Str(timestamp_text(timestamp(a, 0)?, &zone)))
    })
    .optional(1),
    Sig::new("STRING", &[P::Date], P::String, |a| Ok(Value::Str(date_text(date(a, 0)?)))),
    Sig::new("STRING", &[P::Datetime], P::String, |a| {
        Ok(Value::Str(datetime_text(datetime(a, 0)?)))
    }),
    Sig::new("STRING", &[P::Time], P::String, |a| Ok(Value::Str(time_text(time(a, 0)?)))),
];

pub(crate) static UNIX: &[Sig] = &[
    Sig::new("UNIX_DATE", &[P::Date], I, |a| Ok(Value::Int(i64::from(date(a, 0)?)))),
    Sig::new("UNIX_SECONDS", &[P::Timestamp], I, |a| {
        Ok(Value::Int(timestamp(a, 0)?.div_euclid(SECOND)))
    }),
    Sig::new("UNIX_MILLIS", &[P::Timestamp], I, |a| {
        Ok(Value::Int(timestamp(a, 0)?.div_euclid(1000)))
    }),
    Sig::new("UNIX_MICROS", &[P::Timestamp], I, |a| Ok(Value::Int(timestamp(a, 0)?))),
    Sig::new("DATE_FROM_UNIX_DATE", &[I], P::Date, |a| {
        let days = int(a, 0)?;
        valid_day(days).map(Value::Date).ok_or_else(|| {
            let range = format!("{FIRST_DAY} to {LAST_DAY}");
            Fault::query(format!("DATE_FROM_UNIX_DATE range is {range} but saw {days}"))
        })
    }),
    Sig::new("TIMESTAMP_SECONDS", &[I], P::Timestamp, |a| since_1970(int(a, 0)?, SECOND)),
    Sig::new("TIMESTAMP_MILLIS", &[I], P::Timestamp, |a| since_1970(int(a, 0)?, 1000)),
    Sig::new("TIMESTAMP_MICROS", &[I], P::Timestamp, |a| since_1970(int(a, 0)?, 1)),
];

fn since_1970(count: i64, unit: i64) -> Result<Value, Fault> {
    let micros = count.checked_mul(unit).and_then(valid_micros);
    micros.map(Value::Timestamp).ok_or_else(|| {
        Fault::query(format!(
            "Input value {count} cannot be converted into a TIMESTAMP, because it would be out of the \
             allowed range between {FIRST_MICRO} to {LAST_MICRO} (microseconds)"
        ))
    })
}

/// The instant of a local time in the zone of the second argument.
fn instant(local: i64, args: &[Value]) -> Result<Value, Fault> {
    let name = optional_text(args, 1)?;
    let found = Zone::optional(name)?.instant(local).and_then(valid_micros);
    found.map(Value::Timestamp).ok_or_else(|| {
        let (shown, name) = (datetime_text(local), name.unwrap_or("UTC"));
        Fault::query(format!("Cannot convert Datetime {shown} at timezone {name} to a Timestamp"))
    })
}

fn shown_date(args: &[Value]) -> Result<String, Fault> {
    Ok(format!("{:04}-{:02}-{:02}", int(args, 0)?, int(args, 1)?, int(args, 2)?))
}

fn shown_clock(args: &[Value], from: usize) -> Result<String, Fault> {
    let (hour, minute, second) = (int(args, from)?, int(args, from + 1)?, int(args, from + 2)?);
    Ok(format!("{hour:02}:{minute:02}:{second:02}"))
}

fn date_of_parts(args: &[Value]) -> Result<Value, Fault> {
    let days = checked_day(int(args, 0)?, int(args, 1)?, int(args, 2)?).map(Value::Date);
    days.map_or_else(
        || Err(Fault::query(format!("Input calculates to invalid date: {}", shown_date(args)?))),
        Ok,
    )
}

/// Hour, minute and second as microseconds; a 60th second is the next minute's first.
fn clock(args: &[Value], from: usize, shown: impl Fn() -> String) -> Result<i64, Fault> {
    let (hour, minute, second) = (int(args, from)?, int(args, from + 1)?, int(args, from + 2)?);
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    if !valid {
        return Err(Fault::query(format!("Input calculates to invalid time: {}", shown())));
    }
    Ok(hour * HOUR + minute * MINUTE + second * SECOND)
}

fn datetime_of_parts(args: &[Value]) -> Result<Value, Fault> {
    let days = checked_day(int(args, 0)?, int(args, 1)?, int(args, 2)?);
    let within = clock(args, 3, String::new).ok();
    let found = days.zip(within).and_then(|(days, within)| valid_micros(midnight(days) + within));
    match found {
        Some(micros) => Ok(Value::Datetime(micros)),
        None => {
            let shown = format!("{} {}", shown_date(args)?, shown_clock(args, 3)?);
            Err(Fault::query(format!("Input calculates to invalid datetime: {shown}")))
        }
    }
}
