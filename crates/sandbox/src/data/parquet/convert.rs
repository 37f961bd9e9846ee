//! Arrays of a Parquet file in the layout the engine stores.
//!
//! Decides nothing about types: they were chosen before. A value that the chosen type cannot hold
//! exactly (nanoseconds, a date outside the years 1 to 9999, NULL inside an array) is refused.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray as _, ListArray, StructArray, UInt64Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{CastOptions, cast_with_options, take};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Field, Int64Type, TimeUnit, TimestampMicrosecondType,
};

use crate::bigquery::types::Type;

/// Days of the years 1 to 9999.
const DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;
const DAY: i64 = 86_400_000_000;

/// An array as the engine stores this type; `required` refuses NULLs.
pub(super) fn array(from: &ArrayRef, of: &Type, required: bool) -> Result<ArrayRef, String> {
    if required && from.null_count() > 0 {
        return Err("a value is NULL, but the column is required".to_owned());
    }
    match of {
        Type::Array(element) => list(from, element),
        Type::Struct(fields) => record(from, of, fields),
        Type::Datetime | Type::Timestamp | Type::Time => {
            whole_micros(from)?;
            let array = cast(from, &of.arrow())?;
            if *of != Type::Time {
                in_calendar(&array)?;
            }
            Ok(array)
        }
        Type::Date => {
            let array = cast(from, &of.arrow())?;
            match array.as_primitive::<Date32Type>().iter().flatten().find(|d| !DAYS.contains(d)) {
                Some(day) => Err(format!("{day} days since 1970 lie outside the years 1 to 9999")),
                None => Ok(array),
            }
        }
        Type::Bool
        | Type::Int64
        | Type::Float64
        | Type::Numeric
        | Type::BigNumeric
        | Type::String
        | Type::Bytes
        | Type::Interval
        | Type::Json
        | Type::Range(_) => cast(from, &of.arrow()),
    }
}

fn cast(from: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    // Without this a value that does not fit would become NULL.
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(from, to, &strict).map_err(|error| error.to_string())
}

/// Refuses nanoseconds that are no whole microsecond.
fn whole_micros(from: &ArrayRef) -> Result<(), String> {
    let nanos = matches!(
        from.data_type(),
        DataType::Timestamp(TimeUnit::Nanosecond, _) | DataType::Time64(TimeUnit::Nanosecond)
    );
    if !nanos {
        return Ok(());
    }
    let raw = cast(from, &DataType::Int64)?;
    match raw.as_primitive::<Int64Type>().iter().flatten().any(|nanos| nanos % 1000 != 0) {
        true => Err("a value has nanoseconds; BigQuery keeps microseconds. Write the file with microseconds".to_owned()),
        false => Ok(()),
    }
}

fn in_calendar(array: &ArrayRef) -> Result<(), String> {
    let days = |micros: i64| i32::try_from(micros.div_euclid(DAY)).unwrap_or(i32::MAX);
    let mut values = array.as_primitive::<TimestampMicrosecondType>().iter().flatten();
    match values.find(|micros| !DAYS.contains(&days(*micros))) {
        Some(micros) => {
            Err(format!("{micros} microseconds since 1970 lie outside the years 1 to 9999"))
        }
        None => Ok(()),
    }
}

/// An ARRAY is never NULL in BigQuery's storage, only empty; its elements are never NULL.
fn list(from: &ArrayRef, element: &Type) -> Result<ArrayRef, String> {
    let item = |of: &DataType| Arc::new(Field::new("item", of.clone(), true));
    let (DataType::List(inner) | DataType::LargeList(inner) | DataType::FixedSizeList(inner, _)) =
        from.data_type()
    else {
        return Err(format!("{} is no list", from.data_type()));
    };
    let lists = cast(from, &DataType::List(item(inner.data_type())))?;
    let lists = lists.as_list::<i32>();
    let mut places: Vec<u64> = Vec::new();
    let mut lengths = Vec::new();
    for (row, ends) in lists.value_offsets().windows(2).enumerate() {
        let [start, end] = ends else { continue };
        let kept = if lists.is_null(row) { *start..*start } else { *start..*end };
        lengths.push(kept.len());
        places.extend(kept.filter_map(|at| u64::try_from(at).ok()));
    }
    let values = take(lists.values(), &UInt64Array::from(places), None);
    let values = array(&values.map_err(|error| error.to_string())?, element, false)?;
    if values.null_count() > 0 {
        return Err("an array holds a NULL, which BigQuery does not store".to_owned());
    }
    let offsets = OffsetBuffer::from_lengths(lengths);
    let made = ListArray::try_new(item(&element.arrow()), offsets, values, None);
    made.map(|made| Arc::new(made) as ArrayRef).map_err(|error| error.to_string())
}

fn record(from: &ArrayRef, of: &Type, fields: &[(String, Type)]) -> Result<ArrayRef, String> {
    let DataType::Struct(layout) = of.arrow() else {
        return Err(format!("{of} is no struct"));
    };
    let Some(parts) = from.as_struct_opt() else {
        return Err(format!("{} is no struct", from.data_type()));
    };
    let columns = parts.columns().iter().zip(fields).map(|(part, (name, of))| {
        array(part, of, false).map_err(|why| format!("field {name}: {why}"))
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let made = StructArray::try_new(layout, columns, parts.nulls().cloned());
    made.map(|made| Arc::new(made) as ArrayRef).map_err(|error| error.to_string())
}
