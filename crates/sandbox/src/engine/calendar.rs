//! Calendar arithmetic on DATE (days) and TIMESTAMP (microseconds, UTC) as GoogleSQL defines it.
//!
//! Decides where weeks begin (Sunday unless the part says otherwise), how months are added (clamped to their last
//! day) and what counts as a difference (boundaries crossed for DATE, whole intervals for TIMESTAMP). It knows no
//! time zone but UTC and no clock.

use jiff::Span;
use jiff::civil::{Date, Weekday, date};

const EPOCH: Date = date(1970, 1, 1);
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A date or time part as written in a query.
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
    Date,
}

impl Part {
    /// Reads a part, `WEEK(MONDAY)` included; `None` for parts the simulator does not claim.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        const WEEKDAYS: [&str; 7] = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];
        let text = text.to_ascii_uppercase();
        if let Some(weekday) = text.strip_prefix("WEEK(").and_then(|rest| rest.strip_suffix(')')) {
            let start = WEEKDAYS.iter().position(|name| *name == weekday)?;
            return i32::try_from(start).ok().map(Self::Week);
        }
        Some(match text.as_str() {
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
            "DATE" => Self::Date,
            _ => return None,
        })
    }

    /// Length in microseconds of the parts that have a fixed one.
    const fn micros(self) -> Option<i64> {
        match self {
            Self::Microsecond => Some(1),
            Self::Millisecond => Some(1_000),
            Self::Second => Some(1_000_000),
            Self::Minute => Some(60_000_000),
            Self::Hour => Some(3_600_000_000),
            Self::Day => Some(MICROS_PER_DAY),
            Self::DayOfWeek
            | Self::DayOfYear
            | Self::Week(_)
            | Self::IsoWeek
            | Self::Month
            | Self::Quarter
            | Self::Year
            | Self::IsoYear
            | Self::Date => None,
        }
    }
}

/// The civil date of a day number; `None` outside the years 1 to 9999.
pub(crate) fn civil(days: i32) -> Option<Date> {
    let day = EPOCH.checked_add(Span::new().try_days(days).ok()?).ok()?;
    (1..=9999).contains(&day.year()).then_some(day)
}

/// The day number of a civil date; `None` outside the years 1 to 9999.
pub(crate) fn day_number(day: Date) -> Option<i32> {
    if !(1..=9999).contains(&day.year()) {
        return None;
    }
    EPOCH.until(day).ok().map(|span| span.get_days())
}

/// The day a timestamp falls on in UTC, and the microseconds into it.
pub(crate) const fn split_timestamp(micros: i64) -> (i64, i64) {
    (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY))
}

/// The day number of a timestamp in UTC.
pub(crate) fn date_of(micros: i64) -> Option<i32> {
    i32::try_from(split_timestamp(micros).0).ok()
}

/// Midnight UTC at the start of a day.
pub(crate) fn midnight(days: i32) -> i64 {
    i64::from(days) * MICROS_PER_DAY
}

/// Day of the week, 0 being Sunday (1970-01-01 was a Thursday).
const fn weekday(days: i32) -> i32 {
    (days + 4).rem_euclid(7)
}

const fn week_start(days: i32, first: i32) -> i32 {
    days - (weekday(days) - first).rem_euclid(7)
}

/// First day of the part that a date lies in; `None` for parts that DATE_TRUNC does not take.
pub(crate) fn truncate_date(days: i32, part: Part) -> Option<i32> {
    let day = civil(days)?;
    let quarter_month = (day.month() - 1) / 3 * 3 + 1;
    day_number(match part {
        Part::Day => return Some(days),
        Part::Week(first) => return in_years(week_start(days, first)),
        Part::IsoWeek => return in_years(week_start(days, 1)),
        Part::Month => Date::new(day.year(), day.month(), 1).ok()?,
        Part::Quarter => Date::new(day.year(), quarter_month, 1).ok()?,
        Part::Year => Date::new(day.year(), 1, 1).ok()?,
        Part::IsoYear => jiff::civil::ISOWeekDate::new(day.iso_week_date().year(), 1, Weekday::Monday).ok()?.date(),
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::DayOfWeek
        | Part::DayOfYear
        | Part::Date => return None,
    })
}

