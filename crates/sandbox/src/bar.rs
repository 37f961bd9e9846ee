//! The progress of loading, on standard error: a bar on a terminal, one line a table elsewhere.
//! It decides nothing and never writes to standard output.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::data::Progress;

/// A bar for one table after the other.
pub(crate) struct Bar {
    bar: ProgressBar,
    table: std::cell::RefCell<String>,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("loading {msg} [{bar:30}] {pos} %") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, table: std::cell::RefCell::default() }
    }

    /// Shows how far a table is.
    #[expect(clippy::print_stderr, reason = "without a terminal a line stands for the bar")]
    pub(crate) fn show(&self, step: &Progress) {
        if *self.table.borrow() != step.name {
            self.table.replace(step.name.clone());
            self.bar.set_message(step.name.clone());
            if self.bar.is_hidden() {
                eprintln!("loading {}", step.name);
            }
        }
        self.bar.set_position(u64::from(step.percent));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
