//! Opening connections on the I/O runtime, whoever asks for them.
//!
//! A connection's socket and driver belong to the runtime that opened it. Both are opened on the one
//! I/O runtime here, so that a busy arbiter never delays a foreign query and a stopped one never
//! closes it. Connections stay on loopback or a private network: they are not encrypted yet.

use std::future::Future;
use std::pin::Pin;

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls};

use crate::ports::StoreError;

struct OnRuntime(Handle);

type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + 'a>>;

impl Connect for OnRuntime {
    fn connect(&self, config: &Config) -> Connecting<'_> {
        let (config, runtime) = (config.clone(), self.0.clone());
        Box::pin(async move {
            let inner = runtime.clone();
            let opened = runtime.spawn(async move {
                let (client, connection) = config.connect(NoTls).await?;
                let driver = inner.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::warn!(closed = error.is_closed(), "a database connection ended");
                    }
                });
                Ok((client, driver))
            });
            match opened.await {
                Ok(result) => result,
                // The I/O runtime is gone, so the process is on its way down; the pool's timeout answers.
                Err(_) => std::future::pending().await,
            }
        })
    }
}

/// A pool for `url` whose connections live on `runtime`.
///
/// # Errors
/// When the address cannot be parsed.
pub fn pool(url: &str, size: usize, runtime: &Handle) -> Result<Pool, StoreError> {
    let mut config: Config =
        url.parse().map_err(|_| StoreError::Corrupt("the database address cannot be read"))?;
    config.connect_timeout(std::time::Duration::from_secs(5));
    config.application_name("autopilot");
    // Statements are few and prepared, each tenant's tables are small, and their indexes are right for
    // every parameter: planning anew for each would cost more than it saves.
    let options = config.get_options().unwrap_or_default();
    config
        .options(format!("-c plan_cache_mode=force_generic_plan {options}").trim_end().to_owned());
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_connect(config, OnRuntime(runtime.clone()), recycling);
    Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(std::time::Duration::from_secs(10)))
        .create_timeout(Some(std::time::Duration::from_secs(10)))
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .build()
        .map_err(|_| StoreError::Corrupt("the pool cannot be built"))
}

/// Name of the database at `url`.
///
/// # Errors
/// When the address cannot be parsed.
pub fn database_name(url: &str) -> Result<String, StoreError> {
    let config: Config =
        url.parse().map_err(|_| StoreError::Corrupt("the database address cannot be read"))?;
    Ok(config.get_dbname().unwrap_or("postgres").to_owned())
}
