//! Reading the finished tables: rows by time, texts for values.
//!
//! A missing table or column reads as empty, so a truth can be taken of any company; the tests say
//! that none is missing.

use jiff::Timestamp;

use crate::calendar::date_of;
use crate::table::Table;
use crate::{Company, num};

/// The values of a column of a table; nothing when there is none.
pub(crate) fn table<'a>(company: &'a Company, name: &str) -> Option<&'a Table> {
    company.table(name)
}

/// Instants with the positions of their rows, in order of time; rows without an instant are left
/// out.
pub(crate) struct ByTime(Vec<(i64, usize)>);

impl ByTime {
    pub(crate) fn of(instants: &[Option<i64>]) -> Self {
        let present = instants.iter().enumerate().filter_map(|(row, at)| at.map(|at| (at, row)));
        let mut sorted: Vec<(i64, usize)> = present.collect();
        sorted.sort_unstable();
        Self(sorted)
    }

    /// The positions of the rows from `from` to before `until`.
    pub(crate) fn between(&self, from: i64, until: i64) -> impl Iterator<Item = usize> + '_ {
        let first = self.0.partition_point(|(at, _)| *at < from);
        let behind = self.0.partition_point(|(at, _)| *at < until);
        let rows = self.0.get(first..behind.max(first)).unwrap_or_default();
        rows.iter().map(|(_, row)| *row)
    }
}

/// The value of a row; `None` for NULL and for a row that is not there.
pub(crate) fn at<T: Clone>(rows: &[Option<T>], row: usize) -> Option<T> {
    rows.get(row).cloned().flatten()
}

/// The text of a row; empty for NULL.
pub(crate) fn text(rows: &[Option<String>], row: usize) -> &str {
    rows.get(row).and_then(Option::as_deref).unwrap_or("")
}

/// An instant as RFC 3339.
pub(crate) fn instant_text(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |at| at.to_string())
}

/// A day as ISO 8601.
pub(crate) fn day_text(number: i32) -> String {
    date_of(number).to_string()
}

/// How many different values; the list is emptied.
pub(crate) fn distinct<T: Ord>(mut values: Vec<T>) -> u64 {
    values.sort_unstable();
    values.dedup();
    num::count(values.len())
}
