//! The rolling hour of one tenant in Redis: each operation one script, atomic, by Redis' own clock.
//!
//! An empty Redis must not look like a full budget: without the marker that a rebuild sets, nothing
//! can be reserved. Every error closes spending.

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::TenantId;
use autopilot_domain::units::Bytes;
use autopilot_gate::ports::{BudgetLedger, Reservation, WindowEntry};
use autopilot_gate::receipt::JobId;
use redis::{FromRedisValue, Script, ScriptInvocation};

use super::redis_pool::RedisPool;

/// Scripts count in doubles, so no sum may leave their exact range.
const EXACT: u64 = 1 << 52;
const PATIENCE: Duration = Duration::from_secs(2);

static RESERVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("ledger/reserve.lua")));
static USED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("ledger/used.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("ledger/settle.lua")));
static RELEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("ledger/release.lua")));
static REBUILD: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("ledger/rebuild.lua")));

/// The window of one tenant.
#[derive(Clone)]
pub struct RedisLedger {
    pool: RedisPool,
    keys: [String; 3],
}

fn closed() -> Failure {
    Failure::of(FailureClass::TransientError, ErrorCode::SpendingClosed)
}

impl RedisLedger {
    /// Of this tenant of this installation.
    #[must_use]
    pub fn new(pool: RedisPool, installation: &str, tenant: TenantId) -> Self {
        // The braces keep the keys on one slot of a cluster.
        let key = |part: &str| format!("autopilot:{{{installation}:{tenant}}}:budget:{part}");
        Self { pool, keys: [key("at"), key("bytes"), key("loaded")] }
    }

    async fn call<T: FromRedisValue>(
        &self,
        script: &Script,
        add: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<T, Failure> {
        let mut connection = self.pool.get().await.map_err(|_| closed())?;
        let mut invocation = script.prepare_invoke();
        for key in &self.keys {
            invocation.key(key);
        }
        add(&mut invocation);
        let answer =
            tokio::time::timeout(PATIENCE, invocation.invoke_async(&mut *connection)).await;
        answer.map_err(|_| closed())?.map_err(|_| closed())
    }
}

#[async_trait]
impl BudgetLedger for RedisLedger {
    async fn reserve(
        &self,
        job: &JobId,
        bytes: Bytes,
        budget: Bytes,
    ) -> Result<Reservation, Failure> {
        if bytes.0 > EXACT || budget.0 > EXACT {
            return Err(closed());
        }
        let (verdict, used): (i64, u64) = self
            .call(&RESERVE, |call| {
                call.arg(&job.0).arg(bytes.0).arg(budget.0);
            })
            .await?;
        Ok(match verdict {
            1 => Reservation::Granted { used_before: Bytes(used) },
            0 => Reservation::Refused { used: Bytes(used) },
            _ => Reservation::NotLoaded,
        })
    }

    async fn used(&self) -> Result<Option<Bytes>, Failure> {
        let used: Option<u64> = self.call(&USED, |_| {}).await?;
        Ok(used.map(Bytes))
    }

    async fn settle(&self, job: &JobId, billed: Bytes) -> Result<(), Failure> {
        self.call::<i64>(&SETTLE, |call| {
            call.arg(&job.0).arg(billed.0.min(EXACT));
        })
        .await
        .map(drop)
    }

    async fn release(&self, job: &JobId) -> Result<(), Failure> {
        self.call::<i64>(&RELEASE, |call| {
            call.arg(&job.0);
        })
        .await
        .map(drop)
    }

    async fn rebuild(&self, entries: &[WindowEntry]) -> Result<(), Failure> {
        self.call::<i64>(&REBUILD, |call| {
            for entry in entries {
                call.arg(&entry.job_id.0).arg(entry.bytes.0.min(EXACT)).arg(entry.age_seconds);
            }
        })
        .await
        .map(drop)
    }
}
