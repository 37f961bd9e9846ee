//! Four queries of an analyst and what the governed path makes of them: blocked, rewritten, held for an
//! approval, allowed; each with its price.
//!
//! Only columns that the demo's admin has examined are read, so nothing here depends on what a table
//! holds. Where the data has no second table to read, the query that needs an approval is left out.

use std::time::Duration;

use serde_json::{Value, json};

use super::api::Api;
use super::error::DemoError;
use super::narrator::Narrator;
use super::story::{steps, text};

/// Cap of one query in the demo: more than one table costs at least, less than two.
pub(super) const CAP: &str = "15MB";
const LOOK: Duration = Duration::from_millis(100);
/// Looks at a workflow before the demo gives up on it.
const MOST_LOOKS: u32 = 1_200;

/// What became of one query, as the API told it.
#[derive(Debug)]
pub(super) struct Asked {
    /// What it was to show.
    pub(super) shows: &'static str,
    /// Its workflow.
    pub(super) run: Value,
    /// What it was estimated to cost.
    pub(super) estimate: Value,
    /// Its receipts.
    pub(super) receipts: Value,
    /// Whether it waited for an approval.
    pub(super) waited: bool,
}

/// A table and a column of it that may be used.
struct Place {
    table: Value,
    column: String,
}

impl Place {
    fn name(&self) -> String {
        let part = |name: &str| text(&self.table, name);
        format!("`{}.{}.{}`", part("project"), part("dataset"), part("table"))
    }
}

/// Asks all of them, over the table and day column of the question.
///
/// # Errors
/// When a call is refused that should not be.
pub(super) async fn ask(
    api: &Api,
    say: &mut Narrator,
    run: &Value,
    catalog: &Value,
) -> Result<Vec<Asked>, DemoError> {
    let source = steps(run)
        .find(|step| text(step, "name") == "resolve_source")
        .and_then(|step| step.get("output").cloned())
        .unwrap_or(Value::Null);
    let table = source.get("table").cloned().unwrap_or(Value::Null);
    let place = Place { table, column: text(&source, "day_column") };
    let (name, column) = (place.name(), &place.column);
    let day = since(catalog, &place, &as_of(run));
    say.chapter("Four queries of an analyst (one query may be billed 15 MB without an approval)");
    let mut asked = vec![
        one(api, say, "blocked", &format!("DELETE FROM {name} WHERE true")).await?,
        one(api, say, "rewritten", &format!("SELECT {column} FROM {name} WHERE {day}")).await?,
    ];
    if let Some(other) = second(api, catalog, &place).await? {
        let sql = format!(
            "SELECT (SELECT MAX({column}) FROM {name} WHERE {day}) AS one, (SELECT MAX({}) FROM {}) AS other",
            other.column,
            other.name()
        );
        asked.push(one(api, say, "held for an approval", &sql).await?);
    }
    let sql = format!("SELECT COUNT({column}) AS orders FROM {name} WHERE {day}");
    asked.push(one(api, say, "allowed", &sql).await?);
    Ok(asked)
}

/// A filter on the day column, from a day on, in the column's own type.
fn since(catalog: &Value, place: &Place, day: &str) -> String {
    let tables = catalog.get("tables").and_then(Value::as_array).into_iter().flatten();
    let mut columns = tables
        .filter(|table| table.get("table") == Some(&place.table))
        .filter_map(|table| table.get("columns").and_then(Value::as_array))
        .flatten();
    let column = columns.find(|column| text(column, "name") == place.column);
    let kind = column.map_or_else(|| "DATE".to_owned(), |column| text(column, "type"));
    format!("{} >= {kind} '{day}'", place.column)
}

fn as_of(run: &Value) -> String {
    run.pointer("/input/as_of").and_then(Value::as_str).unwrap_or("1998-06-30").to_owned()
}

/// Another table that can be read without a filter; one of its day or amount columns is examined.
async fn second(api: &Api, catalog: &Value, first: &Place) -> Result<Option<Place>, DemoError> {
    let tables = catalog.get("tables").and_then(Value::as_array).into_iter().flatten();
    let free = |table: &&Value| {
        table.get("table") != Some(&first.table)
            && table.get("partition_filter_required") == Some(&Value::Bool(false))
            && table.get("rows").and_then(Value::as_u64).is_some_and(|rows| rows > 0)
    };
    let plain = |column: &&Value| matches!(text(column, "type").as_str(), "DATE" | "NUMERIC");
    let found = tables.filter(free).find_map(|table| {
        let columns = table.get("columns")?.as_array()?;
        let column = text(columns.iter().find(plain)?, "name");
        Some(Place { table: table.get("table")?.clone(), column })
    });
    if let Some(Place { table, column }) = &found {
        let decisions = json!([{"table": table, "column": column, "examination": "clear"}]);
        api.post("/v1/catalog/column-decisions", None, &json!({"decisions": decisions})).await?;
    }
    Ok(found)
}

