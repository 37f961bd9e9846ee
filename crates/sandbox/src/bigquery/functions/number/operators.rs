//! The arithmetic operators and their SAFE_ forms.
//!
//! Decides overloads and error texts of `+ - * /` and unary minus. INT64 division is FLOAT64 by
//! BigQuery's rule; nothing here may wrap around or answer infinity for finite operands.

use super::args::{bignumeric, float, int, numeric};
use super::convert::int_to_float;
use super::exact::{Kind, from_bignumeric, to_bignumeric, to_numeric};
use super::fast;
use super::text::short_float;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;
use num_bigint::BigInt;

const INTS: &[P] = &[P::Int64, P::Int64];
const NUMERICS: &[P] = &[P::Numeric, P::Numeric];
const BIGS: &[P] = &[P::BigNumeric, P::BigNumeric];
const FLOATS: &[P] = &[P::Float64, P::Float64];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("+", INTS, P::Int64, |a| fast::add_int(int(a, 0)?, int(a, 1)?).map(Value::Int)),
    Sig::new("+", NUMERICS, P::Numeric, |a| {
        fast::add_numeric(numeric(a, 0)?, numeric(a, 1)?).map(Value::Numeric)
    }),
    Sig::new("+", BIGS, P::BigNumeric, |a| big(a, Kind::add)),
    Sig::new("+", FLOATS, P::Float64, |a| {
        fast::add_float(float(a, 0)?, float(a, 1)?).map(Value::Float)
    }),
    Sig::new("-", INTS, P::Int64, |a| fast::subtract_int(int(a, 0)?, int(a, 1)?).map(Value::Int)),
    Sig::new("-", NUMERICS, P::Numeric, |a| {
        fast::subtract_numeric(numeric(a, 0)?, numeric(a, 1)?).map(Value::Numeric)
    }),
    Sig::new("-", BIGS, P::BigNumeric, |a| big(a, Kind::subtract)),
    Sig::new("-", FLOATS, P::Float64, |a| {
        fast::subtract_float(float(a, 0)?, float(a, 1)?).map(Value::Float)
    }),
    Sig::new("*", INTS, P::Int64, |a| fast::multiply_int(int(a, 0)?, int(a, 1)?).map(Value::Int)),
    Sig::new("*", NUMERICS, P::Numeric, |a| {
        fast::multiply_numeric(numeric(a, 0)?, numeric(a, 1)?).map(Value::Numeric)
    }),
    Sig::new("*", BIGS, P::BigNumeric, |a| big(a, Kind::multiply)),
    Sig::new("*", FLOATS, P::Float64, |a| {
        fast::multiply_float(float(a, 0)?, float(a, 1)?).map(Value::Float)
    }),
    Sig::new("/", INTS, P::Float64, |a| fast::divide_int(int(a, 0)?, int(a, 1)?).map(Value::Float)),
    Sig::new("/", NUMERICS, P::Numeric, |a| {
        fast::divide_numeric(numeric(a, 0)?, numeric(a, 1)?).map(Value::Numeric)
    }),
    Sig::new("/", BIGS, P::BigNumeric, |a| big(a, Kind::divide)),
    Sig::new("/", FLOATS, P::Float64, |a| {
        fast::divide_float(float(a, 0)?, float(a, 1)?).map(Value::Float)
    }),
    Sig::new("NEG", &[P::Int64], P::Int64, |a| negate_int(int(a, 0)?).map(Value::Int)),
    Sig::new("NEG", &[P::Numeric], P::Numeric, |a| Ok(Value::Numeric(-numeric(a, 0)?))),
    Sig::new("NEG", &[P::BigNumeric], P::BigNumeric, |a| {
        big_value(&Kind::BigNumeric.negate(&from_bignumeric(bignumeric(a, 0)?))?)
    }),
    Sig::new("NEG", &[P::Float64], P::Float64, |a| Ok(Value::Float(-float(a, 0)?))),
];

