//! Types in casts and constructors: BigQuery's own, by name.
//!
//! A type reads nothing, but a name in its place might be a routine of another dialect, so unknown
//! ones are refused.

use sqlparser::ast::{ArrayElemTypeDef, DataType, ObjectNamePart, StructField, TimezoneInfo};

use super::{Blocked, Checked, Walker, name, need};

/// Types the parser has no kind of its own for.
const OTHERS: [&str; 4] = ["GEOGRAPHY", "BYTEINT", "RANGE", "INT64"];

/// Most types inside one another; as many as BigQuery nests records.
const MAX_DEPTH: usize = 15;

impl Walker<'_> {
    pub(super) fn fields(&self, fields: &[StructField]) -> Checked<()> {
        self.fields_at(fields, 0)
    }

    pub(super) fn data_type(&self, of: &DataType) -> Checked<()> {
        self.type_at(of, 0)
    }

    fn fields_at(&self, fields: &[StructField], depth: usize) -> Checked<()> {
        for StructField { field_name, field_type, options } in fields {
            need(options.is_none(), "shape.type", "A field takes a name and a type.")?;
            field_name.as_ref().map_or(Ok(()), |field| name(field).map(drop))?;
            self.type_at(field_type, depth)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "every type is named, no logic")]
    fn type_at(&self, of: &DataType, depth: usize) -> Checked<()> {
        need(
            depth <= MAX_DEPTH,
            "shape.type",
            "The query names a type that is nested too deeply.",
        )?;
        let deeper = depth.saturating_add(1);
        match of {
            DataType::Int64
            | DataType::Float64
            | DataType::Bool
            | DataType::Boolean
            | DataType::Date
            | DataType::JSON
            | DataType::Bytes(_)
            | DataType::Numeric(_)
            | DataType::Decimal(_)
            | DataType::BigNumeric(_)
            | DataType::BigDecimal(_)
            | DataType::String(_)
            | DataType::Datetime(None)
            | DataType::TinyInt(None)
            | DataType::SmallInt(None)
            | DataType::Int(None)
            | DataType::Integer(None)
            | DataType::BigInt(None)
            | DataType::Time(None, TimezoneInfo::None)
            | DataType::Timestamp(None, TimezoneInfo::None)
            | DataType::Interval { fields: None, precision: None } => Ok(()),
            DataType::Array(ArrayElemTypeDef::AngleBracket(element)) => {
                self.type_at(element, deeper)
            }
            DataType::Struct(fields, _) => self.fields_at(fields, deeper),
            DataType::Custom(of, modifiers) if modifiers.is_empty() => match of.0.as_slice() {
                [ObjectNamePart::Identifier(ident)]
                    if OTHERS.iter().any(|known| known.eq_ignore_ascii_case(&ident.value)) =>
                {
                    Ok(())
                }
                _ => Err(unknown()),
            },
            DataType::Table(_)
            | DataType::NamedTable { .. }
            | DataType::Character(_)
            | DataType::Char(_)
            | DataType::CharacterVarying(_)
            | DataType::CharVarying(_)
            | DataType::Varchar(_)
            | DataType::Nvarchar(_)
            | DataType::Uuid
            | DataType::CharacterLargeObject(_)
            | DataType::CharLargeObject(_)
            | DataType::Clob(_)
            | DataType::Binary(_)
            | DataType::Varbinary(_)
            | DataType::Blob(_)
            | DataType::TinyBlob
            | DataType::MediumBlob
            | DataType::LongBlob
            | DataType::DecimalUnsigned(_)
            | DataType::Dec(_)
            | DataType::DecUnsigned(_)
            | DataType::Float(_)
            | DataType::FloatUnsigned(_)
            | DataType::TinyInt(_)
            | DataType::TinyIntUnsigned(_)
            | DataType::UTinyInt
            | DataType::Int2(_)
            | DataType::Int2Unsigned(_)
            | DataType::SmallInt(_)
            | DataType::SmallIntUnsigned(_)
            | DataType::USmallInt
            | DataType::MediumInt(_)
            | DataType::MediumIntUnsigned(_)
            | DataType::Int(_)
            | DataType::Int4(_)
            | DataType::Int8(_)
            | DataType::Int16
            | DataType::Int32
            | DataType::Int128
            | DataType::Int256
            | DataType::Integer(_)
            | DataType::IntUnsigned(_)
            | DataType::Int4Unsigned(_)
            | DataType::IntegerUnsigned(_)
            | DataType::HugeInt
            | DataType::UHugeInt
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::UInt128
            | DataType::UInt256
            | DataType::BigInt(_)
            | DataType::BigIntUnsigned(_)
            | DataType::UBigInt
            | DataType::Int8Unsigned(_)
            | DataType::Signed
            | DataType::SignedInteger
            | DataType::Unsigned
            | DataType::UnsignedInteger
            | DataType::Float4
            | DataType::Float32
            | DataType::Real
            | DataType::RealUnsigned
            | DataType::Float8
            | DataType::Double(_)
            | DataType::DoubleUnsigned(_)
            | DataType::DoublePrecision
            | DataType::DoublePrecisionUnsigned
            | DataType::Date32
            | DataType::Time(..)
            | DataType::Datetime(_)
            | DataType::Datetime64(..)
            | DataType::Timestamp(..)
            | DataType::TimestampNtz(_)
            | DataType::Interval { .. }
            | DataType::JSONB
            | DataType::Regclass
            | DataType::Text
            | DataType::TinyText
            | DataType::MediumText
            | DataType::LongText
            | DataType::FixedString(_)
            | DataType::Bytea
            | DataType::Bit(_)
            | DataType::BitVarying(_)
            | DataType::VarBit(_)
            | DataType::Custom(..)
            | DataType::Array(_)
            | DataType::Map(..)
            | DataType::Tuple(_)
            | DataType::Nested(_)
            | DataType::Enum(..)
            | DataType::Set(_)
            | DataType::Union(_)
            | DataType::Nullable(_)
            | DataType::LowCardinality(_)
            | DataType::Unspecified
            | DataType::Trigger
            | DataType::AnyType
            | DataType::GeometricType(_)
            | DataType::TsVector
            | DataType::TsQuery => Err(unknown()),
        }
    }
}

fn unknown() -> Blocked {
    Blocked::new("shape.type", "The query names a type that GoogleSQL does not have.")
}
