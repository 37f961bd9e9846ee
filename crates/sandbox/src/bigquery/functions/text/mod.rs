//! Functions on STRING and BYTES, and regular expressions.
//!
//! Decides nothing itself: each file holds one group. Hashes stand in their own folder.

mod regexp;
mod strings;

use super::{AnySig, Sig};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

pub(crate) static GROUPS: &[&[Sig]] = &[strings::SIGS, regexp::SIGS, super::strings::hash::SIGS];
pub(crate) static ANY: &[&[AnySig]] = &[];

/// `j.a`, `j['a']` and `j[0]` of a JSON value.
pub(crate) fn subscript(_json: &str, _key: &Value) -> Result<Value, Fault> {
    Err(Fault::unsupported("A JSON subscript"))
}
