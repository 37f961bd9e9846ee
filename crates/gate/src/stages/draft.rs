//! The first stage: a text becomes a [`SafeQuery`] or is blocked.
//!
//! The only thing a later stage, a dry run or a warehouse ever sees is the canonical text held here.

use autopilot_domain::failure::Failure;
use autopilot_domain::ids::Digest;

use crate::receipt::Origin;
use crate::safety::{self, Reading};

/// A text somebody wants to run; nothing about it has been checked.
#[derive(Debug)]
pub struct Draft {
    origin: Origin,
    sql: String,
}

impl Draft {
    /// A draft of this text.
    #[must_use]
    pub fn new(origin: Origin, sql: impl Into<String>) -> Self {
        Self { origin, sql: sql.into() }
    }

    /// Who wants it.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Applies the safety rules.
    ///
    /// # Errors
    /// `SQL_BLOCKED` with the rule that refused it.
    pub(crate) async fn check(self) -> Result<SafeQuery, Failure> {
        let analysis = safety::analyze(self.sql).await?;
        Ok(SafeQuery {
            origin: self.origin,
            canonical: analysis.canonical,
            hash: analysis.hash,
            reading: analysis.reading,
        })
    }
}

/// A text that passed the safety rules; what a dry run may see.
///
/// ```
/// fn text(query: &autopilot_gate::stages::SafeQuery) -> &str {
///     query.sql()
/// }
/// ```
///
/// It cannot be made elsewhere:
///
/// ```compile_fail,E0451
/// fn forge(real: autopilot_gate::stages::SafeQuery) -> autopilot_gate::stages::SafeQuery {
///     autopilot_gate::stages::SafeQuery { canonical: "DROP TABLE t".to_owned(), ..real }
/// }
/// ```
///
/// nor copied:
///
/// ```compile_fail,E0277
/// fn copies<T: Clone>() {}
/// copies::<autopilot_gate::stages::SafeQuery>();
/// ```
#[derive(Debug)]
pub struct SafeQuery {
    origin: Origin,
    canonical: String,
    hash: Digest,
    reading: Reading,
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

    /// What it reads.
    pub(crate) const fn reading(&self) -> &Reading {
        &self.reading
    }
}
