//! Windows of complete days in a time zone.
//!
//! The clock is an argument. A day is complete once its next midnight in the zone has come; a week
//! here is the last seven complete days, the window that dashboards and memos use. Bounds are half
//! open, and the instants they stand for respect days of 23 and 25 hours.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// A window could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The zone is not in the IANA data base.
    #[error("the time zone is not known; use an IANA name such as Europe/Berlin")]
    UnknownZone,
    /// The date arithmetic left the calendar.
    #[error("the date lies outside the calendar")]
    OutOfRange,
}

/// An IANA time zone that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(String);

impl Zone {
    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    fn rules(&self) -> Result<TimeZone, WindowError> {
        TimeZone::get(&self.0).map_err(|_| WindowError::UnknownZone)
    }
}

impl TryFrom<String> for Zone {
    type Error = WindowError;

    fn try_from(name: String) -> Result<Self, WindowError> {
        let zone = Self(name);
        zone.rules()?;
        Ok(zone)
    }
}

impl std::str::FromStr for Zone {
    type Err = WindowError;

    fn from_str(name: &str) -> Result<Self, WindowError> {
        Self::try_from(name.to_owned())
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}

/// Days from `from` to before `until_exclusive`, in `zone`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayWindow {
    /// First day.
    pub from: Date,
    /// First day behind the window.
    pub until_exclusive: Date,
    /// The zone whose days these are.
    pub zone: Zone,
}

impl DayWindow {
    /// The seven last days that are complete at `now` in `zone`.
    ///
    /// # Errors
    /// When the zone is unknown or the calendar ends.
    pub fn last_complete_week(now: Timestamp, zone: &Zone) -> Result<Self, WindowError> {
        let until_exclusive = now.to_zoned(zone.rules()?).date();
        let from = until_exclusive
            .checked_sub(Span::new().days(7))
            .map_err(|_| WindowError::OutOfRange)?;
        Ok(Self { from, until_exclusive, zone: zone.clone() })
    }

    /// The instants at which the window begins and ends.
    ///
    /// # Errors
    /// When the calendar ends.
    pub fn instants(&self) -> Result<(Timestamp, Timestamp), WindowError> {
        Ok((start_of_day(self.from, &self.zone)?, start_of_day(self.until_exclusive, &self.zone)?))
    }
}

/// The instant at which `day` begins in `zone`.
///
/// # Errors
/// When the zone is unknown or the calendar ends.
pub fn start_of_day(day: Date, zone: &Zone) -> Result<Timestamp, WindowError> {
    let zoned = day.to_zoned(zone.rules()?).map_err(|_| WindowError::OutOfRange)?;
    zoned.start_of_day().map(|start| start.timestamp()).map_err(|_| WindowError::OutOfRange)
}

/// The clock that makes `last_day` the last complete day: the midnight that begins the day after.
///
/// # Errors
/// When the zone is unknown or the calendar ends.
pub fn clock_after(last_day: Date, zone: &Zone) -> Result<Timestamp, WindowError> {
    start_of_day(last_day.tomorrow().map_err(|_| WindowError::OutOfRange)?, zone)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[test]
    fn as_of_a_day_the_week_ends_with_that_day() {
        for name in ["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "America/New_York"]
        {
            let zone = zone(name);
            let now = clock_after(date(1998, 6, 30), &zone).unwrap();
            let week = DayWindow::last_complete_week(now, &zone).unwrap();
            assert_eq!(
                (week.from, week.until_exclusive),
                (date(1998, 6, 24), date(1998, 7, 1)),
                "{name}"
            );
        }
    }

    #[test]
    fn a_moment_before_midnight_the_day_does_not_count_yet() {
        let berlin = zone("Europe/Berlin");
        let midnight = clock_after(date(2026, 3, 29), &berlin).unwrap();
        let before = midnight.checked_sub(Span::new().milliseconds(1)).unwrap();
        let week = DayWindow::last_complete_week(before, &berlin).unwrap();
        assert_eq!(week.until_exclusive, date(2026, 3, 29));
    }

    #[test]
    fn a_week_that_holds_a_clock_change_is_an_hour_shorter_or_longer() {
        let berlin = zone("Europe/Berlin");
        let hours = |last_day| {
            let now = clock_after(last_day, &berlin).unwrap();
            let (from, until) =
                DayWindow::last_complete_week(now, &berlin).unwrap().instants().unwrap();
            until.duration_since(from).as_hours()
        };
        assert_eq!(
            (hours(date(2026, 3, 31)), hours(date(2026, 10, 31)), hours(date(2026, 7, 31))),
            (167, 169, 168)
        );
    }

    #[test]
    fn an_unknown_zone_is_refused() {
        assert_eq!("Mars/Olympus".parse::<Zone>(), Err(WindowError::UnknownZone));
    }
}