fn in_years(days: i32) -> Option<i32> {
    civil(days).map(|_| days)
}

/// Moves a date by `amount` parts; months and longer keep the day of month or clamp it to the last one.
pub(crate) fn add_to_date(days: i32, amount: i64, part: Part) -> Option<i32> {
    let span = Span::new();
    let span = match part {
        Part::Day => span.try_days(amount),
        Part::Week(0) => span.try_weeks(amount),
        Part::Month => span.try_months(amount),
        Part::Quarter => span.try_months(amount.checked_mul(3)?),
        Part::Year => span.try_years(amount),
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::DayOfWeek
        | Part::DayOfYear
        | Part::Week(_)
        | Part::IsoWeek
        | Part::IsoYear
        | Part::Date => return None,
    };
    day_number(civil(days)?.checked_add(span.ok()?).ok()?)
}

/// How many boundaries of the part lie between two dates (`later - earlier`).
pub(crate) fn date_difference(later: i32, earlier: i32, part: Part) -> Option<i64> {
    let (a, b) = (civil(later)?, civil(earlier)?);
    let months = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month()) - 1;
    Some(match part {
        Part::Day => i64::from(later) - i64::from(earlier),
        Part::Week(first) => i64::from(week_start(later, first) - week_start(earlier, first)) / 7,
        Part::IsoWeek => i64::from(week_start(later, 1) - week_start(earlier, 1)) / 7,
        Part::Month => months(a) - months(b),
        Part::Quarter => months(a) / 3 - months(b) / 3,
        Part::Year => i64::from(a.year()) - i64::from(b.year()),
        Part::IsoYear => i64::from(a.iso_week_date().year()) - i64::from(b.iso_week_date().year()),
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::DayOfWeek
        | Part::DayOfYear
        | Part::Date => return None,
    })
}

/// EXTRACT from a date.
pub(crate) fn extract_from_date(days: i32, part: Part) -> Option<i64> {
    let day = civil(days)?;
    let day_of_year = i64::from(day.day_of_year());
    Some(match part {
        Part::Day => i64::from(day.day()),
        Part::DayOfWeek => i64::from(weekday(days)) + 1,
        Part::DayOfYear => day_of_year,
        // Days before the year's first such weekday are in week 0.
        Part::Week(first) => (day_of_year + 6 - i64::from((weekday(days) - first).rem_euclid(7))) / 7,
        Part::IsoWeek => i64::from(day.iso_week_date().week()),
        Part::Month => i64::from(day.month()),
        Part::Quarter => i64::from((day.month() - 1) / 3 + 1),
        Part::Year => i64::from(day.year()),
        Part::IsoYear => i64::from(day.iso_week_date().year()),
        Part::Microsecond
        | Part::Millisecond
        | Part::Second
        | Part::Minute
        | Part::Hour
        | Part::Date => return None,
    })
}

/// EXTRACT from a timestamp, in UTC. DATE is not a number and is not taken here.
pub(crate) fn extract_from_timestamp(micros: i64, part: Part) -> Option<i64> {
    let (_, within) = split_timestamp(micros);
    Some(match part {
        Part::Microsecond => within % 1_000_000,
        Part::Millisecond => within / 1_000 % 1_000,
        Part::Second => within / 1_000_000 % 60,
        Part::Minute => within / 60_000_000 % 60,
        Part::Hour => within / 3_600_000_000,
        Part::Date => return None,
        Part::Day
        | Part::DayOfWeek
        | Part::DayOfYear
        | Part::Week(_)
        | Part::IsoWeek
        | Part::Month
        | Part::Quarter
        | Part::Year
        | Part::IsoYear => return extract_from_date(date_of(micros)?, part),
    })
}

