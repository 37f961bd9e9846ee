//! The NET family: hosts of URLs and packed IP addresses.
//!
//! Decides nothing itself: each file holds one group. Nothing here may reach for a network.

pub(super) mod host;
pub(super) mod ip;
pub(super) mod suffix;
