//! One JSON line with a planner's call in, one JSON line with what the judges make of it out.
//!
//! Input `{id, prompt, call: {tool, args}}`, output `{id, outcome, blocked_by, reason}`. The prompt is
//! never read: a planner may have been taken over by it, so only what the planner asks for is judged,
//! by the same functions that stand before a warehouse.

use autopilot_domain::catalog::{Catalog, TableFacts};
use autopilot_domain::failure::Failure;
use autopilot_domain::prompt::tool::{self, ToolCall, ToolRefusal};
use serde::Serialize;
use serde_json::Value;

use super::tenant::TenantCatalog;
use crate::safety::{self, Blocked, Outcome, Verdict};
use crate::stages;

/// The judge that let a call go no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// The call is not one of the few that exist.
    ToolSchema,
    /// A planner's own words would reach the user.
    OutputFilter,
    /// The text is not one safe SELECT.
    SqlSafety,
    /// It reads a project that is not the tenant's.
    TenantBoundary,
    /// It names a table or column that the catalog does not hold.
    PlanValidator,
    /// It uses a protected column, or one that cannot be followed.
    PiiPolicy,
    /// It would need an approval, and a call carries none.
    ApprovalBinding,
}

/// Why a call is blocked: the judge, and a sentence.
#[derive(Debug)]
struct Refusal(Judge, String);

#[derive(Debug, Serialize)]
struct Answer {
    id: Value,
    outcome: &'static str,
    blocked_by: Option<Judge>,
    reason: Option<String>,
}

/// The answer to one line, without a line end. An error line is `{id, error}`.
pub async fn call_line(line: &str, tenant: &TenantCatalog) -> String {
    let line: Value = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(wrong) => return super::not_json(&wrong),
    };
    let id = line.get("id").cloned().unwrap_or(Value::Null);
    let Some(call) = line.get("call") else {
        return super::error(id, "the line is no object with a `call`".to_owned());
    };
    let answer = match judge(call, tenant).await {
        Ok(Ok(())) => Answer { id, outcome: "allowed", blocked_by: None, reason: None },
        Ok(Err(Refusal(judge, reason))) => {
            Answer { id, outcome: "blocked", blocked_by: Some(judge), reason: Some(reason) }
        }
        Err(failure) => return super::error(id, failure.safe_message),
    };
    serde_json::to_string(&answer).unwrap_or_default()
}

/// What becomes of a call.
///
/// # Errors
/// When no thread could be had to read the text on; then nothing is known about the call.
async fn judge(call: &Value, tenant: &TenantCatalog) -> Result<Result<(), Refusal>, Failure> {
    match tool_of(call) {
        Ok(ToolCall::RunSql { sql }) => query(&sql, tenant).await,
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// The only tool there is. `compose` is how a planner would answer in its own words: answers are put
/// together from figures by the service, so no word of a planner passes, whatever it says.
fn tool_of(call: &Value) -> Result<ToolCall, Refusal> {
    if call.get("tool").and_then(Value::as_str) == Some("compose") {
        let reason = "an answer is composed from figures, never from a planner's words";
        return Err(Refusal(Judge::OutputFilter, reason.to_owned()));
    }
    let refused = |refusal: ToolRefusal| Refusal(Judge::ToolSchema, refusal.to_string());
    tool::parse(call).map_err(refused)
}

/// The order is that of the judges' weight: a text that is unsafe, foreign, unknown or personal is
/// called so even if it also lacks a filter, which its author could add.
async fn query(sql: &str, tenant: &TenantCatalog) -> Result<Result<(), Refusal>, Failure> {
    let verdict = safety::analyze(sql.to_owned(), tenant.policy(), tenant.safety()).await?;
    let blocked = match first_rule(&verdict) {
        Some(refusal) if verdict.tables.is_empty() => return Ok(Err(refusal)),
        blocked => blocked,
    };
    let tables: Result<Vec<&TableFacts>, Failure> =
        verdict.tables.iter().map(|name| stages::look_up(name, tenant.names())).collect();
    let known = match tables {
        Ok(tables) => Catalog::of(tables.into_iter().cloned()),
        Err(failure) => return Ok(Err(Refusal(Judge::PlanValidator, failure.safe_message))),
    };
    let text = verdict.sql.clone().unwrap_or_else(|| sql.to_owned());
    let followed = safety::follow(text, known.clone()).await?;
    Ok(columns(followed, &known).and_then(|()| blocked.map_or(Ok(()), Err)))
}

/// The first rule that stands in the way of running the text now.
fn first_rule(verdict: &Verdict) -> Option<Refusal> {
    let judge: fn(&str) -> Judge = match verdict.outcome {
        Outcome::Allow | Outcome::Rewrite => return None,
        Outcome::Block => judge_of,
        Outcome::Approval => |_| Judge::ApprovalBinding,
    };
    let hit = verdict.rules.first();
    Some(hit.map_or_else(
        || Refusal(judge(""), "the query may not run".to_owned()),
        |hit| Refusal(judge(hit.id), format!("{} (rule {})", hit.reason, hit.id)),
    ))
}

/// Whether every column may be used as it is.
fn columns(followed: Result<safety::Lineage, Blocked>, known: &Catalog) -> Result<(), Refusal> {
    let lineage = followed.map_err(|blocked| {
        Refusal(judge_of(blocked.rule), format!("{} (rule {})", blocked.reason, blocked.rule))
    })?;
    stages::usable(&lineage, known)
        .map_err(|failure| Refusal(Judge::PlanValidator, failure.safe_message))?;
    let decision = safety::decide(&lineage);
    match decision.refused.into_iter().next() {
        None if decision.allowed => Ok(()),
        refused => {
            let reason = refused.map(|refused| refused.reason).unwrap_or_default();
            Err(Refusal(Judge::PiiPolicy, reason))
        }
    }
}

/// The judge that a rule of the engine belongs to.
fn judge_of(rule: &str) -> Judge {
    match rule.split_once('.').map_or(rule, |(family, _)| family) {
        _ if ["table.project", "table.dataset"].contains(&rule) => Judge::TenantBoundary,
        "catalog" => Judge::PlanValidator,
        "lineage" => Judge::PiiPolicy,
        _ => Judge::SqlSafety,
    }
}

#[cfg(test)]
mod tests;
