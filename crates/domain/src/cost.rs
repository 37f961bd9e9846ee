//! What a query costs and whether it may: the decision object of the plan.
//!
//! Billed bytes follow BigQuery's documented rounding: nothing if nothing is processed, else at
//! least 10 MiB for each distinct table. Per-table shares are not known before a query ran, so the
//! upper bound is reserved: one rounding and one minimum for each table. A LIMIT never counts.

use serde::{Deserialize, Serialize};

use crate::narrower::{self, Narrower};
use crate::units::{Bytes, MicroUsd};

/// Smallest number of bytes BigQuery bills for one table.
pub const MINIMUM_PER_TABLE: Bytes = Bytes(10 << 20);

/// Most that `processed` bytes over `tables` distinct tables can be billed as.
#[must_use]
pub fn billed_upper_bound(processed: Bytes, tables: u64) -> Bytes {
    if processed == Bytes(0) || tables == 0 {
        return Bytes(0);
    }
    let rounded = processed.0.div_ceil(Bytes::MIB.0).saturating_mul(Bytes::MIB.0);
    if tables == 1 {
        return Bytes(rounded.max(MINIMUM_PER_TABLE.0));
    }
    Bytes(rounded.saturating_add(MINIMUM_PER_TABLE.0.saturating_mul(tables)))
}

/// How far the warehouse vouches for its estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Accuracy {
    /// Exact.
    Precise,
    /// It may become more.
    LowerBound,
    /// It may become less.
    UpperBound,
    /// Not said.
    Unknown,
}

/// A tenant's limits on spending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendingPolicy {
    /// Most that one query may be billed without an approval.
    pub query_cap: Bytes,
    /// Most that may be billed in any 3,600 seconds.
    pub hourly_budget: Bytes,
    /// Price of one TiB.
    pub price_per_tib: MicroUsd,
}

impl Default for SpendingPolicy {
    fn default() -> Self {
        Self {
            query_cap: Bytes::DEFAULT_QUERY_CAP,
            hourly_budget: Bytes::DEFAULT_HOURLY_BUDGET,
            price_per_tib: MicroUsd::DEFAULT_PER_TIB,
        }
    }
}

/// Whether one query's own cap allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryLimitStatus {
    /// Under the cap.
    Within,
    /// Over it: only an approval lets it pass.
    NeedsApproval,
    /// Over it, and a person has agreed to it.
    Approved,
}

/// The decision object: what it would cost, and what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostDecision {
    /// Bytes the warehouse estimates it will process.
    pub estimated_bytes: Bytes,
    /// Bytes reserved: the most that can be billed for it.
    pub reserved_bytes: Bytes,
    /// Price of the reserved bytes.
    pub estimated_usd: MicroUsd,
    /// How far the warehouse vouches for the estimate.
    pub accuracy: Accuracy,
    /// Whether the query's own cap allows it.
    pub per_query_limit_status: QueryLimitStatus,
    /// What would be left of the hour's budget after it.
    pub hourly_budget_remaining: Bytes,
    /// Whether it may run.
    pub allowed: bool,
    /// Used in the last 3,600 seconds before it.
    pub bytes_used: Bytes,
    /// Left in the window before it.
    pub bytes_remaining: Bytes,
    /// The hour's budget.
    pub budget: Bytes,
    /// Price of one TiB that all prices of this decision, and of its bill, come from.
    #[serde(default = "default_price")]
    pub price_per_tib: MicroUsd,
    /// What to change, when it may not run.
    pub suggestion: Option<String>,
}

/// The price of decisions that were stored before they named one.
const fn default_price() -> MicroUsd {
    MicroUsd::DEFAULT_PER_TIB
}

impl CostDecision {
    /// What may be used: of the hour, and under the cap unless an approval stands.
    #[must_use]
    pub const fn room(&self, query_cap: Bytes) -> Bytes {
        if query_cap.0 < self.bytes_remaining.0 { query_cap } else { self.bytes_remaining }
    }

    /// The same with a suggestion that is computed from what the query reads, where there is one.
    #[must_use]
    pub fn narrowed(self, ways: &[Narrower]) -> Self {
        let suggestion = narrower::sentence(ways).or(self.suggestion);
        Self { suggestion, ..self }
    }
}

