//! What the governed path needs from outside, as traits.
//!
//! Adapters translate; they decide nothing. A warehouse adapter never retries, never widens a
//! query, and maps every answer to a [`Failure`] without upstream text. A ledger never invents room:
//! when it cannot tell what was spent, it says so.

use async_trait::async_trait;
use autopilot_domain::catalog::{TableFacts, TableRef};
use autopilot_domain::cost::Accuracy;
use autopilot_domain::failure::Failure;
use autopilot_domain::units::{Bytes, MicroUsd};
use serde::{Deserialize, Serialize};

use crate::receipt::{JobId, Receipt};
use crate::stages::{ApprovedQuery, SafeQuery};

/// Whether a connection leads to a real warehouse or to the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// The simulator, on loopback.
    Sandbox,
    /// A real warehouse; money and personal data are behind it.
    Real,
}

/// What a dry run says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// Kind of statement by the warehouse's own parser, e.g. `SELECT`.
    pub statement_type: String,
    /// Tables by the warehouse's own parser.
    pub referenced_tables: Vec<TableRef>,
    /// Bytes it estimates to process.
    pub processed: Bytes,
    /// How far it vouches for that.
    pub accuracy: Accuracy,
}

/// One value of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// SQL NULL.
    Null,
    /// A scalar as the warehouse's text.
    Text(String),
}

/// A result with what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryResult {
    /// Column names in order.
    pub columns: Vec<String>,
    /// Rows in order; each has one cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Rows the warehouse says there are; more than `rows` when a cap cut them.
    pub total_rows: u64,
    /// Bytes processed.
    pub processed: Bytes,
    /// Bytes billed.
    pub billed: Bytes,
    /// Whether the job had been made by an earlier call of the same attempt.
    pub adopted: bool,
}

/// Where a job stands, asked after the fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// The warehouse has never seen it.
    Unknown,
    /// It has not ended.
    Running,
    /// It has ended, with this many bytes billed (0 when it failed before reading).
    Done {
        /// Bytes billed.
        billed: Bytes,
    },
}

/// One tenant's connection to a warehouse.
#[async_trait]
pub trait Warehouse: Send + Sync {
    /// Whether it is the simulator.
    fn kind(&self) -> ConnectionKind;
    /// Estimates a query without running it; free of charge.
    async fn dry_run(&self, query: &SafeQuery) -> Result<DryRun, Failure>;
    /// Runs an approved query under its own job id, byte limit and deadline; a job id the warehouse
    /// already knows is adopted. At the deadline the job is cancelled and the class is TIMEOUT.
    async fn execute(&self, query: ApprovedQuery) -> Result<QueryResult, Failure>;
    /// Where a job stands.
    async fn job(&self, job: &JobId) -> Result<JobState, Failure>;
    /// Asks for a job to be cancelled; free of charge and allowed on jobs that have ended.
    async fn cancel(&self, job: &JobId) -> Result<(), Failure>;
    /// Names of the tables of the connection's data set; free of charge.
    async fn list_tables(&self) -> Result<Vec<TableRef>, Failure>;
    /// Metadata of one table; free of charge. Every column comes back unexamined.
    async fn describe(&self, table: &TableRef) -> Result<TableFacts, Failure>;
}

/// Answer to a request for room in the rolling hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// The bytes are held (or were already, by the same job).
    Granted {
        /// Used in the window before this reservation.
        used_before: Bytes,
    },
    /// There is not enough left.
    Refused {
        /// Used in the window.
        used: Bytes,
    },
    /// The ledger does not hold this tenant's window; nothing may be spent until it is rebuilt.
    NotLoaded,
}

/// One entry of a rebuilt window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowEntry {
    /// The job.
    pub job_id: JobId,
    /// Bytes held or billed.
    pub bytes: Bytes,
    /// Seconds since it was reserved, by the database's clock.
    pub age_seconds: u64,
}

/// The rolling hour of ONE tenant. Every call is atomic.
#[async_trait]
pub trait BudgetLedger: Send + Sync {
    /// Holds `bytes` for `job` if the sum over the last 3,600 seconds stays within `budget`. For a
    /// job that is held already, the larger of the two is held (or refused), counted from now on:
    /// its job may only be made now, and must then count for an hour from now.
    async fn reserve(
        &self,
        job: &JobId,
        bytes: Bytes,
        budget: Bytes,
    ) -> Result<Reservation, Failure>;
    /// Used in the window now; `None` when the window is not loaded.
    async fn used(&self) -> Result<Option<Bytes>, Failure>;
    /// Replaces what was held for `job` by what was billed; keeps the time of the reservation.
    async fn settle(&self, job: &JobId, billed: Bytes) -> Result<(), Failure>;
    /// Gives back what was held for `job`.
    async fn release(&self, job: &JobId) -> Result<(), Failure>;
    /// Replaces the window by these entries and marks it loaded.
    async fn rebuild(&self, entries: &[WindowEntry]) -> Result<(), Failure>;
}

