//! PARSE_NUMERIC and PARSE_BIGNUMERIC.
//!
//! Decides only the error text; what is read is said in [`text`](super::text). Neither may round
//! where the type still has digits.

use super::args::text;
use super::exact::Kind;
use super::operators::{big_value, numeric_value};
use super::text::parse_loose_decimal;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{P, Sig};

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("PARSE_NUMERIC", &[P::String], P::Numeric, |a| {
        let source = text(a, 0)?;
        let units = parse_loose_decimal(source, Kind::Numeric);
        numeric_value(&units.ok_or_else(|| invalid("PARSE_NUMERIC", source))?)
    }),
    Sig::new("PARSE_BIGNUMERIC", &[P::String], P::BigNumeric, |a| {
        let source = text(a, 0)?;
        let units = parse_loose_decimal(source, Kind::BigNumeric);
        big_value(&units.ok_or_else(|| invalid("PARSE_BIGNUMERIC", source))?)
    }),
];

fn invalid(name: &str, source: &str) -> Fault {
    Fault::query(format!("Invalid input to {name}: \"{source}\""))
}
