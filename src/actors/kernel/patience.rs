//! Waiting for a store that does not answer: longer each time, until it does or nobody needs it.
//!
//! Only "not available" is waited for. A lost claim and a corrupt row are answers.

use std::future::Future;
use std::time::Duration;

use autopilot_domain::codes::ErrorCode;
use tokio_util::sync::CancellationToken;

use super::runtime::TaskEnd;
use crate::ports::StoreError;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(15);

/// The waits of one series of tries: 0.25 s, doubled each time, at most 15 s.
#[derive(Debug, Default)]
pub struct Backoff(u32);

impl Backoff {
    /// The next wait.
    pub fn wait(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(1_u32.checked_shl(self.0).unwrap_or(u32::MAX));
        self.0 = self.0.saturating_add(1).min(16);
        wait.min(LONGEST)
    }

    /// Begins again, since something worked.
    pub const fn reset(&mut self) {
        self.0 = 0;
    }
}

/// Calls until the store answers.
///
/// # Errors
/// What the store answered, or [`StoreError::Unavailable`] once `token` is cancelled.
pub async fn until_answered<T, F, W>(
    token: &CancellationToken,
    mut call: F,
) -> Result<T, StoreError>
where
    F: FnMut() -> W,
    W: Future<Output = Result<T, StoreError>>,
{
    let mut backoff = Backoff::default();
    loop {
        match call().await {
            Err(StoreError::Unavailable) => {}
            answer @ (Ok(_) | Err(StoreError::Lost | StoreError::Corrupt(_))) => return answer,
        }
        tokio::select! {
            () = token.cancelled() => return Err(StoreError::Unavailable),
            () = tokio::time::sleep(backoff.wait()) => {}
        }
    }
}

/// A store call that was made in a task; a panic or a dropped task says nothing about the store, so
/// it counts as no answer.
pub fn answer<T>(end: TaskEnd<Result<T, StoreError>>) -> Result<T, StoreError> {
    match end {
        TaskEnd::Done(answer) => answer,
        TaskEnd::Panicked | TaskEnd::Abandoned => Err(StoreError::Unavailable),
    }
}

/// The code under which a store's error is shown.
#[must_use]
pub const fn code(error: &StoreError) -> ErrorCode {
    match error {
        StoreError::Lost => ErrorCode::OwnershipLost,
        StoreError::Unavailable => ErrorCode::DependencyDown,
        StoreError::Corrupt(_) => ErrorCode::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_again() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..20).map(|_| backoff.wait()).collect();
        assert_eq!(waits[..3], [FIRST, FIRST * 2, FIRST * 4]);
        assert_eq!(waits[19], LONGEST);
        backoff.reset();
        assert_eq!(backoff.wait(), FIRST);
    }
}
