//! ABS, SIGN, CEIL, FLOOR, ROUND, TRUNC, MOD and DIV.
//!
//! Decides the result's type (INT64 is rounded as FLOAT64, decimals stay exact) and what overflows.
//! Halves go away from zero; no rounding may pass an exact decimal through a float.

use num_bigint::BigInt;

use super::args::{bignumeric, float, int, numeric};
use super::convert::int_to_float;
use super::exact::{Kind, Rounding, from_bignumeric};
use super::extended::Extended;
use super::operators::{big_value, negate_int, numeric_value};
use super::text::short_float;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

macro_rules! plain {
    ($name:literal, $call:literal, $of:path, $how:path) => {
        [
            Sig::new($name, &[P::Int64], P::Float64, |a| {
                Ok(Value::Float(int_to_float(int(a, 0)?)))
            }),
            Sig::new($name, &[P::Numeric], P::Numeric, |a| cut_numeric(a, 0, $how, $call)),
            Sig::new($name, &[P::BigNumeric], P::BigNumeric, |a| cut_big(a, 0, $how, $call)),
            Sig::new($name, &[P::Float64], P::Float64, |a| Ok(Value::Float($of(float(a, 0)?)))),
        ]
    };
}

macro_rules! to_digits {
    ($name:literal, $truncate:literal, $how:path) => {
        [
            Sig::new($name, &[P::Int64, P::Int64], P::Float64, |a| {
                to_digits($name, int_to_float(int(a, 0)?), int(a, 1)?, $truncate).map(Value::Float)
            }),
            Sig::new($name, &[P::Numeric, P::Int64], P::Numeric, |a| {
                let digits = int(a, 1)?;
                cut_numeric(a, digits, $how, &format!("{},{digits}", $name))
            }),
            Sig::new($name, &[P::BigNumeric, P::Int64], P::BigNumeric, |a| {
                let digits = int(a, 1)?;
                cut_big(a, digits, $how, &format!("{},{digits}", $name))
            }),
            Sig::new($name, &[P::Float64, P::Int64], P::Float64, |a| {
                to_digits($name, float(a, 0)?, int(a, 1)?, $truncate).map(Value::Float)
            }),
        ]
    };
}

