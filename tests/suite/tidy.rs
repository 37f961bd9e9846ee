//! The house rules that no compiler knows, held over the source tree.
//!
//! Each rule is a function from files to findings, so that it runs over the tree and over a small
//! sample that breaks it: a rule that cannot find anything is no rule. Exceptions are named in
//! [`exceptions`] and may only become fewer.

mod exceptions;
mod headers;
mod imports;
mod layers;
mod lengths;
mod links;
mod lockfile;
mod paths;
pub(crate) mod sources;
mod wording;

use std::fmt;

/// One breach of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    /// What the exception list names: a function, a crate, or empty for the whole file.
    subject: String,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Fails with every finding, one a line.
fn assert_none(rule: &str, findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{rule}\n{}", lines.join("\n"));
}
