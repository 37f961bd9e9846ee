//! The loaded tables: rows for the engine, logical sizes for the bytes model.
//!
//! Sizes are BigQuery's documented ones and are computed once: 8 for integers, floats and dates, 16
//! for NUMERIC, 1 for BOOL, 2 plus the UTF-8 length for STRING, 0 for NULL.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other type that is loaded is 8 bytes wide"
)]

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::DataType;

use crate::load::Loaded;

/// One table.
pub(crate) struct Table {
    pub(crate) rows: RecordBatch,
    /// Logical bytes of each column.
    pub(crate) sizes: BTreeMap<String, u64>,
    /// Integer columns whose sum could leave the 64-bit range.
    pub(crate) may_overflow: BTreeSet<String>,
}

impl Table {
    pub(crate) fn of(loaded: &Loaded) -> Self {
        let schema = loaded.rows.schema();
        let sizes = schema.fields().iter().zip(loaded.rows.columns());
        let sizes =
            sizes.map(|(field, column)| (field.name().clone(), logical_bytes(column))).collect();
        let columns = schema.fields().iter().zip(loaded.rows.columns());
        let wide =
            columns.filter(|(_, column)| is_wide(column)).map(|(field, _)| field.name().clone());
        let may_overflow = wide.collect();
        Self { rows: loaded.rows.clone(), sizes, may_overflow }
    }

    /// Logical bytes of the whole table.
    pub(crate) fn bytes(&self) -> u64 {
        self.sizes.values().sum()
    }
}

/// Whether the absolute values of an integer column add up to more than 64 bits hold.
fn is_wide(column: &ArrayRef) -> bool {
    let Some(values) = column.as_any().downcast_ref::<Int64Array>() else { return false };
    let sum: u128 = values.iter().flatten().map(|value| u128::from(value.unsigned_abs())).sum();
    i64::try_from(sum).is_err()
}

fn logical_bytes(column: &ArrayRef) -> u64 {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let values = count(column.len() - column.null_count());
    match column.data_type() {
        DataType::Decimal128(_, _) => values.saturating_mul(16),
        DataType::Boolean => values,
        DataType::Utf8 => match column.as_any().downcast_ref::<StringArray>() {
            Some(texts) => {
                texts.iter().flatten().map(|text| count(text.len()).saturating_add(2)).sum()
            }
            None => 0,
        },
        _ => values.saturating_mul(8),
    }
}
