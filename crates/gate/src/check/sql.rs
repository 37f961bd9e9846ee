//! One JSON line with a query in, one JSON line with the verdict out.
//!
//! Input `{id, sql, catalog?, policy?}`, output `{id, verdict, rules, reasons, next, sql}`. Texts are
//! read on a thread with a large stack, never on the caller's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{error, not_json, strict};
use crate::safety::{Policy, SafetyCatalog, SafetyTable, Verdict, Worker, analyze_on_this_thread};

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    sql: String,
    #[serde(default, deserialize_with = "strict::object")]
    catalog: Option<CatalogLine>,
    #[serde(default, deserialize_with = "strict::object")]
    policy: Option<PolicyLine>,
}

#[derive(Debug, Default, Deserialize)]
struct PolicyLine {
    #[serde(default)]
    projects: Option<Vec<String>>,
    #[serde(default)]
    datasets: Option<Vec<String>>,
    #[serde(default)]
    routines: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
struct CatalogLine {
    #[serde(default)]
    tables: BTreeMap<String, TableLine>,
    #[serde(default)]
    default_limit: Option<u64>,
    #[serde(default)]
    max_joins: Option<usize>,
    #[serde(default)]
    max_nesting: Option<usize>,
    #[serde(default)]
    large_rows: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct TableLine {
    #[serde(default)]
    rows: Option<u64>,
    #[serde(default)]
    partition: Option<String>,
    #[serde(default)]
    time_columns: Option<Vec<String>>,
    #[serde(default)]
    require_partition_filter: Option<bool>,
    #[serde(default)]
    columns: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize)]
struct Answer {
    id: Value,
    verdict: &'static str,
    rules: Vec<&'static str>,
    reasons: Vec<String>,
    next: Vec<String>,
    sql: Option<String>,
}

/// Checks lines on one thread with a large stack.
#[derive(Debug)]
pub struct SqlChecker(Worker);

impl SqlChecker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start() -> std::io::Result<Self> {
        Worker::start().map(Self)
    }

    /// The answer to a line, as [`sql_line`] gives it.
    #[must_use]
    pub fn line(&self, line: &str) -> String {
        let owned = line.to_owned();
        let answer = self.0.run(move || sql_line_on_this_thread(&owned));
        answer.unwrap_or_else(|| error(Value::Null, "the line could not be checked".to_owned()))
    }
}

/// The checker that serves [`sql_line`]; None if the system started no thread.
static CHECKER: LazyLock<Option<SqlChecker>> = LazyLock::new(|| SqlChecker::start().ok());

/// The answer to one line, without a line end. An error line is `{id, error}`. Callers on several
/// threads take turns; one that wants a thread of its own starts a [`SqlChecker`].
#[must_use]
pub fn sql_line(line: &str) -> String {
    CHECKER.as_ref().map_or_else(
        || error(Value::Null, "no checking thread could be started".to_owned()),
        |checker| checker.line(line),
    )
}

/// The answer to one line, as [`sql_line`] gives it, on the calling thread. Its stack must be large, as
/// that of a [`Worker`] is; whoever checks many lines does without the way to another thread.
#[must_use]
pub fn sql_line_on_this_thread(line: &str) -> String {
    let line: Value = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(wrong) => return not_json(&wrong),
    };
    if !line.is_object() {
        return error(Value::Null, "the line is no JSON object".to_owned());
    }
    let id = line.get("id").cloned().unwrap_or(Value::Null);
    match serde_json::from_value::<Line>(line) {
        Ok(line) => answer(line),
        Err(wrong) => error(id, format!("the line has not the expected form: {wrong}")),
    }
}

fn answer(line: Line) -> String {
    let Line { id, sql, catalog, policy } = line;
    let (catalog, policy) = settings(catalog.unwrap_or_default(), policy.unwrap_or_default());
    let Verdict { outcome, rules, sql, .. } = analyze_on_this_thread(&sql, &policy, &catalog);
    let answer = Answer {
        id,
        verdict: outcome.as_str(),
        rules: rules.iter().map(|hit| hit.id).collect(),
        reasons: rules.iter().map(|hit| hit.reason.clone()).collect(),
        next: rules.into_iter().map(|hit| hit.next).collect(),
        sql,
    };
    serde_json::to_string(&answer).unwrap_or_default()
}

