//! How large a company is, and how its activity rises, falls on weekends and follows the clock.
//!
//! Shapes are integer weights, so the same on every platform. The number of rows wanted is spread
//! over days by weight; a total must never drift through rounding.

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::num::{signed, unsigned};
use crate::rng::Rng;

/// How large the company is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// For a demo: 280 days, about 60 thousand events.
    Small,
    /// 400 days, about 300 thousand events.
    Medium,
    /// 400 days, over a million events: large enough that a profiler must sample.
    Large,
}

/// Wanted numbers of rows; the traps change them a little.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) accounts: i64,
    pub(crate) users: i64,
    pub(crate) orders: i64,
    pub(crate) events: i64,
    pub(crate) tickets: i64,
    pub(crate) legacy: i64,
}

impl Size {
    /// Days of history. Even the shortest is longer than the longest time between two changes of
    /// the clocks (238 days).
    pub(crate) const fn days(self) -> i64 {
        match self {
            Self::Small => 280,
            Self::Medium | Self::Large => 400,
        }
    }

    pub(crate) const fn scale(self) -> Scale {
        match self {
            Self::Small => Scale {
                accounts: 420,
                users: 3000,
                orders: 6400,
                events: 60_000,
                tickets: 900,
                legacy: 400,
            },
            Self::Medium => Scale {
                accounts: 1500,
                users: 12_000,
                orders: 36_000,
                events: 300_000,
                tickets: 4000,
                legacy: 2000,
            },
            Self::Large => Scale {
                accounts: 5000,
                users: 40_000,
                orders: 120_000,
                events: 1_250_000,
                tickets: 12_000,
                legacy: 5000,
            },
        }
    }
}

/// Per cent of a mean day's activity, Monday first.
const WEEKDAYS: [u64; 7] = [108, 113, 111, 106, 98, 80, 84];

/// Hours of the local wall clock in which people shop, with weights.
pub(crate) const SHOPPING: [(i64, u64); 24] = [
    (0, 10),
    (1, 6),
    (2, 4),
    (3, 3),
    (4, 3),
    (5, 6),
    (6, 14),
    (7, 26),
    (8, 40),
    (9, 52),
    (10, 58),
    (11, 60),
    (12, 64),
    (13, 60),
    (14, 56),
    (15, 54),
    (16, 56),
    (17, 62),
    (18, 70),
    (19, 80),
    (20, 84),
    (21, 70),
    (22, 42),
    (23, 22),
];

/// Hours of the day in which an office works.
pub(crate) const OFFICE: [(i64, u64); 12] = [
    (7, 3),
    (8, 10),
    (9, 16),
    (10, 18),
    (11, 16),
    (12, 10),
    (13, 12),
    (14, 16),
    (15, 16),
    (16, 14),
    (17, 8),
    (18, 3),
];

/// Weight of each day: growth by four fifths over the history, the week's rhythm, some noise.
pub(crate) fn day_weights(calendar: &Calendar, seed: u64, label: &str) -> Vec<u64> {
    (0..calendar.days())
        .map(|day| {
            let growth = 1000 + 800 * unsigned(day) / unsigned(calendar.days()).max(1);
            let noise = 930 + Rng::keyed(seed, label, unsigned(day)).below(141);
            growth * weekday(calendar.weekday(day)) * noise
        })
        .collect()
}

/// The weight of a weekday; 0 is Monday.
pub(crate) fn weekday(day: i64) -> u64 {
    usize::try_from(day).ok().and_then(|day| WEEKDAYS.get(day)).copied().unwrap_or(100)
}

/// Splits a total by weight; the parts add up to the total.
pub(crate) fn allot(total: i64, weights: &[u64]) -> Vec<i64> {
    let sum: u128 = weights.iter().copied().map(u128::from).sum();
    let (mut seen, mut given) = (0_u128, 0_i64);
    weights
        .iter()
        .map(|weight| {
            seen += u128::from(*weight);
            let until = u128::from(unsigned(total)) * seen / sum.max(1);
            let until = signed(u64::try_from(until).unwrap_or(u64::MAX));
            let part = until - given;
            given = until;
            part
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allotment_adds_up_and_follows_the_weights() {
        assert_eq!(allot(10, &[1, 1, 2, 0]), [2, 3, 5, 0]);
        assert_eq!(allot(7, &[3; 5]).iter().sum::<i64>(), 7);
        assert_eq!(allot(0, &[1, 2]), [0, 0]);
        assert!(allot(5, &[]).is_empty());
    }
}
