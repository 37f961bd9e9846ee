//! The one thing a planning model may ask for: `run_sql` with one text.
//!
//! Decides whether a model's answer is that call and nothing more. It must never accept a key it does
//! not know: a call with `skip_dry_run` is refused, not read without it. What the SQL may do is
//! decided later, by the gate; the model has no vote there.

use serde_json::{Value, json};

/// Bytes of SQL a call may hold.
pub const SQL_LIMIT: usize = 32 * 1024;

/// A call that has the right form. Its SQL is as untrusted as any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolCall {
    /// Run one query through the gate.
    RunSql {
        /// The query as the model wrote it.
        sql: String,
    },
}

/// Why an answer is no call. All of them fail the gate `tool_schema`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ToolRefusal {
    /// Not an object with `tool` and `args`.
    #[error("a call is an object with `tool` and `args`")]
    NotACall,
    /// A key beside `tool` and `args`.
    #[error("a call has no other keys than `tool` and `args`")]
    ExtraKey,
    /// Another tool than `run_sql`.
    #[error("the only tool is `run_sql`")]
    UnknownTool,
    /// An argument beside `sql`.
    #[error("`run_sql` takes no other argument than `sql`")]
    ExtraArgument,
    /// No `sql`, or one that is not text, or only spaces.
    #[error("`sql` is a text that is not empty")]
    NoSql,
    /// More than [`SQL_LIMIT`] bytes.
    #[error("`sql` is too long")]
    TooLong,
}

impl ToolRefusal {
    /// The gate that refused, as audit entries name it.
    pub const GATE: &'static str = "tool_schema";
}

/// Reads a model's call `{"tool": "run_sql", "args": {"sql": "..."}}`.
///
/// # Errors
/// Every other shape is refused with the first reason that applies.
pub fn parse(call: &Value) -> Result<ToolCall, ToolRefusal> {
    let call = call.as_object().ok_or(ToolRefusal::NotACall)?;
    let (Some(tool), Some(args)) = (call.get("tool"), call.get("args")) else {
        return Err(ToolRefusal::NotACall);
    };
    if call.len() != 2 {
        return Err(ToolRefusal::ExtraKey);
    }
    if tool.as_str() != Some("run_sql") {
        return Err(ToolRefusal::UnknownTool);
    }
    let args = args.as_object().ok_or(ToolRefusal::NotACall)?;
    if args.keys().any(|key| key != "sql") {
        return Err(ToolRefusal::ExtraArgument);
    }
    let sql = args.get("sql").and_then(Value::as_str).ok_or(ToolRefusal::NoSql)?;
    if sql.trim().is_empty() {
        return Err(ToolRefusal::NoSql);
    }
    if sql.len() > SQL_LIMIT {
        return Err(ToolRefusal::TooLong);
    }
    Ok(ToolCall::RunSql { sql: sql.to_owned() })
}

/// The call's JSON schema in the subset every provider takes: all fields required, nothing extra.
/// Lengths are not in it, since not all providers take them; [`parse`] checks them.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["tool", "args"],
        "properties": {
            "tool": {"type": "string", "enum": ["run_sql"]},
            "args": {
                "type": "object",
                "additionalProperties": false,
                "required": ["sql"],
                "properties": {"sql": {"type": "string"}},
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_call_is_read() {
        let sql = "SELECT 1";
        assert_eq!(
            parse(&json!({"tool": "run_sql", "args": {"sql": sql}})),
            Ok(ToolCall::RunSql { sql: sql.to_owned() })
        );
        for (call, refusal) in [
            (json!("SELECT 1"), ToolRefusal::NotACall),
            (json!({"sql": sql}), ToolRefusal::NotACall),
            (json!({"tool": "run_sql", "args": [sql]}), ToolRefusal::NotACall),
            (json!({"tool": "run_sql", "args": {"sql": sql}, "as": "x"}), ToolRefusal::ExtraKey),
            (json!({"tool": "shell", "args": {"cmd": "env"}}), ToolRefusal::UnknownTool),
            (json!({"tool": "RUN_SQL", "args": {"sql": sql}}), ToolRefusal::UnknownTool),
            (json!({"tool": ["run_sql"], "args": {"sql": sql}}), ToolRefusal::UnknownTool),
            (
                json!({"tool": "run_sql", "args": {"sql": sql, "skip_dry_run": true}}),
                ToolRefusal::ExtraArgument,
            ),
            (json!({"tool": "run_sql", "args": {}}), ToolRefusal::NoSql),
            (json!({"tool": "run_sql", "args": {"sql": 1}}), ToolRefusal::NoSql),
            (json!({"tool": "run_sql", "args": {"sql": " \n"}}), ToolRefusal::NoSql),
            (
                json!({"tool": "run_sql", "args": {"sql": "x".repeat(SQL_LIMIT + 1)}}),
                ToolRefusal::TooLong,
            ),
        ] {
            assert_eq!(parse(&call), Err(refusal), "{call:.80}");
        }
    }
}
