//! The declared settings: one entry each, and nothing else is a setting.
//!
//! Parsing, the refusal of unknown names, the output of `autopilot config` and the table in
//! docs/runtime-flags.md are all driven by this list. A default stands here and nowhere else. The
//! real-query flag is not a setting but a switch without default: see [`super::real_query`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use autopilot_domain::units::{Bytes, MicroUsd};
use secrecy::SecretString;

use super::env::PREFIX;
use super::kinds::{Installation, LogFormat, LoopbackUrl, NodeName};
use super::values::{self, Accepts, Parser};

/// Upper bound of budgets and caps: far above any real one, and far below where PostgreSQL's and
/// BigQuery's signed 64-bit integers end.
const MOST_BYTES: u64 = 1_000_000_000_000_000;

/// Where a setting may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the environment or in the configuration file.
    Anywhere,
    /// In the environment only: what opens or weakens a protection must not come from a file.
    Environment,
    /// In the environment only, and never shown.
    Secret,
}

/// What is known of a setting apart from its type.
#[derive(Debug)]
pub struct Meta {
    /// Its environment variable.
    pub variable: &'static str,
    /// Its value when nobody sets it; absent when there is none.
    pub default: Option<&'static str>,
    /// Where it may be set.
    pub place: Place,
    /// What it accepts.
    pub accepts: Accepts,
    /// A value that is accepted and differs from the default.
    pub example: &'static str,
    /// What it decides, for an operator.
    pub meaning: &'static str,
}

impl Meta {
    /// Its key in the configuration file: the variable without the prefix, in lower case.
    #[must_use]
    pub fn key(&self) -> String {
        self.variable.strip_prefix(PREFIX).unwrap_or(self.variable).to_ascii_lowercase()
    }

    /// Whether its value must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.place == Place::Secret
    }
}

/// A setting with the type of its value.
#[derive(Debug)]
pub(super) struct Setting<T> {
    pub(super) meta: Meta,
    pub(super) parser: Parser<T>,
}

/// Declares each setting as a static, and all of them as the list.
macro_rules! settings {
    ($($name:ident: $type:ty = $variable:literal, $default:expr, $place:ident, $parser:expr,
       example $example:literal, $meaning:literal;)+) => {
        $(pub(super) static $name: Setting<$type> = {
            let parser: Parser<$type> = $parser;
            let meta = Meta {
                variable: $variable,
                default: $default,
                place: Place::$place,
                accepts: parser.accepts,
                example: $example,
                meaning: $meaning,
            };
            Setting { meta, parser }
        };)+

        /// Every setting, in the order of the documentation.
        pub static ALL: &[&Meta] = &[$(&$name.meta),+];
    };
}

