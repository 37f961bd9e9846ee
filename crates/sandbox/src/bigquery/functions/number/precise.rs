//! EXP, LN, LOG, LOG10, POW and SQRT on NUMERIC and BIGNUMERIC.
//!
//! Decides domains and error texts; the digits are computed with 160 places after the point and
//! rounded once, so the last place is right. No float takes part.

use num_bigint::{BigInt, Sign};

use super::args::{bignumeric, numeric};
use super::exact::{Kind, divide_rounded, from_bignumeric, ten_to};
use super::operators::{big_value, numeric_value};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

/// Places of the working format.
const PLACES: u32 = 160;

type One = fn(Kind, &BigInt) -> Result<BigInt, Fault>;
type Two = fn(Kind, &BigInt, &BigInt) -> Result<BigInt, Fault>;

macro_rules! one {
    ($name:literal, $of:path) => {
        [
            Sig::new($name, &[P::Numeric], P::Numeric, |a| one_numeric(a, $of)),
            Sig::new($name, &[P::BigNumeric], P::BigNumeric, |a| one_big(a, $of)),
        ]
    };
}

macro_rules! two {
    ($name:literal, $of:path) => {
        [
            Sig::new($name, &[P::Numeric, P::Numeric], P::Numeric, |a| two_numeric(a, $of)),
            Sig::new($name, &[P::BigNumeric, P::BigNumeric], P::BigNumeric, |a| two_big(a, $of)),
        ]
    };
}

pub(crate) static SQRT: &[Sig] = &one!("SQRT", Kind::square_root);
pub(crate) static EXP: &[Sig] = &one!("EXP", exponential);
pub(crate) static LN: &[Sig] = &one!("LN", natural_logarithm);
pub(crate) static LOG: &[Sig] = &one!("LOG", natural_logarithm);
pub(crate) static LOG10: &[Sig] = &one!("LOG10", decimal_logarithm);
pub(crate) static LOG_OF: &[Sig] = &two!("LOG", logarithm);
pub(crate) static POW: &[Sig] = &two!("POW", power);
pub(crate) static POWER: &[Sig] = &two!("POWER", power);

fn one_numeric(args: &[Value], of: One) -> Result<Value, Fault> {
    numeric_value(&of(Kind::Numeric, &BigInt::from(numeric(args, 0)?))?)
}

fn one_big(args: &[Value], of: One) -> Result<Value, Fault> {
    big_value(&of(Kind::BigNumeric, &from_bignumeric(bignumeric(args, 0)?))?)
}

fn two_numeric(args: &[Value], of: Two) -> Result<Value, Fault> {
    let (left, right) = (BigInt::from(numeric(args, 0)?), BigInt::from(numeric(args, 1)?));
    numeric_value(&of(Kind::Numeric, &left, &right)?)
}

fn two_big(args: &[Value], of: Two) -> Result<Value, Fault> {
    let left = from_bignumeric(bignumeric(args, 0)?);
    let right = from_bignumeric(bignumeric(args, 1)?);
    big_value(&of(Kind::BigNumeric, &left, &right)?)
}

/// Units of a kind in the working format.
fn widen(kind: Kind, units: &BigInt) -> BigInt {
    units * ten_to(PLACES - kind.scale())
}

/// Back to a kind's units, rounded; the range is the caller's to check.
fn narrow(kind: Kind, wide: &BigInt) -> BigInt {
    divide_rounded(wide, &ten_to(PLACES - kind.scale())).unwrap_or_default()
}

fn one() -> BigInt {
    ten_to(PLACES)
}

fn fit(kind: Kind, wide: &BigInt, call: impl FnOnce() -> String) -> Result<BigInt, Fault> {
    let units = narrow(kind, wide);
    if kind.holds(&units) { Ok(units) } else { Err(kind.overflow(&call())) }
}

fn positive(kind: Kind, units: &BigInt, name: &str) -> Result<BigInt, Fault> {
    if units.sign() == Sign::Plus {
        return Ok(widen(kind, units));
    }
    let text = kind.text(units);
    Err(Fault::query(format!("{name} is undefined for zero or negative value: {name}({text})")))
}

