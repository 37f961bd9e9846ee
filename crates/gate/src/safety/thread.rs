//! The threads that read texts: a large stack for every tree, and a bound on how many there are.
//!
//! A caller may have any stack, however small. What comes back is plain data; a reading thread that
//! dies answers with a refusal.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use autopilot_domain::catalog::Catalog;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use tokio::sync::{Semaphore, oneshot};

use super::engine::{self, analyze_on_this_thread, unreadable};
use super::facts::SafetyCatalog;
use super::lineage::Lineage;
use super::policy::Policy;
use super::verdict::{Blocked, Verdict};

/// Stack of a parse thread, in bytes; only touched pages are ever resident.
const PARSE_STACK: usize = 64 << 20;
/// Parse threads at the same time, in the whole process.
static PARSE_PLACES: Semaphore = Semaphore::const_new(4);

fn overloaded() -> Failure {
    Failure::of(FailureClass::TransientError, ErrorCode::Overloaded)
}

fn builder() -> std::thread::Builder {
    std::thread::Builder::new().name("sql-parse".to_owned()).stack_size(PARSE_STACK)
}

/// Runs the work on a thread of its own; None if it died there.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, Failure> {
    let _place = PARSE_PLACES.acquire().await.map_err(|_| overloaded())?;
    let (answer, answered) = oneshot::channel();
    // The asker may have gone away; then nobody wants the answer.
    builder().spawn(move || drop(answer.send(work()))).map_err(|_| overloaded())?;
    Ok(answered.await.ok())
}

/// Decides about a text on a thread of its own.
///
/// # Errors
/// `OVERLOADED` when no thread could start.
pub async fn analyze(
    text: String,
    policy: Policy,
    catalog: SafetyCatalog,
) -> Result<Verdict, Failure> {
    let verdict = on_a_thread(move || analyze_on_this_thread(&text, &policy, &catalog)).await?;
    Ok(verdict.unwrap_or_else(|| Verdict::blocked(vec![unreadable().into()])))
}

/// Follows the columns of a text that was admitted through a catalog that holds all its tables.
///
/// # Errors
/// The rule that refused it; `OVERLOADED` when no thread could start.
pub(crate) async fn follow(
    text: String,
    catalog: Catalog,
) -> Result<Result<Lineage, Blocked>, Failure> {
    let answer = on_a_thread(move || engine::follow(&text, &catalog)).await?;
    Ok(answer.unwrap_or_else(|| Err(unreadable())))
}

type Job = Box<dyn FnOnce() + Send>;

/// One long-lived thread with a large stack, for callers that check many texts one after another.
#[derive(Debug)]
pub struct Worker {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start() -> std::io::Result<Self> {
        let (jobs, queue): (SyncSender<Job>, Receiver<Job>) = sync_channel(1);
        let work = move || {
            for job in queue {
                // A job that dies has dropped its answer, which tells its caller; the next one runs.
                drop(std::panic::catch_unwind(AssertUnwindSafe(job)));
            }
        };
        let thread = builder().spawn(work)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs work on the thread and waits for it; None if the work died.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (answer, answered) = sync_channel(1);
        let job: Job = Box::new(move || drop(answer.send(work())));
        self.jobs.as_ref()?.send(job).ok()?;
        answered.recv().ok()
    }

    /// Decides about a text on the thread.
    #[must_use]
    pub fn analyze(&self, text: String, policy: Policy, catalog: SafetyCatalog) -> Verdict {
        let verdict = self.run(move || analyze_on_this_thread(&text, &policy, &catalog));
        verdict.unwrap_or_else(|| Verdict::blocked(vec![unreadable().into()]))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A thread that died has already answered its last caller with a refusal.
            drop(thread.join());
        }
    }
}