/// What became of a draft, for the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It passed every stage.
    Allowed,
    /// A stage refused it.
    Blocked,
    /// A person is asked about it.
    Asked,
    /// It was priced, and nothing was to run.
    Estimated,
}

/// One decision of the path, for the audit. Holds no SQL text and no row value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateDecision {
    /// Who wanted the query.
    pub origin: crate::receipt::Origin,
    /// What became of it.
    pub verdict: Verdict,
    /// The stage that decided: `permit`, `safety`, `catalog`, `pii`, `price`, `budget`, `approved`.
    pub stage: &'static str,
    /// Hash of the canonical text, once there is one.
    pub canonical_hash: Option<autopilot_domain::ids::Digest>,
    /// Why, when it was blocked, or what is asked.
    pub failure: Option<Failure>,
    /// What it would cost, once it was priced.
    pub cost: Option<autopilot_domain::cost::CostDecision>,
    /// Rules that changed the text, and the one that blocked it.
    pub rules: Vec<&'static str>,
}

/// What a person is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// A query that costs more than one query may.
    QueryCost,
    /// A query that uses protected columns.
    PersonalData,
}

impl ApprovalKind {
    /// The kind as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueryCost => "query_cost",
            Self::PersonalData => "personal_data",
        }
    }
}

/// A question to a person. It holds no row value; its text is for those who decide, not for events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// About what.
    pub kind: ApprovalKind,
    /// Who wants the query.
    pub origin: crate::receipt::Origin,
    /// The text it is about, and no other.
    pub canonical_hash: autopilot_domain::ids::Digest,
    /// The text.
    pub text: String,
    /// Most that it may be billed; 0 when it has not been priced.
    pub bytes: Bytes,
    /// The price of that.
    pub usd: MicroUsd,
    /// The protected columns.
    pub columns: Vec<String>,
}

/// Where a question to a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has been asked.
    Unasked,
    /// Nobody has decided yet.
    Pending,
    /// A person agreed, to at most these bytes.
    Granted {
        /// Most that may be billed.
        most: Bytes,
    },
    /// A person refused.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

/// What people have decided about texts of ONE tenant. An answer holds for one text of one run.
#[async_trait]
pub trait Approvals: Send + Sync {
    /// Where the question about this text of this run stands.
    async fn standing(
        &self,
        kind: ApprovalKind,
        origin: &crate::receipt::Origin,
        hash: autopilot_domain::ids::Digest,
    ) -> Result<Standing, Failure>;
    /// Asks; a question that is open already is not asked twice.
    async fn ask(&self, request: &ApprovalRequest) -> Result<(), Failure>;
}

/// What the path decides by, read anew for every query. When it cannot be read, nothing runs.
#[async_trait]
pub trait Policies: Send + Sync {
    /// The policy as it is now.
    async fn policy(&self) -> Result<crate::gate::GatePolicy, Failure>;
}

/// The durable record of ONE tenant, written by the owner of the tenant only (fenced).
#[async_trait]
pub trait GateJournal: Send + Sync {
    /// Commits a receipt as reserved, with its event. The same job id again changes nothing.
    async fn reserved(&self, receipt: &Receipt) -> Result<(), Failure>;
    /// Commits what was billed, with its event. Settling twice changes nothing.
    async fn settled(&self, job: &JobId, billed: Bytes, cost: MicroUsd) -> Result<(), Failure>;
    /// Commits that the job never was, with its event.
    async fn released(&self, job: &JobId) -> Result<(), Failure>;
    /// Commits a decision event.
    async fn decided(&self, decision: &GateDecision) -> Result<(), Failure>;
    /// Receipts still reserved.
    async fn unsettled(&self) -> Result<Vec<Receipt>, Failure>;
    /// The last hour's receipts (reserved and settled), for the ledger's rebuilding.
    async fn window(&self) -> Result<Vec<WindowEntry>, Failure>;
}
