//! `%f`, `%e`, `%g` and their capitals, of FLOAT64, NUMERIC and BIGNUMERIC.
//!
//! Decides digits and rounding: a FLOAT64 rounds its exact binary value half to even, the exact
//! kinds round half away from zero. No exact number may pass through a float.

use num_bigint::{BigInt, Sign};

use super::Layout;
use super::int::groups;
use super::pattern::Form;
use crate::bigquery::functions::number::exact::{divide_rounded, ten_to};

/// A number to be written.
pub(super) enum Number {
    Float(f64),
    /// Units and how many digits of them stand after the point.
    Exact(BigInt, u32),
}

/// The number, filled to its width.
pub(super) fn write(number: Number, form: Form, layout: Layout) -> String {
    let (negative, words) = match &number {
        Number::Float(value) if value.is_nan() => (false, Some("nan")),
        Number::Float(value) if value.is_infinite() => (*value < 0.0, Some("inf")),
        Number::Float(value) => (value.is_sign_negative(), None),
        Number::Exact(units, _) => (units.sign() == Sign::Minus, None),
    };
    let sign = layout.sign(negative);
    if let Some(words) = words {
        let words = if layout.upper { words.to_uppercase() } else { words.to_owned() };
        return layout.fill(sign, &words, false);
    }
    let magnitude = match number {
        Number::Float(value) => Number::Float(value.abs()),
        Number::Exact(units, scale) => {
            let (_, magnitude) = units.into_parts();
            Number::Exact(BigInt::from(magnitude), scale)
        }
    };
    let precision = layout.precision.unwrap_or(6);
    let mut body = match form {
        Form::Fixed => point(magnitude.fixed(precision), layout.alternate),
        Form::Exponent => {
            let (mantissa, exponent) = magnitude.exponent(precision);
            with_exponent(&point(mantissa, layout.alternate), exponent)
        }
        Form::General => general(&magnitude, precision.max(1), layout.alternate),
    };
    if layout.upper {
        body = body.to_uppercase();
    }
    if layout.grouped {
        let end = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
        if let Some((whole, rest)) = body.split_at_checked(end) {
            body = groups(whole, 3, ',') + rest;
        }
    }
    layout.fill(sign, &body, layout.zero)
}

/// With `always`, a number without a point gets one.
fn point(text: String, always: bool) -> String {
    if always && !text.contains('.') { text + "." } else { text }
}

fn with_exponent(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// `%g`: `digits` significant digits; zeros at the end are dropped unless `alternate` keeps them.
fn general(number: &Number, digits: usize, alternate: bool) -> String {
    let (mantissa, exponent) = number.exponent(digits.saturating_sub(1));
    let trim = |text: String| match alternate {
        true => point(text, true),
        false if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    };
    let limit = i64::try_from(digits).unwrap_or(i64::MAX);
    let exponent_wide = i64::from(exponent);
    if exponent_wide < -4 || exponent_wide >= limit {
        return with_exponent(&trim(mantissa), exponent);
    }
    let places = limit.saturating_sub(1).saturating_sub(exponent_wide);
    trim(number.fixed(usize::try_from(places).unwrap_or(0)))
}

impl Number {
    /// With this many digits after the point.
    fn fixed(&self, places: usize) -> String {
        match self {
            Self::Float(value) => format!("{value:.places$}"),
            Self::Exact(units, scale) => {
                let places32 = u32::try_from(places).unwrap_or(u32::MAX);
                let scaled = if places32 >= *scale {
                    units * ten_to(places32.saturating_sub(*scale))
                } else {
                    divide_rounded(units, &ten_to(scale.saturating_sub(places32)))
                        .unwrap_or_default()
                };
                with_point(&scaled.to_string(), places)
            }
        }
    }

    /// One digit, `places` digits after the point, and the power of ten.
    fn exponent(&self, places: usize) -> (String, i32) {
        match self {
            Self::Float(value) => {
                let text = format!("{value:.places$e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                (mantissa.to_owned(), exponent.parse().unwrap_or(0))
            }
            Self::Exact(units, _) if units.sign() == Sign::NoSign => (with_point("0", places), 0),
            Self::Exact(units, scale) => {
                let scale = i32::try_from(*scale).unwrap_or(0);
                let text = units.to_string();
                let wanted = places.saturating_add(1);
                let mut exponent = size(text.len()).saturating_sub(1).saturating_sub(scale);
                let mut digits = if text.len() > wanted {
                    let dropped = u32::try_from(text.len().saturating_sub(wanted)).unwrap_or(0);
                    divide_rounded(units, &ten_to(dropped)).unwrap_or_default().to_string()
                } else {
                    format!("{text:0<wanted$}")
                };
                if digits.len() > wanted {
                    // Rounding made one digit more: 9.99 became 10.0.
                    digits.truncate(wanted);
                    exponent = exponent.saturating_add(1);
                }
                (with_point(&digits, places), exponent)
            }
        }
    }
}

fn size(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Digits with a point before the last `places` of them.
fn with_point(digits: &str, places: usize) -> String {
    if places == 0 {
        return digits.to_owned();
    }
    let least = places.saturating_add(1);
    let digits = format!("{digits:0>least$}");
    let (whole, fraction) =
        digits.split_at_checked(digits.len().saturating_sub(places)).unwrap_or((&digits, ""));
    format!("{whole}.{fraction}")
}
