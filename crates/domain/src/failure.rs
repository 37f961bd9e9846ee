//! What went wrong, in the only form that is persisted, retried on or shown.
//!
//! Every module has its own error enum; before an error leaves its layer it becomes a [`Failure`]:
//! a class (which decides about retries), a code (which decides what the reader is told) and a
//! sentence that is safe to show. Inner texts of databases and remote services never enter it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::ErrorCode;

/// The failure classes of the plan's two lists, united.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(inline)]
pub enum FailureClass {
    /// No answer within the deadline.
    Timeout,
    /// A quota, budget or cap says no; a narrower request may pass.
    QuotaExceeded,
    /// The credentials may not do this; a person must change a grant.
    PermissionDenied,
    /// The network or a gateway failed.
    TransientNetwork,
    /// The remote service failed and says it may be tried again.
    TransientError,
    /// The answer could not be understood; retrying will not help.
    MalformedResponse,
    /// An answer came, but not all of it.
    PartialResults,
    /// The request itself is wrong: validation or a policy refused it.
    ValidationFailed,
}

impl FailureClass {
    /// Every class, for tables and tests.
    pub const ALL: [Self; 8] = [
        Self::Timeout,
        Self::QuotaExceeded,
        Self::PermissionDenied,
        Self::TransientNetwork,
        Self::TransientError,
        Self::MalformedResponse,
        Self::PartialResults,
        Self::ValidationFailed,
    ];

    /// The class as it is written in events and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "TIMEOUT",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::TransientNetwork => "TRANSIENT_NETWORK",
            Self::TransientError => "TRANSIENT_ERROR",
            Self::MalformedResponse => "MALFORMED_RESPONSE",
            Self::PartialResults => "PARTIAL_RESULTS",
            Self::ValidationFailed => "VALIDATION_FAILED",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure that may be stored, retried on and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {safe_message}")]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Decides about retries and recovery.
    pub class: FailureClass,
    /// Decides what the reader is told; each code has a page in docs/errors.
    pub code: ErrorCode,
    /// A plain sentence without secrets, row values or upstream text.
    pub safe_message: String,
}

impl Failure {
    /// A failure whose sentence is the code's own.
    #[must_use]
    pub fn of(class: FailureClass, code: ErrorCode) -> Self {
        Self { class, code, safe_message: code.meaning().to_owned() }
    }

    /// Whether it is no failure yet: a person is asked, and the step waits for the decision.
    #[must_use]
    pub fn awaits_decision(&self) -> bool {
        self.code == ErrorCode::ApprovalNeeded
    }

    /// A failure with a sentence that says more than the code's own; it must be safe to show.
    #[must_use]
    pub fn with(class: FailureClass, code: ErrorCode, safe_message: impl Into<String>) -> Self {
        Self { class, code, safe_message: safe_message.into() }
    }
}
