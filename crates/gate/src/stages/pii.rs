//! The third stage: every use of a column must be of one that is examined and clear.
//!
//! A filter or a sort tells about a column as much as a SELECT does, so no clause is exempt but those
//! that the lineage calls harmless. A column nobody has examined counts as protected.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use super::{Cataloged, SafeQuery};
use crate::safety;

/// A query that shows nothing of a protected column.
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
        let (safe, lineage) = cataloged.into_parts();
        let decision = safety::decide(&lineage);
        let mut protected: Vec<&str> =
            decision.refused.iter().map(|refused| refused.column.as_str()).collect();
        protected.sort_unstable();
        protected.dedup();
        if decision.allowed {
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