/// Decides about an estimate, given what the window already holds and up to how many bytes a person has
/// agreed to this one query.
#[must_use]
pub fn decide(
    policy: &SpendingPolicy,
    estimated: Bytes,
    reserved: Bytes,
    accuracy: Accuracy,
    used: Bytes,
    agreed: Option<Bytes>,
) -> CostDecision {
    let remaining = policy.hourly_budget.saturating_sub(used);
    let status = if reserved <= policy.query_cap {
        QueryLimitStatus::Within
    } else if agreed.is_some_and(|most| reserved <= most) {
        QueryLimitStatus::Approved
    } else {
        QueryLimitStatus::NeedsApproval
    };
    let within_cap = status != QueryLimitStatus::NeedsApproval;
    let within_budget = reserved <= remaining;
    CostDecision {
        estimated_bytes: estimated,
        reserved_bytes: reserved,
        estimated_usd: policy.price_per_tib.cost_of(reserved),
        accuracy,
        per_query_limit_status: status,
        hourly_budget_remaining: remaining.saturating_sub(reserved),
        allowed: within_cap && within_budget,
        bytes_used: used,
        bytes_remaining: remaining,
        budget: policy.hourly_budget,
        price_per_tib: policy.price_per_tib,
        suggestion: suggestion(within_cap, within_budget),
    }
}

fn suggestion(within_cap: bool, within_budget: bool) -> Option<String> {
    match (within_cap, within_budget) {
        (true, true) => None,
        (false, _) => Some("Read fewer days or fewer columns, or ask for an approval.".to_owned()),
        (true, false) => {
            Some("Read fewer days or fewer columns, or wait for the hour to pass.".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn billed_bytes_follow_the_documented_rounding() {
        let mib = Bytes::MIB.0;
        let table = [
            (0, 1, 0),
            (1, 1, 10 * mib),
            (10 * mib, 1, 10 * mib),
            (10 * mib + 1, 1, 11 * mib),
            (5, 0, 0),
        ];
        for (processed, tables, billed) in table {
            assert_eq!(billed_upper_bound(Bytes(processed), tables), Bytes(billed));
        }
    }

    #[test]
    fn over_several_tables_the_bound_covers_every_split() {
        // Any split of 25 MiB + 3 bytes over 3 tables is billed at most this much.
        let mib = Bytes::MIB.0;
        let processed = 25 * mib + 3;
        let bound = billed_upper_bound(Bytes(processed), 3).0;
        for first in 0..=25 {
            for second in 0..=(25 - first) {
                let parts = [first * mib, second * mib, processed - (first + second) * mib];
                let billed: u64 = parts
                    .iter()
                    .map(|part| part.div_ceil(mib).saturating_mul(mib).max(10 * mib))
                    .sum();
                assert!(billed <= bound, "{parts:?} is billed {billed}, bound {bound}");
            }
        }
    }

    #[test]
    fn cap_and_budget_are_inclusive_and_independent() {
        let policy = SpendingPolicy {
            query_cap: Bytes(100),
            hourly_budget: Bytes(150),
            price_per_tib: MicroUsd(1),
        };
        let ask = |reserved, used| {
            decide(&policy, Bytes(reserved), Bytes(reserved), Accuracy::Precise, Bytes(used), None)
        };
        assert!(ask(100, 50).allowed);
        assert!(!ask(101, 0).allowed);
        assert_eq!(ask(101, 0).per_query_limit_status, QueryLimitStatus::NeedsApproval);
        let agreed = |most| {
            let (bytes, most) = (Bytes(120), Some(Bytes(most)));
            decide(&policy, bytes, bytes, Accuracy::Precise, Bytes(0), most).per_query_limit_status
        };
        assert_eq!(agreed(120), QueryLimitStatus::Approved);
        assert_eq!(agreed(119), QueryLimitStatus::NeedsApproval);
        let over = ask(100, 51);
        assert!(!over.allowed && over.suggestion.is_some());
        assert_eq!(
            (over.bytes_remaining, over.per_query_limit_status),
            (Bytes(99), QueryLimitStatus::Within)
        );
    }
}