fn settings(catalog: CatalogLine, policy: PolicyLine) -> (SafetyCatalog, Policy) {
    let usual = Policy::default();
    let policy = Policy {
        projects: policy.projects,
        datasets: policy.datasets,
        routines: policy.routines.unwrap_or_default(),
        default_limit: catalog.default_limit.unwrap_or(usual.default_limit),
        max_joins: catalog.max_joins.unwrap_or(usual.max_joins),
        max_nesting: catalog.max_nesting.unwrap_or(usual.max_nesting),
        large_rows: catalog.large_rows.unwrap_or(usual.large_rows),
    };
    let tables = catalog.tables.into_iter().map(|(name, table)| (name, facts(table)));
    (SafetyCatalog::of(tables), policy)
}

fn facts(table: TableLine) -> SafetyTable {
    SafetyTable {
        rows: table.rows,
        partition: table.partition,
        time_columns: table.time_columns.unwrap_or_default(),
        require_partition_filter: table.require_partition_filter.unwrap_or_default(),
        columns: table.columns.map(|columns| columns.into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer_to(line: &str) -> Value {
        serde_json::from_str(&sql_line(line)).unwrap()
    }

    #[test]
    fn a_line_is_answered_with_its_id_whatever_it_holds() {
        for (line, id, key) in [
            (r#"{"id": 7, "sql": "SELECT 1 LIMIT 1", "colour": "red"}"#, json!(7), "verdict"),
            (r#"{"id": "a", "sql": "DROP TABLE t"}"#, json!("a"), "verdict"),
            (r#"{"sql": "SELECT 1"}"#, Value::Null, "verdict"),
            (r#"{"id": "b"}"#, json!("b"), "error"),
            (r#"{"id": "c", "sql": 1}"#, json!("c"), "error"),
            (r#"{"id": "d", "sql": "SELECT 1", "catalog": 1}"#, json!("d"), "error"),
            ("[1, 2]", Value::Null, "error"),
            (r#"["a", "SELECT 1", null, null]"#, Value::Null, "error"),
            ("not json", Value::Null, "error"),
            ("", Value::Null, "error"),
        ] {
            let answer = answer_to(line);
            assert_eq!(answer["id"], id, "{line}");
            assert!(answer[key].is_string(), "{line}: {answer}");
        }
    }

    #[test]
    fn a_policy_that_is_no_object_is_an_error_and_not_the_absence_of_one() {
        for (key, wrong) in
            [("policy", json!([])), ("policy", json!("acme")), ("catalog", json!([]))]
        {
            let answer = answer_to(&json!({"id": 1, "sql": "SELECT 1", key: wrong}).to_string());
            assert!(answer["error"].is_string(), "{key}: {answer}");
            assert!(answer["verdict"].is_null(), "{key}: {answer}");
        }
    }

    #[test]
    fn the_catalog_and_the_policy_of_a_line_count() {
        let catalog = json!({"tables": {"d.t": {"rows": 5_000_000, "time_columns": ["ts"]}}, "default_limit": 7});
        let line = json!({"id": 1, "sql": "SELECT a FROM d.t", "catalog": catalog}).to_string();
        let answer = answer_to(&line);
        assert_eq!(answer["rules"], json!(["require.time_filter"]));
        assert_eq!(answer["next"][0], "Add to the WHERE of that SELECT: `t`.`ts` >= 'YYYY-MM-DD'");
        let sql = "SELECT a FROM d.t WHERE ts > '2024-01-01'";
        let answer = answer_to(&json!({"id": 1, "sql": sql, "catalog": catalog}).to_string());
        assert_eq!(answer["sql"], format!("{sql} LIMIT 7"));
        let policy = json!({"datasets": ["other"]});
        let answer = answer_to(&json!({"id": 1, "sql": sql, "policy": policy}).to_string());
        assert_eq!(
            (&answer["verdict"], &answer["rules"]),
            (&json!("block"), &json!(["table.dataset"]))
        );
    }
}
