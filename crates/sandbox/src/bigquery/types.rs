//! BigQuery's types, their names on the wire and in SQL, and which of them stand in for one another.
//!
//! Decides implicit coercion and the common type of several expressions by BigQuery's rules. The
//! engine's own coercion is never relied on: both sides of everything have one type already.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};

/// A BigQuery type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Bool,
    Int64,
    Float64,
    /// 38 digits, 9 of them after the point.
    Numeric,
    /// 76 digits, 38 of them after the point.
    BigNumeric,
    String,
    Bytes,
    Date,
    Time,
    Datetime,
    Timestamp,
    Interval,
    Json,
    Array(Box<Self>),
    /// Fields by name; a name may be empty or repeated.
    Struct(Vec<(String, Self)>),
    /// A range of DATE, DATETIME or TIMESTAMP.
    Range(Box<Self>),
}

impl Type {
    /// How the engine stores it.
    pub(crate) fn arrow(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Numeric => DataType::Decimal128(38, 9),
            Self::BigNumeric => DataType::Decimal256(76, 38),
            Self::String | Self::Json => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Datetime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            Self::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            Self::Array(element) => {
                DataType::List(Arc::new(Field::new("item", element.arrow(), true)))
            }
            Self::Struct(fields) => DataType::Struct(struct_fields(fields.iter().map(|(_, t)| t))),
            Self::Range(element) => {
                DataType::Struct(struct_fields([element.as_ref(), element.as_ref()].into_iter()))
            }
        }
    }

    /// The legacy name that schemas carry on the wire.
    pub(crate) const fn wire(&self) -> &'static str {
        match self {
            Self::Bool => "BOOLEAN",
            Self::Int64 => "INTEGER",
            Self::Float64 => "FLOAT",
            Self::Numeric => "NUMERIC",
            Self::BigNumeric => "BIGNUMERIC",
            Self::String => "STRING",
            Self::Bytes => "BYTES",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::Datetime => "DATETIME",
            Self::Timestamp => "TIMESTAMP",
            Self::Interval => "INTERVAL",
            Self::Json => "JSON",
            Self::Array(_) => "ARRAY",
            Self::Struct(_) => "RECORD",
            Self::Range(_) => "RANGE",
        }
    }

    pub(crate) const fn is_number(&self) -> bool {
        matches!(self, Self::Int64 | Self::Float64 | Self::Numeric | Self::BigNumeric)
    }

    /// Whether a value of this type is taken where `wanted` is expected, without a cast.
    pub(crate) fn coerces_to(&self, wanted: &Self) -> bool {
        if self == wanted {
            return true;
        }
        match (self, wanted) {
            (Self::Int64, Self::Numeric | Self::BigNumeric | Self::Float64)
            | (Self::Numeric, Self::BigNumeric | Self::Float64)
            | (Self::BigNumeric, Self::Float64)
            | (Self::Date, Self::Datetime) => true,
            (Self::Struct(from), Self::Struct(to)) => {
                from.len() == to.len()
                    && from.iter().zip(to).all(|((_, a), (_, b))| a.coerces_to(b))
            }
            _ => false,
        }
    }

    /// Whether a literal of this type is also taken where `wanted` is expected.
    pub(crate) fn literal_coerces_to(&self, wanted: &Self) -> bool {
        let to_time = matches!(
            (self, wanted),
            (Self::String, Self::Date | Self::Datetime | Self::Timestamp | Self::Time)
                | (Self::Float64, Self::Numeric | Self::BigNumeric)
        );
        to_time || self.coerces_to(wanted)
    }

    /// The narrowest type that both coerce to.
    pub(crate) fn common(&self, other: &Self) -> Option<Self> {
        if other.coerces_to(self) {
            return Some(self.clone());
        }
        if self.coerces_to(other) {
            return Some(other.clone());
        }
        match (self, other) {
            (Self::Struct(a), Self::Struct(b)) if a.len() == b.len() => {
                let fields = a.iter().zip(b).map(|((name, left), (_, right))| {
                    left.common(right).map(|common| (name.clone(), common))
                });
                fields.collect::<Option<Vec<_>>>().map(Self::Struct)
            }
            _ => None,
        }
    }

    /// Whether `=` and `GROUP BY` take it.
    pub(crate) const fn is_groupable(&self) -> bool {
        !matches!(self, Self::Json | Self::Array(_) | Self::Struct(_) | Self::Interval)
    }

    /// Whether BigQuery may group by it although the simulator does not.
    pub(crate) const fn may_be_groupable(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Struct(_) | Self::Interval)
    }

    /// Whether `<` and `ORDER BY` take it.
    pub(crate) const fn is_orderable(&self) -> bool {
        !matches!(self, Self::Json | Self::Array(_) | Self::Struct(_))
    }
}

/// Fields by position: BigQuery's names may be empty or repeated, the engine's may not.
fn struct_fields<'a>(types: impl Iterator<Item = &'a Type>) -> Fields {
    types.enumerate().map(|(at, t)| Field::new(format!("_{at}"), t.arrow(), true)).collect()
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("BOOL"),
            Self::Int64 => f.write_str("INT64"),
            Self::Float64 => f.write_str("FLOAT64"),
            Self::Array(element) => write!(f, "ARRAY<{element}>"),
            Self::Range(element) => write!(f, "RANGE<{element}>"),
            Self::Struct(fields) => {
                f.write_str("STRUCT<")?;
                for (at, (name, t)) in fields.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    let space = if name.is_empty() { "" } else { " " };
                    write!(f, "{comma}{name}{space}{t}")?;
                }
                f.write_str(">")
            }
            Self::Numeric
            | Self::BigNumeric
            | Self::String
            | Self::Bytes
            | Self::Date
            | Self::Time
            | Self::Datetime
            | Self::Timestamp
            | Self::Interval
            | Self::Json => f.write_str(self.wire()),
        }
    }
}
