//! Messages that reached nobody, kept for a look: the newest few hundred, without their contents.
//!
//! A message that met an actor of another tenant is more than lost: it is logged as a security
//! event, since only a defect or an attack sends one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::envelope::Scope;
use crate::ports::Clock;

/// Letters kept; older ones make room.
pub const CAPACITY: usize = 256;

/// Why a message reached nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its receiver had ended.
    Gone,
    /// Its receiver belongs to another tenant.
    ForeignTenant,
}

impl Reason {
    /// As it is shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::ForeignTenant => "foreign_tenant",
        }
    }
}

/// A message that reached nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// When it was given up.
    pub at: Timestamp,
    /// The receiver's path.
    pub path: String,
    /// The message's type.
    pub message: &'static str,
    /// The tenant it belonged to, if any.
    pub tenant: Option<autopilot_domain::ids::TenantId>,
    /// Why it reached nobody.
    pub reason: Reason,
}

/// The newest dead letters of this node.
#[derive(Clone)]
pub struct DeadLetters {
    clock: Arc<dyn Clock>,
    letters: Arc<Mutex<VecDeque<DeadLetter>>>,
}

impl DeadLetters {
    /// None yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, letters: Arc::default() }
    }

    /// Keeps one.
    pub(super) fn add(&self, path: &str, message: &'static str, scope: Scope, reason: Reason) {
        let tenant = match scope {
            Scope::Node => None,
            Scope::Tenant(tenant) => Some(tenant),
        };
        match reason {
            Reason::Gone => tracing::debug!(path, message, "message for an actor that has ended"),
            Reason::ForeignTenant => {
                tracing::error!(
                    security = true,
                    path,
                    message,
                    ?tenant,
                    "message of another tenant refused"
                );
            }
        }
        let letter =
            DeadLetter { at: self.clock.now(), path: path.to_owned(), message, tenant, reason };
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        if letters.len() >= CAPACITY {
            letters.pop_front();
        }
        letters.push_back(letter);
    }

    /// All that are kept, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<DeadLetter> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
