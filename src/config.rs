//! The configuration: one struct, built once when the process starts.
//!
//! Values come from the declared defaults, then an optional TOML file, then `AUTOPILOT_*` variables.
//! Building is pure over an [`EnvSnapshot`]; nothing else in the product reads the environment.
//! A name or value that is not understood stops the start: nothing is ignored, nothing is guessed.
//! Secrets are masked in every output, and never come from the file.

mod build;
pub mod env;
mod error;
mod file;
mod kinds;
mod layers;
mod real_query;
pub mod report;
mod settings;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use autopilot_domain::admission::Limits;
use autopilot_domain::cost::SpendingPolicy;
use autopilot_domain::units::Bytes;
use secrecy::SecretString;

pub use env::EnvSnapshot;
pub use error::ConfigError;
pub use file::ConfigFile;
pub use kinds::{Installation, LogFormat, LoopbackUrl, NodeName};
use layers::Layers;
pub use layers::Origin;
pub use real_query::{RealQueryExecution, VARIABLE as REAL_QUERY_VARIABLE};
pub use settings::{ALL as SETTINGS, Meta, Place};
pub use values::Accepts;

/// How long a node's ownership of its tenants holds after a renewal, by the database's clock. Fixed:
/// every node of an installation must agree on it.
pub const LEASE: Duration = Duration::from_secs(6);

/// How often a node renews its lease: three chances before it is over.
pub const LEASE_RENEWAL: Duration = Duration::from_secs(2);

/// The configuration of one process.
#[derive(Debug, Clone)]
pub struct Config {
    /// The HTTP API.
    pub http: Http,
    /// PostgreSQL and Redis.
    pub store: Store,
    /// This process.
    pub node: Node,
    /// Log lines.
    pub log: Log,
    /// Runs one organisation may have.
    pub limits: Limits,
    /// What queries may cost and take.
    pub queries: Queries,
    /// Days that events are kept, and pseudonymised ones after a purge.
    pub audit_retention_days: u32,
    /// The simulator, when an operator connected one.
    pub sandbox: Option<Sandbox>,
    /// What stands in the place of Google for real connections, in rehearsals.
    pub recorder: Option<LoopbackUrl>,
    /// The simulator's data set that organisations are connected to.
    pub sandbox_dataset: String,
    /// Names of the failure points to arm; empty outside fault drills.
    pub failpoints: Vec<String>,
    /// Key that the command line's own calls send.
    pub api_key: Option<SecretString>,
    effective: Vec<Effective>,
}

/// The HTTP API.
#[derive(Debug, Clone, Copy)]
pub struct Http {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Largest request body.
    pub body_limit: Bytes,
    /// How long a stopping process waits for running steps.
    pub shutdown_grace: Duration,
    /// Where scrapers read the figures, on the loopback; nowhere when absent.
    pub metrics_listen: Option<SocketAddr>,
    /// Calls of one user in a minute.
    pub user_calls: u32,
    /// Calls of one organisation in a minute that start work.
    pub org_calls: u32,
}

/// PostgreSQL and Redis.
#[derive(Debug, Clone)]
pub struct Store {
    database_url: Option<SecretString>,
    migrator_database_url: Option<SecretString>,
    retention_database_url: Option<SecretString>,
    redis_url: Option<SecretString>,
    master_keys: Option<SecretString>,
    /// Connections to PostgreSQL that this process may hold.
    pub pool_size: usize,
    /// Prefix of the database roles.
    pub installation: Installation,
}

/// This process.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its label.
    pub name: NodeName,
    /// Threads that run actors.
    pub actor_arbiters: usize,
    /// Idle time after which a tenant's actors leave memory.
    pub passivate_after: Duration,
}

/// Log lines.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    /// Their layout.
    pub format: LogFormat,
    /// The least severe level.
    pub level: tracing::Level,
}

/// What queries may cost and take.
#[derive(Debug, Clone, Copy)]
pub struct Queries {
    /// Cap of one query, hourly budget and price.
    pub spending: SpendingPolicy,
    /// Cap of one approved query.
    pub approved_cap: Bytes,
    /// Deadline of one query.
    pub timeout: Duration,
    /// Rows of a result that asks for no limit of its own.
    pub default_limit: u64,
}

/// A simulator on this machine.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Where it listens.
    pub endpoint: LoopbackUrl,
    /// The service-account key file it wrote.
    pub key_file: PathBuf,
}

/// One setting with the text that counts, for the operator.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The setting.
    pub meta: &'static Meta,
    /// The value, masked when secret; absent when there is none.
    pub value: Option<String>,
    /// Where it comes from; absent when there is none.
    pub origin: Option<Origin>,
}

impl Config {
    /// Builds the configuration from the environment and an optional file.
    ///
    /// # Errors
    /// The first [`ConfigError`], in the order: unknown variables, the file, values, contradictions.
    pub fn load(environment: &EnvSnapshot, file: Option<&ConfigFile>) -> Result<Self, ConfigError> {
        build::config(&Layers::new(environment, file)?)
    }

    /// Every setting with its effective value and origin, secrets masked.
    #[must_use]
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }
}

impl Store {
    /// PostgreSQL as the service's login role.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set.
    pub fn database_url(&self) -> Result<&SecretString, ConfigError> {
        needed(self.database_url.as_ref(), &settings::DATABASE_URL.meta)
    }

    /// PostgreSQL as the role that provisions and migrates.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set.
    pub fn migrator_database_url(&self) -> Result<&SecretString, ConfigError> {
        needed(self.migrator_database_url.as_ref(), &settings::MIGRATOR_DATABASE_URL.meta)
    }

    /// PostgreSQL as the role of audit retention, if one is set.
    #[must_use]
    pub const fn retention_database_url(&self) -> Option<&SecretString> {
        self.retention_database_url.as_ref()
    }

    /// The same where it is needed.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set.
    pub fn needed_retention_database_url(&self) -> Result<&SecretString, ConfigError> {
        needed(self.retention_database_url.as_ref(), &settings::RETENTION_DATABASE_URL.meta)
    }

    /// Master keys of stored credentials, if there are any.
    #[must_use]
    pub const fn master_keys(&self) -> Option<&SecretString> {
        self.master_keys.as_ref()
    }

    /// Redis.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set.
    pub fn redis_url(&self) -> Result<&SecretString, ConfigError> {
        needed(self.redis_url.as_ref(), &settings::REDIS_URL.meta)
    }
}

fn needed<'a, T>(value: Option<&'a T>, meta: &Meta) -> Result<&'a T, ConfigError> {
    value.ok_or(ConfigError::Missing { variable: meta.variable, meaning: meta.meaning })
}