pub(crate) static CEIL: &[Sig] = &plain!("CEIL", "CEIL", f64::ceil, Rounding::Up);
pub(crate) static CEILING: &[Sig] = &plain!("CEILING", "CEIL", f64::ceil, Rounding::Up);
pub(crate) static FLOOR: &[Sig] = &plain!("FLOOR", "FLOOR", f64::floor, Rounding::Down);
pub(crate) static ROUND: &[Sig] = &plain!("ROUND", "ROUND,0", f64::round, Rounding::HalfAway);
pub(crate) static ROUND_TO: &[Sig] = &to_digits!("ROUND", false, Rounding::HalfAway);
pub(crate) static TRUNC: &[Sig] = &plain!("TRUNC", "TRUNC", f64::trunc, Rounding::TowardsZero);
pub(crate) static TRUNC_TO: &[Sig] = &to_digits!("TRUNC", true, Rounding::TowardsZero);

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("ABS", &[P::Int64], P::Int64, |a| {
        let value = int(a, 0)?;
        if value < 0 { negate_int(value).map(Value::Int) } else { Ok(Value::Int(value)) }
    }),
    Sig::new("ABS", &[P::Numeric], P::Numeric, |a| Ok(Value::Numeric(numeric(a, 0)?.abs()))),
    Sig::new("ABS", &[P::BigNumeric], P::BigNumeric, |a| {
        let units = from_bignumeric(bignumeric(a, 0)?);
        let size = BigInt::from(units.magnitude().clone());
        if Kind::BigNumeric.holds(&size) {
            return big_value(&size);
        }
        Err(Kind::BigNumeric.overflow(&format!("ABS({})", Kind::BigNumeric.text(&units))))
    }),
    Sig::new("ABS", &[P::Float64], P::Float64, |a| Ok(Value::Float(float(a, 0)?.abs()))),
    Sig::new("SIGN", &[P::Int64], P::Int64, |a| Ok(Value::Int(int(a, 0)?.signum()))),
    Sig::new("SIGN", &[P::Numeric], P::Numeric, |a| {
        Ok(Value::Numeric(numeric(a, 0)?.signum() * super::exact::NUMERIC_ONE))
    }),
    Sig::new("SIGN", &[P::BigNumeric], P::BigNumeric, |a| {
        let sign = bignumeric(a, 0)?.signum();
        big_value(&(from_bignumeric(sign) * Kind::BigNumeric.one()))
    }),
    Sig::new("SIGN", &[P::Float64], P::Float64, |a| {
        let value = float(a, 0)?;
        // Zero keeps no sign, NaN stays NaN.
        Ok(Value::Float(if value == 0.0 { 0.0 } else { value.signum() }))
    }),
    Sig::new("MOD", &[P::Int64, P::Int64], P::Int64, |a| {
        let (left, right) = (int(a, 0)?, int(a, 1)?);
        if right == 0 {
            return Err(Fault::query(format!("division by zero: MOD({left}, {right})")));
        }
        Ok(Value::Int(left.checked_rem(right).unwrap_or(0)))
    }),
    Sig::new("MOD", &[P::Numeric, P::Numeric], P::Numeric, |a| numeric_pair(a, Kind::modulo)),
    Sig::new("MOD", &[P::BigNumeric, P::BigNumeric], P::BigNumeric, |a| big_pair(a, Kind::modulo)),
    Sig::new("DIV", &[P::Int64, P::Int64], P::Int64, |a| {
        let (left, right) = (int(a, 0)?, int(a, 1)?);
        if right == 0 {
            return Err(Fault::query(format!("division by zero: {left} / {right}")));
        }
        if right == -1 { negate_int(left).map(Value::Int) } else { Ok(Value::Int(left / right)) }
    }),
    Sig::new("DIV", &[P::Numeric, P::Numeric], P::Numeric, |a| {
        numeric_pair(a, Kind::whole_quotient)
    }),
    Sig::new("DIV", &[P::BigNumeric, P::BigNumeric], P::BigNumeric, |a| {
        big_pair(a, Kind::whole_quotient)
    }),
];

type Operation = fn(Kind, &BigInt, &BigInt) -> Result<BigInt, Fault>;

fn numeric_pair(args: &[Value], operation: Operation) -> Result<Value, Fault> {
    let (left, right) = (BigInt::from(numeric(args, 0)?), BigInt::from(numeric(args, 1)?));
    numeric_value(&operation(Kind::Numeric, &left, &right)?)
}

fn big_pair(args: &[Value], operation: Operation) -> Result<Value, Fault> {
    let left = from_bignumeric(bignumeric(args, 0)?);
    let right = from_bignumeric(bignumeric(args, 1)?);
    big_value(&operation(Kind::BigNumeric, &left, &right)?)
}

fn cut_numeric(args: &[Value], digits: i64, how: Rounding, call: &str) -> Result<Value, Fault> {
    numeric_value(&Kind::Numeric.cut(&BigInt::from(numeric(args, 0)?), digits, how, call)?)
}

fn cut_big(args: &[Value], digits: i64, how: Rounding, call: &str) -> Result<Value, Fault> {
    big_value(&Kind::BigNumeric.cut(&from_bignumeric(bignumeric(args, 0)?), digits, how, call)?)
}

/// ROUND and TRUNC of a float to digits after the point (negative: before it).
pub(crate) fn to_digits(name: &str, value: f64, digits: i64, truncate: bool) -> Result<f64, Fault> {
    // Outside these bounds no float has a digit there.
    if digits < -308 {
        return Ok(0.0);
    }
    let Some(size) = Extended::from_float(value.abs()).filter(|_| digits <= 322) else {
        return Ok(value);
    };
    let step = Extended::ten_to(i32::try_from(-digits).unwrap_or(0));
    let rounded = size.over(step).whole(truncate).map_or(0.0, |whole| whole.times(step).to_float());
    if rounded.is_infinite() {
        let text = short_float(value);
        // The service names the power it divides by.
        let said = format!("Floating point overflow in function: {name}({text}, {})", -digits);
        return Err(Fault::query(said));
    }
    Ok(rounded.copysign(value))
}
