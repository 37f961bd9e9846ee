//! Which BigQuery type a column of a Parquet file becomes.
//!
//! Decides by the declared type alone. A type without an exact counterpart is refused with its name.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum: everything else is refused"
)]

use datafusion::arrow::datatypes::{DataType, Fields, TimeUnit};

use crate::bigquery::types::Type;

/// The type that holds every value of this one.
///
/// # Errors
/// The name of a type that none holds.
pub(super) fn type_of(declared: &DataType) -> Result<Type, String> {
    Ok(match declared {
        DataType::Boolean => Type::Bool,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => Type::Int64,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Type::Float64,
        DataType::Decimal32(digits, scale)
        | DataType::Decimal64(digits, scale)
        | DataType::Decimal128(digits, scale)
        | DataType::Decimal256(digits, scale) => decimal(*digits, *scale)?,
        DataType::Date32 => Type::Date,
        DataType::Time32(_) | DataType::Time64(_) => Type::Time,
        DataType::Timestamp(TimeUnit::Second, _) => return Err(unknown(declared)),
        DataType::Timestamp(_, Some(_)) => Type::Timestamp,
        DataType::Timestamp(_, None) => Type::Datetime,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::String,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Type::Bytes,
        DataType::Dictionary(_, values) => type_of(values)?,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            match type_of(item.data_type())? {
                Type::Array(_) => {
                    return Err("BigQuery has no array of arrays; put a struct between".to_owned());
                }
                element => Type::Array(Box::new(element)),
            }
        }
        DataType::Struct(fields) => record(fields)?,
        _ => return Err(unknown(declared)),
    })
}

fn unknown(declared: &DataType) -> String {
    format!("BigQuery has no exact type for {declared}; convert the column first")
}

fn decimal(digits: u8, scale: i8) -> Result<Type, String> {
    let whole = i16::from(digits) - i16::from(scale);
    match scale {
        0..=9 if whole <= 29 => Ok(Type::Numeric),
        0..=38 if whole <= 38 => Ok(Type::BigNumeric),
        _ => Err(format!("DECIMAL({digits}, {scale}) does not fit BIGNUMERIC")),
    }
}

fn record(fields: &Fields) -> Result<Type, String> {
    let mut parts: Vec<(String, Type)> = Vec::new();
    for field in fields {
        let name = field.name();
        if name.is_empty() || parts.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Err(format!("the field {name:?} of the struct has no name of its own"));
        }
        let of = type_of(field.data_type()).map_err(|why| format!("field {name}: {why}"))?;
        parts.push((name.clone(), of));
    }
    if parts.is_empty() {
        return Err("a struct without fields".to_owned());
    }
    Ok(Type::Struct(parts))
}
