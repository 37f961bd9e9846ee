//! Functions on STRING and BYTES, regular expressions and the NET family.
//!
//! Decides nothing itself: each file holds one group. Hashes stand in their own folder.

mod case;
mod encode;
mod find;
mod net;
mod points;
mod regexp;
mod slice;
mod strand;
#[cfg(test)]
mod tests;

use super::{AnySig, Sig};

pub(crate) static GROUPS: &[&[Sig]] = &[
    slice::SIGS,
    find::SIGS,
    case::SIGS,
    points::SIGS,
    encode::SIGS,
    regexp::SIGS,
    net::ip::SIGS,
    net::host::SIGS,
    net::suffix::SIGS,
    super::strings::hash::SIGS,
];
pub(crate) static ANY: &[&[AnySig]] = &[find::ANY];
