//! What the handlers may reach, and how much of it at once.
//!
//! Two small views (of the actors and of readiness) are traits here because this layer is their only
//! reader; the process wiring adapts the real ones. Nothing here opens a tenant: a handler needs the
//! request context that authentication made.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::TenantId;
use tokio::sync::Semaphore;

use super::problem::Problem;
use super::rate_limit::Refusals;
use crate::ports::approvals::ApprovalDesk;
use crate::ports::boards::NodeBoard;
use crate::ports::budget::Budgets;
use crate::ports::{Accounts, Identity, Inspection, RateLimiter, Requests, Settings};
use crate::services::connections::ConnectionDesk;
use crate::services::signing_in::SigningIn;
use crate::telemetry::metrics::Metrics;

/// What the edge may ask of the actors.
#[async_trait]
pub trait ActorView: Send + Sync {
    /// Hints that something was written for a tenant. Must return at once; the hint may be lost.
    fn wake(&self, tenant: TenantId);
    /// What all nodes show of their actors, and whether that is all of it: when the others' boards
    /// cannot be read, this node's own stands alone. Never secrets or row values.
    async fn boards(&self) -> (Vec<NodeBoard>, bool);
    /// Whether this process is on its way down and takes no new work.
    fn draining(&self) -> bool;
}

/// How one part the service depends on stands. Shown without a key: a note must be safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStatus {
    /// Name of the part: `database`, `redis`, `lease` ...
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// One plain sentence without addresses or upstream text; empty when there is nothing to say.
    pub note: String,
}

/// Says whether the process can serve.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Asks every part. The caller cuts it off at [`Limits::ready_deadline`].
    async fn check(&self) -> Vec<PartStatus>;
}

/// Bounds of the edge. The defaults fit a small server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Threads that handle requests.
    pub workers: usize,
    /// Requests being answered at once over all threads; one more is answered OVERLOADED.
    pub in_flight: usize,
    /// Open streams at once over all threads; one more is answered OVERLOADED.
    pub streams: usize,
    /// Largest request body, in bytes.
    pub body_bytes: usize,
    /// How long a request body may take to arrive.
    pub body_deadline: Duration,
    /// How long a request may take to be answered.
    pub request_deadline: Duration,
    /// How long the parts may take to say that they work.
    pub ready_deadline: Duration,
    /// How long an orderly stop waits for requests under way, in seconds.
    pub shutdown_seconds: u64,
    /// How often a stream looks for new events.
    pub stream_poll: Duration,
    /// How often a stream pings its client.
    pub stream_heartbeat: Duration,
    /// A client that was not heard for this long is gone.
    pub stream_idle: Duration,
    /// A stream ends after this long, so that a revoked key does not read on; clients resume.
    pub stream_life: Duration,
    /// Browser origins that may open a stream beside the service's own, e.g. `https://data.example`.
    pub allowed_origins: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            workers: 2,
            in_flight: 256,
            streams: 200,
            body_bytes: 256 * 1024,
            body_deadline: Duration::from_secs(10),
            request_deadline: Duration::from_secs(30),
            ready_deadline: Duration::from_secs(2),
            shutdown_seconds: 10,
            stream_poll: Duration::from_millis(200),
            stream_heartbeat: Duration::from_secs(15),
            stream_idle: Duration::from_secs(45),
            stream_life: Duration::from_secs(15 * 60),
            allowed_origins: Vec::new(),
        }
    }
}

/// What concerns an organisation's people.
#[derive(Clone)]
pub struct People {
    /// Users, keys, invitations.
    pub accounts: Arc<dyn Accounts>,
    /// Settings of organisations and users.
    pub settings: Arc<dyn Settings>,
    /// Sign-in and passwords.
    pub signing_in: SigningIn,
}

