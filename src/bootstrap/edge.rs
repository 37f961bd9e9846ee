//! What the HTTP edge sees of actors and parts.
//! It shows snapshots and names of parts; never a secret, an address or an upstream text.

use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::ids::TenantId;

use super::boards::Showing;
use crate::actors;
use crate::http::{ActorView, PartStatus, Readiness};
use crate::ports::Requests;
use crate::ports::boards::NodeBoard;
use crate::store::RequestStore;
use crate::store::redis_pool::{self, RedisPool};

/// The actors, as the edge sees them.
pub(super) struct View(pub(super) Showing);

#[async_trait]
impl ActorView for View {
    fn wake(&self, tenant: TenantId) {
        // A lost hint costs a second: owners also poll.
        let _hint = self.0.actors.wake(tenant);
    }

    async fn boards(&self) -> (Vec<NodeBoard>, bool) {
        self.0.all().await
    }

    fn draining(&self) -> bool {
        self.0.actors.draining()
    }
}

/// The parts `/readyz` asks.
pub(super) struct Parts {
    pub(super) requests: Arc<RequestStore>,
    pub(super) redis: RedisPool,
    pub(super) actors: actors::Handle,
}

#[async_trait]
impl Readiness for Parts {
    async fn check(&self) -> Vec<PartStatus> {
        let (database, redis, lease) = futures_util::future::join3(
            self.requests.ping(),
            redis_pool::ping(&self.redis),
            self.actors.ready(),
        )
        .await;
        vec![
            part("database", database.is_ok(), "The database does not answer."),
            part(
                "redis",
                redis.is_ok(),
                "Redis does not answer: reading goes on, spending is closed.",
            ),
            part("lease", lease, "This node does not hold its lease, or is shutting down."),
        ]
    }
}

fn part(name: &str, ok: bool, trouble: &str) -> PartStatus {
    PartStatus {
        name: name.to_owned(),
        ok,
        note: if ok { String::new() } else { trouble.to_owned() },
    }
}
