//! Time zones: names of the bundled database and fixed offsets.
//!
//! Decides the offset at an instant and which instant a local time means (the offset before a change
//! holds in a gap and the earlier instant in an overlap). It never reads the machine's own zone data.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::calendar::{SECOND, civil, split};
use crate::bigquery::fault::Fault;

/// A zone.
#[derive(Debug, Clone)]
pub(crate) enum Zone {
    /// Seconds east of UTC.
    Fixed(i64),
    Named(TimeZone),
}

/// UTC, the default of every function.
pub(crate) const UTC: Zone = Zone::Fixed(0);

static BUNDLED: OnceLock<TimeZoneDatabase> = OnceLock::new();

impl Zone {
    /// A name, exactly as the database spells it, or an offset like `+05:30`.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::query("Invalid empty time zone"));
        }
        let invalid = || Fault::query(format!("Invalid time zone: {text}"));
        if text.starts_with(['+', '-']) {
            return parse_offset(text).map(Self::Fixed).ok_or_else(invalid);
        }
        if text == "UTC" {
            return Ok(UTC);
        }
        let named =
            BUNDLED.get_or_init(TimeZoneDatabase::bundled).get(text).map_err(|_| invalid())?;
        // The database is searched without regard to case; BigQuery's is not.
        if named.iana_name() == Some(text) { Ok(Self::Named(named)) } else { Err(invalid()) }
    }

    /// The zone of an optional argument.
    pub(crate) fn optional(text: Option<&str>) -> Result<Self, Fault> {
        text.map_or(Ok(UTC), Self::parse)
    }

    /// Seconds east of UTC at an instant.
    pub(crate) fn offset_at(&self, micros: i64) -> i64 {
        match self {
            Self::Fixed(seconds) => *seconds,
            Self::Named(zone) => Timestamp::from_microsecond(micros)
                .map_or(0, |instant| i64::from(zone.to_offset(instant).seconds())),
        }
    }

    /// The local time at an instant, in microseconds.
    pub(crate) fn local(&self, micros: i64) -> i64 {
        micros.saturating_add(self.offset_at(micros) * SECOND)
    }

    /// The instant a local time means; `None` when it is outside the database's years.
    pub(crate) fn instant(&self, local: i64) -> Option<i64> {
        let seconds = match self {
            Self::Fixed(seconds) => *seconds,
            Self::Named(zone) => {
                match zone.to_ambiguous_timestamp(jiff_datetime(local)?).offset() {
                    AmbiguousOffset::Unambiguous { offset: before }
                    | AmbiguousOffset::Gap { before, .. }
                    | AmbiguousOffset::Fold { before, .. } => i64::from(before.seconds()),
                }
            }
        };
        local.checked_sub(seconds * SECOND)
    }
}

fn jiff_datetime(local: i64) -> Option<jiff::civil::DateTime> {
    let (days, within) = split(local);
    let date = civil(days);
    let date = jiff::civil::Date::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    );
    let seconds = within / SECOND;
    let time = jiff::civil::Time::new(
        i8::try_from(seconds / 3600).ok()?,
        i8::try_from(seconds / 60 % 60).ok()?,
        i8::try_from(seconds % 60).ok()?,
        i32::try_from(within % SECOND * 1000).ok()?,
    );
    Some(jiff::civil::DateTime::from_parts(date.ok()?, time.ok()?))
}

/// `+H`, `+HH`, `+HH:MM` or `+HHMM`, up to 14 hours; seconds east of UTC.
pub(crate) fn parse_offset(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 && matches!(hours.len(), 1 | 2) => {
            (hours, minutes)
        }
        Some(_) => return None,
        None if rest.len() == 4 || rest.len() == 3 => rest.split_at_checked(rest.len() - 2)?,
        None if matches!(rest.len(), 1 | 2) => (rest, "0"),
        None => return None,
    };
    if ![hours, minutes].iter().all(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 14 * 60).then_some(if negative { -total * 60 } else { total * 60 })
}

/// `+00`, `-05` or `+05:30`: the offset after a printed timestamp.
pub(crate) fn short_offset(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    if minutes == 0 {
        format!("{sign}{hours:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}")
    }
}
