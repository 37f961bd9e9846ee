//! Counting calls in Redis: one atomic script, by Redis' own clock, for all servers together.
//!
//! A refused call is counted in no window, so that whoever keeps asking is not locked out for ever.
//! An error is passed on as "not counted"; it never looks like an empty window.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::ids::{TenantId, UserId};
use jiff::Timestamp;
use redis::Script;
use redis::aio::MultiplexedConnection;
use tokio::time::Instant;

use super::redis_pool::RedisPool;
use crate::ports::rate_limit::{Counted, RateScope, Standing, WINDOW_SECONDS};
use crate::ports::{RateLimiter, RateSource, StoreError};

/// Counting must not make a read wait longer than its answer would take.
const PATIENCE: Duration = Duration::from_millis(500);
/// What starts work is refused when it cannot be counted, so it waits as long as the pool does.
const INTERACTIVE_PATIENCE: Duration = Duration::from_secs(2);
/// After a miss, so that reads do not each wait for a Redis that is down.
const REST: Duration = Duration::from_secs(1);

static COUNT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("rate_limit/count.lua")));

/// The windows of one installation.
#[derive(Clone)]
pub struct RedisRateLimiter {
    pool: RedisPool,
    installation: String,
    source: Arc<dyn RateSource>,
    /// The connection that answered last. It is shared by calls at once; a pool would ask it whether it
    /// lives before each of them.
    warm: Arc<Mutex<Option<MultiplexedConnection>>>,
    /// Until when Redis is not asked again, after it did not answer.
    rest: Arc<Mutex<Option<Instant>>>,
}

impl RedisRateLimiter {
    /// With the rates that `source` says.
    #[must_use]
    pub fn new(pool: RedisPool, installation: &str, source: Arc<dyn RateSource>) -> Self {
        let installation = installation.to_owned();
        Self { pool, installation, source, warm: Arc::default(), rest: Arc::default() }
    }

    /// The braces keep a tenant's keys on one slot of a cluster.
    fn key(&self, tenant: TenantId, of: &str) -> String {
        format!("autopilot:{{{}:{tenant}}}:rate:{of}", self.installation)
    }

    fn rests(&self) -> bool {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.is_some_and(|until| Instant::now() < until)
    }

    fn note(&self, answered: bool) {
        let until = (!answered).then(|| Instant::now() + REST);
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn warm(&self) -> Option<MultiplexedConnection> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn run(&self, windows: &[(RateScope, String, u32)]) -> Result<Vec<u64>, StoreError> {
        if let Some(mut warm) = self.warm()
            && let Ok(counted) = invoke(&mut warm, windows).await
        {
            return Ok(counted);
        }
        let mut fresh = self.pool.get().await.map_err(|_| StoreError::Unavailable)?.clone();
        let counted = invoke(&mut fresh, windows).await.map_err(|_| StoreError::Unavailable)?;
        *self.warm.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        Ok(counted)
    }
}

async fn invoke(
    connection: &mut MultiplexedConnection,
    windows: &[(RateScope, String, u32)],
) -> Result<Vec<u64>, redis::RedisError> {
    let mut call = COUNT.prepare_invoke();
    call.arg(u64::from(WINDOW_SECONDS) * 1000);
    for (_, key, limit) in windows {
        call.key(key).arg(*limit);
    }
    call.invoke_async(connection).await
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn count(
        &self,
        tenant: TenantId,
        user: UserId,
        interactive: bool,
    ) -> Result<Counted, StoreError> {
        if !interactive && self.rests() {
            return Err(StoreError::Unavailable);
        }
        let rates = self.source.rates(tenant).await;
        let mut windows =
            vec![(RateScope::User, self.key(tenant, &format!("user:{user}")), rates.user.max(1))];
        if interactive {
            let limit = rates.org_interactive.max(1);
            windows.push((RateScope::Org, self.key(tenant, "org"), limit));
        }
        let patience = if interactive { INTERACTIVE_PATIENCE } else { PATIENCE };
        let answer = tokio::time::timeout(patience, self.run(&windows)).await;
        let answer = answer.unwrap_or(Err(StoreError::Unavailable));
        self.note(answer.is_ok());
        read(&windows, &answer?)
    }
}

fn read(windows: &[(RateScope, String, u32)], answer: &[u64]) -> Result<Counted, StoreError> {
    let strange = StoreError::Corrupt("the rate script answered in another form");
    let [refused, now, parts @ ..] = answer else { return Err(strange) };
    let standings: Vec<Standing> = windows
        .iter()
        .zip(parts.chunks_exact(3))
        .filter_map(|((scope, _, limit), part)| {
            let [remaining, resets_ms, retry_ms] = *part else { return None };
            let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
            let resets_at = moment(now.saturating_add(resets_ms))?;
            Some(Standing {
                scope: *scope,
                limit: *limit,
                remaining,
                resets_at,
                resets_ms,
                retry_ms,
            })
        })
        .collect();
    if standings.len() != windows.len() {
        return Err(strange);
    }
    let index = usize::try_from(*refused).ok().and_then(|index| index.checked_sub(1));
    let refused = index.and_then(|index| standings.get(index).copied());
    Ok(Counted { refused, standings })
}

fn moment(ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}
