//! What a person sees while the demo runs: one line for each thing that happens, bars for what lasts.
//!
//! Everything goes to standard error, so that standard output holds the summary alone. Without a
//! terminal the bars vanish and the lines stay.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Tells the story.
pub(super) struct Narrator {
    bar: Option<ProgressBar>,
    begun: jiff::Timestamp,
}

impl Narrator {
    /// One that has not said anything.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "tells news from history on the screen; no decision rests on it"
    )]
    pub(super) fn new() -> Self {
        Self { bar: None, begun: jiff::Timestamp::now() }
    }

    /// When the story began.
    pub(super) const fn begun(&self) -> jiff::Timestamp {
        self.begun
    }

    /// Begins a part of the story.
    pub(super) fn chapter(&mut self, text: &str) {
        self.close();
        eprintln!("\n{text}");
    }

    /// Tells one thing.
    pub(super) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) if !bar.is_hidden() => bar.println(format!("  {text}")),
            _ => eprintln!("  {text}"),
        }
    }

    /// Shows that something is under way whose length is not known.
    pub(super) fn wait_for(&mut self, text: &str) {
        self.close();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_message(text.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.bar = Some(bar);
    }

    /// Shows a bar of so many steps.
    pub(super) fn steps(&mut self, total: u64) {
        self.close();
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("  [{bar:30}] {pos}/{len} {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        self.bar = Some(bar);
    }

    /// Moves the bar.
    pub(super) fn advance(&self, done: u64, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(text.to_owned());
        }
    }

    /// Takes the bar away.
    pub(super) fn close(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Default for Narrator {
    fn default() -> Self {
        Self::new()
    }
}
