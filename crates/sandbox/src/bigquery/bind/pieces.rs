//! Partitions as pieces of a scan.
//!
//! Decides what is known about the values of each piece, and which blocks a sample takes.

use std::sync::Arc;

use datafusion::arrow::array::{Date32Array, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{Schema, TimeUnit};
use datafusion::common::ScalarValue;

use super::catalog::BLOCK;
use crate::bigquery::engine::scan::{Piece, with_column};
use crate::bigquery::store::{Chunk, PartitionKey, Partitioning, Table};
use crate::bigquery::types::Type;

/// A partition as a piece of a scan.
pub(super) fn piece(
    table: &Table,
    chunk: &Chunk,
    schema: &Arc<Schema>,
    ingested: bool,
    owner: &Arc<str>,
) -> datafusion::common::Result<Piece> {
    let mut sizes = chunk.sizes.clone();
    let mut spans = Vec::new();
    let mut batches = chunk.batches.clone();
    if let (true, PartitionKey::Time(start, _, _)) = (ingested, chunk.key) {
        sizes.extend([0, 0]);
        let day = i32::try_from(start.div_euclid(86_400_000_000)).unwrap_or(0);
        let utc: Arc<str> = Arc::from("UTC");
        batches = batches
            .iter()
            .map(|batch| {
                let rows = batch.num_rows();
                let times = TimestampMicrosecondArray::from(vec![start; rows]).with_timezone("UTC");
                let days = Date32Array::from(vec![day; rows]);
                with_column(batch, schema, vec![Arc::new(times), Arc::new(days)])
            })
            .collect::<datafusion::common::Result<_>>()?;
        let at = table.def.columns.len();
        let time = ScalarValue::TimestampMicrosecond(Some(start), Some(utc));
        spans.push((at, time.clone(), time));
        let date = ScalarValue::Date32(Some(day));
        spans.push((at.saturating_add(1), date.clone(), date));
    }
    if let Some((at, low, high)) = span(table, chunk.key) {
        spans.push((at, low, high));
    }
    Ok(Piece { batches, sizes, spans, table: Arc::clone(owner) })
}

/// Least and greatest value of the partitioning column.
fn span(table: &Table, key: PartitionKey) -> Option<(usize, ScalarValue, ScalarValue)> {
    let partitioning = table.def.partitioning.as_ref()?;
    let at = table.def.position(partitioning.column()?)?;
    let of = &table.def.columns.get(at)?.of;
    let (low, high) = match (key, of, partitioning) {
        (PartitionKey::Number(start), Type::Int64, Partitioning::Range { step, .. }) => {
            let last = start.saturating_add(*step).saturating_sub(1);
            (ScalarValue::Int64(Some(start)), ScalarValue::Int64(Some(last)))
        }
        (PartitionKey::Time(start, end, _), Type::Date, _) => {
            let day = |micros: i64| i32::try_from(micros.div_euclid(86_400_000_000)).ok();
            (ScalarValue::Date32(day(start)), ScalarValue::Date32(day(end.saturating_sub(1))))
        }
        (PartitionKey::Time(start, end, _), Type::Timestamp | Type::Datetime, _) => {
            let zone = (*of == Type::Timestamp).then(|| Arc::from("UTC"));
            let _unit = TimeUnit::Microsecond;
            (
                ScalarValue::TimestampMicrosecond(Some(start), zone.clone()),
                ScalarValue::TimestampMicrosecond(Some(end.saturating_sub(1)), zone),
            )
        }
        _ => return None,
    };
    Some((at, low, high))
}

/// Some of a piece's blocks. A piece of one block is taken whole, as BigQuery does with small tables.
pub(super) fn sampled(piece: Piece, percent: f64) -> Piece {
    let rows: usize = piece.batches.iter().map(|batch| batch.num_rows()).sum();
    if rows <= BLOCK {
        return piece;
    }
    let mut kept = Vec::new();
    let mut at = 0_u32;
    let mut taken = 0_usize;
    for batch in &piece.batches {
        let mut start = 0_usize;
        while start < batch.num_rows() {
            let length = BLOCK.min(batch.num_rows().saturating_sub(start));
            // A spread of the golden ratio: even over the blocks, and the same every time.
            if (f64::from(at) * 0.618_033_988_75).fract() * 100.0 < percent {
                kept.push(batch.slice(start, length));
                taken = taken.saturating_add(length);
            }
            at = at.saturating_add(1);
            start = start.saturating_add(length);
        }
    }
    let share = |size: &u64| {
        let scaled = u128::from(*size).saturating_mul(taken as u128).checked_div(rows as u128);
        u64::try_from(scaled.unwrap_or(0)).unwrap_or(u64::MAX)
    };
    Piece { batches: kept, sizes: piece.sizes.iter().map(share).collect(), ..piece }
}
