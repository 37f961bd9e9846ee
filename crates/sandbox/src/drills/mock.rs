//! Answers made up on order: a dry run's bytes and schema for chosen statements.
//!
//! Decides only which dry run they replace. Nothing that runs is ever made up.

use serde::{Deserialize, Serialize};

use super::rule::names;

/// A made-up answer to a dry run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mock {
    /// A regular expression the statement's text must match; any text when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<String>,
    /// A table the statement must touch; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) table: Option<String>,
    /// The account it is for; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Bytes it says the statement would process.
    #[serde(default)]
    pub(crate) total_bytes_processed: Option<u64>,
    /// Bytes it says would be billed; the processed ones when absent.
    #[serde(default)]
    pub(crate) total_bytes_billed: Option<u64>,
    /// PRECISE, LOWER_BOUND, UPPER_BOUND or UNKNOWN.
    #[serde(default)]
    pub(crate) accuracy: Option<String>,
    /// SELECT and so on.
    #[serde(default)]
    pub(crate) statement_type: Option<String>,
    /// Fields of the schema as the wire has them.
    #[serde(default)]
    pub(crate) schema: Option<Vec<serde_json::Value>>,
}

impl Mock {
    /// A sentence about a pattern that cannot be read.
    pub(crate) fn trouble(&self) -> Option<String> {
        let pattern = self.pattern.as_deref()?;
        regex::Regex::new(pattern).err().map(|error| format!("pattern {pattern}: {error}"))
    }

    /// Whether it answers for a statement; `tables` is `None` when the statement could not be read.
    pub(crate) fn answers(&self, sql: &str, account: &str, tables: Option<&[String]>) -> bool {
        let text = match self.pattern.as_deref().map(regex::Regex::new) {
            None => true,
            Some(Ok(pattern)) => pattern.is_match(sql),
            Some(Err(_)) => false,
        };
        let table = match (&self.table, tables) {
            // Without a pattern nothing says that an unreadable statement is meant.
            (None, None) => self.pattern.is_some(),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(tables)) => tables.iter().any(|table| names(table, wanted)),
        };
        text && table && self.account.as_deref().is_none_or(|wanted| wanted == account)
    }
}
