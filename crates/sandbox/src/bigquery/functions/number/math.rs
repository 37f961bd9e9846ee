//! Powers, roots, logarithms and the functions of angles, on FLOAT64.
//!
//! Decides which finite argument is an error (the function has no finite answer there) and with which
//! text. Infinity and NaN pass through; an infinite answer for a finite argument never does.

use super::args::{float, int};
use super::convert::int_to_float;
use super::text::short_float;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

/// `result`, unless a finite argument has none.
fn checked(name: &str, value: f64, result: f64) -> Result<Value, Fault> {
    if result.is_finite() || !value.is_finite() {
        return Ok(Value::Float(result));
    }
    Err(Fault::query(format!("Floating point error in function: {name}({})", short_float(value))))
}

/// The same for functions that can only grow too large.
fn bounded(name: &str, value: f64, result: f64) -> Result<Value, Fault> {
    if result.is_finite() || !value.is_finite() {
        return Ok(Value::Float(result));
    }
    Err(Fault::query(format!(
        "Floating point overflow in function: {name}({})",
        short_float(value)
    )))
}

fn checked_pair(name: &str, left: f64, right: f64, result: f64) -> Result<Value, Fault> {
    if result.is_finite() || !left.is_finite() || !right.is_finite() {
        return Ok(Value::Float(result));
    }
    let (left, right) = (short_float(left), short_float(right));
    Err(Fault::query(format!("Floating point error in function: {name}({left}, {right})")))
}

pub(crate) fn power(base: f64, exponent: f64) -> Result<Value, Fault> {
    checked_pair("POW", base, exponent, base.powf(exponent))
}

pub(crate) fn square_root(value: f64) -> Result<Value, Fault> {
    if value < 0.0 {
        let text = short_float(value);
        return Err(Fault::query(format!("Argument to SQRT cannot be negative: {text}")));
    }
    Ok(Value::Float(value.sqrt()))
}

pub(crate) fn exponential(value: f64) -> Result<Value, Fault> {
    checked("EXP", value, value.exp())
}

pub(crate) fn natural_logarithm(value: f64) -> Result<Value, Fault> {
    checked("LN", value, value.ln())
}

pub(crate) fn decimal_logarithm(value: f64) -> Result<Value, Fault> {
    checked("LOG10", value, value.log10())
}

pub(crate) fn logarithm(value: f64, base: f64) -> Result<Value, Fault> {
    let result = if base.is_finite() && base > 0.0 { value.ln() / base.ln() } else { f64::NAN };
    checked_pair("LOG", value, base, result)
}

/// A function of one float, with its check.
macro_rules! of_float {
    ($name:literal, $check:ident, $x:ident => $result:expr) => {
        Sig::new($name, &[P::Float64], P::Float64, |a| {
            let $x = float(a, 0)?;
            $check($name, $x, $result)
        })
    };
}

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("CBRT", &[P::Float64], P::Float64, |a| Ok(Value::Float(float(a, 0)?.cbrt()))),
    Sig::new("ATAN2", &[P::Float64, P::Float64], P::Float64, |a| {
        let (y, x) = (float(a, 0)?, float(a, 1)?);
        checked_pair("ATAN2", y, x, y.atan2(x))
    }),
    Sig::new("IS_INF", &[P::Float64], P::Bool, |a| Ok(Value::Bool(float(a, 0)?.is_infinite()))),
    Sig::new("IS_NAN", &[P::Float64], P::Bool, |a| Ok(Value::Bool(float(a, 0)?.is_nan()))),
    of_float!("SIN", checked, x => x.sin()),
    of_float!("COS", checked, x => x.cos()),
    of_float!("TAN", bounded, x => x.tan()),
    of_float!("ASIN", checked, x => x.asin()),
    of_float!("ACOS", checked, x => x.acos()),
    of_float!("ATAN", checked, x => x.atan()),
    of_float!("SINH", bounded, x => x.sinh()),
    of_float!("COSH", bounded, x => x.cosh()),
    of_float!("TANH", checked, x => x.tanh()),
    of_float!("ASINH", checked, x => inverse_sinh(x)),
    of_float!("ACOSH", checked, x => inverse_cosh(x)),
    of_float!("ATANH", checked, x => x.atanh()),
    of_float!("SEC", checked, x => 1.0 / x.cos()),
    of_float!("CSC", checked, x => 1.0 / x.sin()),
    of_float!("COT", checked, x => 1.0 / x.tan()),
    of_float!("SECH", checked, x => 1.0 / x.cosh()),
    of_float!("CSCH", checked, x => 1.0 / x.sinh()),
    of_float!("COTH", checked, x => 1.0 / x.tanh()),
];

/// Stable for small and large arguments alike.
fn inverse_sinh(x: f64) -> f64 {
    x.asinh()
}

fn inverse_cosh(x: f64) -> f64 {
    x.acosh()
}

/// INT64 arguments, which these functions take as FLOAT64 before any decimal overload.
pub(crate) static OF_INTS: &[Sig] = &[
    Sig::new("SQRT", &[P::Int64], P::Float64, |a| square_root(int_to_float(int(a, 0)?))),
    Sig::new("EXP", &[P::Int64], P::Float64, |a| exponential(int_to_float(int(a, 0)?))),
    Sig::new("LN", &[P::Int64], P::Float64, |a| natural_logarithm(int_to_float(int(a, 0)?))),
    Sig::new("LOG", &[P::Int64], P::Float64, |a| natural_logarithm(int_to_float(int(a, 0)?))),
    Sig::new("LOG10", &[P::Int64], P::Float64, |a| decimal_logarithm(int_to_float(int(a, 0)?))),
    Sig::new("LOG", &[P::Int64, P::Int64], P::Float64, |a| {
        logarithm(int_to_float(int(a, 0)?), int_to_float(int(a, 1)?))
    }),
    Sig::new("POW", &[P::Int64, P::Int64], P::Float64, |a| {
        power(int_to_float(int(a, 0)?), int_to_float(int(a, 1)?))
    }),
    Sig::new("POWER", &[P::Int64, P::Int64], P::Float64, |a| {
        power(int_to_float(int(a, 0)?), int_to_float(int(a, 1)?))
    }),
];

/// FLOAT64 arguments, the widest overload.
pub(crate) static OF_FLOATS: &[Sig] = &[
    Sig::new("SQRT", &[P::Float64], P::Float64, |a| square_root(float(a, 0)?)),
    Sig::new("EXP", &[P::Float64], P::Float64, |a| exponential(float(a, 0)?)),
    Sig::new("LN", &[P::Float64], P::Float64, |a| natural_logarithm(float(a, 0)?)),
    Sig::new("LOG", &[P::Float64], P::Float64, |a| natural_logarithm(float(a, 0)?)),
    Sig::new("LOG10", &[P::Float64], P::Float64, |a| decimal_logarithm(float(a, 0)?)),
    Sig::new("LOG", &[P::Float64, P::Float64], P::Float64, |a| {
        logarithm(float(a, 0)?, float(a, 1)?)
    }),
    Sig::new("POW", &[P::Float64, P::Float64], P::Float64, |a| power(float(a, 0)?, float(a, 1)?)),
    Sig::new("POWER", &[P::Float64, P::Float64], P::Float64, |a| power(float(a, 0)?, float(a, 1)?)),
];