settings! {
    LISTEN: SocketAddr = "AUTOPILOT_LISTEN", Some("127.0.0.1:8080"), Anywhere, values::address(),
        example "0.0.0.0:8080", "Where the HTTP API listens.";
    HTTP_BODY_LIMIT: Bytes = "AUTOPILOT_HTTP_BODY_LIMIT_BYTES", Some("1MB"), Anywhere,
        values::size(1_000, 16_000_000),
        example "256KiB", "Largest request body; a larger one is answered with 413.";
    SHUTDOWN_GRACE: Duration = "AUTOPILOT_SHUTDOWN_GRACE_SECONDS", Some("25"), Anywhere,
        values::seconds(1, 300),
        example "10", "How long a stopping process waits for running steps to be committed.";

    METRICS_LISTEN: SocketAddr = "AUTOPILOT_METRICS_LISTEN", None, Anywhere,
        values::loopback_address(),
        example "127.0.0.1:9464", "Where `/metrics` answers a scraper on this machine; nowhere when not set.";
    USER_CALLS: u32 = "AUTOPILOT_USER_CALLS_PER_MINUTE", Some("600"), Anywhere,
        values::number("calls", 1, 1_000_000),
        example "60", "Calls one user may make in any minute; the next is answered with 429.";
    ORG_CALLS: u32 = "AUTOPILOT_ORG_CALLS_PER_MINUTE", Some("120"), Anywhere,
        values::number("calls", 1, 1_000_000),
        example "30", "Calls that start work, of one organisation in any minute.";

    DATABASE_URL: SecretString = "AUTOPILOT_DATABASE_URL", None, Secret, values::postgres_url(),
        example "postgres://ap_login:PASSWORD@db/autopilot",
        "PostgreSQL as the service's login role, which owns nothing.";
    MIGRATOR_DATABASE_URL: SecretString = "AUTOPILOT_MIGRATOR_DATABASE_URL", None, Secret,
        values::postgres_url(),
        example "postgres://ap_migrator:PASSWORD@db/autopilot",
        "PostgreSQL as the role that provisions tenants and migrates.";
    RETENTION_DATABASE_URL: SecretString = "AUTOPILOT_RETENTION_DATABASE_URL", None, Secret,
        values::postgres_url(),
        example "postgres://ap_retention:PASSWORD@db/autopilot",
        "PostgreSQL as the role that alone may let old audit rows go; a server without it deletes none.";
    DATABASE_POOL: usize = "AUTOPILOT_DATABASE_POOL", Some("16"), Anywhere,
        values::number("connections", 2, 200),
        example "32", "Connections to PostgreSQL that one process may hold.";
    REDIS_URL: SecretString = "AUTOPILOT_REDIS_URL", None, Secret, values::redis_url(),
        example "redis://:PASSWORD@cache:6379/0",
        "Redis: budget windows, rate windows and cache entries; all of it may be lost.";
    MASTER_KEYS: SecretString = "AUTOPILOT_MASTER_KEYS", None, Secret, values::master_keys(),
        example "k2:PASSWORD,k1:PASSWORD",
        "Master keys of stored credentials, each an id, a colon and 32 bytes in base64; the first seals, all open.";
    INSTALLATION: Installation = "AUTOPILOT_INSTALLATION", Some("ap"), Anywhere,
        values::installation(),
        example "apeu", "Prefix of the database roles; fixed once tenants exist.";

    NODE_NAME: NodeName = "AUTOPILOT_NODE_NAME", Some("node"), Anywhere, values::node_name(),
        example "eu-1", "Label of this process in logs and on the board of actors.";
    ACTOR_ARBITERS: usize = "AUTOPILOT_ACTOR_ARBITERS", Some("2"), Anywhere,
        values::number("threads", 1, 4),
        example "4", "Threads that run actors; a tenant stays on one of them.";
    PASSIVATE_AFTER: Duration = "AUTOPILOT_PASSIVATE_AFTER_SECONDS", Some("300"), Anywhere,
        values::seconds(1, 86_400),
        example "60", "Idle time after which a tenant's actors leave memory.";
    LOG_FORMAT: LogFormat = "AUTOPILOT_LOG_FORMAT", Some("text"), Anywhere, values::log_format(),
        example "json", "Layout of log lines.";
    LOG_LEVEL: tracing::Level = "AUTOPILOT_LOG_LEVEL", Some("info"), Anywhere,
        values::log_level(),
        example "debug", "Least severe level that is logged.";

    MAX_RUNNING: usize = "AUTOPILOT_MAX_RUNNING_WORKFLOWS", Some("3"), Anywhere,
        values::number("workflows", 1, 100),
        example "5", "Workflows of one organisation that run at once; the rest queue.";
    MAX_PROFILING: usize = "AUTOPILOT_MAX_RUNNING_PROFILES", Some("2"), Anywhere,
        values::number("workflows", 1, 100),
        example "1", "Warehouse profiles among them.";
    QUEUE_LIMIT: usize = "AUTOPILOT_QUEUE_LIMIT", Some("1000"), Anywhere,
        values::number("workflows", 0, 100_000),
        example "50", "Workflows of one organisation that may wait; the next is refused.";

    HOURLY_BUDGET: Bytes = "AUTOPILOT_HOURLY_BUDGET_BYTES", Some("200GB"), Anywhere,
        values::size(0, MOST_BYTES),
        example "1TB", "Bytes one organisation may be billed for in any 3,600 seconds.";
    QUERY_CAP: Bytes = "AUTOPILOT_QUERY_CAP_BYTES", Some("10GB"), Anywhere, values::size(0, MOST_BYTES),
        example "1GB", "Bytes one query may be billed for without an approval.";
    APPROVED_QUERY_CAP: Bytes = "AUTOPILOT_APPROVED_QUERY_CAP_BYTES", Some("100GB"), Anywhere,
        values::size(0, MOST_BYTES),
        example "150GB", "Bytes one query may be billed for with an approval.";
    PRICE_PER_TIB: MicroUsd = "AUTOPILOT_PRICE_PER_TIB_USD", Some("6.25"), Anywhere, values::usd(),
        example "7.5", "BigQuery's on-demand price of the region, for estimates.";
    QUERY_TIMEOUT: Duration = "AUTOPILOT_QUERY_TIMEOUT_SECONDS", Some("120"), Anywhere,
        values::seconds(1, 3_600),
        example "30", "Deadline of one query; at its end the warehouse job is cancelled.";
    DEFAULT_LIMIT: u64 = "AUTOPILOT_DEFAULT_LIMIT", Some("10000"), Anywhere,
        values::number("rows", 1, 1_000_000),
        example "500", "Rows of a result that asks for no limit of its own.";

    AUDIT_RETENTION: u32 = "AUTOPILOT_AUDIT_RETENTION_DAYS", Some("90"), Anywhere,
        values::number("days", 1, 3_650),
        example "365", "How long events are kept, and the pseudonymised ones of a purged tenant after its purge.";

    SANDBOX_ENDPOINT: LoopbackUrl = "AUTOPILOT_SANDBOX_ENDPOINT", None, Environment,
        values::loopback_url(),
        example "http://127.0.0.1:9050", "Address of a warehouse simulator on this machine.";
    SANDBOX_KEY_FILE: PathBuf = "AUTOPILOT_SANDBOX_KEY_FILE", None, Environment, values::file(),
        example "sandbox-key.json", "Service-account key file that the simulator wrote.";
    SANDBOX_DATASET: String = "AUTOPILOT_SANDBOX_DATASET", Some("shop"), Environment,
        values::dataset(),
        example "my_data", "Data set of the simulator that the organisations are connected to.";
    RECORDER_ENDPOINT: LoopbackUrl = "AUTOPILOT_RECORDER_ENDPOINT", None, Environment,
        values::loopback_url(),
        example "http://127.0.0.1:9060",
        "Stands in the place of Google for real connections, on this machine only; for rehearsals and tests.";
    API_KEY: SecretString = "AUTOPILOT_API_KEY", None, Secret, values::api_key(),
        example "ap_PASSWORD",
        "Key that `autopilot top` sends; the service itself needs none.";
    FAILPOINTS: Vec<String> = "AUTOPILOT_FAILPOINTS", None, Environment, values::names(),
        example "after_step_commit", "Named failure points to arm, for fault drills.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_upper_case_and_prefixed() {
        let names: BTreeSet<&str> = ALL.iter().map(|meta| meta.variable).collect();
        assert_eq!(names.len(), ALL.len());
        for name in names {
            assert!(name.starts_with(PREFIX) && name.to_ascii_uppercase() == name, "{name}");
        }
    }

    #[test]
    fn what_opens_or_shows_something_is_read_from_the_environment_only() {
        for meta in ALL {
            let words = [
                "SANDBOX",
                "FAILPOINTS",
                "RECORDER",
                "URL",
                "KEY",
                "KEYS",
                "SECRET",
                "TOKEN",
                "PASSWORD",
            ];
            let guarded = meta.variable.split('_').any(|part| words.contains(&part));
            assert_eq!(guarded, meta.place != Place::Anywhere, "{}", meta.variable);
        }
    }

    #[test]
    fn the_defaults_are_the_domains_defaults() {
        use autopilot_domain::admission::Limits;
        let limits = Limits::default();
        let number = |meta: &Meta| meta.default.unwrap().parse::<usize>().unwrap();
        assert_eq!(number(&MAX_RUNNING.meta), limits.running);
        assert_eq!(number(&MAX_PROFILING.meta), limits.profiling);
        assert_eq!(number(&QUEUE_LIMIT.meta), limits.queued);
        let bytes = |setting: &Setting<Bytes>| setting.parser.parse(setting.meta.default.unwrap());
        assert_eq!(bytes(&HOURLY_BUDGET), Some(Bytes::DEFAULT_HOURLY_BUDGET));
        assert_eq!(bytes(&QUERY_CAP), Some(Bytes::DEFAULT_QUERY_CAP));
        assert_eq!(bytes(&APPROVED_QUERY_CAP), Some(Bytes::DEFAULT_APPROVED_CAP));
        assert_eq!(
            PRICE_PER_TIB.parser.parse(PRICE_PER_TIB.meta.default.unwrap()),
            Some(MicroUsd::DEFAULT_PER_TIB)
        );
    }
}
