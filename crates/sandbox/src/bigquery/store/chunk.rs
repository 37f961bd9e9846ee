//! One partition: its key, its rows, and the logical bytes of each column.
//!
//! Decides a partition's id as BigQuery prints it and the span of values it may hold.

use datafusion::arrow::array::RecordBatch;
use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Timestamp, Unit, tz::TimeZone};

use super::bytes;
use super::table::{ColumnDef, Granularity};

/// Which partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartitionKey {
    /// The one partition of a table without any.
    Whole,
    /// Rows whose partitioning column is NULL.
    Null,
    /// Rows outside the range of an integer partitioning.
    Unpartitioned,
    /// First value of an integer partition.
    Number(i64),
    /// Start and end in microseconds since 1970, and the width.
    Time(i64, i64, u8),
}

impl PartitionKey {
    /// The partition of an instant.
    pub(crate) fn time(micros: i64, by: Granularity) -> Self {
        let (start, end) = bounds(micros, by).unwrap_or((micros, micros));
        Self::Time(start, end, by as u8)
    }

    /// The id that INFORMATION_SCHEMA.PARTITIONS shows; `None` for a table without partitions.
    pub(crate) fn id(self) -> Option<String> {
        let text = |micros: i64, format: &str| {
            Timestamp::from_microsecond(micros).map(|t| t.strftime(format).to_string()).ok()
        };
        match self {
            Self::Whole => None,
            Self::Null => Some("__NULL__".to_owned()),
            Self::Unpartitioned => Some("__UNPARTITIONED__".to_owned()),
            Self::Number(n) => Some(n.to_string()),
            Self::Time(start, _, by) => text(
                start,
                match by {
                    0 => "%Y%m%d%H",
                    1 => "%Y%m%d",
                    2 => "%Y%m",
                    _ => "%Y",
                },
            ),
        }
    }
}

/// Start and end of the partition around an instant, in UTC.
fn bounds(micros: i64, by: Granularity) -> Option<(i64, i64)> {
    let now = Timestamp::from_microsecond(micros).ok()?.to_zoned(TimeZone::UTC).datetime();
    let day = now.date();
    let at = |date: Date| DateTime::from_parts(date, Time::midnight());
    let (start, width) = match by {
        Granularity::Hour => {
            let hour = now
                .round(
                    jiff::civil::DateTimeRound::new()
                        .smallest(Unit::Hour)
                        .mode(jiff::RoundMode::Floor),
                )
                .ok()?;
            (hour, Span::new().hours(1))
        }
        Granularity::Day => (at(day), Span::new().days(1)),
        Granularity::Month => (at(day.first_of_month()), Span::new().months(1)),
        Granularity::Year => (at(day.first_of_year()), Span::new().years(1)),
    };
    let micros =
        |date: DateTime| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond());
    // The last year of the calendar has no successor; its end is its own last instant.
    let end = start.checked_add(width).ok().and_then(micros).unwrap_or(i64::MAX);
    Some((micros(start)?, end))
}

/// A partition's rows.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) key: PartitionKey,
    pub(crate) batches: Vec<RecordBatch>,
    /// Logical bytes of each column.
    pub(crate) sizes: Vec<u64>,
    pub(crate) rows: u64,
}

impl Chunk {
    pub(crate) fn of(key: PartitionKey, batches: Vec<RecordBatch>, columns: &[ColumnDef]) -> Self {
        let size = |(at, column): (usize, &ColumnDef)| {
            batches.iter().map(|batch| bytes::logical(batch.column(at), &column.of)).sum()
        };
        let sizes = columns.iter().enumerate().map(size).collect();
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        Self { key, batches, sizes, rows }
    }
}
