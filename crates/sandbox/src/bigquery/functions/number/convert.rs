//! From one kind of number to another.
//!
//! Decides rounding (half away from zero) and range errors of numeric casts, with BigQuery's texts.
//! A NUMERIC becomes a FLOAT64 through its exact decimal digits, so that the nearest one is found.

use datafusion::arrow::datatypes::i256;
use num_bigint::BigInt;

use super::exact::{
    Kind, NUMERIC_ONE, Rounding, cut, divide_rounded_i128, from_bignumeric, numeric_text,
    units_text,
};
use super::text::short_float;
use crate::bigquery::fault::Fault;

/// INT64 as the nearest FLOAT64.
#[expect(
    clippy::cast_precision_loss,
    reason = "BigQuery's own conversion rounds to the nearest double"
)]
pub(crate) const fn int_to_float(value: i64) -> f64 {
    value as f64
}

/// NUMERIC as the nearest FLOAT64.
pub(crate) fn numeric_to_float(value: i128) -> f64 {
    numeric_text(value).parse().unwrap_or(f64::NAN)
}

/// Units of either kind as the nearest FLOAT64.
pub(crate) fn units_to_float(units: &BigInt, kind: Kind) -> f64 {
    kind.text(units).parse().unwrap_or(f64::NAN)
}

pub(crate) fn bignumeric_to_float(value: i256) -> f64 {
    units_to_float(&from_bignumeric(value), Kind::BigNumeric)
}

/// FLOAT64 as INT64, rounded half away from zero.
pub(crate) fn float_to_int(value: f64) -> Result<i64, Fault> {
    if !value.is_finite() {
        let text = short_float(value);
        let said = "Illegal conversion of non-finite floating point number to an integer";
        return Err(Fault::query(format!("{said}: {text}")));
    }
    whole_to_int(value.round())
        .ok_or_else(|| Fault::query(format!("int64 out of range: {}", short_float(value))))
}

/// A whole float as INT64; `None` when it does not fit.
fn whole_to_int(value: f64) -> Option<i64> {
    // 2^63 is exact as a double; the largest INT64 is not, so the bound itself is compared.
    if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and inside the range, checked above"
    )]
    let whole = value as i64;
    Some(whole)
}

/// FLOAT64 as units of NUMERIC or BIGNUMERIC: its exact binary value, rounded half away from zero.
pub(crate) fn float_to_units(value: f64, kind: Kind) -> Result<BigInt, Fault> {
    let name = match kind {
        Kind::Numeric => "numeric",
        Kind::BigNumeric => "BIGNUMERIC",
    };
    if !value.is_finite() {
        let text = short_float(value);
        let said = "Illegal conversion of non-finite floating point number to";
        return Err(Fault::query(format!("{said} {name}: {text}")));
    }
    exact_units(value, kind)
        .filter(|units| kind.holds(units))
        .ok_or_else(|| Fault::query(format!("{name} out of range: {}", short_float(value))))
}

/// The binary value of a finite float in units, rounded half away from zero.
fn exact_units(value: f64, kind: Kind) -> Option<BigInt> {
    let bits = value.abs().to_bits();
    let (power, fraction) = (i32::try_from(bits >> 52).ok()?, bits & 0x000f_ffff_ffff_ffff);
    let (whole, exponent) =
        if power == 0 { (fraction, -1074) } else { (fraction | (1 << 52), power - 1075) };
    let scaled = BigInt::from(whole) * kind.one();
    let shift = exponent.unsigned_abs();
    let units = if exponent >= 0 {
        scaled << shift
    } else {
        super::exact::divide_rounded(&scaled, &(BigInt::from(1) << shift))?
    };
    Some(if value < 0.0 { -units } else { units })
}

/// NUMERIC as INT64, rounded half away from zero.
pub(crate) fn numeric_to_int(value: i128) -> Result<i64, Fault> {
    let whole = divide_rounded_i128(value, NUMERIC_ONE).and_then(|whole| i64::try_from(whole).ok());
    whole.ok_or_else(|| Fault::query(format!("int64 out of range: {}", numeric_text(value))))
}

/// BIGNUMERIC as INT64, rounded half away from zero.
pub(crate) fn bignumeric_to_int(value: i256) -> Result<i64, Fault> {
    let units = from_bignumeric(value);
    let whole =
        cut(&units, Kind::BigNumeric.scale(), 0, Rounding::HalfAway) / Kind::BigNumeric.one();
    i64::try_from(&whole)
        .map_err(|_| Fault::query(format!("int64 out of range: {}", Kind::BigNumeric.text(&units))))
}

/// INT64 as NUMERIC; always fits.
pub(crate) fn int_to_numeric(value: i64) -> i128 {
    i128::from(value) * NUMERIC_ONE
}

/// INT64 as BIGNUMERIC units; always fits.
pub(crate) fn int_to_big(value: i64) -> BigInt {
    BigInt::from(value) * Kind::BigNumeric.one()
}

/// NUMERIC as BIGNUMERIC units; always fits.
pub(crate) fn numeric_to_big(value: i128) -> BigInt {
    BigInt::from(value) * super::exact::ten_to(29)
}

/// BIGNUMERIC as NUMERIC, rounded half away from zero.
pub(crate) fn bignumeric_to_numeric(value: i256) -> Result<i128, Fault> {
    let units = from_bignumeric(value);
    let kept = super::exact::divide_rounded(&units, &super::exact::ten_to(29));
    kept.and_then(|kept| super::exact::to_numeric(&kept)).ok_or_else(|| {
        Fault::query(format!(
            "numeric out of range: {}",
            units_text(&units, Kind::BigNumeric.scale())
        ))
    })
}
