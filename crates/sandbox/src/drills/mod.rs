//! Failures and made-up answers on demand, from a TOML schedule or the admin address.
//!
//! Decides what the next calls meet. Each drill counts the calls that matched it and those it hit, so
//! that a test knows that a failure really happened.

mod mock;
mod rule;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use mock::Mock;
pub use rule::drill_names;
pub(crate) use rule::{Call, Drill, Met, Rule};

use crate::options::StartError;

/// A schedule: the file's and the admin call's shape.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    #[serde(default, rename = "drill")]
    pub(crate) drills: Vec<Rule>,
    #[serde(default, rename = "mock")]
    pub(crate) mocks: Vec<Mock>,
}

/// A rule and what became of it.
#[derive(Debug)]
struct Entry {
    rule: Rule,
    seen: u64,
    hits: u64,
}

/// What a call met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) drill: Drill,
    pub(crate) ms: u64,
}

/// All drills, the made-up answers, and the latency of every query.
#[derive(Debug, Default)]
pub(crate) struct Drills {
    entries: Mutex<Vec<Entry>>,
    mocks: Mutex<Vec<(Mock, u64)>>,
    totals: Mutex<BTreeMap<String, u64>>,
    latency: Mutex<Duration>,
}

impl Drills {
    pub(crate) fn with_latency(latency: Duration) -> Self {
        Self { latency: Mutex::new(latency), ..Self::default() }
    }

    /// Reads a schedule and adds it.
    ///
    /// # Errors
    /// The file cannot be read, or what in it is wrong.
    pub(crate) fn load(&self, path: &Path) -> Result<(), StartError> {
        let file = path.display().to_string();
        let refuse = |reason: String| StartError::Drills { file: file.clone(), reason };
        let text =
            std::fs::read_to_string(path).map_err(|error| refuse(error.kind().to_string()))?;
        let schedule: Schedule =
            toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        self.add(schedule).map_err(refuse)
    }

    /// Adds drills and made-up answers to those that are there.
    pub(crate) fn add(&self, schedule: Schedule) -> Result<(), String> {
        if let Some(trouble) = schedule.mocks.iter().find_map(Mock::trouble) {
            return Err(trouble);
        }
        if let Some(trouble) = schedule.drills.iter().find_map(Rule::trouble) {
            return Err(trouble);
        }
        locked(&self.mocks).extend(schedule.mocks.into_iter().map(|mock| (mock, 0)));
        schedule.drills.into_iter().for_each(|rule| self.set(rule));
        Ok(())
    }

    /// Sets one drill. A plain one (a call, no other condition) takes the place of the last plain
    /// one on that call, so that a test can change its mind.
    pub(crate) fn set(&self, rule: Rule) {
        let plain = |rule: &Rule| {
            rule.account.is_none()
                && rule.table.is_none()
                && rule.nth.is_empty()
                && rule.probability >= 1.0
        };
        let mut entries = locked(&self.entries);
        if plain(&rule) {
            entries.retain(|entry| !(plain(&entry.rule) && entry.rule.call == rule.call));
        }
        entries.push(Entry { rule, seen: 0, hits: 0 });
    }

    /// Takes every drill and made-up answer back; the totals stay.
    pub(crate) fn clear(&self) {
        locked(&self.entries).clear();
        locked(&self.mocks).clear();
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        *locked(&self.latency) = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        *locked(&self.latency)
    }

    /// What this call meets, if anything; the first rule that hits decides.
    pub(crate) fn meet(&self, met: Met<'_>) -> Option<Hit> {
        let mut entries = locked(&self.entries);
        for entry in entries.iter_mut().filter(|entry| entry.rule.waits_for(met)) {
            entry.seen = entry.seen.saturating_add(1);
            if entry.rule.hits(entry.seen, entry.hits) {
                entry.hits = entry.hits.saturating_add(1);
                let name = format!("{:?}:{:?}", met.call, entry.rule.drill);
                *locked(&self.totals).entry(name).or_default() += 1;
                return Some(Hit { drill: entry.rule.drill, ms: entry.rule.ms });
            }
        }
        None
    }

    /// The made-up answer to a dry run, if any.
    pub(crate) fn mock(&self, sql: &str, account: &str, tables: Option<&[String]>) -> Option<Mock> {
        let mut mocks = locked(&self.mocks);
        let (mock, used) = mocks.iter_mut().find(|(mock, _)| mock.answers(sql, account, tables))?;
        *used = used.saturating_add(1);
        Some(mock.clone())
    }

    /// Hits by call and drill since the start.
    pub(crate) fn totals(&self) -> BTreeMap<String, u64> {
        locked(&self.totals).clone()
    }

    /// Every drill and made-up answer with its counters.
    pub(crate) fn report(&self) -> Value {
        let drills: Vec<Value> = locked(&self.entries)
            .iter()
            .map(|entry| json!({"rule": entry.rule, "seen": entry.seen, "hits": entry.hits}))
            .collect();
        let mocks: Vec<Value> = locked(&self.mocks)
            .iter()
            .map(|(mock, used)| json!({"mock": mock, "hits": used}))
            .collect();
        json!({"drills": drills, "mocks": mocks, "totals": self.totals()})
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
