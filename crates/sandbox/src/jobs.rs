//! Jobs: inserted once, run once, kept in memory.
//!
//! A job id is unique; a second insert of it is the recorded 409. Each job counts its executions, so
//! that a test can see that a repeated call ran nothing again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Planned};
use crate::wire::error::{ApiError, Reason};
use crate::wire::rows;

/// How a job stands.
#[derive(Clone)]
pub(crate) enum State {
    Running,
    Done(Arc<Vec<Value>>),
    Failed(ApiError),
}

/// One job.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) schema: Value,
    pub(crate) processed: u64,
    pub(crate) billed: u64,
    pub(crate) table: Option<String>,
    pub(crate) labels: Value,
    pub(crate) state: watch::Receiver<State>,
    cancel: CancellationToken,
}

/// All jobs of this process.
#[derive(Default)]
pub(crate) struct Jobs {
    known: Mutex<BTreeMap<String, Arc<Job>>>,
    executions: Mutex<BTreeMap<String, u32>>,
}

/// What a new job is asked to be.
pub(crate) struct Wanted {
    pub(crate) id: String,
    pub(crate) labels: Value,
    pub(crate) limit: Option<u64>,
    pub(crate) hang: bool,
    pub(crate) latency: std::time::Duration,
}

impl Jobs {
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Job>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn executions(&self) -> BTreeMap<String, u32> {
        self.executions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts a planned job unless its id is taken.
    pub(crate) fn start(
        self: &Arc<Self>,
        engine: &Arc<Engine>,
        wanted: Wanted,
        planned: Planned,
    ) -> Result<Arc<Job>, ApiError> {
        let (sender, state) = watch::channel(State::Running);
        let over = wanted.limit.is_some_and(|limit| planned.billed > limit);
        let refused = over.then(|| {
            let limit = wanted.limit.unwrap_or_default();
            let sentence = format!(
                "Query exceeded limit for bytes billed: {limit}. {} or higher required.",
                planned.billed
            );
            ApiError::new(Reason::BytesBilledLimitExceeded, sentence)
        });
        let job = Arc::new(Job {
            id: wanted.id.clone(),
            schema: rows::schema(&planned.schema)?,
            processed: planned.processed,
            billed: if over { 0 } else { planned.billed },
            table: planned.table.clone(),
            labels: wanted.labels,
            state,
            cancel: CancellationToken::new(),
        });
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.contains_key(&job.id) {
                return Err(ApiError::new(
                    Reason::Duplicate,
                    format!("Already Exists: Job {}", job.id),
                ));
            }
            known.insert(job.id.clone(), Arc::clone(&job));
        }
        if let Some(error) = refused {
            sender.send_replace(State::Failed(error.clone()));
            return Err(error);
        }
        let (engine, cancel) = (Arc::clone(engine), job.cancel.clone());
        *self
            .executions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(job.id.clone())
            .or_default() += 1;
        tokio::spawn(async move {
            let work = execute(&engine, planned, wanted.latency, wanted.hang);
            let end = tokio::select! {
                end = work => end,
                () = cancel.cancelled() => Err(ApiError::new(Reason::Stopped, "Job execution was cancelled: User requested cancellation")),
            };
            sender.send_replace(end.map_or_else(State::Failed, |rows| State::Done(Arc::new(rows))));
        });
        Ok(job)
    }
}

async fn execute(
    engine: &Engine,
    planned: Planned,
    latency: std::time::Duration,
    hang: bool,
) -> Result<Vec<Value>, ApiError> {
    if hang {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(latency).await;
    rows::rows(&engine.run(planned).await?)
}

impl Job {
    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
    }

    pub(crate) fn now(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits for the end, at most so long.
    pub(crate) async fn wait(&self, patience: std::time::Duration) -> State {
        let mut state = self.state.clone();
        let ended = state.wait_for(|state| !matches!(state, State::Running));
        match tokio::time::timeout(patience, ended).await {
            Ok(Ok(state)) => state.clone(),
            _ => State::Running,
        }
    }

    /// The job's resource as jobs.get shows it.
    pub(crate) fn resource(&self, engine: &Engine) -> Value {
        let (state, error) = match self.now() {
            State::Running => ("RUNNING", None),
            State::Done(_) => ("DONE", None),
            State::Failed(error) => ("DONE", Some(error)),
        };
        let billed = if error.is_some() { 0 } else { self.billed };
        let mut status = json!({"state": state});
        if let (Some(error), Some(fields)) = (error, status.as_object_mut()) {
            fields.insert("errorResult".to_owned(), error.proto());
            fields.insert("errors".to_owned(), json!([error.proto()]));
        }
        json!({
            "kind": "bigquery#job",
            "id": format!("{}:US.{}", engine.project, self.id),
            "jobReference": {"projectId": engine.project, "jobId": self.id, "location": "US"},
            "configuration": {"jobType": "QUERY", "labels": self.labels},
            "status": status,
            "statistics": statistics(engine, self.processed, billed, self.table.as_deref(), &self.schema),
        })
    }
}

/// The statistics block of a query.
pub(crate) fn statistics(
    engine: &Engine,
    processed: u64,
    billed: u64,
    table: Option<&str>,
    schema: &Value,
) -> Value {
    let reference = |table: &str| json!({"projectId": engine.project, "datasetId": engine.dataset, "tableId": table});
    json!({
        "totalBytesProcessed": processed.to_string(),
        "query": {
            "statementType": "SELECT",
            "totalBytesProcessed": processed.to_string(),
            "totalBytesBilled": billed.to_string(),
            "totalBytesProcessedAccuracy": "PRECISE",
            "cacheHit": false,
            "referencedTables": table.map(reference).into_iter().collect::<Vec<_>>(),
            "schema": schema,
        }
    })
}