/// TIMESTAMP_TRUNC in UTC.
pub(crate) fn truncate_timestamp(micros: i64, part: Part) -> Option<i64> {
    match part.micros() {
        Some(unit) => micros.div_euclid(unit).checked_mul(unit),
        None => truncate_date(date_of(micros)?, part).map(midnight),
    }
}

/// Moves a timestamp by parts of fixed length (up to DAY, which is 24 hours).
pub(crate) fn add_to_timestamp(micros: i64, amount: i64, part: Part) -> Option<i64> {
    let moved = micros.checked_add(amount.checked_mul(part.micros()?)?)?;
    in_years(date_of(moved)?).map(|_| moved)
}

/// Whole intervals between two timestamps, towards zero.
pub(crate) fn timestamp_difference(later: i64, earlier: i64, part: Part) -> Option<i64> {
    later.checked_sub(earlier)?.checked_div(part.micros()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(year: i16, month: i8, day: i8) -> i32 {
        day_number(date(year, month, day)).unwrap()
    }

    #[test]
    fn weeks_begin_on_sunday_unless_told_otherwise() {
        let thursday = days(2024, 2, 15);
        assert_eq!(truncate_date(thursday, Part::Week(0)), Some(days(2024, 2, 11)));
        assert_eq!(truncate_date(thursday, Part::parse("WEEK(MONDAY)").unwrap()), Some(days(2024, 2, 12)));
        assert_eq!(truncate_date(thursday, Part::IsoWeek), Some(days(2024, 2, 12)));
        assert_eq!(truncate_date(days(2024, 1, 2), Part::IsoYear), Some(days(2024, 1, 1)));
        assert_eq!(truncate_date(days(2024, 5, 15), Part::Quarter), Some(days(2024, 4, 1)));
    }

    #[test]
    fn parts_are_extracted_as_recorded() {
        let day = days(2024, 3, 15);
        assert_eq!(extract_from_date(day, Part::Week(0)), Some(10));
        assert_eq!(extract_from_date(day, Part::IsoWeek), Some(11));
        assert_eq!(extract_from_date(day, Part::DayOfWeek), Some(6));
        assert_eq!(extract_from_date(days(2023, 1, 1), Part::Week(0)), Some(1));
        assert_eq!(extract_from_date(days(2024, 1, 6), Part::Week(0)), Some(0));
    }

    #[test]
    fn months_clamp_to_their_last_day_and_differences_count_boundaries() {
        assert_eq!(add_to_date(days(2024, 1, 31), 1, Part::Month), Some(days(2024, 2, 29)));
        assert_eq!(add_to_date(days(2024, 1, 31), -1, Part::Quarter), Some(days(2023, 10, 31)));
        assert_eq!(date_difference(days(2024, 2, 1), days(2024, 1, 31), Part::Month), Some(1));
        assert_eq!(date_difference(days(2024, 2, 18), days(2024, 2, 17), Part::Week(0)), Some(1));
        assert_eq!(date_difference(days(2024, 2, 17), days(2024, 2, 11), Part::Week(0)), Some(0));
    }

    #[test]
    fn timestamps_before_the_epoch_truncate_downwards() {
        assert_eq!(truncate_timestamp(-1, Part::Hour), Some(-3_600_000_000));
        assert_eq!(extract_from_timestamp(-1, Part::Hour), Some(23));
        assert_eq!(timestamp_difference(5_400_000_000, 0, Part::Hour), Some(1));
    }

    #[test]
    fn the_first_and_last_day_are_inside_and_their_neighbours_are_not() {
        assert!(civil(days(1, 1, 1)).is_some() && civil(days(9999, 12, 31)).is_some());
        assert_eq!(add_to_date(days(9999, 12, 31), 1, Part::Day), None);
        assert_eq!(add_to_date(days(1, 1, 1), -1, Part::Day), None);
    }
}
