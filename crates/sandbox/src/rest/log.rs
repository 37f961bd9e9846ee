//! What was asked of the simulator, for tests to read.
//!
//! Bounded: the oldest calls are forgotten first, and how many were forgotten is told.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

const KEPT: usize = 20_000;

/// The calls, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Number of the first call that is kept.
    first: usize,
    calls: VecDeque<Map<String, Value>>,
}

impl Log {
    /// Writes a call down and gives its number, for later notes.
    pub(crate) fn enter(&self, method: &str, path: &str, account: &str) -> usize {
        let mut call = Map::new();
        for (name, value) in [("method", method), ("path", path), ("account", account)] {
            call.insert(name.to_owned(), json!(value));
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.calls.push_back(call);
        if inner.calls.len() > KEPT {
            inner.calls.pop_front();
            inner.first = inner.first.saturating_add(1);
        }
        inner.first.saturating_add(inner.calls.len()).saturating_sub(1)
    }

    /// Adds what is known later about a call, unless it was forgotten.
    pub(crate) fn note(&self, number: usize, name: &str, value: Value) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = number.checked_sub(inner.first) else { return };
        if let Some(call) = inner.calls.get_mut(at) {
            call.insert(name.to_owned(), value);
        }
    }

    /// Every call kept, and how many were forgotten.
    pub(crate) fn all(&self) -> (Vec<Value>, usize) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        (inner.calls.iter().cloned().map(Value::Object).collect(), inner.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_calls_are_forgotten_and_counted() {
        let log = Log::default();
        let first = log.enter("GET", "/0", "a");
        for number in 1..=KEPT {
            log.enter("GET", &format!("/{number}"), "a");
        }
        log.note(first, "late", json!(true));
        let (calls, forgotten) = log.all();
        assert_eq!((calls.len(), forgotten), (KEPT, 1));
        assert_eq!(calls[0]["path"], "/1");
        assert!(calls[0].get("late").is_none());
    }
}
