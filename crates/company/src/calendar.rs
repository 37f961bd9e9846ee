//! The company's days: which zone, which history, where each local day begins, where clocks change.
//!
//! A day is a local day of the company's zone and has 23, 24 or 25 hours. The as-of day is the last
//! one and is complete. Nothing here reads a clock; a wall time is never turned into an instant by
//! adding a fixed offset.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::num::{DAY, HOUR, MINUTE, SECOND, day32, index, int};
use crate::rng::Rng;
use crate::{CompanyError, Options};

/// Zones a company may get when none is asked for; both change their clocks twice a year, on
/// different days, so that one of them always changed lately.
const CANDIDATES: [&str; 2] = ["America/New_York", "Europe/Berlin"];

/// A change of the clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockChange {
    /// The local day that is shorter or longer.
    pub date: Date,
    /// The instant of the change.
    pub at: Timestamp,
    /// Length of that day; 1440 on a usual one.
    pub day_minutes: i64,
    /// Seconds east of UTC before.
    pub offset_before_seconds: i32,
    /// Seconds east of UTC after.
    pub offset_after_seconds: i32,
}

/// The days of the company.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    /// IANA name of the zone.
    pub(crate) zone: String,
    /// First day.
    pub(crate) first: Date,
    /// Day number (since 1970) of the first day.
    first_number: i32,
    /// Start of each day, and of the day after the last, in microseconds.
    starts: Vec<i64>,
}

impl Calendar {
    pub(crate) fn of(options: &Options) -> Result<Self, CompanyError> {
        let days = options.size.days();
        let zone = match &options.zone {
            Some(name) => name.clone(),
            None => choose_zone(options.as_of)?,
        };
        let rules = rules(&zone)?;
        let back = Span::new().days(days - 1);
        let first = options.as_of.checked_sub(back).map_err(|_| CompanyError::OutOfRange)?;
        let mut starts = Vec::new();
        for day in first.series(Span::new().days(1)).take(index(days.unsigned_abs()) + 1) {
            starts.push(start_of_day(day, &rules)?.as_microsecond());
        }
        Ok(Self { zone, first, first_number: day_number(first), starts })
    }

    /// How many days.
    pub(crate) fn days(&self) -> i64 {
        int(self.starts.len()) - 1
    }

    /// The day of that position, counted back from the as-of day (0).
    pub(crate) fn back(&self, days: i64) -> i64 {
        self.days() - 1 - days
    }

    /// Start of the day of that position; positions outside stop at the ends.
    pub(crate) fn start(&self, day: i64) -> i64 {
        let last = self.starts.last().copied().unwrap_or(0);
        let Ok(at) = usize::try_from(day) else { return self.starts.first().copied().unwrap_or(0) };
        self.starts.get(at).copied().unwrap_or(last)
    }

    /// The instant behind the last day.
    pub(crate) fn end(&self) -> i64 {
        self.start(self.days())
    }

    /// When the data was copied into the warehouse: rows that arrive later are not in it.
    pub(crate) fn extracted(&self) -> i64 {
        self.end() + 3 * HOUR
    }

    /// Day number (since 1970) of the day of that position.
    pub(crate) fn number(&self, day: i64) -> i32 {
        self.first_number.saturating_add(day32(day))
    }

    /// Position of the local day that holds an instant; before the history it is negative.
    pub(crate) fn day_of(&self, instant: i64) -> i64 {
        if instant < self.start(0) {
            return (instant - self.start(0)).div_euclid(DAY);
        }
        int(self.starts.partition_point(|start| *start <= instant)) - 1
    }

    /// Local day number (since 1970) of an instant.
    pub(crate) fn local_date(&self, instant: i64) -> i32 {
        self.number(self.day_of(instant))
    }

    /// Weekday of the day of that position: 0 is Monday.
    pub(crate) fn weekday(&self, day: i64) -> i64 {
        // 1970-01-01 was a Thursday.
        (i64::from(self.number(day)) + 3).rem_euclid(7)
    }

    /// An instant inside the day, at an hour of the wall clock drawn from `hours`.
    ///
    /// On a day of 23 or 25 hours the time is stretched to the day's length, so every instant of the
    /// day can be met and none outside it.
    pub(crate) fn moment(&self, day: i64, rng: &mut Rng, hours: &[(i64, u64)]) -> i64 {
        let wall =
            rng.weighted(hours) * HOUR + rng.between(0, 3599) * SECOND + rng.between(0, 999) * 1000;
        let length = self.start(day + 1) - self.start(day);
        self.start(day) + wall / 24 * (length / HOUR)
    }

    /// The changes of the clocks inside the history.
    pub(crate) fn changes(&self) -> Result<Vec<ClockChange>, CompanyError> {
        let rules = rules(&self.zone)?;
        let from =
            Timestamp::from_microsecond(self.start(0)).map_err(|_| CompanyError::OutOfRange)?;
        let until =
            Timestamp::from_microsecond(self.end()).map_err(|_| CompanyError::OutOfRange)?;
        let mut changes = Vec::new();
        for change in rules.following(from).take_while(|change| change.timestamp() < until) {
            let at = change.timestamp();
            let before =
                at.checked_sub(Span::new().seconds(1)).map_err(|_| CompanyError::OutOfRange)?;
            let (before, after) =
                (rules.to_offset(before).seconds(), rules.to_offset(at).seconds());
            let day = self.day_of(at.as_microsecond());
            if before != after {
                changes.push(ClockChange {
                    date: date_of(self.number(day)),
                    at,
                    day_minutes: (self.start(day + 1) - self.start(day)) / MINUTE,
                    offset_before_seconds: before,
                    offset_after_seconds: after,
                });
            }
        }
        Ok(changes)
    }
}

/// The candidate whose clocks changed last before the end of the as-of day.
fn choose_zone(as_of: Date) -> Result<String, CompanyError> {
    let mut best: Option<(Timestamp, &str)> = None;
    for name in CANDIDATES {
        let rules = rules(name)?;
        let end = start_of_day(as_of.tomorrow().map_err(|_| CompanyError::OutOfRange)?, &rules)?;
        let last = rules.preceding(end).next().map_or(Timestamp::MIN, |change| change.timestamp());
        if best.is_none_or(|(at, _)| last > at) {
            best = Some((last, name));
        }
    }
    Ok(best.map_or("UTC", |(_, name)| name).to_owned())
}

/// The rules of a zone.
pub(crate) fn rules(zone: &str) -> Result<TimeZone, CompanyError> {
    TimeZone::get(zone).map_err(|_| CompanyError::UnknownZone(zone.to_owned()))
}

/// The instant at which a local day begins.
pub(crate) fn start_of_day(day: Date, rules: &TimeZone) -> Result<Timestamp, CompanyError> {
    let zoned = day.to_zoned(rules.clone()).map_err(|_| CompanyError::OutOfRange)?;
    zoned.start_of_day().map(|start| start.timestamp()).map_err(|_| CompanyError::OutOfRange)
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i32 {
    EPOCH.until(date).map_or(0, |span| span.get_days())
}

/// The date of a day number; the epoch when outside the calendar.
pub(crate) fn date_of(number: i32) -> Date {
    EPOCH.checked_add(Span::new().days(number)).unwrap_or(EPOCH)
}

#[cfg(test)]
mod tests;
