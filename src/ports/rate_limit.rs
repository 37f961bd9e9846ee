//! How many calls a user, and an organisation, may make in a span of time.
//!
//! The rates are asked for each organisation anew, so that a plan can give one more than another. A
//! limiter that cannot count says so; what that means for the call is the edge's decision.

use async_trait::async_trait;
use autopilot_domain::ids::{TenantId, UserId};
use jiff::Timestamp;

use super::runs::StoreError;

/// Length of the window in which calls are counted, in seconds.
pub const WINDOW_SECONDS: u32 = 60;

/// Calls in any [`WINDOW_SECONDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of one user, whatever they call.
    pub user: u32,
    /// Of one organisation, among those that start work.
    pub org_interactive: u32,
}

/// Which rates hold for an organisation. The configuration answers the same for all; a table of plans
/// may answer better.
#[async_trait]
pub trait RateSource: Send + Sync {
    /// The rates of one organisation. Called for every request: it must answer from memory.
    async fn rates(&self, tenant: TenantId) -> Rates;
}

#[async_trait]
impl RateSource for Rates {
    async fn rates(&self, _: TenantId) -> Rates {
        *self
    }
}

/// Whose window a count belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateScope {
    /// One user.
    User,
    /// Their whole organisation.
    Org,
}

impl RateScope {
    /// As problems and headers name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Org => "org",
        }
    }
}

/// How one window stands after a call was counted or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whose.
    pub scope: RateScope,
    /// Calls it allows in all.
    pub limit: u32,
    /// Calls that would be allowed at once from now on.
    pub remaining: u32,
    /// When it is as if no call had been made, by the counter's clock.
    pub resets_at: Timestamp,
    /// The same from now, in milliseconds.
    pub resets_ms: u64,
    /// Milliseconds until the next call is allowed; 0 when it is now.
    pub retry_ms: u64,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The window that refused it; nothing was counted anywhere then.
    pub refused: Option<Standing>,
    /// The windows it was held against.
    pub standings: Vec<Standing>,
}

/// Counts calls, the same count for all servers of the installation.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one call, unless a window is full. `interactive` calls count against the organisation
    /// too.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when nothing could be counted.
    async fn count(
        &self,
        tenant: TenantId,
        user: UserId,
        interactive: bool,
    ) -> Result<Counted, StoreError>;
}
