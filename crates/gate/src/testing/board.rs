//! The clock, the record of calls and the failure points that the fakes share.
//!
//! Calls are named `port.method`, such as `warehouse.dry_run`; a failure point is the name of a
//! call. A point stays armed until [`Board::heal`].

use std::collections::BTreeSet;
use std::sync::Mutex;

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use super::locked;

/// What the fakes of one test share.
#[derive(Debug, Default)]
pub struct Board {
    now: Mutex<u64>,
    calls: Mutex<Vec<&'static str>>,
    before: Mutex<BTreeSet<&'static str>>,
    after: Mutex<BTreeSet<&'static str>>,
}

impl Board {
    /// Seconds since the test began.
    #[must_use]
    pub fn now(&self) -> u64 {
        *locked(&self.now)
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        let mut now = locked(&self.now);
        *now = now.saturating_add(seconds);
    }

    /// The calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        locked(&self.calls).clone()
    }

    /// How often a call was made.
    #[must_use]
    pub fn count(&self, call: &str) -> usize {
        locked(&self.calls).iter().filter(|made| **made == call).count()
    }

    /// Makes a call fail without effect.
    pub fn fail_before(&self, call: &'static str) {
        locked(&self.before).insert(call);
    }

    /// Makes a call fail after its effect, as when the answer is lost.
    pub fn fail_after(&self, call: &'static str) {
        locked(&self.after).insert(call);
    }

    /// Lets every call succeed again.
    pub fn heal(&self) {
        locked(&self.before).clear();
        locked(&self.after).clear();
    }

    pub(super) fn enter(&self, call: &'static str) -> Result<(), Failure> {
        locked(&self.calls).push(call);
        armed(&self.before, call)
    }

    pub(super) fn leave(&self, call: &'static str) -> Result<(), Failure> {
        armed(&self.after, call)
    }
}

fn armed(points: &Mutex<BTreeSet<&'static str>>, call: &str) -> Result<(), Failure> {
    if locked(points).contains(call) {
        return Err(Failure::of(FailureClass::TransientNetwork, ErrorCode::DependencyDown));
    }
    Ok(())
}
