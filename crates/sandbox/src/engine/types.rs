//! The SQL types the engine claims, and the single value that its functions work on.
//!
//! Decides how each type is stored (Arrow), named (SQL and REST), sized for billing, and which types meet in a
//! common one. A type that is not here does not exist for the simulator: there is no fallback to a neighbour.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, TimeUnit};

/// Digits after the point of NUMERIC, and the power of ten that scales it.
pub(crate) const NUMERIC_SCALE: i8 = 9;
/// One whole unit of NUMERIC in its stored integer form.
pub(crate) const NUMERIC_ONE: i128 = 1_000_000_000;
/// Largest magnitude of NUMERIC in its stored form: 38 nines.
pub(crate) const NUMERIC_MAX: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

/// A type of GoogleSQL that the simulator claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SqlType {
    Bool,
    Int64,
    Float64,
    Numeric,
    String,
    Date,
    Timestamp,
}

impl SqlType {
    /// How the engine stores a column of this type.
    pub(crate) fn arrow(self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Numeric => DataType::Decimal128(38, NUMERIC_SCALE),
            Self::String => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
        }
    }

    /// The claimed type stored like this; `None` for every other Arrow type, the untyped NULL included.
    pub(crate) fn from_arrow(data_type: &DataType) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.arrow() == *data_type)
    }

    const ALL: [Self; 7] =
        [Self::Bool, Self::Int64, Self::Float64, Self::Numeric, Self::String, Self::Date, Self::Timestamp];

    /// GoogleSQL's name of the type.
    pub(crate) const fn sql_name(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::Int64 => "INT64",
            Self::Float64 => "FLOAT64",
            Self::Numeric => "NUMERIC",
            Self::String => "STRING",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
        }
    }

    /// The older name that schemas carry on the wire.
    pub(crate) const fn wire_name(self) -> &'static str {
        match self {
            Self::Bool => "BOOLEAN",
            Self::Int64 => "INTEGER",
            Self::Float64 => "FLOAT",
            Self::Numeric => "NUMERIC",
            Self::String => "STRING",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
        }
    }

    /// Logical bytes of one value that is not NULL; `None` for STRING, whose size depends on the value.
    pub(crate) const fn fixed_bytes(self) -> Option<u64> {
        match self {
            Self::Bool => Some(1),
            Self::Int64 | Self::Float64 | Self::Date | Self::Timestamp => Some(8),
            Self::Numeric => Some(16),
            Self::String => None,
        }
    }

    /// Whether arithmetic is defined on it.
    pub(crate) const fn is_number(self) -> bool {
        match self {
            Self::Int64 | Self::Float64 | Self::Numeric => true,
            Self::Bool | Self::String | Self::Date | Self::Timestamp => false,
        }
    }

    /// The type both sides are converted to: INT64, then NUMERIC, then FLOAT64; other types meet only themselves.
    pub(crate) fn common(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (a, b) if !(a.is_number() && b.is_number()) => None,
            (Self::Float64, _) | (_, Self::Float64) => Some(Self::Float64),
            _ => Some(Self::Numeric),
        }
    }
}

/// The common type of several, where `None` stands for an untyped NULL that fits every type.
pub(crate) fn common_of(types: &[Option<SqlType>]) -> Option<SqlType> {
    let mut known = types.iter().flatten().copied();
    // A set of untyped NULLs is INT64 in GoogleSQL.
    let Some(first) = known.next() else { return Some(SqlType::Int64) };
    known.try_fold(first, SqlType::common)
}

/// How a list of argument types reads in an error message.
pub(crate) fn names_of(types: &[Option<SqlType>]) -> String {
    let names: Vec<&str> = types.iter().map(|kind| kind.map_or("NULL", SqlType::sql_name)).collect();
    names.join(", ")
}

/// One value of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Datum<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Scaled by 10^9.
    Numeric(i128),
    Text(Cow<'a, str>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00:00 UTC.
    Timestamp(i64),
}

impl Datum<'_> {
    /// A text that owns its characters.
    pub(crate) fn text(value: impl Into<String>) -> Datum<'static> {
        Datum::Text(Cow::Owned(value.into()))
    }
}
