//! Redis connections, opened on the I/O runtime.
//!
//! Redis holds only what may be lost. A connection that does not answer within two seconds counts as
//! down, and what depends on it is refused, never guessed.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::runtime::Handle;

use crate::ports::StoreError;

const PATIENCE: Duration = Duration::from_secs(2);

/// Opens connections on one runtime, whoever asks.
pub struct OnRuntime {
    client: redis::Client,
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
        let client = self.client.clone();
        // The client's own limits are shorter; a slow answer would count as none.
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let opening = self
            .runtime
            .spawn(async move { client.get_multiplexed_async_connection_with_config(&config).await });
        opening.await.map_err(|_| unavailable())?
    }

    async fn is_valid(&self, connection: &mut MultiplexedConnection) -> Result<(), redis::RedisError> {
        let ping = redis::cmd("PING").query_async::<String>(connection).await;
        ping.map(drop)
    }

    fn has_broken(&self, _connection: &mut MultiplexedConnection) -> bool {
        // The connection cannot tell; the PING on checkout does.
        false
    }
}

/// A pool for `url` on `runtime`; it opens nothing yet, so that a Redis that is down stops no start.
///
/// # Errors
/// When the address cannot be read.
pub fn open(url: &str, runtime: &Handle) -> Result<RedisPool, StoreError> {
    let client = redis::Client::open(url).map_err(|_| StoreError::Corrupt("the Redis address cannot be read"))?;
    let manager = OnRuntime { client, runtime: runtime.clone() };
    // The pool's reaper lives on the runtime it is built in; it must not end with the caller's.
    let _entered = runtime.enter();
    let builder = bb8::Pool::builder().max_size(8).connection_timeout(PATIENCE).test_on_check_out(true);
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
