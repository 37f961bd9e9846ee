//! The first stage: a text becomes a [`SafeQuery`] or is blocked.
//!
//! The only thing a later stage, a dry run or a warehouse ever sees is the canonical text held here.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::Digest;

use super::Protected;
use crate::masks::Masks;
use crate::receipt::{Origin, PiiFacts, PiiOutcome};
use crate::safety::{self, Policy, Reading, RuleHit, SafetyCatalog, TableName, Verdict};

/// A text somebody wants to run; nothing about it has been checked.
#[derive(Debug)]
pub struct Draft {
    origin: Origin,
    sql: String,
    protected: Protected,
}

impl Draft {
    /// A draft of this text.
    #[must_use]
    pub fn new(origin: Origin, sql: impl Into<String>) -> Self {
        Self { origin, sql: sql.into(), protected: Protected::Refuse }
    }

    /// The same draft with another wish about protected columns.
    #[must_use]
    pub fn protected(self, protected: Protected) -> Self {
        Self { protected, ..self }
    }

    /// What is wanted about protected columns.
    pub(crate) const fn wish(&self) -> Protected {
        self.protected
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
    pub(crate) async fn check(self, policy: Policy) -> Result<SafeQuery, Failure> {
        let verdict = safety::analyze(self.sql, policy, SafetyCatalog::default()).await?;
        let Verdict { outcome: _, rules, sql, hash, tables } = verdict;
        let (Some(canonical), Some(hash)) = (sql, hash) else {
            return Err(refused(rules));
        };
        Ok(SafeQuery {
            origin: self.origin,
            canonical,
            hash,
            rules: rules.into_iter().map(|hit| hit.id).collect(),
            written: tables,
            reading: Reading::default(),
            masks: Masks::default(),
            outcome: PiiOutcome::Clear,
        })
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
    rules: Vec<&'static str>,
    written: Vec<TableName>,
    reading: Reading,
    masks: Masks,
    outcome: PiiOutcome,
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

    /// Rules that changed the text into this one; empty when it is what was asked.
    #[must_use]
    pub fn rules(&self) -> &[&'static str] {
        &self.rules
    }

    /// The same query with the full names of its tables, once the catalog has given them.
    pub(super) fn reads(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// The same query with what was decided about its protected columns.
    pub(super) fn decided(self, masks: Masks, outcome: PiiOutcome) -> Self {
        Self { masks, outcome, ..self }
    }

    /// What must be redacted in its result.
    pub(crate) const fn masks(&self) -> &Masks {
        &self.masks
    }

    /// What was decided about its protected columns.
    pub(crate) fn pii(&self) -> PiiFacts {
        let redacted = u32::try_from(self.masks.count()).unwrap_or(u32::MAX);
        PiiFacts { outcome: self.outcome, redacted }
    }

    /// What it reads; empty until the catalog has been asked.
    pub(crate) const fn reading(&self) -> &Reading {
        &self.reading
    }
}