/// Prices a query, runs it, agrees to it if somebody must, and tells what came of it.
async fn one(
    api: &Api,
    say: &Narrator,
    shows: &'static str,
    sql: &str,
) -> Result<Asked, DemoError> {
    say.say(&format!("query: {sql}"));
    let estimate = match api.post("/v1/queries/estimate", None, &json!({"sql": sql})).await {
        Ok(estimate) => estimate,
        Err(DemoError::Refused { code, detail, .. }) => json!({"code": code, "detail": detail}),
        Err(error) => return Err(error),
    };
    let input = json!({"sql": sql, "reason": "the demo shows it"});
    let started =
        api.post("/v1/workflows", None, &json!({"kind": "run_query", "input": input})).await?;
    let id = text(&started, "id");
    let mut run = stands(api, &id).await?;
    let waited = text(&run, "status") == "waiting_for_approval";
    if waited {
        agree(api, say, &id).await?;
        run = stands(api, &id).await?;
    }
    let receipts = api.get(&format!("/v1/workflows/{id}/receipts")).await?;
    let asked = Asked { shows, run, estimate, receipts, waited };
    tell(say, &asked);
    Ok(asked)
}

/// The workflow once it has ended or waits for somebody.
async fn stands(api: &Api, id: &str) -> Result<Value, DemoError> {
    for _ in 0..MOST_LOOKS {
        let run = api.get(&format!("/v1/workflows/{id}")).await?;
        if !matches!(text(&run, "status").as_str(), "queued" | "running") {
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(DemoError::NoAnswer(format!("workflow {id}")))
}

async fn agree(api: &Api, say: &Narrator, id: &str) -> Result<(), DemoError> {
    let open = api.get(&format!("/v1/approvals?state=pending&workflow_id={id}")).await?;
    let approval = open.pointer("/items/0").cloned().unwrap_or(Value::Null);
    say.say(&format!(
        "  waits: it may be billed {} bytes = {} USD; the organisation's only admin approves",
        text(&approval, "bytes"),
        text(&approval, "usd")
    ));
    let path = format!("/v1/approvals/{}/decision", text(&approval, "id"));
    let body = json!({"decision": "approve", "reason": "the demo shows it"});
    api.post(&path, None, &body).await.map(drop)
}

fn tell(say: &Narrator, asked: &Asked) {
    let at = |value: &Value, path: &str| match value.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let failed = at(&asked.run, "/steps/0/error/message");
    if !failed.is_empty() {
        say.say(&format!("  blocked, nothing was sent, 0 USD: {failed}"));
        return;
    }
    let rules = at(&asked.estimate, "/rules/0");
    if !rules.is_empty() {
        say.say(&format!("  rewritten by {rules}: {}", at(&asked.estimate, "/sql")));
    }
    say.say(&format!(
        "  {}: at most {} USD, billed {} bytes = {} USD",
        asked.shows,
        at(&asked.estimate, "/cost/estimated_usd"),
        at(&asked.receipts, "/items/0/billed_bytes"),
        at(&asked.receipts, "/items/0/billed_usd")
    ));
}

/// What must be true of the queries.
pub(super) fn checks(asked: &[Asked]) -> Vec<(&'static str, bool)> {
    let of = |shows: &str| asked.iter().find(|asked| asked.shows == shows);
    let receipts =
        |asked: &Asked| asked.receipts.get("items").and_then(Value::as_array).map_or(0, Vec::len);
    let done = |asked: &Asked| text(&asked.run, "status") == "succeeded" && receipts(asked) == 1;
    let code = |asked: &Asked| asked.run.pointer("/steps/0/error/code").cloned();
    let rule = |asked: &Asked| asked.estimate.pointer("/rules/0").cloned();
    vec![
        (
            "a query that changes something is blocked without a receipt",
            of("blocked").is_some_and(|asked| {
                code(asked) == Some(json!("SQL_BLOCKED")) && receipts(asked) == 0
            }),
        ),
        (
            "a query without a LIMIT runs with one",
            of("rewritten")
                .is_some_and(|asked| done(asked) && rule(asked) == Some(json!("require.limit"))),
        ),
        (
            "a query over the cap waits for an approval and then runs",
            of("held for an approval").is_none_or(|asked| done(asked) && asked.waited),
        ),
        (
            "a query within every limit runs at once",
            of("allowed").is_some_and(|asked| done(asked) && !asked.waited),
        ),
    ]
}

/// The queries for the summary.
pub(super) fn summary(asked: &[Asked]) -> Value {
    let one = |asked: &Asked| {
        json!({
            "shows": asked.shows,
            "workflow": text(&asked.run, "id"),
            "status": text(&asked.run, "status"),
            "code": asked.run.pointer("/steps/0/error/code"),
            "rules": asked.estimate.get("rules"),
            "estimated_usd": asked.estimate.pointer("/cost/estimated_usd"),
            "billed_bytes": asked.receipts.pointer("/items/0/billed_bytes"),
            "billed_usd": asked.receipts.pointer("/items/0/billed_usd"),
            "waited_for_approval": asked.waited,
        })
    };
    asked.iter().map(one).collect()
}
