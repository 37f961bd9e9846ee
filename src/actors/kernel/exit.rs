//! How a child's end reaches its parent: always, once, and also when the child panics.
//!
//! It hangs on the child itself, so that there is no way to end without it.

/// Tells the parent that a child has ended; sent once, at the latest when it is dropped.
pub struct ExitReport {
    report: Option<Box<dyn FnOnce(bool) + Send>>,
    comes_back: bool,
}

impl ExitReport {
    /// `report` is called with whether the end was clean.
    #[must_use]
    pub fn new(report: impl FnOnce(bool) + Send + 'static) -> Self {
        Self { report: Some(Box::new(report)), comes_back: false }
    }

    /// Makes the coming end one after which the child is wanted again, as after a panic.
    pub const fn come_back(&mut self) {
        self.comes_back = true;
    }

    /// Whether the child is wanted again.
    #[must_use]
    pub const fn comes_back(&self) -> bool {
        self.comes_back
    }

    /// Reports; to be called from `stopped()`, which runs also while a panic unwinds.
    pub fn send(&mut self) {
        if let Some(report) = self.report.take() {
            report(!std::thread::panicking() && !self.comes_back);
        }
    }
}

impl Drop for ExitReport {
    fn drop(&mut self) {
        self.send();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_reported_once_and_also_by_a_panic() {
        let (sender, ends) = std::sync::mpsc::sync_channel(8);
        let make = || {
            let sender = sender.clone();
            ExitReport::new(move |clean| sender.send(clean).unwrap())
        };
        let mut sent = make();
        sent.send();
        drop(sent);
        let report = make();
        let panicked = std::thread::spawn(move || {
            let _report = report;
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert_eq!(ends.try_iter().collect::<Vec<_>>(), [true, false]);
    }
}
