//! Checks of one JSON line each, for the command line and for batch tests.
//!
//! Each takes a line and gives a line. Unknown keys are ignored, a line that cannot be read gives a
//! line that says so, and nothing here panics or touches a network.

pub mod call;
pub mod sql;
mod strict;
pub mod tenant;

pub use call::call_line;
pub use sql::{sql_line, sql_line_on_this_thread};
pub use tenant::TenantCatalog;

use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Serialize)]
struct Unread {
    id: Value,
    error: String,
}

/// The line that says why a line could not be checked.
fn error(id: Value, error: String) -> String {
    serde_json::to_string(&Unread { id, error }).unwrap_or_default()
}

/// The same for a line that is not JSON. The parser's own sentence would speak of line 1.
fn not_json(wrong: &serde_json::Error) -> String {
    error(Value::Null, format!("the line is not JSON (at byte {})", wrong.column()))
}
