//! Putting the process together: the only place that names concrete adapters.
//!
//! Holds no rule. It opens the I/O runtime first and drops it last, starts the actors before the HTTP
//! factory, and stops in the opposite order.

mod admin;
mod audit;
mod boards;
mod edge;
mod keys;
mod metrics;
mod people;
mod real_queries;
mod tenants;

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::rt;
use autopilot_domain::ids::NodeId;
use secrecy::ExposeSecret as _;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::actors::{self, IoRuntime, Timings};
use crate::config::{Config, ConfigError, RealQueryExecution};
use crate::failpoint;
use crate::http::{self, AppState, Limits, People};
use crate::ports::secrets::KeyProvider;
use crate::ports::{Accounts, Clock, Inspection, OrgLimits, Rates, Settings};
use crate::services::connections::ConnectionDesk;
use crate::services::live_warehouse::Parts;
use crate::services::real_gate::RealGate;
use crate::services::secrets::SecretsManager;
use crate::services::secrets::master::{BadKeys, MasterKeys};
use crate::services::signing_in::SigningIn;
use crate::store::boards::{InspectionStore, RedisBoards};
use crate::store::budget::BudgetStore;
use crate::store::connections::ConnectionStore;
use crate::store::plans::PlanBook;
use crate::store::rate_limit::RedisRateLimiter;
use crate::store::secrets::SecretStore;
use crate::store::{
    AccountStore, ApprovalStore, KeyStore, NodeStore, RequestStore, TenantDb, io as store_io,
    redis_pool,
};
use crate::telemetry::metrics::Metrics;

pub use admin::{
    MIGRATION_CONNECTIONS, MigrationWatch, ScopeReport, create_org, ensure_database, install,
    migrate, random_password,
};
pub use audit::{
    ChainReport, ExportLine, ExportSpan, Ordered, Retained, Round, export_chain, hold, retain,
    verify_chains,
};
pub use keys::{KeyCount, KeyReport, RotateWatch, Rotated, key_status, rotate_keys};
pub use people::{add_operator, add_person, email, name, operators, revoke_operator};
pub use real_queries::{
    RealQueryReport, approve_real_queries, mark_non_production, program_hash, real_query_status,
    revoke_real_queries,
};

