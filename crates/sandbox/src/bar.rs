//! The progress of loading, on standard error: a bar on a terminal, one line a table elsewhere.
//! It decides nothing and never writes to standard output.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::options::Progress;

/// A bar for one table after the other.
pub(crate) struct Bar {
    bar: ProgressBar,
    table: std::cell::RefCell<String>,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("loading {msg} [{bar:30}] {pos}/{len} rows") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, table: std::cell::RefCell::default() }
    }

    /// Shows how far a table is.
    #[expect(clippy::print_stderr, reason = "without a terminal a line stands for the bar")]
    pub(crate) fn show(&self, step: &Progress) {
        if *self.table.borrow() != step.table {
            self.table.replace(step.table.clone());
            self.bar.set_message(step.table.clone());
            if self.bar.is_hidden() {
                eprintln!("loading {}", step.table);
            }
        }
        self.bar.set_length(step.total.unwrap_or(step.rows));
        self.bar.set_position(step.rows);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
