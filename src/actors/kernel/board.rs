//! What actors show of themselves, readable from any thread without asking them.
//!
//! An actor publishes after each message; depth and age of its mailbox are read when someone looks,
//! so that an actor that is stuck is seen to be stuck. No secrets, inputs or row values stand here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::{RunId, TenantId};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use super::envelope::Gauge;
use super::supervise::Generation;
use crate::ports::Clock;

/// Where an actor stands in the tree, such as `kernel/tenant:<id>/run:<id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Path(Arc<str>);

impl Path {
    /// The kernel's.
    #[must_use]
    pub fn kernel() -> Self {
        Self("kernel".into())
    }

    /// A tenant supervisor's.
    #[must_use]
    pub fn tenant(tenant: TenantId) -> Self {
        Self(format!("kernel/tenant:{tenant}").into())
    }

    /// A workflow actor's.
    #[must_use]
    pub fn run(tenant: TenantId, run: RunId) -> Self {
        Self(format!("kernel/tenant:{tenant}/run:{run}").into())
    }

    /// The tenant, and the run if it is a run's, that a path names; the kernel has neither.
    #[must_use]
    pub fn names(path: &str) -> Option<(TenantId, Option<RunId>)> {
        let rest = path.strip_prefix("kernel/tenant:")?;
        match rest.split_once("/run:") {
            None => Some((rest.parse().ok()?, None)),
            Some((tenant, run)) => Some((tenant.parse().ok()?, Some(run.parse().ok()?))),
        }
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an actor says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Which kind of actor.
    pub kind: &'static str,
    /// Its state, by name.
    pub state: &'static str,
    /// Which life of this actor; grows with each restart.
    pub generation: Generation,
    /// Restarts that still count against it.
    pub restarts: usize,
    /// Runs, attempts or calls under way.
    pub in_flight: usize,
    /// Runs that wait for a slot.
    pub queue_depth: usize,
    /// Why something last failed.
    pub last_error: Option<ErrorCode>,
}

/// One actor as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Where it stands in the tree.
    pub path: Path,
    /// Which kind of actor.
    pub kind: &'static str,
    /// Its state, by name.
    pub state: &'static str,
    /// Which life of this actor.
    pub generation: Generation,
    /// Restarts that still count against it.
    pub restarts: usize,
    /// Runs, attempts or calls under way.
    pub in_flight: usize,
    /// Runs that wait for a slot.
    pub queue_depth: usize,
    /// Messages that wait in its mailbox.
    pub mailbox_depth: usize,
    /// How long the oldest of them has waited, in milliseconds.
    pub oldest_message_ms: Option<u64>,
    /// Why something last failed.
    pub last_error: Option<ErrorCode>,
    /// When it last said something.
    pub updated: Timestamp,
}

struct Entry {
    status: Status,
    gauge: Option<Arc<Gauge>>,
    updated: Timestamp,
}

/// Everything published by the actors of this node.
#[derive(Clone)]
pub struct Board {
    clock: Arc<dyn Clock>,
    entries: Arc<RwLock<BTreeMap<Path, Entry>>>,
    renewed: Arc<RwLock<Option<Instant>>>,
    unsealed: Arc<RwLock<BTreeMap<TenantId, Instant>>>,
}

impl Board {
    /// An empty board.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, entries: Arc::default(), renewed: Arc::default(), unsealed: Arc::default() }
    }

    /// Shows an actor; its mailbox is shown with it while it has one.
    pub fn publish(&self, path: &Path, status: Status, gauge: Option<&Arc<Gauge>>) {
        let entry = Entry { status, gauge: gauge.cloned(), updated: self.clock.now() };
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), entry);
    }

    /// Says of a life that has ended what its parent makes of it.
    pub fn mark(&self, path: &Path, generation: Generation, state: &'static str) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(path).filter(|e| e.status.generation == generation) {
            entry.status.state = state;
            entry.status.in_flight = 0;
            entry.gauge = None;
            entry.updated = self.clock.now();
        }
    }

    /// Takes one life of an actor off the board; a later life stays.
    pub fn remove(&self, path: &Path, generation: Generation) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.get(path).is_some_and(|entry| entry.status.generation == generation) {
            entries.remove(path);
        }
    }

    /// Notes when the node's lease was last renewed; `None` when it holds none.
    pub fn lease(&self, renewed: Option<Instant>) {
        *self.renewed.write().unwrap_or_else(PoisonError::into_inner) = renewed;
    }

    /// How long ago the lease was renewed.
    #[must_use]
    pub fn lease_age(&self) -> Option<Duration> {
        let renewed = *self.renewed.read().unwrap_or_else(PoisonError::into_inner);
        renewed.map(|at| at.elapsed())
    }

    /// Notes whether a tenant's events wait to be sealed; the first of such notes counts.
    pub fn unsealed(&self, tenant: TenantId, waiting: bool) {
        let mut unsealed = self.unsealed.write().unwrap_or_else(PoisonError::into_inner);
        if waiting {
            unsealed.entry(tenant).or_insert_with(Instant::now);
        } else {
            unsealed.remove(&tenant);
        }
    }

    /// How long the events of any tenant have waited to be sealed.
    #[must_use]
    pub fn seal_lag(&self) -> Duration {
        let unsealed = self.unsealed.read().unwrap_or_else(PoisonError::into_inner);
        unsealed.values().map(Instant::elapsed).max().unwrap_or_default()
    }

    /// All actors, by path.
    #[must_use]
    pub fn all(&self) -> Vec<Snapshot> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|(path, entry)| snapshot(path, entry)).collect()
    }

    /// One actor.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Snapshot> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries
            .iter()
            .find(|(known, _)| known.as_str() == path)
            .map(|(path, entry)| snapshot(path, entry))
    }
}

fn snapshot(path: &Path, entry: &Entry) -> Snapshot {
    let Status { kind, state, generation, restarts, in_flight, queue_depth, last_error } =
        entry.status;
    let age = entry.gauge.as_ref().and_then(|gauge| gauge.oldest());
    Snapshot {
        path: path.clone(),
        kind,
        state,
        generation,
        restarts,
        in_flight,
        queue_depth,
        mailbox_depth: entry.gauge.as_ref().map_or(0, |gauge| gauge.depth()),
        oldest_message_ms: age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        last_error,
        updated: entry.updated,
    }
}
