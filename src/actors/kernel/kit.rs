//! What each actor is handed: the I/O runtime, the board, dead letters, time and limits.
//!
//! A value that is cheap to clone. It holds no port of a tenant, so that passing it on can never
//! give one tenant's actor another tenant's data.

use std::sync::Arc;
use std::time::Duration;

use autopilot_domain::admission::Limits;
use tokio::runtime::Handle;

use super::board::Board;
use super::dead_letters::DeadLetters;
use crate::ports::Clock;

/// Waits and deadlines of the actors.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// Between two renewals of the node's lease.
    pub renew: Duration,
    /// How long a lease holds; the store's own value. Without a renewal for so long, a node must
    /// believe that others have taken over.
    pub lease: Duration,
    /// Between two looks for wakes.
    pub poll: Duration,
    /// A tenant without work for so long is passivated.
    pub idle: Duration,
    /// How long attempts may go on after a drain was asked for.
    pub drain_grace: Duration,
    /// How long a cancelled task may go on before it is dropped.
    pub cancel_grace: Duration,
    /// How long a degraded tenant or run is left alone.
    pub cool_down: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            renew: Duration::from_secs(2),
            lease: Duration::from_secs(6),
            poll: Duration::from_secs(1),
            idle: Duration::from_secs(60),
            drain_grace: Duration::from_secs(20),
            cancel_grace: Duration::from_secs(5),
            cool_down: Duration::from_secs(60),
        }
    }
}

/// What each actor is handed.
#[derive(Clone)]
pub struct Kit {
    /// Where ports are driven.
    pub io: Handle,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// Where actors show themselves.
    pub board: Board,
    /// Where undeliverable messages are kept.
    pub letters: DeadLetters,
    /// Limits of each tenant.
    pub limits: Limits,
    /// Waits and deadlines.
    pub timings: Timings,
}
