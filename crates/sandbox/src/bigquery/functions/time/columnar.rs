//! Truncating and reading parts of whole columns of timestamps and dates.
//!
//! Decides nothing new: each row is answered as the row-wise functions answer it. The zone's offset is
//! looked up once per span between two changes, not once per row.

use datafusion::arrow::array::PrimitiveArray;
use datafusion::arrow::array::{Array as _, Date32Array, Int64Array, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Int64Type, TimestampMicrosecondType,
};

use super::calendar::{SECOND, split};
use super::extract;
use super::part::Part;
use super::truncate::{start_of, timestamp_start, within_day_start};
use super::zone::{Window, Zone};
use crate::bigquery::fault::Fault;

/// Row by row; a NULL row is not computed.
fn each<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    column: &PrimitiveArray<I>,
    mut of: impl FnMut(I::Native) -> Result<O::Native, Fault>,
) -> Result<PrimitiveArray<O>, Fault> {
    let valid = column.nulls();
    let rows = column.values().iter().enumerate().map(|(row, value)| {
        if valid.is_none_or(|valid| valid.is_valid(row)) {
            of(*value)
        } else {
            Ok(O::Native::default())
        }
    });
    let values: Result<Vec<O::Native>, Fault> = rows.collect();
    Ok(PrimitiveArray::new(values?.into(), valid.cloned()))
}

/// Offsets of a zone, remembering the span of the last one.
#[derive(Debug)]
struct Offsets<'a> {
    zone: &'a Zone,
    last: Option<Window>,
}

impl Offsets<'_> {
    fn at(&mut self, micros: i64) -> i64 {
        let window = match self.last {
            Some(window) if window.holds(micros) => window,
            _ => self.zone.window(micros),
        };
        self.last = Some(window);
        window.seconds
    }

    fn local(&mut self, micros: i64) -> i64 {
        micros.saturating_add(self.at(micros) * SECOND)
    }
}

/// TIMESTAMP_TRUNC of a column.
pub(crate) fn trunc_timestamp(
    column: &TimestampMicrosecondArray,
    part: Part,
    zone: &Zone,
) -> Result<TimestampMicrosecondArray, Fault> {
    let mut offsets = Offsets { zone, last: None };
    // Neighbouring rows mostly fall into one part, whose start is then known.
    let mut known: Option<(i64, i64)> = None;
    let cut = each::<_, TimestampMicrosecondType>(column, |micros| {
        let seconds = offsets.at(micros);
        if part.within_day() {
            return Ok(within_day_start(micros, part, seconds));
        }
        let local = split(micros.saturating_add(seconds * SECOND)).0;
        let day = i64::from(start_of(local, part));
        match known {
            Some((start, instant)) if start == day => Ok(instant),
            _ => {
                timestamp_start(micros, part, zone).inspect(|instant| known = Some((day, *instant)))
            }
        }
    })?;
    Ok(cut.with_timezone("UTC"))
}

/// DATE_TRUNC of a column of dates.
pub(crate) fn trunc_date(column: &Date32Array, part: Part) -> Result<Date32Array, Fault> {
    each::<_, Date32Type>(column, |days| {
        let start = start_of(days, part);
        super::calendar::valid_day(i64::from(start))
            .ok_or_else(|| Fault::query("Truncating a date resulted in an out of range date value"))
    })
}

/// DATE of a column of timestamps.
pub(crate) fn date_of_timestamp(
    column: &TimestampMicrosecondArray,
    zone: &Zone,
) -> Result<Date32Array, Fault> {
    let mut offsets = Offsets { zone, last: None };
    each::<_, Date32Type>(column, |micros| Ok(split(offsets.local(micros)).0))
}

/// EXTRACT of a column of timestamps.
pub(crate) fn extract_timestamp(
    column: &TimestampMicrosecondArray,
    part: Part,
    zone: &Zone,
) -> Result<Int64Array, Fault> {
    let mut offsets = Offsets { zone, last: None };
    each::<_, Int64Type>(column, |micros| Ok(extract::of_datetime(offsets.local(micros), part)))
}

/// EXTRACT of a column of dates; the part is one that dates have.
pub(crate) fn extract_date(column: &Date32Array, part: Part) -> Result<Int64Array, Fault> {
    each::<_, Int64Type>(column, |days| {
        extract::of_date(days, part)
            .ok_or_else(|| Fault::unsupported("a part within a day of a DATE"))
    })
}
