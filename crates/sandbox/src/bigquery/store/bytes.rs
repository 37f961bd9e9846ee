//! Logical sizes as BigQuery documents them.
//!
//! 8 for INT64, FLOAT64, DATE, TIME, DATETIME and TIMESTAMP, 16 for NUMERIC and INTERVAL, 32 for
//! BIGNUMERIC, 1 for BOOL, 2 plus the length for STRING, BYTES and JSON, the sum of the parts for
//! STRUCT, ARRAY and RANGE; NULL counts nothing.

use datafusion::arrow::array::{Array, AsArray as _};

use crate::bigquery::types::Type;

/// Logical bytes of a column.
pub(super) fn logical(column: &dyn Array, of: &Type) -> u64 {
    let values = (column.len() - column.null_count()) as u64;
    let fixed = |width: u64| values.saturating_mul(width);
    match of {
        Type::Bool => fixed(1),
        Type::Int64
        | Type::Float64
        | Type::Date
        | Type::Time
        | Type::Datetime
        | Type::Timestamp => fixed(8),
        Type::Numeric | Type::Interval => fixed(16),
        Type::BigNumeric => fixed(32),
        Type::String | Type::Json => {
            let lengths = column.as_string::<i32>().iter().flatten().map(|text| text.len() as u64);
            lengths.sum::<u64>().saturating_add(fixed(2))
        }
        Type::Bytes => {
            let lengths =
                column.as_binary::<i32>().iter().flatten().map(|bytes| bytes.len() as u64);
            lengths.sum::<u64>().saturating_add(fixed(2))
        }
        Type::Array(element) => {
            let items = column.as_list::<i32>().iter().flatten();
            items.map(|items| logical(&items, element)).sum()
        }
        Type::Struct(fields) => {
            let parts = column.as_struct().columns().iter().zip(fields);
            parts.map(|(part, (_, of))| logical(part, of)).sum()
        }
        Type::Range(element) => {
            column.as_struct().columns().iter().map(|end| logical(end, element)).sum()
        }
    }
}
