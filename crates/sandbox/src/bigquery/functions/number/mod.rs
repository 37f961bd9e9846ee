//! Functions and operators on numbers, and what casts need to know about them.
//!
//! Decides nothing itself: each file below holds one group. FLOAT64 follows the C library's rules,
//! NUMERIC and BIGNUMERIC are exact; neither may stand in for the other.

pub(crate) mod args;
pub(crate) mod bits;
pub(crate) mod buckets;
pub(crate) mod columnar;
pub(crate) mod convert;
pub(crate) mod decimal;
pub(crate) mod exact;
pub(crate) mod extended;
pub(crate) mod fast;
pub(crate) mod math;
pub(crate) mod operators;
pub(crate) mod parse;
pub(crate) mod precise;
pub(crate) mod rounding;
pub(crate) mod text;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use super::{AnySig, Sig};

/// Every overload of this folder, narrow types before wide ones.
pub(crate) static GROUPS: &[&[Sig]] = &[
    operators::SIGS,
    operators::SAFE_ADD,
    operators::SAFE_SUBTRACT,
    operators::SAFE_MULTIPLY,
    operators::SAFE,
    rounding::CEIL,
    rounding::CEILING,
    rounding::FLOOR,
    rounding::ROUND,
    rounding::ROUND_TO,
    rounding::TRUNC,
    rounding::TRUNC_TO,
    rounding::SIGS,
    bits::SIGS,
    math::OF_INTS,
    precise::SQRT,
    precise::EXP,
    precise::LN,
    precise::LOG,
    precise::LOG10,
    precise::LOG_OF,
    precise::POW,
    precise::POWER,
    math::OF_FLOATS,
    math::SIGS,
    parse::SIGS,
];

/// Functions of any type.
pub(crate) static ANY: &[&[AnySig]] = &[buckets::ANY];

pub(crate) use exact::{bignumeric_text, numeric_text};
pub(crate) use text::parse_float;
