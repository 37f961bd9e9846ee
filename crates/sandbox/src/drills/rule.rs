//! One drill: which calls it waits for, which of them it hits, and what they meet.
//!
//! Decides by the call's own facts and a counter, never by a clock or a random source: the same
//! calls in the same order always meet the same drills.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a call meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Drill {
    /// The job stays running until it is cancelled; any other call gets no answer.
    Timeout,
    /// 403 quotaExceeded.
    QuotaExceeded,
    /// 403 rateLimitExceeded.
    RateLimit,
    /// 403 accessDenied.
    PermissionDenied,
    /// 503 backendError.
    TransientError,
    /// The network fails: the answer is a gateway's page with status 502.
    TransientNetwork,
    /// An HTML page of a gateway with status 502.
    #[serde(rename = "HTML_502")]
    Html502,
    /// JSON that ends in the middle.
    MalformedResponse,
    /// The connection ends in the middle of the answer.
    CutConnection,
    /// A page with fewer rows than it promises and no token for the rest.
    PartialResults,
    /// The answer comes late, by `ms`.
    Latency,
}

impl Drill {
    /// Every drill.
    const ALL: [Self; 11] = [
        Self::Timeout,
        Self::QuotaExceeded,
        Self::RateLimit,
        Self::PermissionDenied,
        Self::TransientError,
        Self::TransientNetwork,
        Self::Html502,
        Self::MalformedResponse,
        Self::CutConnection,
        Self::PartialResults,
        Self::Latency,
    ];
}

/// The name of every drill, as a schedule writes it.
#[must_use]
pub fn drill_names() -> Vec<String> {
    let name = |drill: &Drill| serde_json::to_value(drill).ok()?.as_str().map(str::to_owned);
    Drill::ALL.iter().filter_map(name).collect()
}

/// The calls a drill can be set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    /// A dry run, by jobs.insert or jobs.query.
    DryRun,
    /// jobs.insert of a job that runs.
    Insert,
    /// jobs.query that runs.
    Query,
    /// jobs.getQueryResults.
    Results,
    /// jobs.get and jobs.list.
    Jobs,
    /// jobs.cancel.
    Cancel,
    /// Data set calls.
    Datasets,
    /// Table calls.
    Tables,
    /// tabledata.list.
    Data,
    /// tabledata.insertAll.
    InsertAll,
}

impl Call {
    /// Whether it makes a job that lives on by itself.
    pub(crate) const fn makes_a_job(self) -> bool {
        matches!(self, Self::Insert | Self::Query)
    }

    /// Whether its answer holds rows.
    const fn has_rows(self) -> bool {
        matches!(self, Self::Query | Self::Results | Self::Data)
    }
}

/// A drill as it is ordered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) drill: Drill,
    /// Which call; every one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<Call>,
    /// E-mail of the account that calls (one for each tenant); any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// `data_set.table` or a bare table name the call touches; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) table: Option<String>,
    /// Only these of the matching calls, counted from 1; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) nth: Vec<u64>,
    /// How often it hits at most; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u64>,
    /// Share of the matching calls that it hits, 0 to 1.
    #[serde(default = "always")]
    pub(crate) probability: f64,
    /// Which of the repeatable sequences `probability` follows.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Milliseconds of LATENCY.
    #[serde(default)]
    pub(crate) ms: u64,
}

const fn always() -> f64 {
    1.0
}

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met<'a> {
    pub(crate) call: Call,
    pub(crate) account: &'a str,
    /// `data_set.table` of every table touched; `None` while that is not known yet.
    pub(crate) tables: Option<&'a [String]>,
}

impl Rule {
    /// A sentence about what makes no sense in it.
    pub(crate) fn trouble(&self) -> Option<String> {
        let name = serde_json::to_value(self.drill).unwrap_or_default();
        let name = name.as_str().unwrap_or_default();
        if !(0.0..=1.0).contains(&self.probability) {
            return Some(format!("{name}: probability lies between 0 and 1"));
        }
        if self.nth.contains(&0) {
            return Some(format!("{name}: nth counts calls from 1"));
        }
        if self.drill == Drill::Latency && self.ms == 0 {
            return Some(format!("{name}: ms says how late the answer comes, and is missing"));
        }
        if self.drill == Drill::PartialResults && self.call.is_some_and(|call| !call.has_rows()) {
            return Some(format!("{name}: only the calls query, results and data answer rows"));
        }
        None
    }

    /// Whether the rule waits for such a call at all.
    pub(crate) fn waits_for(&self, met: Met<'_>) -> bool {
        let table = match (&self.table, met.tables) {
            // A rule without a table is judged once, before the tables are known.
            (None, tables) => tables.is_none(),
            (Some(_), None) => false,
            (Some(wanted), Some(tables)) => tables.iter().any(|table| names(table, wanted)),
        };
        let sense = self.drill != Drill::PartialResults || met.call.has_rows();
        table
            && sense
            && self.call.is_none_or(|call| call == met.call)
            && self.account.as_deref().is_none_or(|account| account == met.account)
    }

    /// Whether it hits the matching call with this number, counted from 1.
    pub(crate) fn hits(&self, number: u64, hits_so_far: u64) -> bool {
        self.times.is_none_or(|times| hits_so_far < times)
            && (self.nth.is_empty() || self.nth.contains(&number))
            && share(self.seed, number) < self.probability
    }
}

/// Whether a table has the name a rule gives.
pub(crate) fn names(table: &str, wanted: &str) -> bool {
    table == wanted || table.rsplit_once('.').is_some_and(|(_, bare)| bare == wanted)
}

/// A number in [0, 1) that depends on nothing but the seed and the call's number.
fn share(seed: u64, number: u64) -> f64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(number.to_be_bytes());
    let digest = hash.finalize();
    let mut head = [0_u8; 4];
    for (to, from) in head.iter_mut().zip(digest) {
        *to = from;
    }
    f64::from(u32::from_be_bytes(head)) / 4_294_967_296.0
}
