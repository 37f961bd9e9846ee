//! The first stage: a text becomes a [`SafeQuery`] or is blocked.
//!
//! The only thing a later stage, a dry run or a warehouse ever sees is the canonical text held here.

use autopilot_domain::catalog::TableRef;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::Digest;

use crate::receipt::Origin;
use crate::safety::{self, Policy, Reading, RuleHit, SafetyCatalog, TableName, Verdict};

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
        let verdict =
            safety::analyze(self.sql, Policy::default(), SafetyCatalog::default()).await?;
        let Verdict { outcome: _, rules, sql, hash, tables } = verdict;
        let (Some(canonical), Some(hash)) = (sql, hash) else {
            return Err(refused(rules));
        };
        let reading = Reading::default();
        Ok(SafeQuery { origin: self.origin, canonical, hash, written: tables, reading })
    }
}

/// The failure of the first rule that was hit.
fn refused(rules: Vec<RuleHit>) -> Failure {
    let sentence = rules.into_iter().next().map_or_else(
        || ErrorCode::SqlBlocked.meaning().to_owned(),
        |RuleHit { id, reason, next: _ }| format!("{reason} (rule {id})"),
    );
    Failure::with(FailureClass::ValidationFailed, ErrorCode::SqlBlocked, sentence)
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
    written: Vec<TableName>,
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

    /// The tables as the text names them.
    pub(super) fn written(&self) -> &[TableName] {
        &self.written
    }

    /// The same query with the full names of its tables, once the catalog has given them.
    pub(super) fn with_tables(self, tables: Vec<TableRef>) -> Self {
        Self { reading: Reading { tables }, ..self }
    }

    /// What it reads; empty until the catalog has been asked.
    pub(crate) const fn reading(&self) -> &Reading {
        &self.reading
    }
}
