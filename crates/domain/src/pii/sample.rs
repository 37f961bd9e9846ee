//! The input of the detector: a column's name, its type, and at most 200 of its values.
//!
//! Decides how many values are looked at and how long each may be. It must never let a value out:
//! `Debug` prints the number of values, and nothing here is serialised.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::Label;
use crate::catalog::ColumnType;

/// Values looked at in one column.
pub(super) const SAMPLE_LIMIT: usize = 200;
/// Bytes of one value that are looked at; longer text is cut at a character boundary.
pub(super) const VALUE_LIMIT: usize = 4096;

/// A bounded sample of a column's values, trimmed and in compatibility form.
pub struct Samples<'a> {
    values: Vec<Cow<'a, str>>,
}

impl<'a> Samples<'a> {
    /// Takes the first 200 values that are neither empty nor a stand-in such as `n/a`.
    pub fn new<I>(values: I) -> Self
    where
        I: IntoIterator<Item = &'a str>,
    {
        let values = values.into_iter().take(SAMPLE_LIMIT).map(prepare);
        Self { values: values.filter(|v| !is_stand_in(v)).collect() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(AsRef::as_ref)
    }

    /// How many values say anything.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no value says anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl fmt::Debug for Samples<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Samples({} values, not shown)", self.values.len())
    }
}

fn prepare(value: &str) -> Cow<'_, str> {
    let end = value.floor_char_boundary(VALUE_LIMIT);
    let value = value.get(..end).unwrap_or_default().trim();
    if value.is_ascii() { Cow::Borrowed(value) } else { Cow::Owned(value.nfkc().collect()) }
}

/// Text that stands for a missing value.
fn is_stand_in(value: &str) -> bool {
    static STAND_INS: &[&str] = &[
        "",
        "n/a",
        "na",
        "n.a.",
        "null",
        "none",
        "nil",
        "nan",
        "-",
        "--",
        "?",
        "unknown",
        "missing",
        "tbd",
        "redacted",
        "[redacted]",
        "<redacted>",
        "(redacted)",
        "[removed]",
        "[deleted]",
        "removed",
        "deleted",
        "hidden",
        "[hidden]",
        "masked",
        "[masked]",
        "empty",
        "undefined",
        "not available",
        "not provided",
        "withheld",
        "\\n",
        "xxx",
        "xxxx",
        "***",
        "****",
        "k.a.",
        "keine angabe",
        "nc",
        "non communique",
        "brak",
        "saknas",
        "onbekend",
        "anonymized",
        "anonymised",
        "<null>",
        "(null)",
    ];
    value.len() <= 20 && STAND_INS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// One column as the detector sees it.
#[derive(Debug)]
pub struct Column<'a> {
    /// Table name, with or without project and data set.
    pub table: &'a str,
    /// Column name.
    pub column: &'a str,
    /// Type.
    pub column_type: ColumnType,
    /// Its values.
    pub samples: Samples<'a>,
}

/// What a type allows a column to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeClass {
    /// Text: everything.
    Text,
    /// Whole numbers: numbers of things and people, with the name's support.
    Integer,
    /// Decimals: never confirmed by values.
    Decimal,
    /// Calendar days and instants: dates of birth at most.
    Temporal,
    /// Documents and bytes: something inside at most.
    Document,
    /// Nothing personal can be in there.
    Closed,
}

impl TypeClass {
    /// The class of a column type.
    #[must_use]
    pub const fn of(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::String => Self::Text,
            ColumnType::Int64 => Self::Integer,
            ColumnType::Numeric | ColumnType::Bignumeric | ColumnType::Float64 => Self::Decimal,
            ColumnType::Date | ColumnType::Datetime | ColumnType::Timestamp => Self::Temporal,
            ColumnType::Json | ColumnType::Bytes | ColumnType::Record | ColumnType::Other => {
                Self::Document
            }
            ColumnType::Bool | ColumnType::Time | ColumnType::Geography | ColumnType::Interval => {
                Self::Closed
            }
        }
    }

    /// Whether a column of this class may be given the label at all.
    #[must_use]
    pub const fn may_hold(self, label: Label) -> bool {
        match self {
            Self::Text | Self::Document => true,
            Self::Integer | Self::Decimal => matches!(
                label,
                Label::Phone
                    | Label::Card
                    | Label::Ssn
                    | Label::NationalId
                    | Label::Passport
                    | Label::BankAccount
                    | Label::DeviceId
                    | Label::Dob
                    | Label::Ip
            ),
            Self::Temporal => matches!(label, Label::Dob),
            Self::Closed => false,
        }
    }
}

/// Reads BigQuery's type names, the older aliases and a length in brackets included.
#[must_use]
pub fn column_type(text: &str) -> ColumnType {
    let base = text.split(['(', '<']).next().unwrap_or(text).trim();
    let inner = text.strip_prefix("ARRAY<").or_else(|| text.strip_prefix("array<"));
    if let Some(inner) = inner {
        return column_type(inner.strip_suffix('>').unwrap_or(inner));
    }
    match base.to_ascii_uppercase().as_str() {
        "STRING" | "TEXT" | "VARCHAR" | "CHAR" => ColumnType::String,
        "INT64" | "INTEGER" | "INT" | "BIGINT" | "SMALLINT" | "TINYINT" | "BYTEINT" => {
            ColumnType::Int64
        }
        "FLOAT64" | "FLOAT" | "DOUBLE" => ColumnType::Float64,
        "NUMERIC" | "DECIMAL" => ColumnType::Numeric,
        "BIGNUMERIC" | "BIGDECIMAL" => ColumnType::Bignumeric,
        "BYTES" => ColumnType::Bytes,
        "BOOL" | "BOOLEAN" => ColumnType::Bool,
        "DATE" => ColumnType::Date,
        "TIME" => ColumnType::Time,
        "DATETIME" => ColumnType::Datetime,
        "TIMESTAMP" => ColumnType::Timestamp,
        "JSON" => ColumnType::Json,
        "GEOGRAPHY" => ColumnType::Geography,
        "INTERVAL" => ColumnType::Interval,
        "STRUCT" | "RECORD" => ColumnType::Record,
        _ => ColumnType::Other,
    }
}
