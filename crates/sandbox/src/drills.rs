//! Failures on demand: what the next calls will meet.
//!
//! Set over the admin address only. Each drill says how many calls it still waits for and how many
//! it has hit, so that a test knows that it really happened.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a call meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Drill {
    /// The job stays running until it is cancelled.
    Timeout,
    /// 403 quotaExceeded.
    QuotaExceeded,
    /// 403 accessDenied.
    PermissionDenied,
    /// 503 backendError.
    TransientError,
    /// An HTML page of a gateway with status 502.
    TransientNetwork,
    /// JSON that ends in the middle.
    MalformedResponse,
}

/// The calls a drill can be set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    /// jobs.insert with dryRun.
    DryRun,
    /// jobs.insert without it.
    Insert,
    /// jobs.getQueryResults.
    Results,
    /// tables.get and tables.list.
    Tables,
}

/// An order for drills.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    call: Call,
    drill: Drill,
    times: u32,
}

/// All drills and the latency.
#[derive(Default)]
pub(crate) struct Drills {
    waiting: Mutex<BTreeMap<Call, (Drill, u32)>>,
    hits: Mutex<BTreeMap<String, u32>>,
    latency: Mutex<Duration>,
}

impl Drills {
    pub(crate) fn with_latency(latency: Duration) -> Self {
        Self { latency: Mutex::new(latency), ..Self::default() }
    }

    pub(crate) fn set(&self, order: Order) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(order.call, (order.drill, order.times));
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this call meets, if anything.
    pub(crate) fn meet(&self, call: Call) -> Option<Drill> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (drill, left) = waiting.get_mut(&call)?;
        *left = left.checked_sub(1)?;
        let drill = *drill;
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        *hits.entry(format!("{call:?}:{drill:?}")).or_default() += 1;
        Some(drill)
    }

    pub(crate) fn hits(&self) -> BTreeMap<String, u32> {
        self.hits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
