//! Functions on DATE and TIMESTAMP; the arithmetic itself is in `calendar`.
//!
//! Decides the signatures. Date parts arrive as a text constant put there by the rewrite, never by a user. A part
//! that a function does not take is an error that names both. Only UTC is claimed.

use super::{Function, Given, Resolved, fixed, unexpected};
use crate::engine::calendar::{self, Part};
use crate::engine::types::{Datum, SqlType};
use crate::engine::text;
use crate::wire::error::ApiError;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "bq_date", title: "DATE", resolve: date_types, eval: date, safe: false },
    Function { name: "bq_timestamp", title: "TIMESTAMP", resolve: timestamp_types, eval: timestamp, safe: false },
    Function { name: "bq_date_trunc", title: "DATE_TRUNC", resolve: date_part, eval: date_trunc, safe: false },
    Function { name: "bq_date_add", title: "DATE_ADD", resolve: date_amount_part, eval: date_add, safe: false },
    Function { name: "bq_date_sub", title: "DATE_SUB", resolve: date_amount_part, eval: date_sub, safe: false },
    Function { name: "bq_date_diff", title: "DATE_DIFF", resolve: two_dates_part, eval: date_diff, safe: false },
    Function {
        name: "bq_timestamp_trunc",
        title: "TIMESTAMP_TRUNC",
        resolve: timestamp_part,
        eval: timestamp_trunc,
        safe: false,
    },
    Function {
        name: "bq_timestamp_add",
        title: "TIMESTAMP_ADD",
        resolve: timestamp_amount_part,
        eval: timestamp_add,
        safe: false,
    },
    Function {
        name: "bq_timestamp_sub",
        title: "TIMESTAMP_SUB",
        resolve: timestamp_amount_part,
        eval: timestamp_sub,
        safe: false,
    },
    Function {
        name: "bq_timestamp_diff",
        title: "TIMESTAMP_DIFF",
        resolve: two_timestamps_part,
        eval: timestamp_diff,
        safe: false,
    },
    Function { name: "bq_extract", title: "EXTRACT", resolve: moment_part, eval: extract, safe: false },
];

fn date_types(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Int64; 3], SqlType::Date).or_else(|| fixed(given, &[SqlType::Timestamp], SqlType::Date))
}

fn timestamp_types(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Date], SqlType::Timestamp).or_else(|| fixed(given, &[SqlType::String], SqlType::Timestamp))
}

fn date_part(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Date, SqlType::String], SqlType::Date)
}

fn date_amount_part(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Date, SqlType::Int64, SqlType::String], SqlType::Date)
}

fn two_dates_part(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Date, SqlType::Date, SqlType::String], SqlType::Int64)
}

fn timestamp_part(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Timestamp, SqlType::String], SqlType::Timestamp)
}

fn timestamp_amount_part(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Timestamp, SqlType::Int64, SqlType::String], SqlType::Timestamp)
}

fn two_timestamps_part(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Timestamp, SqlType::Timestamp, SqlType::String], SqlType::Int64)
}

fn moment_part(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::Date, SqlType::String], SqlType::Int64)
        .or_else(|| fixed(given, &[SqlType::Timestamp, SqlType::String], SqlType::Int64))
}

fn part(text: &str, title: &str) -> Result<Part, ApiError> {
    Part::parse(text).ok_or_else(|| ApiError::unsupported(format!("{title} with the part {text}")))
}

/// Unwraps an answer; `None` means a part the function does not take, or a day outside the years 1 to 9999.
fn answered<T>(answer: Option<T>, title: &str, part: &str) -> Result<T, ApiError> {
    answer.ok_or_else(|| ApiError::invalid_query(format!("{title} does not support the {part} date part here, or its result lies outside the years 1 to 9999")))
}

fn date(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Int(year), Datum::Int(month), Datum::Int(day)] => text::parse_date(&format!("{year:04}-{month}-{day}"))
            .map(Datum::Date)
            .ok_or_else(|| ApiError::invalid_query(format!("Input calculates to invalid date: {year:04}-{month:02}-{day:02}"))),
        [Datum::Timestamp(micros)] => answered(calendar::date_of(*micros), "DATE", "DAY").map(Datum::Date),
        _ => Err(unexpected("DATE")),
    }
}

fn timestamp(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Date(days)] => Ok(Datum::Timestamp(calendar::midnight(*days))),
        [Datum::Text(value)] => text::parse_timestamp(value)
            .map(Datum::Timestamp)
            .ok_or_else(|| ApiError::invalid_query(format!("Invalid timestamp: '{value}'"))),
        _ => Err(unexpected("TIMESTAMP")),
    }
}

