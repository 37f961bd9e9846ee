//! Who runs now and who waits: the queue of one tenant as a total state machine.
//!
//! Limits: so many runs at once, of them so many profiles, and so many waiting. The queue is first
//! in, first out, except that a profile that may not start yet does not hold up what stands behind
//! it, and a run that comes back (after a restart or an approval) stands in front. The machine never
//! starts anything itself: it names the runs to start.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::ids::RunId;
use crate::workflow::WorkflowKind;

/// How many runs a tenant may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Running at once.
    pub running: usize,
    /// Profiles running at once, within `running`.
    pub profiling: usize,
    /// Waiting.
    pub queued: usize,
}

impl Default for Limits {
    /// The plan's limits: 3 running, 2 of them profiles; the queue bound is ours.
    fn default() -> Self {
        Self { running: 3, profiling: 2, queued: 1_000 }
    }
}

/// Answer to a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Decision {
    /// It has a slot.
    Run,
    /// It waits at this position, counted from 1.
    Queue {
        /// Position in the queue.
        position: usize,
    },
    /// The queue is full.
    Refuse,
    /// It is running or waiting already.
    Known,
}

/// The slots and the queue of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Admission {
    limits: Limits,
    running: BTreeMap<RunId, WorkflowKind>,
    queue: VecDeque<(RunId, WorkflowKind)>,
}

impl Admission {
    /// An empty one.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, running: BTreeMap::new(), queue: VecDeque::new() }
    }

    /// A new run asks for a slot; it waits behind all others if there is none.
    pub fn submit(&mut self, run: RunId, kind: WorkflowKind) -> Decision {
        if self.knows(run) {
            return Decision::Known;
        }
        if self.queue.len() >= self.limits.queued && !self.fits(kind) {
            return Decision::Refuse;
        }
        self.queue.push_back((run, kind));
        self.place(run)
    }

    /// A run that had a slot before comes back; it waits in front of all others if there is none.
    pub fn rejoin(&mut self, run: RunId, kind: WorkflowKind) -> Decision {
        if self.knows(run) {
            return Decision::Known;
        }
        self.queue.push_front((run, kind));
        self.place(run)
    }

    /// A run ended or was cancelled; answers the runs that start in its place.
    pub fn release(&mut self, run: RunId) -> Vec<RunId> {
        self.running.remove(&run);
        self.queue.retain(|(waiting, _)| *waiting != run);
        let mut started = Vec::new();
        while let Some(next) = self.start_next() {
            started.push(next);
        }
        started
    }

    /// Runs that hold a slot.
    pub fn running(&self) -> impl Iterator<Item = RunId> {
        self.running.keys().copied()
    }

    /// Runs that wait, in order; the first has position 1.
    pub fn queued(&self) -> impl Iterator<Item = RunId> {
        self.queue.iter().map(|(run, _)| *run)
    }

    /// Position of a waiting run, counted from 1.
    #[must_use]
    pub fn position(&self, run: RunId) -> Option<usize> {
        self.queued().position(|waiting| waiting == run).map(|index| index + 1)
    }

    /// Whether nothing runs and nothing waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.queue.is_empty()
    }

    fn knows(&self, run: RunId) -> bool {
        self.running.contains_key(&run) || self.position(run).is_some()
    }

    /// Starts what now fits and says where `run` ended up.
    fn place(&mut self, run: RunId) -> Decision {
        if let Some((_, kind)) = self.queue.iter().find(|(waiting, _)| *waiting == run)
            && self.fits(*kind)
            && self.first_fitting() == self.queue.iter().position(|(waiting, _)| *waiting == run)
        {
            self.start_next();
            return Decision::Run;
        }
        Decision::Queue { position: self.position(run).unwrap_or(self.queue.len()) }
    }

    fn start_next(&mut self) -> Option<RunId> {
        let (run, kind) = self.queue.remove(self.first_fitting()?)?;
        self.running.insert(run, kind);
        Some(run)
    }

    fn first_fitting(&self) -> Option<usize> {
        self.queue.iter().position(|(_, kind)| self.fits(*kind))
    }

    fn fits(&self, kind: WorkflowKind) -> bool {
        let profiles = self.running.values().filter(|k| **k == WorkflowKind::ProfileWarehouse);
        self.running.len() < self.limits.running
            && (kind != WorkflowKind::ProfileWarehouse || profiles.count() < self.limits.profiling)
    }
}
