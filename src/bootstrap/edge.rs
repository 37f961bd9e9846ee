//! What the HTTP edge sees of actors and parts.
//! It shows snapshots and names of parts; never a secret, an address or an upstream text.

use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::ids::TenantId;
use serde_json::Value;

use crate::actors;
use crate::http::{ActorView, PartStatus, Readiness};
use crate::ports::Requests;
use crate::store::RequestStore;
use crate::store::redis_pool::{self, RedisPool};

/// The actors, as the edge sees them.
pub(super) struct View(pub(super) actors::Handle);

impl ActorView for View {
    fn wake(&self, tenant: TenantId) {
        // A lost hint costs a second: owners also poll.
        let _hint = self.0.wake(tenant);
    }

    fn board(&self, tenant: Option<TenantId>) -> Vec<Value> {
        let root = tenant.map(|tenant| format!("kernel/tenant:{tenant}"));
        let within = |path: &str| match &root {
            None => true,
            Some(root) => {
                path == root
                    || path.strip_prefix(root.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
        };
        let board = self.0.board();
        board
            .iter()
            .filter(|snapshot| within(snapshot.path.as_str()))
            .filter_map(|s| serde_json::to_value(s).ok())
            .collect()
    }

    fn draining(&self) -> bool {
        self.0.draining()
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
