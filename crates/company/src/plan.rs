//! The planted faults: which day each one falls on.
//!
//! Days are counted back from the as-of day, so every company has the same faults at the same
//! distance: some in the last complete week, some in the one before, some long ago. The plan only
//! says where; the truth measures what came of it.

use crate::calendar::Calendar;

/// Positions of days in the history, or day numbers since 1970 where it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Local day of the revenue spike.
    pub(crate) spike: i64,
    /// UTC date (day number) with a fraction of the usual events.
    pub(crate) drop: i32,
    /// UTC dates (day numbers) without any event.
    pub(crate) no_events: [i32; 2],
    /// Local day without any order.
    pub(crate) no_orders: i64,
    /// Local day without marketing figures.
    pub(crate) no_spend: i64,
    /// Local days on which `orders.channel` is mostly NULL: first and last.
    pub(crate) null_jump: (i64, i64),
    /// Local day whose last batch of orders was loaded twice.
    pub(crate) duplicates: i64,
    /// Local day of the orders whose user is in no table.
    pub(crate) ghosts: i64,
    /// First local day on which a marketing channel is spelled in another way; three days long.
    pub(crate) misspelt: i64,
}

impl Plan {
    pub(crate) fn of(calendar: &Calendar) -> Self {
        let back = |days| calendar.back(days);
        let date = |days| calendar.number(back(days));
        Self {
            no_spend: back(2),
            spike: back(3),
            null_jump: (back(6), back(5)),
            drop: date(9),
            no_events: [date(12), date(52)],
            duplicates: back(16),
            ghosts: back(19),
            misspelt: back(30),
            no_orders: back(37),
        }
    }

    /// Whether `orders.channel` is mostly NULL on that local day.
    pub(crate) fn nulls(&self, day: i64) -> bool {
        (self.null_jump.0..=self.null_jump.1).contains(&day)
    }
}

/// Copies in the batch of orders that was loaded twice, at most.
pub(crate) const DUPLICATES: usize = 40;
/// Orders whose user is in no table.
pub(crate) const GHOSTS: usize = 3;
/// User ids above all that exist.
pub(crate) const GHOST_USER: i64 = 9_900_000_001;
