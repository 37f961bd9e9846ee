//! Every message travels in an envelope: it names the tenant it belongs to and is counted.
//!
//! An actor gets at the message only by opening the envelope with its own scope; a foreign one is a
//! dead letter and a security event, and its handler sees nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::Message;
use autopilot_domain::ids::TenantId;
use tokio::time::Instant;

use super::dead_letters::{DeadLetters, Reason};

/// Whose a message or actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The node itself.
    Node,
    /// One tenant.
    Tenant(TenantId),
}

/// A message on its way.
pub struct Envelope<M> {
    scope: Scope,
    body: M,
    ticket: Ticket,
}

impl<M: Message> Message for Envelope<M> {
    type Result = M::Result;
}

impl<M> Envelope<M> {
    pub(super) const fn new(scope: Scope, body: M, ticket: Ticket) -> Self {
        Self { scope, body, ticket }
    }

    /// The message, if it is meant for an actor of this scope; it counts as taken from here on.
    pub fn open(self, mine: Scope, path: &str, letters: &DeadLetters) -> Option<M> {
        drop(self.ticket);
        if self.scope == mine {
            return Some(self.body);
        }
        letters.add(path, std::any::type_name::<M>(), self.scope, Reason::ForeignTenant);
        None
    }
}

/// How many messages wait for an actor, and since when.
#[derive(Debug)]
pub struct Gauge {
    limit: usize,
    waiting: Mutex<(u64, BTreeMap<u64, Instant>)>,
}

impl Gauge {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, waiting: Mutex::new((0, BTreeMap::new())) })
    }

    /// Counts a message in; `None` when it must not exceed the limit and would.
    pub(super) fn admit(self: &Arc<Self>, bounded: bool) -> Option<Ticket> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, entries) = &mut *waiting;
        if bounded && entries.len() >= self.limit {
            return None;
        }
        *next += 1;
        entries.insert(*next, Instant::now());
        Some(Ticket { gauge: Arc::clone(self), number: *next })
    }

    /// Messages sent and not yet taken.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).1.len()
    }

    /// How long the oldest of them has waited.
    #[must_use]
    pub fn oldest(&self) -> Option<Duration> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.1.values().next().map(Instant::elapsed)
    }
}

/// Stands for one message in a gauge until it is taken or lost.
#[derive(Debug)]
pub(super) struct Ticket {
    gauge: Arc<Gauge>,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.gauge.waiting.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&self.number);
    }
}
