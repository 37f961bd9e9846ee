//! What is done for the audit trail by the clock: anchors each hour, retention each day.
//!
//! Every server does it; a second one at the same time finds the work done. An organisation that
//! fails is passed over and comes up again in the next round, so that it holds nobody up. Nothing is
//! let go whose chain does not hold.

use std::sync::Arc;
use std::time::Duration;

use autopilot_domain::ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::ports::audit::Retained;
use crate::ports::{AuditKeeper, Clock, StoreError};

/// Between two anchors of a chain.
pub const ANCHOR_EVERY: Duration = Duration::from_secs(3_600);
/// Between two rounds of retention.
pub const RETAIN_EVERY: Duration = Duration::from_secs(24 * 3_600);
/// A server that has just started has other things to do.
const FIRST_ANCHOR: Duration = Duration::from_secs(60);
const FIRST_RETENTION: Duration = Duration::from_secs(300);
const PAGE: u32 = 500;

/// The job.
#[derive(Clone)]
pub struct Housekeeping {
    /// The trails.
    pub keeper: Arc<dyn AuditKeeper>,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// How many days events are kept.
    pub days: u32,
}

/// What a round of retention came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Organisations for which something happened or should have, in the order of their ids.
    pub outcomes: Vec<(TenantId, Result<Retained, StoreError>)>,
    /// Rows of purged organisations that went.
    pub expired: u64,
}

impl Round {
    /// Whether nothing stood in the way but holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let fine = |answer: &Result<Retained, StoreError>| match answer {
            Ok(Retained::Nothing | Retained::LetGo(_) | Retained::Held) => true,
            Ok(Retained::Broken(_)) | Err(_) => false,
        };
        self.outcomes.iter().all(|(_, answer)| fine(answer))
    }
}

impl Housekeeping {
    /// Works until the runtime ends.
    pub async fn run(self) {
        let now = Instant::now();
        let mut anchors = interval_at(now + FIRST_ANCHOR, ANCHOR_EVERY);
        let mut retention = interval_at(now + FIRST_RETENTION, RETAIN_EVERY);
        anchors.set_missed_tick_behavior(MissedTickBehavior::Delay);
        retention.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = anchors.tick() => {
                    if let Err(error) = self.anchor_all().await {
                        tracing::warn!(%error, "not every chain was anchored; the next hour tries again");
                    }
                }
                _ = retention.tick(), if self.keeper.may_let_go() => self.retain_and_tell().await,
            }
        }
    }

    /// Anchors every chain; answers how many.
    ///
    /// # Errors
    /// The first error, after every organisation was tried.
    pub async fn anchor_all(&self) -> Result<u64, StoreError> {
        let (mut after, mut done, mut first) = (None, 0, Ok(()));
        loop {
            let tenants = self.keeper.tenants(after, PAGE).await?;
            let Some(last) = tenants.last() else { break };
            after = Some(*last);
            for tenant in tenants {
                match self.keeper.anchor(tenant).await {
                    Ok(()) => done += 1,
                    Err(error) => first = first.and(Err(error)),
                }
            }
        }
        first.map(|()| done)
    }

    /// Lets go what is past its time, everywhere; a trial only says what would go.
    ///
    /// # Errors
    /// When the organisations cannot be read, or the purged ones' rows not be let go.
    pub async fn retain_all(&self, trial: bool) -> Result<Round, StoreError> {
        let before = self.before();
        let (mut after, mut round) = (None, Round::default());
        loop {
            let tenants = self.keeper.tenants(after, PAGE).await?;
            let Some(last) = tenants.last() else { break };
            after = Some(*last);
            for tenant in tenants {
                let answer = self.keeper.retain(tenant, before, trial).await;
                if answer != Ok(Retained::Nothing) {
                    round.outcomes.push((tenant, answer));
                }
            }
        }
        if !trial {
            round.expired = self.keeper.expire(before).await?;
        }
        Ok(round)
    }

    /// What was recorded before this is past its time.
    #[must_use]
    pub fn before(&self) -> Timestamp {
        let kept = SignedDuration::from_hours(i64::from(self.days) * 24);
        self.clock.now().checked_sub(kept).unwrap_or(Timestamp::MIN)
    }

    async fn retain_and_tell(&self) {
        match self.retain_all(false).await {
            Ok(round) => {
                for (tenant, answer) in &round.outcomes {
                    match answer {
                        Ok(Retained::Broken(pos)) => {
                            tracing::error!(%tenant, pos, "a chain does not hold; nothing of it is let go");
                        }
                        Ok(answer) => tracing::info!(%tenant, ?answer, "audit retention"),
                        Err(error) => tracing::warn!(%tenant, %error, "audit retention failed"),
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "audit retention failed; tomorrow tries again"),
        }
    }
}

#[cfg(test)]
mod tests;
