//! What the engine answers: one verdict for one text, with the rules that were hit.
//!
//! A verdict carries the exact text that may be sent, or none. It never carries a part of a refused
//! text, so that a reason can be shown without showing what was refused.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::Digest;

/// What is to be done with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It may be sent in its canonical form.
    Allow,
    /// It may be sent in the form the engine gave it.
    Rewrite,
    /// It may not run.
    Block,
    /// It may run once a person has agreed. No rule of this engine gives it: what needs a person is a
    /// price, and a text has none before a dry run. The gate's priced stage decides about that, with
    /// `OVER_QUERY_CAP` and whether an approval would help. Here the outcome stands for callers that
    /// show both kinds of answers in one form.
    Approval,
}

impl Outcome {
    /// The outcome in lower case, as it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Rewrite => "rewrite",
            Self::Block => "block",
            Self::Approval => "approval",
        }
    }
}

/// One rule that was hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHit {
    /// Stable id: `block.*`, `require.*` or `enforce.*` for the rules of the product, `text.*`,
    /// `parse.*`, `shape.*`, `function.*` and `table.*` for the allow-list.
    pub id: &'static str,
    /// One plain sentence.
    pub reason: String,
    /// What to do next.
    pub next: String,
}

/// A table as the query names it; the project is absent when the text leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName {
    /// Project, if written.
    pub project: Option<String>,
    /// Data set, if written.
    pub dataset: Option<String>,
    /// Table; may end in `*`.
    pub table: String,
}

/// The engine's answer about one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What is to be done.
    pub outcome: Outcome,
    /// Every rule that was hit; empty for [`Outcome::Allow`].
    pub rules: Vec<RuleHit>,
    /// The text that may be sent: canonical or rewritten. None when blocked.
    pub sql: Option<String>,
    /// SHA-256 of `sql`.
    pub hash: Option<Digest>,
    /// Tables the text reads, sorted, each once; empty when blocked by the allow-list.
    pub tables: Vec<TableName>,
}

impl Verdict {
    /// A refusal by these rules.
    pub(crate) fn blocked(hits: Vec<RuleHit>) -> Self {
        Self { outcome: Outcome::Block, rules: hits, sql: None, hash: None, tables: Vec::new() }
    }
}

/// Why a text may not run: a rule's id, a plain sentence, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
    next: Option<String>,
}

impl Blocked {
    pub(crate) fn new(rule: &'static str, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into(), next: None }
    }

    /// Says what to do instead of the family's usual advice.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

impl From<Blocked> for RuleHit {
    fn from(blocked: Blocked) -> Self {
        let next = blocked.next.unwrap_or_else(|| advice(blocked.rule).to_owned());
        Self { id: blocked.rule, reason: blocked.reason, next }
    }
}

impl From<Blocked> for Failure {
    fn from(blocked: Blocked) -> Self {
        let sentence = format!("{} (rule {})", blocked.reason, blocked.rule);
        Self::with(FailureClass::ValidationFailed, ErrorCode::SqlBlocked, sentence)
    }
}

/// What helps against a family of rules.
fn advice(rule: &str) -> &'static str {
    match rule.split_once('.').map_or(rule, |(family, _)| family) {
        "text" => "Write the query in plain GoogleSQL characters and literals.",
        "parse" => "Check the syntax; the query must be one GoogleSQL SELECT.",
        "block" => "Send one SELECT that only reads; this rule cannot be overridden.",
        "function" => {
            "Use a built-in function, or ask an administrator to add the routine to the policy."
        }
        "table" => "Read a table of an allowed project and data set.",
        "require" => "Add the filter and send the query again.",
        "enforce" => "Make the query smaller, for example with a CTE or fewer tables.",
        _ => "Leave the construct out and send the query again.",
    }
}
