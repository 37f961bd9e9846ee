//! What an organisation may use: its plan's limits, its own, or the configuration's.
//!
//! Asked for every request and every run, so it answers from memory and never fails; what it says is
//! at most a few seconds old.

use autopilot_domain::admission::Limits;
use autopilot_domain::ids::TenantId;
use autopilot_domain::units::Bytes;

use super::rate_limit::Rates;

/// The limits of one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgLimits {
    /// Workflows that run and wait.
    pub workflows: Limits,
    /// Calls in a minute.
    pub rates: Rates,
    /// Bytes that may be billed in an hour.
    pub hourly_budget: Bytes,
    /// Bytes that one query may be billed for without an approval.
    pub query_cap: Bytes,
}

/// Which limits hold for whom.
pub trait Plans: Send + Sync {
    /// The limits of one organisation.
    fn limits(&self, tenant: TenantId) -> OrgLimits;
}

/// The same limits for all.
impl Plans for OrgLimits {
    fn limits(&self, _: TenantId) -> OrgLimits {
        *self
    }
}