macro_rules! safe {
    ($name:literal, $of:literal) => {
        [
            Sig::new($name, INTS, P::Int64, |a| Ok(null_instead($of, a, P::Int64))),
            Sig::new($name, NUMERICS, P::Numeric, |a| Ok(null_instead($of, a, P::Numeric))),
            Sig::new($name, BIGS, P::BigNumeric, |a| Ok(null_instead($of, a, P::BigNumeric))),
            Sig::new($name, FLOATS, P::Float64, |a| Ok(null_instead($of, a, P::Float64))),
        ]
    };
}

pub(crate) static SAFE_ADD: &[Sig] = &safe!("SAFE_ADD", "+");
pub(crate) static SAFE_SUBTRACT: &[Sig] = &safe!("SAFE_SUBTRACT", "-");
pub(crate) static SAFE_MULTIPLY: &[Sig] = &safe!("SAFE_MULTIPLY", "*");

pub(crate) static SAFE: &[Sig] = &[
    Sig::new("SAFE_DIVIDE", INTS, P::Float64, |a| Ok(null_instead("/", a, P::Int64))),
    Sig::new("SAFE_DIVIDE", NUMERICS, P::Numeric, |a| Ok(null_instead("/", a, P::Numeric))),
    Sig::new("SAFE_DIVIDE", BIGS, P::BigNumeric, |a| Ok(null_instead("/", a, P::BigNumeric))),
    Sig::new("SAFE_DIVIDE", FLOATS, P::Float64, |a| Ok(null_instead("/", a, P::Float64))),
    Sig::new("SAFE_NEGATE", &[P::Int64], P::Int64, |a| Ok(null_instead("NEG", a, P::Int64))),
    Sig::new("SAFE_NEGATE", &[P::Numeric], P::Numeric, |a| Ok(null_instead("NEG", a, P::Numeric))),
    Sig::new("SAFE_NEGATE", &[P::BigNumeric], P::BigNumeric, |a| {
        Ok(null_instead("NEG", a, P::BigNumeric))
    }),
    Sig::new("SAFE_NEGATE", &[P::Float64], P::Float64, |a| Ok(null_instead("NEG", a, P::Float64))),
    Sig::new("IEEE_DIVIDE", FLOATS, P::Float64, |a| Ok(Value::Float(float(a, 0)? / float(a, 1)?))),
];

/// The operator's answer, or NULL where it would fail.
fn null_instead(operator: &str, args: &[Value], of: P) -> Value {
    let found = SIGS.iter().find(|sig| sig.name == operator && sig.params.first() == Some(&of));
    found.and_then(|sig| (sig.body)(args).ok()).unwrap_or(Value::Null)
}

type BigOperation = fn(Kind, &BigInt, &BigInt) -> Result<BigInt, Fault>;

fn big(args: &[Value], operation: BigOperation) -> Result<Value, Fault> {
    let left = from_bignumeric(bignumeric(args, 0)?);
    let right = from_bignumeric(bignumeric(args, 1)?);
    big_value(&operation(Kind::BigNumeric, &left, &right)?)
}

/// Units that are known to fit, as a BIGNUMERIC.
pub(crate) fn big_value(units: &BigInt) -> Result<Value, Fault> {
    let fits = to_bignumeric(units).map(Value::BigNumeric);
    fits.ok_or_else(|| Kind::BigNumeric.overflow(&Kind::BigNumeric.text(units)))
}

/// Units that are known to fit, as a NUMERIC.
pub(crate) fn numeric_value(units: &BigInt) -> Result<Value, Fault> {
    let fits = to_numeric(units).map(Value::Numeric);
    fits.ok_or_else(|| Kind::Numeric.overflow(&Kind::Numeric.text(units)))
}

/// Unary minus of INT64.
pub(crate) fn negate_int(value: i64) -> Result<i64, Fault> {
    value.checked_neg().ok_or_else(|| Fault::query(format!("int64 overflow: -{value}")))
}

/// A float quotient of two INT64s' floats, used by the columnar form too.
pub(crate) fn float_quotient(left: i64, right: i64) -> f64 {
    int_to_float(left) / int_to_float(right)
}

/// The message of a float operation that left the range.
pub(crate) fn float_overflow(left: f64, operator: &str, right: f64) -> Fault {
    let (left, right) = (short_float(left), short_float(right));
    Fault::query(format!("double overflow: {left} {operator} {right}"))
}
