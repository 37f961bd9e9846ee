//! The calendar on plain integers: days since 1970-01-01, microseconds, and the parts of both.
//!
//! Decides where weeks and ISO years begin and what the first and last valid days are (years 1 to
//! 9999). It knows no zone and no clock, and every step that may leave the range is checked.

/// 0001-01-01 and 9999-12-31, in days since 1970-01-01.
pub(crate) const FIRST_DAY: i32 = -719_162;
pub(crate) const LAST_DAY: i32 = 2_932_896;

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The first and last instant, in microseconds since 1970-01-01 00:00:00.
pub(crate) const FIRST_MICRO: i64 = FIRST_DAY as i64 * DAY;
pub(crate) const LAST_MICRO: i64 = (LAST_DAY as i64 + 1) * DAY - 1;

/// A date by its parts; months and days count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i32,
    pub(crate) month: i32,
    pub(crate) day: i32,
}

/// A day inside the years 1 to 9999.
pub(crate) fn valid_day(days: i64) -> Option<i32> {
    i32::try_from(days).ok().filter(|days| (FIRST_DAY..=LAST_DAY).contains(days))
}

/// An instant inside the years 1 to 9999.
pub(crate) fn valid_micros(micros: i64) -> Option<i64> {
    (FIRST_MICRO..=LAST_MICRO).contains(&micros).then_some(micros)
}

pub(crate) const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(crate) const fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + is_leap(year) as i32,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date whose parts are known to be valid.
pub(crate) const fn day_number(date: Civil) -> i32 {
    // Years are counted from March, so that the leap day is a year's last.
    let year = if date.month <= 2 { date.year - 1 } else { date.year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (date.month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + date.day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The day number of parts that may not be a date.
pub(crate) fn checked_day(year: i64, month: i64, day: i64) -> Option<i32> {
    let year = i32::try_from(year).ok().filter(|year| (1..=9999).contains(year))?;
    let month = i32::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let last = days_in_month(year, month);
    let day = i32::try_from(day).ok().filter(|day| (1..=last).contains(day))?;
    Some(day_number(Civil { year, month, day }))
}

/// The date of a day number.
pub(crate) const fn civil(days: i32) -> Civil {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + (month <= 2) as i32;
    Civil { year, month, day }
}

/// The day of a datetime or UTC timestamp, and the microseconds into it.
pub(crate) fn split(micros: i64) -> (i32, i64) {
    (i32::try_from(micros.div_euclid(DAY)).unwrap_or(LAST_DAY), micros.rem_euclid(DAY))
}

/// Midnight at the start of a day.
pub(crate) fn midnight(days: i32) -> i64 {
    i64::from(days) * DAY
}

/// Day of the week, 0 being Sunday.
pub(crate) const fn weekday(days: i32) -> i32 {
    (days + 4).rem_euclid(7)
}

/// The day on which the week of `days` began; weeks begin on weekday `first`.
pub(crate) const fn week_start(days: i32, first: i32) -> i32 {
    days - (weekday(days) - first).rem_euclid(7)
}

/// Day of the year, from 1.
pub(crate) const fn day_of_year(days: i32) -> i32 {
    let year = civil(days).year;
    days - day_number(Civil { year, month: 1, day: 1 }) + 1
}

/// The Monday on which an ISO year begins.
pub(crate) const fn iso_year_start(year: i32) -> i32 {
    week_start(day_number(Civil { year, month: 1, day: 4 }), 1)
}

/// The ISO year a day lies in.
pub(crate) const fn iso_year(days: i32) -> i32 {
    // The Thursday of a day's ISO week says its year.
    civil(week_start(days, 1) + 3).year
}

/// The ISO week, from 1.
pub(crate) const fn iso_week(days: i32) -> i32 {
    (week_start(days, 1) - iso_year_start(iso_year(days))) / 7 + 1
}

/// The week of the year when weeks begin on weekday `first`; days before the first such day are in
/// week 0.
pub(crate) const fn week_of_year(days: i32, first: i32) -> i32 {
    (day_of_year(days) + 6 - (weekday(days) - first).rem_euclid(7)) / 7
}

/// A date moved by months, its day cut to the month's last; `None` out of range.
pub(crate) fn add_months(days: i32, months: i64) -> Option<i32> {
    let from = civil(days);
    let count = (i64::from(from.year) * 12 + i64::from(from.month) - 1).checked_add(months)?;
    let (year, month) =
        (i32::try_from(count.div_euclid(12)).ok()?, i32::try_from(count.rem_euclid(12)).ok()? + 1);
    if !(1..=9999).contains(&year) {
        return None;
    }
    let day = from.day.min(days_in_month(year, month));
    Some(day_number(Civil { year, month, day }))
}
