//! The windows the figures are told for: weeks and days, in the company's zone and in UTC.
//!
//! A day's instants come from the zone's rules, so a week may have 167 or 169 hours and a day 23 or
//! 25. A window that reaches outside the history must not be told.

use jiff::civil::{Date, Weekday};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{day_number, rules, start_of_day};
use crate::num::MINUTE;
use crate::truth::kpi::{Kpi, Source};
use crate::{Company, CompanyError};

/// Days told one by one.
const DAYS: usize = 28;

/// How long a window is and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Seven days that end with the as-of day, and those before.
    LastSevenDays,
    /// Monday to Sunday.
    Monday,
    /// One day.
    Day,
}

/// One window and its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// How long it is and where it begins.
    pub kind: WindowKind,
    /// The zone of its days.
    pub zone: String,
    /// 0 for the newest.
    pub index: u64,
    /// First day.
    pub from: Date,
    /// First day behind it.
    pub until_exclusive: Date,
    /// First instant.
    pub from_instant: Timestamp,
    /// First instant behind it.
    pub until_instant: Timestamp,
    /// Its length; 10080 in a usual week.
    pub minutes: i64,
    /// The figures.
    pub kpi: Kpi,
}

/// The weeks, then the newest days.
pub(crate) fn windows(company: &Company) -> Result<(Vec<Window>, Vec<Window>), CompanyError> {
    let source = Source::of(company);
    let mut zones = vec![company.zone.as_str()];
    zones.extend((company.zone != "UTC").then_some("UTC"));
    let (mut weeks, mut days) = (Vec::new(), Vec::new());
    for zone in zones {
        for kind in [WindowKind::LastSevenDays, WindowKind::Monday] {
            weeks.extend(row_of(company, &source, kind, zone, usize::MAX)?);
        }
        days.extend(row_of(company, &source, WindowKind::Day, zone, DAYS)?);
    }
    Ok((weeks, days))
}

fn step(date: Date, days: i64) -> Result<Date, CompanyError> {
    date.checked_add(Span::new().days(days)).map_err(|_| CompanyError::OutOfRange)
}

/// The windows of one kind in one zone, newest first, at most `limit`.
fn row_of(
    company: &Company,
    source: &Source<'_>,
    kind: WindowKind,
    zone: &str,
    limit: usize,
) -> Result<Vec<Window>, CompanyError> {
    let rules = rules(zone)?;
    let length = match kind {
        WindowKind::LastSevenDays | WindowKind::Monday => 7,
        WindowKind::Day => 1,
    };
    let mut until = step(company.options.as_of, 1)?;
    while kind == WindowKind::Monday && until.weekday() != Weekday::Monday {
        until = step(until, -1)?;
    }
    let mut windows = Vec::new();
    for index in 0.. {
        let from = step(until, -length)?;
        if from < company.first_day || windows.len() >= limit {
            break;
        }
        let (start, end) = (start_of_day(from, &rules)?, start_of_day(until, &rules)?);
        let (first, behind) = (start.as_microsecond(), end.as_microsecond());
        windows.push(Window {
            kind,
            zone: zone.to_owned(),
            index,
            from,
            until_exclusive: until,
            from_instant: start,
            until_instant: end,
            minutes: (behind - first) / MINUTE,
            kpi: source.kpi(first, behind, &(day_number(from)..day_number(until))),
        });
        until = from;
    }
    Ok(windows)
}