/// The process could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The listener could not be bound.
    #[error(
        "cannot listen on {address}: {reason}; choose another with AUTOPILOT_LISTEN, or --port of the demo"
    )]
    Listen {
        /// Where.
        address: String,
        /// Kind of the operating system's error.
        reason: String,
    },
    /// The database does not answer or refuses.
    #[error(
        "the database cannot be used: {0}; check the database address, and run `autopilot migrate`"
    )]
    Store(#[from] crate::ports::StoreError),
    /// The master keys are not a list of keys.
    #[error("AUTOPILOT_MASTER_KEYS cannot be used: {0}")]
    MasterKeys(#[from] BadKeys),
    /// The safety self-test of this program does not pass.
    #[error("the safety self-test of this program does not pass; nothing was approved")]
    SelfTest,
    /// There is no master key.
    #[error("no master key is configured; set AUTOPILOT_MASTER_KEYS")]
    NoMasterKey,
    /// The simulator's key cannot be read.
    #[error("the simulator's key file cannot be read; check AUTOPILOT_SANDBOX_KEY_FILE")]
    SandboxKey,
    /// A failure point is unknown.
    #[error(transparent)]
    FailPoint(#[from] failpoint::BadSpec),
    /// The operating system gave no thread.
    #[error("the process cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// The actors did not start.
    #[error(transparent)]
    Actors(#[from] actors::StartError),
}

/// A provider of master keys.
type BoxedKeys = Box<dyn crate::ports::secrets::KeyProvider>;

/// The machine's clock.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// A running server.
pub struct RunningServer {
    address: std::net::SocketAddr,
    actors: actors::Handle,
    stop: Option<oneshot::Sender<()>>,
    serving: rt::task::JoinHandle<std::io::Result<()>>,
    /// Dropped with the server: its scrapers' listener ends then.
    _scraping: Option<oneshot::Sender<()>>,
    /// Dropped last: connections live on it.
    _io: IoRuntime,
}

impl RunningServer {
    /// Where it answers.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets requests and attempts under way end, gives the lease back, and stops.
    pub async fn stop(mut self) {
        self.actors.drain().await;
        if let Some(stop) = self.stop.take() {
            // The server may have ended by itself.
            let _gone = stop.send(());
        }
        if let Ok(Err(error)) = self.serving.await {
            tracing::warn!(kind = ?error.kind(), "the server did not stop in order");
        }
    }
}

/// Starts everything and listens.
///
/// # Errors
/// The part that does not start, as a sentence.
pub async fn start(config: &Config, flag: RealQueryExecution) -> Result<RunningServer, BootError> {
    let url = config.store.database_url()?.expose_secret().to_owned();
    let redis_url = config.store.redis_url()?.expose_secret().to_owned();
    failpoint::arm(&config.failpoints.join(";"))?;
    let listener = listen(config)?;
    let address = listener.local_addr().map_err(BootError::Thread)?;
    let io = IoRuntime::start(2).map_err(BootError::Thread)?;
    let handle = io.handle().clone();
    let installation = config.store.installation.as_str();
    let db = TenantDb::new(store_io::pool(&url, config.store.pool_size, &handle)?, installation);
    let plans = Arc::new(PlanBook::new(db.clone(), org_limits(config)));
    plans.reload().await?;
    drop(handle.spawn(PlanBook::clone(&plans).run()));
    let requests = RequestStore::new(db.clone(), config.limits.queued).planned(plans.clone());
    let requests = Arc::new(requests);
    crate::ports::Requests::ping(requests.as_ref()).await?;
    let redis = redis_pool::open(&redis_url, &handle)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new());
    let parts = connection_parts(config, flag, &db)?;
    let desk = connection_desk(config, &parts, &db);
    let tenants = tenants::Opener::new(
        config,
        parts,
        db.clone(),
        redis.clone(),
        (Arc::clone(&clock), Arc::clone(&metrics), plans.clone()),
    )
    .await?;
    let actors = actors::start(actors::Config {
        node_name: config.node.name.as_str().to_owned(),
        new_node: Arc::new(|| NodeId::new(Uuid::now_v7())),
        io: handle,
        arbiters: config.node.actor_arbiters,
        ownership: Arc::new(NodeStore(db.clone())),
        tenants: Arc::new(tenants),
        clock: Arc::clone(&clock),
        limits: config.limits,
        timings: timings(config),
    })?;
    drop(io.handle().spawn(audit::keeping(config, db.clone(), Arc::clone(&clock)).run()));
    let sources = metrics::Sources { metrics, actors: actors.clone(), db, redis };
    let scraping = scraped(config, sources.clone())?;
    let state = state(config, sources, clock, (requests, plans, io.handle()))?.connected(desk);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = rt::spawn(http::serve(listener, Arc::new(state), async move {
        // Dropped or sent: either way it is time to stop.
        let _asked = stopped.await;
    }));
    Ok(RunningServer { address, actors, stop: Some(stop), serving, _scraping: scraping, _io: io })
}

/// What it takes to use a connection; begins the self-test that the hard gate waits for.
fn connection_parts(
    config: &Config,
    flag: RealQueryExecution,
    db: &TenantDb,
) -> Result<Parts, BootError> {
    let switched_on = flag == RealQueryExecution::Allowed;
    let store = Arc::new(ConnectionStore(db.clone()));
    let gate = Arc::new(RealGate::new(switched_on, Arc::<ConnectionStore>::clone(&store)));
    real_queries::test_at_boot(Arc::clone(&gate), switched_on)?;
    let keys: Arc<dyn KeyProvider> = match keys::provider(config)? {
        Some(keys) => Arc::new(keys),
        None => Arc::new(MasterKeys::none()),
    };
    let sealed = Arc::new(SecretStore(db.clone()));
    let recorder = config.recorder.as_ref().map(ToString::to_string);
    Ok(Parts {
        connections: store,
        secrets: Arc::new(SecretsManager::new(keys, sealed)),
        warehouses: Arc::new(real_queries::RealWarehouses { recorder }),
        gate,
    })
}

fn connection_desk(config: &Config, parts: &Parts, db: &TenantDb) -> ConnectionDesk {
    ConnectionDesk {
        store: Arc::new(ConnectionStore(db.clone())),
        secrets: Arc::clone(&parts.secrets),
        warehouses: Arc::clone(&parts.warehouses),
        gate: Arc::clone(&parts.gate),
        recorder: config.recorder.as_ref().map(ToString::to_string),
    }
}

/// What the handlers reach; begins to show this node's board.
fn state(
    config: &Config,
    sources: metrics::Sources,
    clock: Arc<dyn Clock>,
    (requests, plans, io): (Arc<RequestStore>, Arc<PlanBook>, &tokio::runtime::Handle),
) -> Result<AppState, BootError> {
    let metrics::Sources { metrics, actors, db, redis } = sources;
    let installation = config.store.installation.as_str();
    let database = store_io::database_name(config.store.database_url()?.expose_secret())?;
    let limiter =
        RedisRateLimiter::new(redis.clone(), installation, Arc::<PlanBook>::clone(&plans));
    let inspection: Arc<dyn Inspection> = Arc::new(InspectionStore(db.clone()));
    let showing = boards::Showing {
        id: Uuid::now_v7(),
        node: config.node.name.as_str().to_owned(),
        actors: actors.clone(),
        clock,
        boards: Arc::new(RedisBoards::new(redis.clone(), installation, &database)),
        inspection: Arc::clone(&inspection),
    };
    drop(io.spawn(showing.clone().run()));
    let readiness = edge::Parts { requests: Arc::clone(&requests), redis, actors };
    let people = people(&db);
    let desk = Arc::new(ApprovalStore(db.clone()));
    let budgets = Arc::new(BudgetStore::new(db.clone(), Arc::<PlanBook>::clone(&plans)));
    let keys = Arc::new(KeyStore::new(db));
    let view = Arc::new(edge::View(showing));
    let state = AppState::new(requests, keys, view, Arc::new(readiness), limits(config));
    let state = state
        .measured(metrics)
        .inspected(inspection)
        .peopled(people)
        .approved(desk)
        .budgeted(budgets);
    Ok(state.rate_limited(Arc::new(limiter)))
}

fn people(db: &TenantDb) -> People {
    let store = Arc::new(AccountStore(db.clone()));
    let accounts: Arc<dyn Accounts> = Arc::<AccountStore>::clone(&store);
    let settings: Arc<dyn Settings> = Arc::<AccountStore>::clone(&store);
    People { accounts, settings, signing_in: SigningIn::new(store) }
}

/// Answers scrapers on a listener of their own, if one is configured; ends when the answer is dropped.
fn scraped(
    config: &Config,
    sources: metrics::Sources,
) -> Result<Option<oneshot::Sender<()>>, BootError> {
    let Some(address) = config.http.metrics_listen else { return Ok(None) };
    let listener = TcpListener::bind(address).map_err(|error| BootError::Listen {
        address: address.to_string(),
        reason: error.kind().to_string(),
    })?;
    let (stop, stopped) = oneshot::channel::<()>();
    let figures = Arc::new(move || sources.text());
    drop(rt::spawn(http::serve_metrics(listener, figures, async move {
        let _asked = stopped.await;
    })));
    Ok(Some(stop))
}

fn listen(config: &Config) -> Result<TcpListener, BootError> {
    TcpListener::bind(config.http.listen).map_err(|error| BootError::Listen {
        address: config.http.listen.to_string(),
        reason: error.kind().to_string(),
    })
}

fn timings(config: &Config) -> Timings {
    Timings {
        idle: config.node.passivate_after,
        drain_grace: config.http.shutdown_grace,
        ..Timings::default()
    }
}

/// What an organisation may use where no plan says otherwise.
const fn org_limits(config: &Config) -> OrgLimits {
    let spending = config.queries.spending;
    OrgLimits {
        workflows: config.limits,
        rates: Rates { user: config.http.user_calls, org_interactive: config.http.org_calls },
        hourly_budget: spending.hourly_budget,
        query_cap: spending.query_cap,
    }
}

fn limits(config: &Config) -> Limits {
    let body_bytes = usize::try_from(config.http.body_limit.0).unwrap_or(usize::MAX);
    Limits {
        body_bytes,
        shutdown_seconds: config.http.shutdown_grace.as_secs(),
        ..Limits::default()
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn termination() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _asked = tokio::signal::ctrl_c() => {}
                _asked = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(kind = ?error.kind(), "SIGTERM cannot be listened to");
            let _asked = tokio::signal::ctrl_c().await;
        }
    }
}
