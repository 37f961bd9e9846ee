//! Dates and times as text, as CAST to STRING prints them.
//!
//! Decides how many digits of a fraction are shown (none, three or six). A timestamp is always
//! followed by its offset.

use super::calendar::{SECOND, civil, split};
use super::zone::{Zone, short_offset};

/// `2024-01-05`.
pub(crate) fn date_text(days: i32) -> String {
    let date = civil(days);
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// `12:00:00`, with `.500` or `.123456` when there is a fraction.
pub(crate) fn time_text(micros: i64) -> String {
    let seconds = micros / SECOND;
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match micros % SECOND {
        0 => clock,
        rest if rest % 1000 == 0 => format!("{clock}.{:03}", rest / 1000),
        rest => format!("{clock}.{rest:06}"),
    }
}

/// `2024-01-05 12:00:00`.
pub(crate) fn datetime_text(micros: i64) -> String {
    let (days, within) = split(micros);
    format!("{} {}", date_text(days), time_text(within))
}

/// `2024-01-05 12:00:00+00` in a zone.
pub(crate) fn timestamp_text(micros: i64, zone: &Zone) -> String {
    // Offsets of old local times have seconds; the text shows minutes, and the clock agrees with it.
    let seconds = zone.offset_at(micros) / 60 * 60;
    format!("{}{}", datetime_text(micros.saturating_add(seconds * SECOND)), short_offset(seconds))
}
