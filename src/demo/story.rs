//! What the demo does once everything runs: learn the warehouse, be refused, decide, ask, and read
//! every figure back.
//!
//! Each part goes through the public API. A run that an earlier, killed demo left behind is followed
//! to its end instead of starting another one.

use serde_json::{Value, json};

use super::api::Api;
use super::error::DemoError;
use super::narrator::Narrator;

/// What came of it, each figure as the API gave it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Tables with their rows and columns.
    pub(super) catalog: Value,
    /// The code with which the first try was refused, if it was.
    pub(super) refused_first: Option<String>,
    /// Whether the run had been started by an earlier process.
    pub(super) resumed: bool,
    /// The run with its steps.
    pub(super) run: Value,
    /// Its receipts.
    pub(super) receipts: Value,
    /// Events seen on the stream.
    pub(super) events: u64,
}

/// Tells the whole story for the question `input`.
///
/// # Errors
/// When a call is refused that should not be.
pub(super) async fn tell(
    api: &Api,
    say: &mut Narrator,
    input: &Value,
) -> Result<Outcome, DemoError> {
    let mut outcome = Outcome::default();
    let open = unfinished(api).await?;
    if let Some(run) = open.iter().find(|run| text(run, "kind") == "answer_question") {
        say.chapter("A run was interrupted; it goes on where it stopped");
        for step in steps(run).filter(|step| text(step, "status") == "success") {
            say.say(&format!("stored before: {} (not run again)", text(step, "name")));
        }
        outcome.resumed = true;
        outcome.events += watch(api, say, &text(run, "id"), &mut 0).await?;
        return finish(api, text(run, "id"), outcome).await;
    }
    learn(api, say, &mut outcome).await?;
    let id = ask(api, say, input, &mut outcome).await?;
    finish(api, id, outcome).await
}

async fn unfinished(api: &Api) -> Result<Vec<Value>, DemoError> {
    let listed = api.get("/v1/workflows?limit=50").await?;
    let mut open = Vec::new();
    for run in items(&listed) {
        if matches!(text(run, "status").as_str(), "queued" | "running") {
            open.push(api.get(&format!("/v1/workflows/{}", text(run, "id"))).await?);
        }
    }
    Ok(open)
}

/// Reads names and types of all tables.
async fn learn(api: &Api, say: &mut Narrator, outcome: &mut Outcome) -> Result<(), DemoError> {
    say.chapter("Learning the warehouse (names, types and sizes; no rows, no cost)");
    let started =
        api.post("/v1/workflows", None, &json!({"kind": "profile_warehouse", "input": {}})).await?;
    outcome.events += watch(api, say, &text(&started, "id"), &mut 0).await?;
    outcome.catalog = api.get("/v1/catalog").await?;
    for table in outcome.catalog.get("tables").and_then(Value::as_array).into_iter().flatten() {
        let columns = table.get("columns").and_then(Value::as_array).map_or(0, Vec::len);
        let name = ["project", "dataset", "table"].map(|part| {
            table.pointer(&format!("/table/{part}")).and_then(Value::as_str).unwrap_or_default()
        });
        say.say(&format!("{}: {} rows, {columns} columns", name.join("."), text(table, "rows")));
    }
    Ok(())
}

/// Asks the question; examines the columns it needs if that is what stands in the way.
async fn ask(
    api: &Api,
    say: &mut Narrator,
    input: &Value,
    outcome: &mut Outcome,
) -> Result<String, DemoError> {
    say.chapter("Asking for the last complete week's revenue");
    let body = json!({"kind": "answer_question", "input": input});
    let id = text(&api.post("/v1/workflows", None, &body).await?, "id");
    let mut seen = 0;
    outcome.events += watch(api, say, &id, &mut seen).await?;
    let run = api.get(&format!("/v1/workflows/{id}")).await?;
    let failed = steps(&run).find(|step| text(step, "status") == "failed").cloned();
    let Some(failed) = failed else { return Ok(id) };
    let code = failed.pointer("/error/code").and_then(Value::as_str).unwrap_or_default().to_owned();
    let sentence = failed.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
    say.say(&format!("refused: {code}. {sentence}"));
    outcome.refused_first = Some(code.clone());
    if code == "PII_PROTECTED" {
        examine(api, say, &run).await?;
        api.post(&format!("/v1/workflows/{id}/retry"), None, &json!({})).await?;
        outcome.events += watch(api, say, &id, &mut seen).await?;
    }
    Ok(id)
}

