//! Functions on STRING and BYTES; so far only the hashes.
//!
//! Decides nothing itself: each file holds one group. It must never change bytes on the way.

pub(crate) mod hash;
