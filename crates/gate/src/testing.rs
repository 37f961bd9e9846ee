//! In-memory warehouse, ledger and journal, for tests of the path and of its callers.
//!
//! All three share one [`Board`]: it holds the clock, records every call in order, and can make any
//! call fail, before or after its effect. Each fake keeps its port's contract; none decides what a
//! real adapter would not.

mod approvals;
mod board;
mod journal;
mod ledger;
mod warehouse;

pub use approvals::MemoryApprovals;
pub use board::Board;
pub use journal::MemoryJournal;
pub use ledger::MemoryLedger;
pub use warehouse::{Script, ScriptedWarehouse};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value, even if a test that failed left the lock poisoned.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
