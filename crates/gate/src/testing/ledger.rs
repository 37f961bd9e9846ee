//! A rolling hour in memory.
//!
//! An entry counts while it is younger than 3,600 seconds. It starts not loaded, as a ledger that
//! was restarted does, unless it is made with [`MemoryLedger::loaded`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use autopilot_domain::failure::Failure;
use autopilot_domain::units::Bytes;

use super::{Board, locked};
use crate::ports::{BudgetLedger, Reservation, WindowEntry};
use crate::receipt::JobId;

const WINDOW_SECONDS: u64 = 3_600;

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u64,
    bytes: Bytes,
}

/// See the module.
#[derive(Debug)]
pub struct MemoryLedger {
    board: Arc<Board>,
    /// `None` while not loaded.
    entries: Mutex<Option<BTreeMap<JobId, Entry>>>,
}

impl MemoryLedger {
    /// A ledger that does not hold its window yet.
    #[must_use]
    pub fn unloaded(board: Arc<Board>) -> Self {
        Self { board, entries: Mutex::new(None) }
    }

    /// A ledger with an empty window.
    #[must_use]
    pub fn loaded(board: Arc<Board>) -> Self {
        Self { board, entries: Mutex::new(Some(BTreeMap::new())) }
    }

    /// Forgets everything, as a restart without persistence does.
    pub fn lose(&self) {
        *locked(&self.entries) = None;
    }

    /// What is held or billed for a job that still counts, without recording a call.
    #[must_use]
    pub fn held(&self, job: &JobId) -> Option<Bytes> {
        let now = self.board.now();
        let entries = locked(&self.entries);
        let entry = entries.as_ref().and_then(|entries| entries.get(job))?;
        counts(entry, now).then_some(entry.bytes)
    }

    /// Sum of the window, without recording a call; 0 when not loaded.
    #[must_use]
    pub fn sum(&self) -> Bytes {
        let now = self.board.now();
        locked(&self.entries).as_ref().map_or(Bytes(0), |entries| total(entries, now))
    }
}

fn counts(entry: &Entry, now: u64) -> bool {
    now.saturating_sub(entry.at) < WINDOW_SECONDS
}

fn total(entries: &BTreeMap<JobId, Entry>, now: u64) -> Bytes {
    entries.values().filter(|entry| counts(entry, now)).map(|entry| entry.bytes).sum()
}

/// Holds the larger of what is held and what is wanted, from now on.
fn hold(
    entries: &mut BTreeMap<JobId, Entry>,
    job: &JobId,
    wanted: Entry,
    budget: Bytes,
) -> Reservation {
    let held = entries.get(job).map_or(Bytes(0), |entry| entry.bytes);
    let used = total(entries, wanted.at);
    let used_before = used.saturating_sub(held);
    let bytes = held.max(wanted.bytes);
    if used_before.saturating_add(bytes) > budget {
        return Reservation::Refused { used };
    }
    entries.insert(job.clone(), Entry { bytes, ..wanted });
    Reservation::Granted { used_before }
}

#[async_trait]
impl BudgetLedger for MemoryLedger {
    async fn reserve(
        &self,
        job: &JobId,
        bytes: Bytes,
        budget: Bytes,
    ) -> Result<Reservation, Failure> {
        self.board.enter("ledger.reserve")?;
        let now = self.board.now();
        let answer = match locked(&self.entries).as_mut() {
            None => Reservation::NotLoaded,
            Some(entries) => {
                entries.retain(|_, entry| counts(entry, now));
                hold(entries, job, Entry { at: now, bytes }, budget)
            }
        };
        self.board.leave("ledger.reserve")?;
        Ok(answer)
    }

    async fn used(&self) -> Result<Option<Bytes>, Failure> {
        self.board.enter("ledger.used")?;
        let now = self.board.now();
        Ok(locked(&self.entries).as_ref().map(|entries| total(entries, now)))
    }

    async fn settle(&self, job: &JobId, billed: Bytes) -> Result<(), Failure> {
        self.board.enter("ledger.settle")?;
        if let Some(entry) = locked(&self.entries).as_mut().and_then(|entries| entries.get_mut(job))
        {
            entry.bytes = billed;
        }
        self.board.leave("ledger.settle")
    }

    async fn release(&self, job: &JobId) -> Result<(), Failure> {
        self.board.enter("ledger.release")?;
        if let Some(entries) = locked(&self.entries).as_mut() {
            entries.remove(job);
        }
        self.board.leave("ledger.release")
    }

    async fn rebuild(&self, entries: &[WindowEntry]) -> Result<(), Failure> {
        self.board.enter("ledger.rebuild")?;
        let now = self.board.now();
        let entry = |from: &WindowEntry| Entry {
            at: now.saturating_sub(from.age_seconds),
            bytes: from.bytes,
        };
        let window = entries.iter().map(|from| (from.job_id.clone(), entry(from))).collect();
        *locked(&self.entries) = Some(window);
        self.board.leave("ledger.rebuild")
    }
}
