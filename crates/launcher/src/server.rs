//! One running server process that this process started, and the ways of ending it.
//!
//! Decides how a child is stopped, killed, or left to the guard. A handle that is dropped takes its
//! server down with it; only [`Running::leave_to_guard`] lets it live on. It never signals a
//! process it did not start itself.

use std::process::Child;
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::find::Product;
use crate::process::{Escalation, Signal, end_child};

const KILL: Escalation = &[(Signal::KILL, Duration::from_secs(10))];

/// A child process that is a server.
#[derive(Debug)]
pub(crate) struct Running {
    /// `None` once it ended or was left to the guard.
    child: Option<Child>,
    product: Product,
}

impl Running {
    pub(crate) fn new(child: Child, product: Product) -> Self {
        Self { child: Some(child), product }
    }

    /// The process id, as long as the process is ours.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Whether the process has not ended.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Asks the server to end, then insists. Does nothing when it has ended already.
    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        self.end(match self.product {
            Product::Postgres => POSTGRES_STOP,
            Product::Redis => REDIS_STOP,
        })
    }

    /// Ends the server as a crash would: SIGKILL, no goodbye.
    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        self.end(KILL)
    }

    /// Lets the server live on after this handle; the guard stops it. It is still waited for, so
    /// that it does not stay behind as a zombie, which other processes would take for alive.
    pub(crate) fn leave_to_guard(mut self) {
        if let Some(mut child) = self.child.take() {
            thread::spawn(move || child.wait());
        }
    }

    fn end(&mut self, escalation: Escalation) -> Result<(), Error> {
        let Some(child) = self.child.as_mut() else { return Ok(()) };
        if end_child(child, escalation).is_none() {
            return Err(Error::Stop { product: self.product, pid: child.id() });
        }
        self.child = None;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(code = error.code(), %error, "a private server did not stop");
        }
    }
}

/// SIGINT is PostgreSQL's fast shutdown (disconnects clients, writes a checkpoint); SIGQUIT leaves
/// recovery to the next start.
pub(crate) const POSTGRES_STOP: Escalation = &[
    (Signal::INT, Duration::from_secs(30)),
    (Signal::QUIT, Duration::from_secs(5)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// Nothing is saved, so SIGTERM is quick.
pub(crate) const REDIS_STOP: Escalation =
    &[(Signal::TERM, Duration::from_secs(5)), (Signal::KILL, Duration::from_secs(5))];
