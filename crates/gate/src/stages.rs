//! The stages of the path as types.
//!
//! Fields are private and no stage is `Clone`: a value that has passed a check is consumed by the
//! next one. Only this crate can make an [`ApprovedQuery`], and only once for each draft.

use std::time::Duration;

use autopilot_domain::ids::Digest;
use autopilot_domain::units::Bytes;

use crate::receipt::{JobId, Origin};

/// A text that passed the safety rules; what a dry run may see.
#[derive(Debug)]
pub struct SafeQuery {
    pub(crate) origin: Origin,
    pub(crate) canonical: String,
    pub(crate) hash: Digest,
}

impl SafeQuery {
    /// The canonical text: exactly what was checked.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.canonical
    }

    /// Hash of the canonical text.
    #[must_use]
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// Who wants it.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// A query that passed every stage; what [`crate::ports::Warehouse::execute`] takes.
#[derive(Debug)]
pub struct ApprovedQuery {
    pub(crate) safe: SafeQuery,
    pub(crate) maximum_bytes_billed: Bytes,
    pub(crate) deadline: Duration,
    pub(crate) row_cap: u64,
}

impl ApprovedQuery {
    /// The canonical text: exactly what was checked and priced.
    #[must_use]
    pub fn sql(&self) -> &str {
        self.safe.sql()
    }

    /// Who wants it.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        self.safe.origin()
    }

    /// The job id it must run under.
    #[must_use]
    pub fn job_id(&self) -> JobId {
        self.safe.origin.job_id()
    }

    /// The byte limit that must be sent with it.
    #[must_use]
    pub const fn maximum_bytes_billed(&self) -> Bytes {
        self.maximum_bytes_billed
    }

    /// How long it may take before it is cancelled.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Most rows to fetch.
    #[must_use]
    pub const fn row_cap(&self) -> u64 {
        self.row_cap
    }
}
