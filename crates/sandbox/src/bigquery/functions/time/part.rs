//! Date and time parts as a query writes them.
//!
//! Decides which words are parts and how long the fixed ones are. Which function takes which part is
//! the function's own affair; it must refuse the others by name.

use super::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::bigquery::fault::Fault;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    DayOfWeek,
    DayOfYear,
    /// The weekday on which the week begins, 0 being Sunday.
    Week(i32),
    IsoWeek,
    Month,
    Quarter,
    Year,
    IsoYear,
}

const WEEKDAYS: [&str; 7] =
    ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

impl Part {
    /// Reads a part in upper case, `WEEK(MONDAY)` included.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(day) = text.strip_prefix("WEEK(").and_then(|rest| rest.strip_suffix(')')) {
            let at = WEEKDAYS.iter().position(|name| *name == day.trim())?;
            return i32::try_from(at).ok().map(Self::Week);
        }
        Some(match text {
            "MICROSECOND" => Self::Microsecond,
            "MILLISECOND" => Self::Millisecond,
            "SECOND" => Self::Second,
            "MINUTE" => Self::Minute,
            "HOUR" => Self::Hour,
            "DAY" => Self::Day,
            "DAYOFWEEK" => Self::DayOfWeek,
            "DAYOFYEAR" => Self::DayOfYear,
            "WEEK" => Self::Week(0),
            "ISOWEEK" => Self::IsoWeek,
            "MONTH" => Self::Month,
            "QUARTER" => Self::Quarter,
            "YEAR" => Self::Year,
            "ISOYEAR" => Self::IsoYear,
            _ => return None,
        })
    }

    /// The part, or BigQuery's refusal of an unknown one.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        Self::parse(text).ok_or_else(|| {
            Fault::query(format!("A valid date part name is required but found {text}"))
        })
    }

    /// Length in microseconds of the parts that have a fixed one.
    pub(crate) const fn micros(self) -> Option<i64> {
        match self {
            Self::Microsecond => Some(1),
            Self::Millisecond => Some(1_000),
            Self::Second => Some(SECOND),
            Self::Minute => Some(MINUTE),
            Self::Hour => Some(HOUR),
            Self::Day => Some(DAY),
            Self::DayOfWeek
            | Self::DayOfYear
            | Self::Week(_)
            | Self::IsoWeek
            | Self::Month
            | Self::Quarter
            | Self::Year
            | Self::IsoYear => None,
        }
    }

    /// Whether the part is shorter than a day.
    pub(crate) const fn within_day(self) -> bool {
        matches!(self.micros(), Some(length) if length < DAY)
    }
}

/// The refusal of a part that a function does not take; functions of several types name the type.
pub(crate) fn wrong_part(function: &str, part: &str, of: &str) -> Fault {
    let several = matches!(function, "DATE_ADD" | "DATE_SUB" | "DATETIME_ADD" | "DATETIME_SUB")
        || matches!(function, "TIMESTAMP_ADD" | "TIMESTAMP_SUB")
        || matches!(function, "DATE_DIFF" | "DATETIME_DIFF" | "TIMESTAMP_DIFF");
    let tail = if several { format!(" when the argument is {of} type") } else { String::new() };
    Fault::query(format!("{function} does not support the {part} date part{tail}"))
}