/// Records, as an admin would, that the columns of the question hold no personal data.
async fn examine(api: &Api, say: &mut Narrator, run: &Value) -> Result<(), DemoError> {
    let source = steps(run)
        .find(|step| text(step, "name") == "resolve_source")
        .and_then(|step| step.get("output").cloned())
        .unwrap_or(Value::Null);
    let table = source.get("table").cloned().unwrap_or(Value::Null);
    let named = |name: &str| source.pointer(name).and_then(Value::as_str).map(str::to_owned);
    let columns: Vec<String> = ["/day_column", "/amount_column", "/currency/column"]
        .into_iter()
        .filter_map(named)
        .collect();
    let decisions: Vec<Value> = columns
        .iter()
        .map(|name| json!({"table": table, "column": name, "examination": "clear"}))
        .collect();
    say.chapter("An admin examines the question's columns and records: no personal data");
    api.post("/v1/catalog/column-decisions", None, &json!({"decisions": decisions})).await?;
    say.say(&format!("{}; every other column stays protected", columns.join(", ")));
    Ok(())
}

async fn finish(api: &Api, id: String, mut outcome: Outcome) -> Result<Outcome, DemoError> {
    outcome.run = api.get(&format!("/v1/workflows/{id}")).await?;
    outcome.receipts = api.get(&format!("/v1/workflows/{id}/receipts")).await?;
    if outcome.catalog.is_null() {
        outcome.catalog = api.get("/v1/catalog").await?;
    }
    Ok(outcome)
}

/// Follows a run from `after` until it ends; shows a bar.
async fn watch(api: &Api, say: &mut Narrator, id: &str, after: &mut i64) -> Result<u64, DemoError> {
    let since = say.begun();
    say.steps(5);
    let (mut count, mut done) = (0_u64, 0_u64);
    loop {
        let view = &*say;
        *after = api
            .follow(id, *after, |event| {
                count += 1;
                let status = text(event, "status");
                let step = text(event, "step_id");
                if status == "step_succeeded" {
                    done += 1;
                }
                view.advance(done, &format!("{step} {status}"));
                if is_news(event, since) {
                    tell_event(view, event, &status, &step);
                }
            })
            .await?;
        let status = text(&api.get(&format!("/v1/workflows/{id}")).await?, "status");
        if !matches!(status.as_str(), "queued" | "running") {
            say.close();
            return Ok(count);
        }
    }
}

/// Whether an event happened in this process' time; what an earlier one saw is not told again.
fn is_news(event: &Value, since: jiff::Timestamp) -> bool {
    text(event, "finished_at").parse::<jiff::Timestamp>().map_or(true, |at| at >= since)
}

fn tell_event(say: &Narrator, event: &Value, status: &str, step: &str) {
    match status {
        "step_succeeded" => say.say(&format!("done: {step}")),
        "step_failed" => say.say(&format!("failed: {step} ({})", text(event, "error_code"))),
        "receipt_reserved" => {
            say.say("budget: reserved, and written down before the warehouse is asked")
        }
        "receipt_settled" => say.say("budget: settled to what was billed"),
        "query_allowed" => {
            say.say("gate: parsed, in the catalog, cleared for PII, priced, within budget")
        }
        "query_blocked" => say.say(&format!("gate: blocked ({})", text(event, "error_code"))),
        _ => {}
    }
}

/// A string field, or nothing.
pub(super) fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

pub(super) fn steps(run: &Value) -> impl Iterator<Item = &Value> {
    run.get("steps").and_then(Value::as_array).into_iter().flatten()
}

fn items(listed: &Value) -> impl Iterator<Item = &Value> {
    listed.get("items").and_then(Value::as_array).into_iter().flatten()
}
