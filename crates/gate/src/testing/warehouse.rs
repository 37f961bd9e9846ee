//! A warehouse that answers by a script and remembers its jobs and what it billed.
//!
//! It keeps the rules of the port: a known job id is adopted and not billed again, and a query that
//! would be billed more than its byte limit is refused without a job.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use autopilot_domain::catalog::{TableFacts, TableRef};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::units::Bytes;
use tokio::sync::Notify;

use super::{Board, locked};
use crate::ports::{Cell, ConnectionKind, DryRun, JobState, QueryResult, Warehouse};
use crate::receipt::JobId;
use crate::stages::{ApprovedQuery, SafeQuery};

/// What the warehouse answers.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it is.
    pub kind: ConnectionKind,
    /// Its answer to every dry run.
    pub dry_run: DryRun,
    /// What a new job is billed.
    pub billed: Bytes,
    /// Whether a new job goes on for ever; its call then never returns.
    pub hangs: bool,
    /// The facts of its tables.
    pub tables: Vec<TableFacts>,
}

#[derive(Debug, Clone, Copy)]
struct Job {
    at: u64,
    state: JobState,
}

/// See the module.
#[derive(Debug)]
pub struct ScriptedWarehouse {
    board: Arc<Board>,
    script: Mutex<Script>,
    jobs: Mutex<BTreeMap<JobId, Job>>,
    texts: Mutex<Vec<(String, Bytes)>>,
    result: Mutex<(Vec<String>, Vec<Vec<Cell>>)>,
    started: Notify,
}

impl ScriptedWarehouse {
    /// A warehouse that follows this script.
    #[must_use]
    pub fn new(board: Arc<Board>, script: Script) -> Self {
        Self {
            board,
            script: Mutex::new(script),
            jobs: Mutex::default(),
            texts: Mutex::default(),
            result: Mutex::new((vec!["n".to_owned()], vec![vec![Cell::Text("1".to_owned())]])),
            started: Notify::new(),
        }
    }

    /// Changes the script from now on.
    pub fn rescript(&self, change: impl FnOnce(&mut Script)) {
        change(&mut locked(&self.script));
    }

    /// Answers every query with these rows.
    pub fn answer(&self, columns: Vec<String>, rows: Vec<Vec<Cell>>) {
        *locked(&self.result) = (columns, rows);
    }

    /// Waits until a job that hangs has begun.
    pub async fn job_started(&self) {
        self.started.notified().await;
    }

    /// Puts a job into a state, as time or an earlier process would have.
    pub fn put_job(&self, job: JobId, state: JobState) {
        let at = self.board.now();
        locked(&self.jobs)
            .entry(job)
            .and_modify(|known| known.state = state)
            .or_insert(Job { at, state });
    }

    /// Number of jobs it made.
    #[must_use]
    pub fn jobs(&self) -> usize {
        locked(&self.jobs).len()
    }

    /// Texts it executed, each with its byte limit.
    #[must_use]
    pub fn executed(&self) -> Vec<(String, Bytes)> {
        locked(&self.texts).clone()
    }

    /// What it billed for jobs made in the last 3,600 seconds.
    #[must_use]
    pub fn billed_in_window(&self) -> Bytes {
        let now = self.board.now();
        let billed = |job: &Job| match job.state {
            JobState::Done { billed } if now.saturating_sub(job.at) < 3_600 => billed,
            JobState::Done { .. } | JobState::Running | JobState::Unknown => Bytes(0),
        };
        locked(&self.jobs).values().map(billed).sum()
    }

    /// Whether the job hangs; makes it, if it is new.
    fn begin(&self, query: &ApprovedQuery) -> Result<(bool, Bytes, bool), Failure> {
        let script = locked(&self.script).clone();
        let mut jobs = locked(&self.jobs);
        if let Some(job) = jobs.get(&query.job_id()) {
            return Ok(match job.state {
                JobState::Done { billed } => (true, billed, false),
                JobState::Running | JobState::Unknown => (true, script.billed, true),
            });
        }
        if script.billed > query.maximum_bytes_billed() {
            return Err(Failure::of(FailureClass::QuotaExceeded, ErrorCode::BytesLimitExceeded));
        }
        let at = self.board.now();
        let billed = script.billed;
        let state = if script.hangs { JobState::Running } else { JobState::Done { billed } };
        jobs.insert(query.job_id(), Job { at, state });
        locked(&self.texts).push((query.sql().to_owned(), query.maximum_bytes_billed()));
        Ok((false, billed, script.hangs))
    }
}

#[async_trait]
impl Warehouse for ScriptedWarehouse {
    fn kind(&self) -> ConnectionKind {
        locked(&self.script).kind
    }

    async fn dry_run(&self, _query: &SafeQuery) -> Result<DryRun, Failure> {
        self.board.enter("warehouse.dry_run")?;
        Ok(locked(&self.script).dry_run.clone())
    }

    async fn execute(&self, query: ApprovedQuery) -> Result<QueryResult, Failure> {
        self.board.enter("warehouse.execute")?;
        let (adopted, billed, hangs) = self.begin(&query)?;
        if hangs {
            self.started.notify_one();
            std::future::pending::<()>().await;
        }
        self.board.leave("warehouse.execute")?;
        let (columns, rows) = locked(&self.result).clone();
        let total_rows = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        Ok(QueryResult { columns, rows, total_rows, processed: billed, billed, adopted })
    }

    async fn job(&self, job: &JobId) -> Result<JobState, Failure> {
        self.board.enter("warehouse.job")?;
        Ok(locked(&self.jobs).get(job).map_or(JobState::Unknown, |job| job.state))
    }

    async fn cancel(&self, _job: &JobId) -> Result<(), Failure> {
        self.board.enter("warehouse.cancel")
    }

    async fn list_tables(&self) -> Result<Vec<TableRef>, Failure> {
        self.board.enter("warehouse.list_tables")?;
        Ok(locked(&self.script).tables.iter().map(|facts| facts.table.clone()).collect())
    }

    async fn describe(&self, table: &TableRef) -> Result<TableFacts, Failure> {
        self.board.enter("warehouse.describe")?;
        let known = locked(&self.script).tables.iter().find(|facts| facts.table == *table).cloned();
        known.ok_or_else(|| {
            Failure::of(FailureClass::ValidationFailed, ErrorCode::WarehouseNotFound)
        })
    }
}
