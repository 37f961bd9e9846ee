//! Bytes and money as integers with a unit in the type.
//!
//! Money is held in micro-dollars and byte counts in bytes, so that no budget decision ever rests
//! on floating-point rounding. Arithmetic saturates: a sum that would overflow stays at the maximum
//! and is therefore refused by every cap, never wrapped into something small.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// One mebibyte.
    pub const MIB: Self = Self(1 << 20);
    /// One tebibyte, the unit BigQuery prices by.
    pub const TIB: Self = Self(1 << 40);
    /// 10 GB (decimal): the default cap of one query.
    pub const DEFAULT_QUERY_CAP: Self = Self(10_000_000_000);
    /// 100 GB (decimal): the default cap of one approved query.
    pub const DEFAULT_APPROVED_CAP: Self = Self(100_000_000_000);
    /// 200 GB (decimal): the default rolling budget of one hour.
    pub const DEFAULT_HOURLY_BUDGET: Self = Self(200_000_000_000);

    /// Sum that stays at the maximum instead of wrapping.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Difference that stays at zero instead of wrapping.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), Self::saturating_add)
    }
}

impl fmt::Display for Bytes {
    /// Decimal units, as cloud prices and limits are quoted; exact below one kilobyte.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] =
            [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
        for (size, unit) in UNITS {
            if self.0 >= size {
                return write!(f, "{}.{:02} {unit}", self.0 / size, self.0 % size / (size / 100));
            }
        }
        write!(f, "{} B", self.0)
    }
}

/// An amount of US dollars in millionths; prices and costs are never negative.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroUsd(pub u64);

impl MicroUsd {
    /// 6.25 USD: BigQuery's on-demand price per TiB in the default region.
    pub const DEFAULT_PER_TIB: Self = Self(6_250_000);

    /// Cost of `bytes` at `self` per TiB, rounded up to the next micro-dollar.
    #[must_use]
    pub fn cost_of(self, bytes: Bytes) -> Self {
        let product = u128::from(self.0) * u128::from(bytes.0);
        let cost = product.div_ceil(u128::from(Bytes::TIB.0));
        Self(u64::try_from(cost).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for MicroUsd {
    /// Plain decimal dollars with six places, e.g. `0.000060`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_mebibytes_cost_sixty_micro_dollars() {
        let billed = Bytes(10 * Bytes::MIB.0);
        assert_eq!(MicroUsd::DEFAULT_PER_TIB.cost_of(billed), MicroUsd(60));
        assert_eq!(MicroUsd(60).to_string(), "0.000060");
    }

    #[test]
    fn a_whole_tebibyte_costs_the_price_and_nothing_wraps() {
        assert_eq!(MicroUsd::DEFAULT_PER_TIB.cost_of(Bytes::TIB), MicroUsd::DEFAULT_PER_TIB);
        assert_eq!(MicroUsd(u64::MAX).cost_of(Bytes(u64::MAX)), MicroUsd(u64::MAX));
        assert_eq!(Bytes(u64::MAX).saturating_add(Bytes(1)), Bytes(u64::MAX));
    }

    #[test]
    fn bytes_print_in_decimal_units() {
        assert_eq!(Bytes(999).to_string(), "999 B");
        assert_eq!(Bytes(10_485_760).to_string(), "10.48 MB");
        assert_eq!(Bytes(200_000_000_000).to_string(), "200.00 GB");
    }
}
