//! Jobs: made once, run once, kept in memory for a while.
//!
//! A job id is unique; a second job of that id is the recorded 409. Dropping a job's future is what
//! ends its work, by cancellation or by its own time limit; the state says which.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::clock;
use super::spec::Spec;
use crate::bigquery::session::{Facts, Outcome};
use crate::wire::error::{ApiError, Reason};

/// How many jobs are remembered.
const KEPT: usize = 10_000;
/// How long a request id stands for the job it made.
const REPEAT: i64 = 15 * 60 * 1000;

/// How a job stands.
#[derive(Debug, Clone)]
pub(crate) enum State {
    Running,
    Done(Arc<Ended>),
}

/// How a job ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) result: Result<Outcome, ApiError>,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) location: String,
    pub(crate) email: String,
    pub(crate) shown: Value,
    pub(crate) facts: Facts,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    state: watch::Receiver<State>,
    cancel: CancellationToken,
}

/// All jobs of this process.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    inner: Mutex<Inner>,
}

/// Where the job of a request id is kept; locked while it is made.
pub(crate) type Slot = Arc<tokio::sync::Mutex<Option<Arc<Job>>>>;

#[derive(Debug, Default)]
struct Inner {
    known: BTreeMap<String, Arc<Job>>,
    /// Ids, oldest first.
    order: VecDeque<String>,
    executions: BTreeMap<String, u32>,
    /// Account and request id, the job they made and when they were first seen.
    requests: BTreeMap<(String, String), (Slot, i64)>,
}

impl Jobs {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Job>> {
        self.inner().known.get(id).cloned()
    }

    /// All jobs, newest first.
    pub(crate) fn all(&self) -> Vec<Arc<Job>> {
        let inner = self.inner();
        inner.order.iter().rev().filter_map(|id| inner.known.get(id).cloned()).collect()
    }

    /// How often each job ran.
    pub(crate) fn executions(&self) -> BTreeMap<String, u32> {
        self.inner().executions.clone()
    }

    /// Forgets a job.
    pub(crate) fn delete(&self, id: &str) {
        let mut inner = self.inner();
        inner.known.remove(id);
        inner.order.retain(|known| known != id);
    }

    /// The place of the job that this account makes under this request id.
    pub(crate) fn slot(&self, email: &str, request: &str) -> Slot {
        let mut inner = self.inner();
        let now = clock::millis();
        inner.requests.retain(|_, (_, at)| now.saturating_sub(*at) < REPEAT);
        let key = (email.to_owned(), request.to_owned());
        Arc::clone(&inner.requests.entry(key).or_insert_with(|| (Slot::default(), now)).0)
    }

    /// Takes a job in and gives the place where its end is told; refuses an id that is taken.
    pub(crate) fn take(
        &self,
        spec: &Spec,
        email: &str,
        location: &str,
        facts: Facts,
        project: &str,
    ) -> Result<(Arc<Job>, watch::Sender<State>), ApiError> {
        let (sender, state) = watch::channel(State::Running);
        let id =
            spec.id.clone().unwrap_or_else(|| format!("job_{}", uuid::Uuid::new_v4().simple()));
        let job = Arc::new(Job {
            id: id.clone(),
            location: location.to_owned(),
            email: email.to_owned(),
            shown: spec.shown.clone(),
            facts,
            created: clock::millis(),
            state,
            cancel: CancellationToken::new(),
        });
        let mut inner = self.inner();
        if inner.known.contains_key(&id) {
            return Err(duplicate(project, location, &id));
        }
        inner.known.insert(id.clone(), Arc::clone(&job));
        inner.order.push_back(id);
        if inner.order.len() > KEPT
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.known.remove(&oldest);
            inner.executions.remove(&oldest);
        }
        Ok((job, sender))
    }

    /// Counts one run of a job.
    pub(crate) fn count(&self, id: &str) {
        *self.inner().executions.entry(id.to_owned()).or_default() += 1;
    }
}

/// The recorded refusal of an id that is taken.
pub(crate) fn duplicate(project: &str, location: &str, id: &str) -> ApiError {
    ApiError::new(Reason::Duplicate, format!("Already Exists: Job {project}:{location}.{id}"))
}

impl Job {
    /// Asks the job to end; its future is dropped at its next step.
    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    pub(crate) fn now(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits for the end, at most so long.
    pub(crate) async fn wait(&self, patience: Duration) -> State {
        let mut state = self.state.clone();
        let ended = state.wait_for(|state| !matches!(state, State::Running));
        match tokio::time::timeout(patience, ended).await {
            Ok(Ok(state)) => state.clone(),
            // The sender is never dropped before it told the end.
            Ok(Err(_)) | Err(_) => State::Running,
        }
    }

    /// Does the work unless it is cancelled or its time is up, and tells the end.
    pub(crate) async fn drive(
        self: Arc<Self>,
        work: impl Future<Output = Result<Outcome, ApiError>>,
        limit: Option<Duration>,
        end: watch::Sender<State>,
    ) {
        let late = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(ApiError::new(
                Reason::Stopped,
                "Job execution was cancelled: User requested cancellation",
            )),
            () = late => Err(ApiError::new(
                Reason::Timeout,
                format!("Job timed out after {} ms", limit.unwrap_or_default().as_millis()),
            )),
            result = work => result,
        };
        end.send_replace(State::Done(Arc::new(Ended { at: clock::millis(), result })));
    }
}

/// Cancels a job when its caller is gone before it was answered.
pub(crate) struct Owned {
    job: Arc<Job>,
    answered: bool,
}

impl Owned {
    pub(crate) const fn new(job: Arc<Job>) -> Self {
        Self { job, answered: false }
    }

    /// The caller has its answer; the job lives on by itself.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if !self.answered {
            self.job.cancel();
        }
    }
}
