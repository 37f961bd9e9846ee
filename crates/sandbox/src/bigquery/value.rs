//! One value of any BigQuery type, and its way into and out of the engine's columns.
//!
//! Decides nothing about SQL. Functions are written over [`Value`]s, row by row, so that each can be
//! read beside BigQuery's page about it; the hot ones have a columnar form besides.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray as _, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Decimal256Array, Float64Array, Int64Array, IntervalMonthDayNanoArray, ListArray, StringArray,
    StructArray, Time64MicrosecondArray, TimestampMicrosecondArray, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Field, Float64Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType,
    TimestampMicrosecondType, i256,
};

use super::types::Type;

/// An interval; the three parts are kept apart, as BigQuery keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) months: i32,
    pub(crate) days: i32,
    pub(crate) micros: i64,
}

/// A value. `Null` belongs to every type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// In units of 1e-9.
    Numeric(i128),
    /// In units of 1e-38.
    BigNumeric(i256),
    /// STRING, and JSON as its canonical text.
    Str(String),
    Bytes(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01 00:00:00, without a zone.
    Datetime(i64),
    /// Microseconds since 1970-01-01 00:00:00 UTC.
    Timestamp(i64),
    Interval(Interval),
    Array(Vec<Self>),
    /// Field values by position.
    Struct(Vec<Self>),
    /// Start and end, either may be `Null` (unbounded).
    Range(Box<(Self, Self)>),
}