/// Everything a handler may reach; shared by all threads.
pub struct AppState {
    /// The request door of the store.
    pub requests: Arc<dyn Requests>,
    /// Looks API keys up.
    pub identity: Arc<dyn Identity>,
    /// The actors, as far as the edge sees them.
    pub actors: Arc<dyn ActorView>,
    /// Whether the parts work.
    pub readiness: Arc<dyn Readiness>,
    /// Owners and restarts; without one, as in tests of other matters, they are not available.
    pub inspection: Option<Arc<dyn Inspection>>,
    /// Counts calls; without one, as in tests of other matters, none is counted.
    pub rate_limiter: Option<Arc<dyn RateLimiter>>,
    /// What is counted for a scraper.
    pub metrics: Arc<Metrics>,
    /// People, their keys and settings; without them, as in tests of other matters, they are not
    /// available.
    pub people: Option<People>,
    /// Questions to people; without a desk, as in tests of other matters, they are not available.
    pub desk: Option<Arc<dyn ApprovalDesk>>,
    /// Connections; without them, as in tests of other matters, they are not available.
    pub connections: Option<ConnectionDesk>,
    /// What was spent; without it, as in tests of other matters, it is not available.
    pub budgets: Option<Arc<dyn Budgets>>,
    /// Bounds.
    pub limits: Limits,
    pub(super) in_flight: Semaphore,
    pub(super) refusals: Refusals,
    pub(super) streams: Arc<Semaphore>,
}

impl AppState {
    /// A state with fresh counters.
    #[must_use]
    pub fn new(
        requests: Arc<dyn Requests>,
        identity: Arc<dyn Identity>,
        actors: Arc<dyn ActorView>,
        readiness: Arc<dyn Readiness>,
        limits: Limits,
    ) -> Self {
        let in_flight = Semaphore::new(limits.in_flight);
        let streams = Arc::new(Semaphore::new(limits.streams));
        Self {
            requests,
            identity,
            actors,
            readiness,
            inspection: None,
            rate_limiter: None,
            metrics: Arc::default(),
            people: None,
            desk: None,
            connections: None,
            budgets: None,
            limits,
            in_flight,
            refusals: Refusals::default(),
            streams,
        }
    }

    /// The same, with owners to be seen and restarts to be asked for.
    #[must_use]
    pub fn inspected(mut self, inspection: Arc<dyn Inspection>) -> Self {
        self.inspection = Some(inspection);
        self
    }

    /// The same, counting into these metrics.
    #[must_use]
    pub fn measured(mut self, metrics: Arc<Metrics>) -> Self {
        self.metrics = metrics;
        self
    }

    /// The same, with people.
    #[must_use]
    pub fn peopled(mut self, people: People) -> Self {
        self.people = Some(people);
        self
    }

    pub(super) fn people(&self) -> Result<&People, Problem> {
        self.people.as_ref().ok_or(Problem::of(ErrorCode::DependencyDown))
    }

    /// The same, with questions to people.
    #[must_use]
    pub fn approved(mut self, desk: Arc<dyn ApprovalDesk>) -> Self {
        self.desk = Some(desk);
        self
    }

    pub(super) fn desk(&self) -> Result<&dyn ApprovalDesk, Problem> {
        self.desk.as_deref().ok_or(Problem::of(ErrorCode::DependencyDown))
    }

    /// The same, with what was spent.
    #[must_use]
    pub fn budgeted(mut self, budgets: Arc<dyn Budgets>) -> Self {
        self.budgets = Some(budgets);
        self
    }

    pub(super) fn budgets(&self) -> Result<&dyn Budgets, Problem> {
        self.budgets.as_deref().ok_or(Problem::of(ErrorCode::DependencyDown))
    }

    /// The same, with connections.
    #[must_use]
    pub fn connected(mut self, connections: ConnectionDesk) -> Self {
        self.connections = Some(connections);
        self
    }

    pub(super) fn connections(&self) -> Result<&ConnectionDesk, Problem> {
        self.connections.as_ref().ok_or(Problem::of(ErrorCode::DependencyDown))
    }

    /// The same, with calls counted.
    #[must_use]
    pub fn rate_limited(mut self, limiter: Arc<dyn RateLimiter>) -> Self {
        self.rate_limiter = Some(limiter);
        self
    }
}
