//! Between Arrow arrays and single values.
//!
//! Decides nothing: it reads a value out of a column of a claimed type and builds such columns. A column of any
//! other type cannot be read here, so an answer can never carry a value whose type nobody thought about.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBuilder, Date32Array, Date32Builder, Decimal128Array, Decimal128Builder,
    Float64Array, Float64Builder, Int64Array, Int64Builder, StringArray, StringBuilder, TimestampMicrosecondArray,
    TimestampMicrosecondBuilder,
};

use super::types::{Datum, SqlType};

/// A column whose type is known, ready to be read row by row.
pub(crate) enum Column<'a> {
    /// Untyped NULLs.
    Nothing,
    Bool(&'a BooleanArray),
    Int64(&'a Int64Array),
    Float64(&'a Float64Array),
    Numeric(&'a Decimal128Array),
    Text(&'a StringArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
}

impl<'a> Column<'a> {
    /// Reads an array as a column; `None` when its type is not one that the simulator claims.
    pub(crate) fn new(array: &'a dyn Array) -> Option<Self> {
        let any = array.as_any();
        let Some(kind) = SqlType::from_arrow(array.data_type()) else {
            return array.data_type().is_null().then_some(Self::Nothing);
        };
        Some(match kind {
            SqlType::Bool => Self::Bool(any.downcast_ref()?),
            SqlType::Int64 => Self::Int64(any.downcast_ref()?),
            SqlType::Float64 => Self::Float64(any.downcast_ref()?),
            SqlType::Numeric => Self::Numeric(any.downcast_ref()?),
            SqlType::String => Self::Text(any.downcast_ref()?),
            SqlType::Date => Self::Date(any.downcast_ref()?),
            SqlType::Timestamp => Self::Timestamp(any.downcast_ref()?),
        })
    }

    /// The value of one row. `row` must be below the array's length.
    pub(crate) fn get(&self, row: usize) -> Datum<'a> {
        match self {
            Self::Nothing => Datum::Null,
            Self::Bool(array) if array.is_valid(row) => Datum::Bool(array.value(row)),
            Self::Int64(array) if array.is_valid(row) => Datum::Int(array.value(row)),
            Self::Float64(array) if array.is_valid(row) => Datum::Float(array.value(row)),
            Self::Numeric(array) if array.is_valid(row) => Datum::Numeric(array.value(row)),
            Self::Text(array) if array.is_valid(row) => Datum::Text(Cow::Borrowed(array.value(row))),
            Self::Date(array) if array.is_valid(row) => Datum::Date(array.value(row)),
            Self::Timestamp(array) if array.is_valid(row) => Datum::Timestamp(array.value(row)),
            Self::Bool(_)
            | Self::Int64(_)
            | Self::Float64(_)
            | Self::Numeric(_)
            | Self::Text(_)
            | Self::Date(_)
            | Self::Timestamp(_) => Datum::Null,
        }
    }
}

/// Builds a column of one type.
pub(crate) enum ColumnBuilder {
    Bool(BooleanBuilder),
    Int64(Int64Builder),
    Float64(Float64Builder),
    Numeric(Decimal128Builder),
    Text(StringBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
}

impl ColumnBuilder {
    /// An empty column with room for `rows` values.
    pub(crate) fn new(kind: SqlType, rows: usize) -> Self {
        match kind {
            SqlType::Bool => Self::Bool(BooleanBuilder::with_capacity(rows)),
            SqlType::Int64 => Self::Int64(Int64Builder::with_capacity(rows)),
            SqlType::Float64 => Self::Float64(Float64Builder::with_capacity(rows)),
            SqlType::Numeric => Self::Numeric(
                Decimal128Builder::with_capacity(rows).with_data_type(SqlType::Numeric.arrow()),
            ),
            SqlType::String => Self::Text(StringBuilder::with_capacity(rows, 0)),
            SqlType::Date => Self::Date(Date32Builder::with_capacity(rows)),
            SqlType::Timestamp => Self::Timestamp(
                TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(SqlType::Timestamp.arrow()),
            ),
        }
    }

    /// Appends a value. A value of another type than the column's is refused by name, never stored as NULL.
    pub(crate) fn push(&mut self, value: &Datum<'_>) -> Result<(), MismatchedValue> {
        match (self, value) {
            (Self::Bool(builder), Datum::Bool(value)) => builder.append_value(*value),
            (Self::Int64(builder), Datum::Int(value)) => builder.append_value(*value),
            (Self::Float64(builder), Datum::Float(value)) => builder.append_value(*value),
            (Self::Numeric(builder), Datum::Numeric(value)) => builder.append_value(*value),
            (Self::Text(builder), Datum::Text(value)) => builder.append_value(value),
            (Self::Date(builder), Datum::Date(value)) => builder.append_value(*value),
            (Self::Timestamp(builder), Datum::Timestamp(value)) => builder.append_value(*value),
            (Self::Bool(builder), Datum::Null) => builder.append_null(),
            (Self::Int64(builder), Datum::Null) => builder.append_null(),
            (Self::Float64(builder), Datum::Null) => builder.append_null(),
            (Self::Numeric(builder), Datum::Null) => builder.append_null(),
            (Self::Text(builder), Datum::Null) => builder.append_null(),
            (Self::Date(builder), Datum::Null) => builder.append_null(),
            (Self::Timestamp(builder), Datum::Null) => builder.append_null(),
            _ => return Err(MismatchedValue),
        }
        Ok(())
    }

    /// The finished column; the builder is empty afterwards and may be used again.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Numeric(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
        }
    }
}

/// A value met a column of another type: a mistake inside the simulator.
#[derive(Debug, thiserror::Error)]
#[error("a value met a column of another type")]
pub(crate) struct MismatchedValue;

/// Logical bytes of a whole column, as BigQuery counts them: NULL is free, STRING is 2 plus its UTF-8 bytes.
pub(crate) fn logical_bytes(column: &Column<'_>, rows: usize) -> u64 {
    (0..rows).map(|row| value_bytes(&column.get(row))).sum()
}

fn value_bytes(value: &Datum<'_>) -> u64 {
    let kind = match value {
        Datum::Null => return 0,
        Datum::Text(text) => return 2 + u64::try_from(text.len()).unwrap_or(u64::MAX - 2),
        Datum::Bool(_) => SqlType::Bool,
        Datum::Int(_) => SqlType::Int64,
        Datum::Float(_) => SqlType::Float64,
        Datum::Numeric(_) => SqlType::Numeric,
        Datum::Date(_) => SqlType::Date,
        Datum::Timestamp(_) => SqlType::Timestamp,
    };
    kind.fixed_bytes().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_reads_back_what_was_pushed() {
        for (kind, value) in [
            (SqlType::Bool, Datum::Bool(true)),
            (SqlType::Int64, Datum::Int(-7)),
            (SqlType::Float64, Datum::Float(0.5)),
            (SqlType::Numeric, Datum::Numeric(11_770_000_000)),
            (SqlType::String, Datum::text("é")),
            (SqlType::Date, Datum::Date(10_000)),
            (SqlType::Timestamp, Datum::Timestamp(1)),
        ] {
            let mut builder = ColumnBuilder::new(kind, 2);
            builder.push(&value).unwrap();
            builder.push(&Datum::Null).unwrap();
            let array = builder.finish();
            let column = Column::new(&array).unwrap();
            assert_eq!((column.get(0), column.get(1)), (value, Datum::Null), "{kind:?}");
        }
    }

    #[test]
    fn bytes_count_text_by_its_utf8_length_and_null_as_nothing() {
        let mut builder = ColumnBuilder::new(SqlType::String, 3);
        for value in [Datum::text("é"), Datum::Null, Datum::text("")] {
            builder.push(&value).unwrap();
        }
        let array = builder.finish();
        assert_eq!(logical_bytes(&Column::new(&array).unwrap(), 3), (2 + 2) + 2);
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        assert!(ColumnBuilder::new(SqlType::Date, 1).push(&Datum::Int(1)).is_err());
    }
}