impl Value {
    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Bytes that it takes in memory, roughly.
    pub(crate) fn weight(&self) -> usize {
        let all = |items: &[Self]| items.iter().map(Self::weight).sum::<usize>();
        let owned = match self {
            Self::Str(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Array(items) | Self::Struct(items) => all(items),
            Self::Range(ends) => ends.0.weight().saturating_add(ends.1.weight()),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Numeric(_)
            | Self::BigNumeric(_)
            | Self::Date(_)
            | Self::Time(_)
            | Self::Datetime(_)
            | Self::Timestamp(_)
            | Self::Interval(_) => 0,
        };
        owned.saturating_add(size_of::<Self>())
    }
}

/// The value at a row of a column of this type.
pub(crate) fn read(column: &dyn Array, row: usize, of: &Type) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match of {
        Type::Bool => Value::Bool(column.as_boolean().value(row)),
        Type::Int64 => Value::Int(column.as_primitive::<Int64Type>().value(row)),
        Type::Float64 => Value::Float(column.as_primitive::<Float64Type>().value(row)),
        Type::Numeric => Value::Numeric(column.as_primitive::<Decimal128Type>().value(row)),
        Type::BigNumeric => Value::BigNumeric(column.as_primitive::<Decimal256Type>().value(row)),
        Type::String | Type::Json => Value::Str(column.as_string::<i32>().value(row).to_owned()),
        Type::Bytes => Value::Bytes(column.as_binary::<i32>().value(row).to_vec()),
        Type::Date => Value::Date(column.as_primitive::<Date32Type>().value(row)),
        Type::Time => Value::Time(column.as_primitive::<Time64MicrosecondType>().value(row)),
        Type::Datetime => {
            Value::Datetime(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        Type::Timestamp => {
            Value::Timestamp(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        Type::Interval => {
            let stored = column.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let micros = stored.nanoseconds / 1000;
            Value::Interval(Interval { months: stored.months, days: stored.days, micros })
        }
        Type::Array(element) => {
            let items = column.as_list::<i32>().value(row);
            Value::Array((0..items.len()).map(|at| read(&items, at, element)).collect())
        }
        Type::Struct(fields) => {
            let parts = column.as_struct();
            let of = fields.iter().zip(parts.columns());
            Value::Struct(of.map(|((_, t), part)| read(part, row, t)).collect())
        }
        Type::Range(element) => {
            let parts = column.as_struct();
            Value::Range(Box::new((
                read(parts.column(0), row, element),
                read(parts.column(1), row, element),
            )))
        }
    }
}

macro_rules! gather {
    ($values:expr, $array:ty, $variant:ident) => {
        Arc::new(<$array>::from_iter($values.iter().map(|value| match value {
            Value::$variant(inner) => Some(inner.clone()),
            _ => None,
        }))) as ArrayRef
    };
}

/// A column of this type; a value of another type counts as NULL (the binder has typed them all).
pub(crate) fn column(values: &[Value], of: &Type) -> ArrayRef {
    match of {
        Type::Bool => gather!(values, BooleanArray, Bool),
        Type::Int64 => gather!(values, Int64Array, Int),
        Type::Float64 => gather!(values, Float64Array, Float),
        Type::Numeric => {
            let items =
                values.iter().map(|v| if let Value::Numeric(n) = v { Some(*n) } else { None });
            Arc::new(Decimal128Array::from_iter(items).with_data_type(of.arrow()))
        }
        Type::BigNumeric => {
            let items =
                values.iter().map(|v| if let Value::BigNumeric(n) = v { Some(*n) } else { None });
            Arc::new(Decimal256Array::from_iter(items).with_data_type(of.arrow()))
        }
        Type::String | Type::Json => {
            let items = values.iter().map(|v| if let Value::Str(s) = v { Some(s) } else { None });
            Arc::new(StringArray::from_iter(items))
        }
        Type::Bytes => {
            let items = values.iter().map(|v| if let Value::Bytes(b) = v { Some(b) } else { None });
            Arc::new(BinaryArray::from_iter(items))
        }
        Type::Date => gather!(values, Date32Array, Date),
        Type::Time => gather!(values, Time64MicrosecondArray, Time),
        Type::Datetime => gather!(values, TimestampMicrosecondArray, Datetime),
        Type::Timestamp => {
            let items =
                values.iter().map(|v| if let Value::Timestamp(t) = v { Some(*t) } else { None });
            Arc::new(TimestampMicrosecondArray::from_iter(items).with_timezone("UTC"))
        }
        Type::Interval => {
            let stored = values.iter().map(|value| match value {
                Value::Interval(i) => {
                    Some(IntervalMonthDayNano::new(i.months, i.days, i.micros.saturating_mul(1000)))
                }
                _ => None,
            });
            Arc::new(IntervalMonthDayNanoArray::from_iter(stored))
        }
        Type::Array(element) => list(values, element),
        Type::Struct(fields) => {
            let types: Vec<&Type> = fields.iter().map(|(_, t)| t).collect();
            record(values, of, &types)
        }
        Type::Range(element) => record(values, of, &[element, element]),
    }
}

fn list(values: &[Value], element: &Type) -> ArrayRef {
    let empty = Vec::new();
    let items =
        |value: &Value| if let Value::Array(items) = value { items.clone() } else { empty.clone() };
    let lengths = values.iter().map(|v| if let Value::Array(items) = v { items.len() } else { 0 });
    let offsets = OffsetBuffer::from_lengths(lengths);
    let flat: Vec<Value> = values.iter().flat_map(items).collect();
    let valid = NullBuffer::from_iter(values.iter().map(|v| !v.is_null()));
    let field = Arc::new(Field::new("item", element.arrow(), true));
    Arc::new(ListArray::new(field, offsets, column(&flat, element), Some(valid)))
}

fn record(values: &[Value], of: &Type, types: &[&Type]) -> ArrayRef {
    let DataType::Struct(fields) = of.arrow() else {
        return new_null_array(&of.arrow(), values.len());
    };
    let part = |value: &Value, at: usize| match value {
        Value::Struct(parts) => parts.get(at).cloned().unwrap_or(Value::Null),
        Value::Range(ends) => {
            if at == 0 {
                ends.0.clone()
            } else {
                ends.1.clone()
            }
        }
        _ => Value::Null,
    };
    let columns = types.iter().enumerate().map(|(at, t)| {
        let parts: Vec<Value> = values.iter().map(|value| part(value, at)).collect();
        column(&parts, t)
    });
    let columns: Vec<ArrayRef> = columns.collect();
    let valid = NullBuffer::from_iter(values.iter().map(|v| !v.is_null()));
    match StructArray::try_new_with_length(fields, columns, Some(valid), values.len()) {
        Ok(array) => Arc::new(array),
        Err(_) => new_null_array(&of.arrow(), values.len()),
    }
}
