//! What this process looks like at the moment someone asks for its figures.
//!
//! Reads the board and the pools; it asks no actor and no server, so that figures come also when
//! those hang.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::failure::Failure;
use autopilot_domain::units::Bytes;
use autopilot_gate::ports::{BudgetLedger, Reservation, WindowEntry};
use autopilot_gate::receipt::JobId;

use crate::actors;
use crate::store::TenantDb;
use crate::store::redis_pool::{self, RedisPool};
use crate::telemetry::metrics::{Metrics, Moment};

/// The parts that figures are read from.
#[derive(Clone)]
pub(super) struct Sources {
    pub(super) metrics: Arc<Metrics>,
    pub(super) actors: actors::Handle,
    pub(super) db: TenantDb,
    pub(super) redis: RedisPool,
}

impl Sources {
    pub(super) fn text(&self) -> String {
        self.metrics.text(&self.moment())
    }

    fn moment(&self) -> Moment {
        let board = self.actors.board();
        let oldest = board.iter().filter_map(|actor| actor.oldest_message_ms).max();
        let queued = board.iter().map(|actor| actor.queue_depth).sum::<usize>();
        let database = self.db.pool_use();
        let (connections, idle) = redis_pool::pool_use(&self.redis);
        Moment {
            actors: board.iter().map(|a| (a.kind.to_owned(), a.state.to_owned())).collect(),
            queued: u64::try_from(queued).unwrap_or(u64::MAX),
            oldest_message: Duration::from_millis(oldest.unwrap_or_default()),
            pools: vec![
                ("database", "open", database.open),
                ("database", "idle", database.idle),
                ("database", "waiting", database.waiting),
                ("database", "most", database.most),
                ("redis", "open", connections),
                ("redis", "idle", idle),
            ],
            seal_lag: self.actors.seal_lag(),
            lease_age: self.actors.lease_age(),
        }
    }
}

/// A ledger whose refusals are counted.
pub(super) struct Counted {
    pub(super) inner: Arc<dyn BudgetLedger>,
    pub(super) metrics: Arc<Metrics>,
}

#[async_trait]
impl BudgetLedger for Counted {
    async fn reserve(
        &self,
        job: &JobId,
        bytes: Bytes,
        budget: Bytes,
    ) -> Result<Reservation, Failure> {
        let answer = self.inner.reserve(job, bytes, budget).await;
        match &answer {
            Ok(Reservation::Granted { .. }) => {}
            Ok(Reservation::Refused { .. }) => self.metrics.budget_refused("over_budget"),
            Ok(Reservation::NotLoaded) | Err(_) => self.metrics.budget_refused("closed"),
        }
        answer
    }

    async fn used(&self) -> Result<Option<Bytes>, Failure> {
        self.inner.used().await
    }

    async fn settle(&self, job: &JobId, billed: Bytes) -> Result<(), Failure> {
        self.inner.settle(job, billed).await
    }

    async fn release(&self, job: &JobId) -> Result<(), Failure> {
        self.inner.release(job).await
    }

    async fn rebuild(&self, entries: &[WindowEntry]) -> Result<(), Failure> {
        self.inner.rebuild(entries).await
    }
}
