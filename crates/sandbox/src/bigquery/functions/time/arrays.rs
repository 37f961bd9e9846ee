//! GENERATE_DATE_ARRAY and GENERATE_TIMESTAMP_ARRAY.
//!
//! Decides the direction (an array that cannot reach its end is empty) and that each element is the
//! one before it plus the step. A step of zero is an error.

use super::calendar::{LAST_DAY, LAST_MICRO};
use super::part::{Part, wrong_part};
use super::shift::{add_to_date, add_to_datetime};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{date, int, optional_text, text, timestamp};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

/// The most elements one call makes.
const MOST: usize = 10_000_000;

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("GENERATE_DATE_ARRAY", &[P::Date, P::Date, P::Int64, P::Part], P::Dates, |a| {
        let (from, to) = (date(a, 0)?, date(a, 1)?);
        let step = if a.len() > 2 { int(a, 2)? } else { 1 };
        let word = optional_text(a, 3)?.unwrap_or("DAY");
        let part = Part::read(word)?;
        if add_to_date(LAST_DAY / 2, 0, part).is_none() {
            return Err(wrong_part("GENERATE_DATE_ARRAY", word, "DATE"));
        }
        series(from, to, step, |last| add_to_date(last, step, part), Value::Date)
    })
    .optional(2),
    Sig::new(
        "GENERATE_TIMESTAMP_ARRAY",
        &[P::Timestamp, P::Timestamp, P::Int64, P::Part],
        P::Timestamps,
        |a| {
            let (from, to, step) = (timestamp(a, 0)?, timestamp(a, 1)?, int(a, 2)?);
            let word = text(a, 3)?;
            let part = Part::read(word)?;
            if part.micros().is_none() || add_to_datetime(LAST_MICRO / 2, 0, part).is_none() {
                return Err(wrong_part("GENERATE_TIMESTAMP_ARRAY", word, "TIMESTAMP"));
            }
            series(from, to, step, |last| add_to_datetime(last, step, part), Value::Timestamp)
        },
    ),
];

fn series<T: PartialOrd + Copy>(
    from: T,
    to: T,
    step: i64,
    next: impl Fn(T) -> Option<T>,
    value: fn(T) -> Value,
) -> Result<Value, Fault> {
    if step == 0 {
        return Err(Fault::query("Sequence step cannot be 0."));
    }
    let mut made = Vec::new();
    let mut at = Some(from);
    while let Some(now) = at.filter(|now| if step > 0 { *now <= to } else { *now >= to }) {
        if made.len() >= MOST {
            return Err(Fault::unsupported("an array of more than ten million elements"));
        }
        made.push(value(now));
        at = next(now);
    }
    Ok(Value::Array(made))
}
