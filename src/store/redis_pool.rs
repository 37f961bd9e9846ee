//! Redis connections, opened on the I/O runtime.
//!
//! Redis holds only what may be lost. A connection that does not answer within two seconds counts as
//! down, and what depends on it is refused, never guessed.

use std::time::Duration;

use bb8_redis::RedisConnectionManager;
use redis::aio::MultiplexedConnection;
use tokio::runtime::Handle;

use crate::ports::StoreError;

const PATIENCE: Duration = Duration::from_secs(2);

/// Opens connections on one runtime, whoever asks.
pub struct OnRuntime {
    inner: RedisConnectionManager,
    runtime: Handle,
}

/// The pool.
pub type RedisPool = bb8::Pool<OnRuntime>;

fn unavailable() -> redis::RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

impl bb8::ManageConnection for OnRuntime {
    type Connection = MultiplexedConnection;
    type Error = redis::RedisError;

    async fn connect(&self) -> Result<MultiplexedConnection, redis::RedisError> {
        let inner = self.inner.clone();
        let opening = self.runtime.spawn(async move {
            tokio::time::timeout(PATIENCE, inner.connect()).await.map_err(|_| unavailable())?
        });
        opening.await.map_err(|_| unavailable())?
    }

    async fn is_valid(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<(), redis::RedisError> {
        self.inner.is_valid(connection).await
    }

    fn has_broken(&self, connection: &mut MultiplexedConnection) -> bool {
        // The library always answers false; the PING on checkout is what finds a broken one.
        self.inner.has_broken(connection)
    }
}

/// A pool for `url` on `runtime`; it opens nothing yet, so that a Redis that is down stops no start.
///
/// # Errors
/// When the address cannot be read.
pub fn open(url: &str, runtime: &Handle) -> Result<RedisPool, StoreError> {
    let inner = RedisConnectionManager::new(url)
        .map_err(|_| StoreError::Corrupt("the Redis address cannot be read"))?;
    let manager = OnRuntime { inner, runtime: runtime.clone() };
    // The pool's reaper lives on the runtime it is built in; it must not end with the caller's.
    let _entered = runtime.enter();
    let builder =
        bb8::Pool::builder().max_size(8).connection_timeout(PATIENCE).test_on_check_out(true);
    Ok(builder.build_unchecked(manager))
}

/// Whether Redis answers.
///
/// # Errors
/// [`StoreError::Unavailable`] when it does not.
pub async fn ping(pool: &RedisPool) -> Result<(), StoreError> {
    // Checking a connection out pings it.
    pool.get().await.map(drop).map_err(|_| StoreError::Unavailable)
}

/// Connections that are open, and those of them that nobody uses.
#[must_use]
pub fn pool_use(pool: &RedisPool) -> (u64, u64) {
    let state = pool.state();
    (u64::from(state.connections), u64::from(state.idle_connections))
}
