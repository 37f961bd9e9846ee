//! BigQuery's scalar functions: for each overload its parameter types, its result and its body.
//!
//! Decides which overload a call means. A body sees values of exactly the declared parameter types;
//! it decides nothing about names, scopes or plans, and never panics.

pub(crate) mod aggregate;
pub(crate) mod casts;
pub(crate) mod format;
pub(crate) mod json;
pub(crate) mod known;
pub(crate) mod number;
pub(crate) mod strings;
pub(crate) mod text;
pub(crate) mod time;

use super::fault::Fault;
use super::types::Type;
use super::value::Value;

/// A body. With [`Sig::strict`] it never sees a NULL.
pub(crate) type Body = fn(&[Value]) -> Result<Value, Fault>;

/// The type of one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum P {
    Bool,
    Int64,
    Float64,
    Numeric,
    BigNumeric,
    String,
    Bytes,
    Date,
    Time,
    Datetime,
    Timestamp,
    Interval,
    Json,
    /// `ARRAY<STRING>`, `ARRAY<INT64>`, `ARRAY<BYTES>`.
    Strings,
    Ints,
    ListOfBytes,
    /// `ARRAY<DATE>`, `ARRAY<TIMESTAMP>`.
    Dates,
    Timestamps,
    /// `ARRAY<BOOL>`, `ARRAY<FLOAT64>`, `ARRAY<JSON>`.
    Bools,
    Floats,
    Jsons,
    /// A date part or another bare word like `WEEK(MONDAY)` or `NFC`; the body sees it as an upper
    /// case `Value::Str`. `INTERVAL n DAY` in DATE_ADD and its kin arrives as two arguments: an
    /// INT64 and a part.
    Part,
}

/// One overload.
#[derive(Debug)]
pub(crate) struct Sig {
    /// In upper case.
    pub(crate) name: &'static str,
    pub(crate) params: &'static [P],
    /// How many of the last parameters may be left out.
    pub(crate) optional: usize,
    /// Whether the last parameter may be repeated.
    pub(crate) variadic: bool,
    pub(crate) result: P,
    /// Whether one NULL argument makes the result NULL without a call.
    pub(crate) strict: bool,
    pub(crate) body: Body,
}

impl Sig {
    /// A strict overload with every parameter required.
    pub(crate) const fn new(
        name: &'static str,
        params: &'static [P],
        result: P,
        body: Body,
    ) -> Self {
        Self { name, params, optional: 0, variadic: false, result, strict: true, body }
    }

    /// The last `count` parameters may be left out.
    pub(crate) const fn optional(mut self, count: usize) -> Self {
        self.optional = count;
        self
    }

    /// The last parameter may be repeated.
    pub(crate) const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    /// The body sees NULLs.
    pub(crate) const fn sees_null(mut self) -> Self {
        self.strict = false;
        self
    }
}

impl P {
    /// The type; `None` for a part.
    pub(crate) fn to_type(self) -> Option<Type> {
        Some(match self {
            Self::Bool => Type::Bool,
            Self::Int64 => Type::Int64,
            Self::Float64 => Type::Float64,
            Self::Numeric => Type::Numeric,
            Self::BigNumeric => Type::BigNumeric,
            Self::String => Type::String,
            Self::Bytes => Type::Bytes,
            Self::Date => Type::Date,
            Self::Time => Type::Time,
            Self::Datetime => Type::Datetime,
            Self::Timestamp => Type::Timestamp,
            Self::Interval => Type::Interval,
            Self::Json => Type::Json,
            Self::Strings => Type::Array(Box::new(Type::String)),
            Self::Ints => Type::Array(Box::new(Type::Int64)),
            Self::ListOfBytes => Type::Array(Box::new(Type::Bytes)),
            Self::Dates => Type::Array(Box::new(Type::Date)),
            Self::Timestamps => Type::Array(Box::new(Type::Timestamp)),
            Self::Bools => Type::Array(Box::new(Type::Bool)),
            Self::Floats => Type::Array(Box::new(Type::Float64)),
            Self::Jsons => Type::Array(Box::new(Type::Json)),
            Self::Part => return None,
        })
    }
}

/// A body that also needs the arguments' types, for functions of any type.
pub(crate) type TypedBody = fn(&[Value], &[Type]) -> Result<Value, Fault>;

/// A function that takes arguments of any type and number within its bounds.
#[derive(Debug)]
pub(crate) struct AnySig {
    /// In upper case.
    pub(crate) name: &'static str,
    /// Types of the leading parameters that are fixed; `None` takes any type.
    pub(crate) params: &'static [Option<P>],
    /// How many of `params` may be left out.
    pub(crate) optional: usize,
    /// Whether further arguments of any type may follow.
    pub(crate) variadic: bool,
    pub(crate) result: P,
    /// Whether one NULL argument makes the result NULL without a call.
    pub(crate) strict: bool,
    pub(crate) body: TypedBody,
}

/// The overloads of a function, in table order.
pub(crate) fn named(name: &str) -> impl Iterator<Item = &'static Sig> {
    let tables = number::GROUPS.iter().chain(text::GROUPS).chain(time::GROUPS);
    let tables = tables.chain(json::GROUPS);
    tables.flat_map(|table| table.iter()).filter(move |sig| sig.name == name)
}

/// The function of any type with this name.
pub(crate) fn any_named(name: &str) -> Option<&'static AnySig> {
    let tables = number::ANY.iter().chain(text::ANY).chain(time::ANY);
    let tables = tables.chain(json::ANY).chain(format::ANY);
    tables.flat_map(|table| table.iter()).find(|sig| sig.name == name)
}