/// The exponential of a working number; `None` when it is beyond either range.
fn wide_exponential(wide: &BigInt) -> Option<BigInt> {
    let unit = one();
    if wide > &(&unit * 100) {
        return None;
    }
    if wide < &(&unit * -400) {
        return Some(BigInt::default());
    }
    // Halving the argument twelve times makes the series short; squaring undoes it.
    let small = wide / 4096;
    let (mut sum, mut term, mut count) = (unit.clone(), unit.clone(), 1_u32);
    while term.sign() != Sign::NoSign {
        term = term * &small / &unit / count;
        sum += &term;
        count += 1;
    }
    for _ in 0..12 {
        sum = &sum * &sum / &unit;
    }
    Some(sum)
}

/// The natural logarithm of a positive working number.
fn wide_logarithm(wide: &BigInt) -> BigInt {
    let unit = one();
    let two = &unit * 2;
    // x = m * 2^k with m close to one, so that the series of atanh is short.
    let bits = i64::try_from(wide.bits()).unwrap_or(0) - i64::try_from(unit.bits()).unwrap_or(0);
    let shift = bits.unsigned_abs();
    let near = if bits >= 0 { wide >> shift } else { wide << shift };
    series(&near) + series(&two) * bits
}

/// ln x by 2 atanh((x - 1) / (x + 1)).
fn series(wide: &BigInt) -> BigInt {
    let unit = one();
    let ratio = (wide - &unit) * &unit / (wide + &unit);
    let square = &ratio * &ratio / &unit;
    let (mut sum, mut power, mut count) = (ratio.clone(), ratio, 1_u32);
    while power.sign() != Sign::NoSign {
        power = power * &square / &unit;
        count += 2;
        sum += &power / count;
    }
    sum * 2
}

fn exponential(kind: Kind, units: &BigInt) -> Result<BigInt, Fault> {
    let call = || format!("EXP({})", kind.text(units));
    match wide_exponential(&widen(kind, units)) {
        Some(wide) => fit(kind, &wide, call),
        None => Err(kind.overflow(&call())),
    }
}

fn natural_logarithm(kind: Kind, units: &BigInt) -> Result<BigInt, Fault> {
    let wide = positive(kind, units, "LN")?;
    Ok(narrow(kind, &wide_logarithm(&wide)))
}

fn decimal_logarithm(kind: Kind, units: &BigInt) -> Result<BigInt, Fault> {
    let wide = positive(kind, units, "LOG10")?;
    Ok(narrow(kind, &(wide_logarithm(&wide) * one() / wide_logarithm(&(one() * 10)))))
}

fn logarithm(kind: Kind, units: &BigInt, base: &BigInt) -> Result<BigInt, Fault> {
    let call = || format!("LOG({}, {})", kind.text(units), kind.text(base));
    if units.sign() != Sign::Plus || base.sign() != Sign::Plus || *base == kind.one() {
        let said = "LOG is undefined for zero or negative value, or when base equals 1";
        return Err(Fault::query(format!("{said}: {}", call())));
    }
    let below = wide_logarithm(&widen(kind, base));
    fit(kind, &(wide_logarithm(&widen(kind, units)) * one() / below), call)
}

fn power(kind: Kind, base: &BigInt, exponent: &BigInt) -> Result<BigInt, Fault> {
    if let Some(whole) = kind.whole_power(base, exponent) {
        return whole;
    }
    let call = || format!("POW({}, {})", kind.text(base), kind.text(exponent));
    match base.sign() {
        Sign::Minus => {
            let name = match kind {
                Kind::Numeric => "NUMERIC",
                Kind::BigNumeric => "BIGNUMERIC",
            };
            let said = format!("Negative {name} value cannot be raised to a fractional power");
            return Err(Fault::query(format!("{said}: {}", call())));
        }
        Sign::NoSign if exponent.sign() == Sign::Minus => {
            return Err(Fault::query(format!("division by zero: {}", call())));
        }
        Sign::NoSign => return Ok(BigInt::default()),
        Sign::Plus => {}
    }
    let grown = wide_logarithm(&widen(kind, base)) * widen(kind, exponent) / one();
    match wide_exponential(&grown) {
        Some(wide) => fit(kind, &wide, call),
        None => Err(kind.overflow(&call())),
    }
}
