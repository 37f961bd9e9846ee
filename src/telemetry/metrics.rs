//! Counts and gauges of this process, and their text for Prometheus.
//!
//! Labels come from bounded sets only: routes of the table, statuses, states, codes. No tenant, user
//! or path ever becomes a label. What describes a moment (actors, pools, ages) is set when someone
//! asks; nothing here decides anything.

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

type Labels = Vec<(&'static str, String)>;
type Latency = Family<Labels, Histogram, fn() -> Histogram>;

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// All metrics of one process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    latency: Latency,
    rate_refusals: Family<Labels, Counter>,
    budget_refusals: Family<Labels, Counter>,
    actors: Family<Labels, Gauge>,
    queue: Gauge,
    mailbox_age: Gauge<f64, std::sync::atomic::AtomicU64>,
    pool: Family<Labels, Gauge>,
    seal_lag: Gauge<f64, std::sync::atomic::AtomicU64>,
    lease_age: Gauge<f64, std::sync::atomic::AtomicU64>,
}

/// What describes this process at one moment.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// Actors by kind and state.
    pub actors: Vec<(String, String)>,
    /// Runs that wait for a slot.
    pub queued: u64,
    /// Age of the oldest message that waits in any mailbox.
    pub oldest_message: Duration,
    /// Pool, state, connections.
    pub pools: Vec<(&'static str, &'static str, u64)>,
    /// How long the events of any tenant have waited to be sealed.
    pub seal_lag: Duration,
    /// Since when the node's lease was not renewed; `None` when it holds none.
    pub lease_age: Option<Duration>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("autopilot"),
            requests: Family::default(),
            latency: Latency::new_with_constructor(histogram),
            rate_refusals: Family::default(),
            budget_refusals: Family::default(),
            actors: Family::default(),
            queue: Gauge::default(),
            mailbox_age: Gauge::default(),
            pool: Family::default(),
            seal_lag: Gauge::default(),
            lease_age: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("http_requests", "Requests answered", self.requests.clone());
        to.register("http_request_duration_seconds", "Time to an answer", self.latency.clone());
        to.register("rate_limit_refusals", "Calls over a limit", self.rate_refusals.clone());
        to.register("budget_refusals", "Reservations refused", self.budget_refusals.clone());
        to.register("actors", "Actors by kind and state", self.actors.clone());
        to.register("queued_runs", "Runs that wait for a slot", self.queue.clone());
        let oldest = "Age of the oldest message in a mailbox";
        to.register("mailbox_oldest_seconds", oldest, self.mailbox_age.clone());
        to.register("pool_connections", "Connections by pool and state", self.pool.clone());
        to.register("event_seal_lag_seconds", "Oldest wait for a seal", self.seal_lag.clone());
        to.register("node_lease_age_seconds", "Since the last renewal", self.lease_age.clone());
        // A counter that does not exist until it counts cannot be alerted on.
        for scope in ["user", "org"] {
            drop(self.rate_refusals.get_or_create(&vec![("scope", scope.to_owned())]));
        }
        for reason in ["over_budget", "closed"] {
            drop(self.budget_refusals.get_or_create(&vec![("reason", reason.to_owned())]));
        }
    }

    /// A request was answered.
    pub fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = ("route", route.to_owned());
        let labels =
            vec![("method", method.to_owned()), route.clone(), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.latency.get_or_create(&vec![route]).observe(took.as_secs_f64());
    }

    /// A call was over the limit of a user or an organisation.
    pub fn rate_refused(&self, scope: &'static str) {
        self.rate_refusals.get_or_create(&vec![("scope", scope.to_owned())]).inc();
    }

    /// A reservation was refused: `over_budget`, or `closed` while the budget is not known.
    pub fn budget_refused(&self, reason: &'static str) {
        self.budget_refusals.get_or_create(&vec![("reason", reason.to_owned())]).inc();
    }

    /// The text of everything, as of this moment.
    #[must_use]
    pub fn text(&self, now: &Moment) -> String {
        self.actors.clear();
        for (kind, state) in &now.actors {
            let labels = vec![("kind", kind.clone()), ("state", state.clone())];
            self.actors.get_or_create(&labels).inc();
        }
        self.queue.set(whole(now.queued));
        self.mailbox_age.set(now.oldest_message.as_secs_f64());
        for (pool, state, count) in &now.pools {
            let labels = vec![("pool", (*pool).to_owned()), ("state", (*state).to_owned())];
            self.pool.get_or_create(&labels).set(whole(*count));
        }
        self.seal_lag.set(now.seal_lag.as_secs_f64());
        // Not a number: nothing that is compared with it holds, and it is not "just renewed".
        self.lease_age.set(now.lease_age.map_or(f64::NAN, |age| age.as_secs_f64()));
        let mut text = String::new();
        // Writing to a String does not fail.
        let _written = encode(&mut text, &self.registry);
        text
    }
}
