//! Functions on STRING and BYTES; so far only the hashes.
//!
//! Decides nothing itself: each file holds one group. It must never change bytes on the way.

pub(crate) mod hash;

use super::Sig;

/// Every overload of this folder.
pub(crate) static GROUPS: &[&[Sig]] = &[hash::SIGS];
