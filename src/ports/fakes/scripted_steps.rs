//! Steps that do what a test wrote down for each attempt, and remember who called them.
//! It counts every call, so that a test can see what was run again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::{Attempt, InvalidId, RunId};
use autopilot_domain::workflow::retry::Mode;
use autopilot_domain::workflow::{Definition, StepDef, WorkflowKind};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::ports::{StepCall, Steps};

/// What one call does.
#[derive(Debug, Clone)]
pub enum Script {
    /// Succeeds with this output.
    Output(Value),
    /// Fails.
    Fail(FailureClass, ErrorCode),
    /// Panics.
    Panic,
    /// Takes so long, then succeeds.
    Take(Duration),
    /// Waits until it is cancelled, then fails.
    UntilCancelled,
    /// Never ends and does not look at its token.
    Deaf,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: String,
    /// The attempt.
    pub attempt: Attempt,
    /// How it was to read.
    pub mode: Mode,
    /// When, on the runtime's clock.
    pub at: Instant,
}

#[derive(Default)]
struct Book {
    scripts: BTreeMap<String, VecDeque<Script>>,
    called: Vec<Called>,
    under_way: usize,
    most_under_way: usize,
    definition_panics: usize,
    recover_failures: usize,
    recovered: usize,
}

/// A step registry whose every kind has the same chain of steps.
pub struct ScriptedSteps {
    chain: Vec<StepDef>,
    book: Arc<Mutex<Book>>,
}

/// Counts a call as under way until it is dropped.
struct UnderWay(Arc<Mutex<Book>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.0).under_way -= 1;
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScriptedSteps {
    /// Steps of these names, each depending on the one before; those with a `~` in front can sample.
    ///
    /// # Errors
    /// When a name is not a step's name.
    pub fn chain(names: &[&str]) -> Result<Self, InvalidId> {
        let mut chain: Vec<StepDef> = Vec::new();
        for name in names {
            let depends_on = chain.last().map(|step| step.name.clone()).into_iter().collect();
            let (can_sample, name) =
                name.strip_prefix('~').map_or((false, *name), |name| (true, name));
            chain.push(StepDef { name: name.parse()?, depends_on, skippable: false, can_sample });
        }
        Ok(Self { chain, book: Arc::default() })
    }

    /// Adds what the next calls of a step do; after the last, calls succeed at once.
    pub fn script(&self, step: &str, scripts: impl IntoIterator<Item = Script>) {
        lock(&self.book).scripts.entry(step.to_owned()).or_default().extend(scripts);
    }

    /// Lets `definition`, which actors call within a handler, panic so many times.
    pub fn panic_in_handler(&self, times: usize) {
        lock(&self.book).definition_panics = times;
    }

    /// Lets `recover` fail so many times.
    pub fn fail_recovery(&self, times: usize) {
        lock(&self.book).recover_failures = times;
    }

    /// How often recovery succeeded.
    #[must_use]
    pub fn recovered(&self) -> usize {
        lock(&self.book).recovered
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Called> {
        lock(&self.book).called.clone()
    }

    /// Calls of one step.
    #[must_use]
    pub fn calls_of(&self, step: &str) -> usize {
        lock(&self.book).called.iter().filter(|call| call.step == step).count()
    }

    /// Calls under way now, and the most there ever were.
    #[must_use]
    pub fn under_way(&self) -> (usize, usize) {
        let book = lock(&self.book);
        (book.under_way, book.most_under_way)
    }

    fn begin(&self, call: &StepCall) -> (Script, UnderWay) {
        let mut book = lock(&self.book);
        book.called.push(Called {
            run: call.run,
            step: call.step.as_str().to_owned(),
            attempt: call.tried.attempt,
            mode: call.tried.mode,
            at: Instant::now(),
        });
        book.under_way += 1;
        book.most_under_way = book.most_under_way.max(book.under_way);
        let next = book.scripts.get_mut(call.step.as_str()).and_then(VecDeque::pop_front);
        let script = next.unwrap_or_else(|| Script::Output(json!({ "step": call.step.as_str() })));
        (script, UnderWay(Arc::clone(&self.book)))
    }
}

#[expect(clippy::panic, reason = "a script that says `Panic` is there to panic")]
pub(super) fn panic_on_purpose(what: &str) -> ! {
    panic!("{what}")
}

#[async_trait]
impl Steps for ScriptedSteps {
    fn definition(&self, kind: WorkflowKind) -> Option<Definition> {
        let due = {
            let mut book = lock(&self.book);
            let due = book.definition_panics > 0;
            book.definition_panics = book.definition_panics.saturating_sub(1);
            due
        };
        if due {
            panic_on_purpose("a scripted panic in a handler");
        }
        Definition::new(kind, self.chain.clone()).ok()
    }

    async fn run(&self, call: StepCall) -> Result<Value, Failure> {
        let (script, _under_way) = self.begin(&call);
        match script {
            Script::Output(output) => Ok(output),
            Script::Fail(class, code) => Err(Failure::of(class, code)),
            Script::Panic => panic_on_purpose("a scripted panic in a step"),
            Script::Take(time) => {
                tokio::time::sleep(time).await;
                Ok(json!({ "step": call.step.as_str() }))
            }
            Script::UntilCancelled => {
                call.cancel.cancelled().await;
                Err(Failure::of(FailureClass::TransientError, ErrorCode::DependencyDown))
            }
            Script::Deaf => std::future::pending().await,
        }
    }

    async fn recover(&self) -> Result<(), Failure> {
        let mut book = lock(&self.book);
        if book.recover_failures > 0 {
            book.recover_failures -= 1;
            return Err(Failure::of(FailureClass::TransientNetwork, ErrorCode::DependencyDown));
        }
        book.recovered += 1;
        Ok(())
    }
}
