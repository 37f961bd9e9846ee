//! What a run of the migration runner came to, schema by schema.
//! Sentences name a migration and a state code; never a statement's text or a row's value.

use serde::Serialize;

/// What became of one schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeReport {
    /// The schema.
    pub scope: String,
    /// Versions that were applied now.
    pub applied: Vec<i32>,
    /// Why it stopped, in a plain sentence.
    pub failed: Option<String>,
    /// The database's state code (SQLSTATE) behind `failed`, where there is one.
    pub error_code: Option<String>,
}

/// What became of all schemas.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// One entry for each schema.
    pub scopes: Vec<ScopeReport>,
}

impl Report {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.scopes.iter().all(|scope| scope.failed.is_none())
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for scope in &self.scopes {
            match &scope.failed {
                Some(why) => writeln!(f, "{}: FAILED: {why}", scope.scope)?,
                None if scope.applied.is_empty() => writeln!(f, "{}: up to date", scope.scope)?,
                None => writeln!(f, "{}: applied {:?}", scope.scope, scope.applied)?,
            }
        }
        write!(
            f,
            "{} schemas, {} failed",
            self.scopes.len(),
            self.scopes.iter().filter(|s| s.failed.is_some()).count()
        )
    }
}
