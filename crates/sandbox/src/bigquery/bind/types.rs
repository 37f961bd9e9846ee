//! Types written in SQL.
//!
//! Decides which spellings BigQuery knows; lengths and scales are refused, since they would have to
//! be enforced.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use sqlparser::ast::{ArrayElemTypeDef, DataType, ExactNumberInfo, ObjectNamePart, TimezoneInfo};

use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;

/// The type a piece of SQL names.
///
/// # Errors
/// `Type not found: X`, or a type with parameters.
pub(crate) fn type_of(written: &DataType) -> Result<Type, Fault> {
    Ok(match written {
        DataType::Bool | DataType::Boolean => Type::Bool,
        DataType::Int64
        | DataType::Int(None)
        | DataType::Integer(None)
        | DataType::BigInt(None)
        | DataType::SmallInt(None)
        | DataType::TinyInt(None) => Type::Int64,
        DataType::Float64 => Type::Float64,
        DataType::Numeric(ExactNumberInfo::None) | DataType::Decimal(ExactNumberInfo::None) => {
            Type::Numeric
        }
        DataType::BigNumeric(ExactNumberInfo::None)
        | DataType::BigDecimal(ExactNumberInfo::None) => Type::BigNumeric,
        DataType::String(None) => Type::String,
        DataType::Bytes(None) => Type::Bytes,
        DataType::Date => Type::Date,
        DataType::Time(None, TimezoneInfo::None) => Type::Time,
        DataType::Datetime(None) => Type::Datetime,
        DataType::Timestamp(None, TimezoneInfo::None) => Type::Timestamp,
        DataType::Interval { .. } => Type::Interval,
        DataType::JSON => Type::Json,
        DataType::Array(ArrayElemTypeDef::AngleBracket(element)) => {
            Type::Array(Box::new(type_of(element)?))
        }
        DataType::Struct(fields, _) => {
            let field = |field: &sqlparser::ast::StructField| {
                let name = field.field_name.as_ref().map(|name| name.value.clone());
                type_of(&field.field_type).map(|of| (name.unwrap_or_default(), of))
            };
            Type::Struct(fields.iter().map(field).collect::<Result<_, _>>()?)
        }
        DataType::Custom(name, arguments) => custom(name, arguments)?,
        other => return Err(Fault::unsupported(format!("The type {other}"))),
    })
}

fn custom(name: &sqlparser::ast::ObjectName, arguments: &[String]) -> Result<Type, Fault> {
    let [ObjectNamePart::Identifier(name)] = name.0.as_slice() else {
        return Err(Fault::query(format!("Type not found: {name}")));
    };
    if !arguments.is_empty() {
        return Err(Fault::unsupported(format!("The type {} with parameters", name.value)));
    }
    let lower = name.value.to_ascii_lowercase();
    if let Some(element) = lower.strip_prefix(crate::bigquery::syntax::RANGE_TYPE) {
        return range_of(&format!("RANGE<{element}>"));
    }
    match name.value.to_ascii_uppercase().as_str() {
        "INT64" | "BYTEINT" => Ok(Type::Int64),
        "FLOAT64" => Ok(Type::Float64),
        "STRING" => Ok(Type::String),
        "BYTES" => Ok(Type::Bytes),
        "BIGNUMERIC" | "BIGDECIMAL" => Ok(Type::BigNumeric),
        "DATETIME" => Ok(Type::Datetime),
        "JSON" => Ok(Type::Json),
        "GEOGRAPHY" => Err(Fault::unsupported("The type GEOGRAPHY")),
        _ => Err(Fault::query(format!("Type not found: {}", name.value))),
    }
}

/// A range type written as `RANGE<T>`, which the parser does not know.
pub(crate) fn range_of(text: &str) -> Result<Type, Fault> {
    let inner = text.split_once('<').and_then(|(_, rest)| rest.rsplit_once('>'));
    let (inner, _) = inner.ok_or_else(|| Fault::query(format!("Type not found: {text}")))?;
    let element = type_of(&crate::bigquery::syntax::parse_type(inner)?)?;
    match element {
        Type::Date | Type::Datetime | Type::Timestamp => Ok(Type::Range(Box::new(element))),
        other => Err(Fault::query(format!("Unsupported type: RANGE<{other}> is not supported"))),
    }
}