fn date_trunc(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Date(days), Datum::Text(unit)] = args else { return Err(unexpected("DATE_TRUNC")) };
    let answer = calendar::truncate_date(*days, part(unit, "DATE_TRUNC")?);
    answered(answer, "DATE_TRUNC", unit).map(Datum::Date)
}

fn date_add(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Date(days), Datum::Int(amount), Datum::Text(unit)] = args else { return Err(unexpected("DATE_ADD")) };
    let answer = calendar::add_to_date(*days, *amount, part(unit, "DATE_ADD")?);
    answered(answer, "DATE_ADD", unit).map(Datum::Date)
}

fn date_sub(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Date(days), Datum::Int(amount), Datum::Text(unit)] = args else { return Err(unexpected("DATE_SUB")) };
    let unit_part = part(unit, "DATE_SUB")?;
    let answer = amount.checked_neg().and_then(|amount| calendar::add_to_date(*days, amount, unit_part));
    answered(answer, "DATE_SUB", unit).map(Datum::Date)
}

fn date_diff(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Date(later), Datum::Date(earlier), Datum::Text(unit)] = args else { return Err(unexpected("DATE_DIFF")) };
    let answer = calendar::date_difference(*later, *earlier, part(unit, "DATE_DIFF")?);
    answered(answer, "DATE_DIFF", unit).map(Datum::Int)
}

fn timestamp_trunc(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Timestamp(micros), Datum::Text(unit)] = args else { return Err(unexpected("TIMESTAMP_TRUNC")) };
    let answer = calendar::truncate_timestamp(*micros, part(unit, "TIMESTAMP_TRUNC")?);
    answered(answer, "TIMESTAMP_TRUNC", unit).map(Datum::Timestamp)
}

fn timestamp_add(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Timestamp(micros), Datum::Int(amount), Datum::Text(unit)] = args else {
        return Err(unexpected("TIMESTAMP_ADD"));
    };
    let answer = calendar::add_to_timestamp(*micros, *amount, part(unit, "TIMESTAMP_ADD")?);
    answered(answer, "TIMESTAMP_ADD", unit).map(Datum::Timestamp)
}

fn timestamp_sub(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Timestamp(micros), Datum::Int(amount), Datum::Text(unit)] = args else {
        return Err(unexpected("TIMESTAMP_SUB"));
    };
    let unit_part = part(unit, "TIMESTAMP_SUB")?;
    let answer = amount.checked_neg().and_then(|amount| calendar::add_to_timestamp(*micros, amount, unit_part));
    answered(answer, "TIMESTAMP_SUB", unit).map(Datum::Timestamp)
}

fn timestamp_diff(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let [Datum::Timestamp(later), Datum::Timestamp(earlier), Datum::Text(unit)] = args else {
        return Err(unexpected("TIMESTAMP_DIFF"));
    };
    let answer = calendar::timestamp_difference(*later, *earlier, part(unit, "TIMESTAMP_DIFF")?);
    answered(answer, "TIMESTAMP_DIFF", unit).map(Datum::Int)
}

fn extract(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let (answer, unit) = match args {
        [Datum::Date(days), Datum::Text(unit)] => (calendar::extract_from_date(*days, part(unit, "EXTRACT")?), unit),
        [Datum::Timestamp(micros), Datum::Text(unit)] => {
            (calendar::extract_from_timestamp(*micros, part(unit, "EXTRACT")?), unit)
        }
        _ => return Err(unexpected("EXTRACT")),
    };
    answered(answer, "EXTRACT", unit).map(Datum::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(value: &str) -> Datum<'static> {
        Datum::Date(text::parse_date(value).unwrap())
    }

    #[test]
    fn dates_move_back_over_month_ends() {
        let answer = date_sub(&[day("2024-03-31"), Datum::Int(1), Datum::text("MONTH")]).unwrap();
        assert_eq!(answer, day("2024-02-29"));
    }

    #[test]
    fn an_impossible_date_or_part_is_refused_by_name() {
        assert!(date(&[Datum::Int(2023), Datum::Int(2), Datum::Int(29)]).unwrap_err().message.contains("2023-02-29"));
        let refused = date_trunc(&[day("2024-01-01"), Datum::text("HOUR")]).unwrap_err();
        assert!(refused.message.contains("DATE_TRUNC") && refused.message.contains("HOUR"));
        assert!(date_trunc(&[day("2024-01-01"), Datum::text("FORTNIGHT")]).is_err());
    }

    #[test]
    fn a_timestamp_falls_on_its_utc_day() {
        let micros = text::parse_timestamp("2024-01-15 23:30:00-02:00").unwrap();
        assert_eq!(date(&[Datum::Timestamp(micros)]).unwrap(), day("2024-01-16"));
    }
}
