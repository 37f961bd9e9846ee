//! The third stage: every column the query uses, in any clause, must be examined and clear.
//!
//! A filter or a sort tells about a column as much as a SELECT does, so no clause is exempt. A column
//! nobody has examined counts as protected. A count of rows uses no column.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use super::{Cataloged, SafeQuery};

/// A query that uses no protected column.
#[derive(Debug)]
pub struct PiiDecided {
    safe: SafeQuery,
}

impl PiiDecided {
    /// Decides about the columns.
    ///
    /// # Errors
    /// `PII_PROTECTED` naming the columns that are personal or not examined.
    pub(crate) fn check(cataloged: Cataloged) -> Result<Self, Failure> {
        let (safe, columns) = cataloged.into_parts();
        let mut protected: Vec<&str> = columns
            .iter()
            .filter(|column| !column.examination.is_clear())
            .map(|column| column.name.as_str())
            .collect();
        protected.sort_unstable();
        protected.dedup();
        if protected.is_empty() {
            return Ok(Self { safe });
        }
        let names = protected.join(", ");
        let sentence =
            format!("The query uses columns that are protected or not yet examined: {names}.");
        Err(Failure::with(FailureClass::ValidationFailed, ErrorCode::PiiProtected, sentence))
    }

    /// The query.
    pub(super) fn into_safe(self) -> SafeQuery {
        self.safe
    }
}
