//! Whether and when a failed attempt is tried again.
//!
//! The ladder is 1, 4 and 16 seconds. Transient classes climb it; a timeout is tried once more and
//! then goes to the sampling path, or climbs like a transient where the step has none. Everything
//! else is terminal: trying again cannot help.

use std::time::Duration;

use crate::failure::FailureClass;

/// Waiting times before the first, second and third retry.
pub const LADDER: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(16)];

/// How the next attempt reads its data.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The whole of what the step asks for.
    Full,
    /// A sample, because the whole timed out.
    Sampled,
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Try again after the wait, in this mode.
    Retry {
        /// Time to wait first.
        after: Duration,
        /// How to read.
        mode: Mode,
    },
    /// Give up.
    Stop,
}

/// Decides about the attempt after `retries` earlier retries ended in `class`.
#[must_use]
pub fn decide(class: FailureClass, retries: u32, can_sample: bool) -> Decision {
    let again = |mode| match LADDER.get(usize::try_from(retries).unwrap_or(usize::MAX)) {
        Some(after) => Decision::Retry { after: *after, mode },
        None => Decision::Stop,
    };
    match class {
        FailureClass::TransientNetwork | FailureClass::TransientError => again(Mode::Full),
        FailureClass::Timeout if can_sample && retries >= 1 => again(Mode::Sampled),
        FailureClass::Timeout => again(Mode::Full),
        FailureClass::QuotaExceeded
        | FailureClass::PermissionDenied
        | FailureClass::MalformedResponse
        | FailureClass::PartialResults
        | FailureClass::ValidationFailed => Decision::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_classes_climb_the_ladder_and_stop() {
        for class in [FailureClass::TransientError, FailureClass::TransientNetwork] {
            let waits: Vec<_> = (0..4).map(|retries| decide(class, retries, true)).collect();
            let retry = |s| Decision::Retry { after: Duration::from_secs(s), mode: Mode::Full };
            assert_eq!(waits, [retry(1), retry(4), retry(16), Decision::Stop]);
        }
    }

    #[test]
    fn a_timeout_is_tried_once_in_full_and_then_sampled() {
        let modes: Vec<_> =
            (0..4).map(|retries| decide(FailureClass::Timeout, retries, true)).collect();
        let retry = |s, mode| Decision::Retry { after: Duration::from_secs(s), mode };
        assert_eq!(
            modes,
            [
                retry(1, Mode::Full),
                retry(4, Mode::Sampled),
                retry(16, Mode::Sampled),
                Decision::Stop
            ]
        );
    }

    #[test]
    fn terminal_classes_are_never_tried_again() {
        for class in [
            FailureClass::QuotaExceeded,
            FailureClass::PermissionDenied,
            FailureClass::MalformedResponse,
            FailureClass::PartialResults,
            FailureClass::ValidationFailed,
        ] {
            assert_eq!(decide(class, 0, true), Decision::Stop, "{class}");
        }
    }
}
