//! The fields that a format has read, and the moment they mean together.
//!
//! Decides which field wins when several say the same (the one read last) and which dates do not
//! exist. A field that was not read is that of 1970-01-01 00:00:00.

use super::calendar::{
    HOUR, MINUTE, SECOND, checked_day, civil, is_leap, iso_year_start, week_start,
};
use super::zone::Zone;
use crate::bigquery::fault::Fault;

/// What was read.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) zone: Zone,
    /// Minutes east of UTC, when an offset was read.
    pub(super) offset: Option<i64>,
    pub(super) since_1970: Option<i64>,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) fraction: i64,
    pub(super) twelve: bool,
    pub(super) afternoon: bool,
    pub(super) iso_year: Option<i64>,
    pub(super) iso_week: Option<i64>,
    pub(super) iso_day: Option<i64>,
    /// How many elements were read, to tell which came last.
    pub(super) count: i64,
    year: i64,
    month: i64,
    day: i64,
    century: Option<i64>,
    explicit_century: bool,
    weekday: Option<i64>,
    /// Day of the year, or week and the weekday it begins on; with the place it was read at.
    of_year: Option<(i64, OfYear)>,
    year_at: i64,
    month_at: i64,
    day_at: i64,
}

#[derive(Debug, Clone, Copy)]
enum OfYear {
    Day(i64),
    Week(i64, i32),
}

impl Fields {
    pub(super) const fn new(zone: Zone) -> Self {
        Self {
            zone,
            offset: None,
            since_1970: None,
            hour: 0,
            minute: 0,
            second: 0,
            fraction: 0,
            twelve: false,
            afternoon: false,
            iso_year: None,
            iso_week: None,
            iso_day: None,
            count: 0,
            year: 1970,
            month: 1,
            day: 1,
            century: None,
            explicit_century: false,
            weekday: None,
            of_year: None,
            year_at: 0,
            month_at: 0,
            day_at: 0,
        }
    }

    pub(super) const fn year(&mut self, year: i64) {
        (self.year, self.year_at) = (year, self.count);
        (self.century, self.explicit_century) = (None, false);
    }

    /// The years of a century; those within it are kept or zero.
    pub(super) const fn century(&mut self, century: i64) {
        if self.century.is_none() {
            self.year = 0;
        }
        (self.century, self.explicit_century, self.year_at) = (Some(century), true, self.count);
    }

    /// Two digits: 69 to 99 are of the twentieth century unless one was read.
    pub(super) const fn short_year(&mut self, year: i64) {
        if !self.explicit_century {
            self.century = Some(if year < 69 { 20 } else { 19 });
        }
        (self.year, self.year_at) = (year, self.count);
    }

    pub(super) const fn month(&mut self, month: i64) {
        (self.month, self.month_at) = (month, self.count);
    }

    pub(super) const fn day(&mut self, day: i64) {
        (self.day, self.day_at) = (day, self.count);
    }

    pub(super) const fn quarter(&mut self, quarter: i64) {
        self.month((quarter - 1) * 3 + 1);
        self.day(1);
    }

    pub(super) const fn weekday(&mut self, weekday: i64) {
        self.weekday = Some(weekday);
    }

    pub(super) const fn day_of_year(&mut self, day: i64) {
        self.of_year = Some((self.count, OfYear::Day(day)));
    }

    pub(super) const fn week(&mut self, week: i64, first: i32) {
        self.of_year = Some((self.count, OfYear::Week(week, first)));
    }

    /// The instant in microseconds.
    pub(super) fn instant(&self) -> Result<i64, Fault> {
        if let Some(seconds) = self.since_1970 {
            return seconds.checked_mul(SECOND).ok_or_else(out_of_range);
        }
        let days = self.date()?;
        let hour = if self.twelve && self.afternoon { self.hour + 12 } else { self.hour };
        // A 60th second is the next minute's first, without a fraction.
        let fraction = if self.second == 60 { 0 } else { self.fraction };
        let clock = hour * HOUR + self.minute * MINUTE + self.second * SECOND + fraction;
        let local = super::calendar::midnight(days) + clock;
        let found = match self.offset {
            Some(minutes) if minutes.abs() > 14 * 60 => {
                let (sign, size) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
                let shown = format!("{sign}{:02}:{:02}", size / 60, size % 60);
                let said = "Timezone offset out of valid range -14:00 to +14:00";
                return Err(Fault::query(format!("{said}: {shown}")));
            }
            Some(minutes) => local.checked_sub(minutes * MINUTE),
            None => self.zone.instant(local),
        };
        found.ok_or_else(|| Fault::query("Invalid result from parsing function"))
    }

    fn date(&self) -> Result<i32, Fault> {
        let read = self.year_at + self.month_at + self.day_at > 0 || self.of_year.is_some();
        if let Some(year) = self.iso_year.filter(|_| !read) {
            return self.iso_date(year);
        }
        let year = self.century.map_or(self.year, |century| century * 100 + self.year);
        let Some((at, of_year)) = self.of_year else {
            return checked_day(year, self.month, self.day).ok_or_else(out_of_range);
        };
        let start = checked_day(year, 1, 1).ok_or_else(out_of_range)?;
        let named = civil(self.within_year(year, start, of_year)?);
        // A field read later than the week or day of the year is kept.
        let pick =
            |own: i64, own_at: i64, named: i32| if own_at < at { i64::from(named) } else { own };
        let (month, day) =
            (pick(self.month, self.month_at, named.month), pick(self.day, self.day_at, named.day));
        let year = pick(year, self.year_at, named.year);
        checked_day(year, month, day).ok_or_else(|| {
            let said = "Out-of-range datetime field in parsing function";
            Fault::query(format!("{said}; year: {year}, month: {month}, day: {day}"))
        })
    }

    fn within_year(&self, year: i64, start: i32, of_year: OfYear) -> Result<i32, Fault> {
        match of_year {
            OfYear::Day(366) if !is_leap(civil(start).year) => Err(Fault::query(format!(
                "Year {year} has 365 days, but the specified day of year was 366"
            ))),
            OfYear::Day(day) => Ok(start + i32::try_from(day).unwrap_or(1) - 1),
            OfYear::Week(..) if self.weekday.is_some() => {
                Err(Fault::unsupported("Parsing a week together with a weekday"))
            }
            OfYear::Week(week, first) => {
                let first_day = week_start(start + 6, first);
                let began = first_day + 7 * (i32::try_from(week).unwrap_or(1) - 1);
                let last = start + 364 + i32::from(is_leap(civil(start).year));
                let least = i64::from(first_day == start);
                if week < least || began > last {
                    return Err(Fault::query(format!(
                        "Week number {week} is invalid for year {year}"
                    )));
                }
                Ok(began)
            }
        }
    }

    fn iso_date(&self, year: i64) -> Result<i32, Fault> {
        let short = i32::try_from(year)
            .ok()
            .filter(|year| (1..=9999).contains(year))
            .ok_or_else(out_of_range)?;
        let (start, next) = (iso_year_start(short), iso_year_start(short + 1));
        if self.iso_week.is_some() {
            return Err(Fault::unsupported("Parsing the format element %V"));
        }
        match self.iso_day {
            None => Ok(start),
            Some(day) if day <= i64::from(next - start) => {
                Ok(start + i32::try_from(day).unwrap_or(1) - 1)
            }
            Some(day) => Err(Fault::query(format!(
                "ISO Year {year} has {} days, but the specified day of year was {day}",
                next - start
            ))),
        }
    }
}

fn out_of_range() -> Fault {
    Fault::query("Out-of-range datetime field in parsing function")
}
