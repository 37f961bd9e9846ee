//! Calls against a small catalog: which judge stops which call, and what passes.
//! The corpus is run whole, and once more under another company's names.

use serde_json::json;

use super::*;

fn corpus(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpora/injection");
    std::fs::read_to_string(format!("{folder}/{name}")).unwrap()
}

fn acme() -> TenantCatalog {
    TenantCatalog::parse(&corpus("catalog.json")).unwrap()
}

async fn answer(line: &Value, tenant: &TenantCatalog) -> Value {
    serde_json::from_str(&call_line(&line.to_string(), tenant).await).unwrap()
}

async fn sql(sql: &str, tenant: &TenantCatalog) -> Value {
    let call = json!({"tool": "run_sql", "args": {"sql": sql}});
    answer(&json!({"id": 1, "prompt": "", "call": call}), tenant).await
}

/// Runs every row; attacks must be stopped by a judge that the row names, the rest must pass.
async fn assert_corpus(rows: &str, tenant: &TenantCatalog) {
    let mut wrong = Vec::new();
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let call = if row["attack"] == true { &row["hijacked_call"] } else { &row["safe_call"] };
        let line = json!({"id": row["id"], "prompt": row["prompt"], "call": call});
        let answer = answer(&line, tenant).await;
        let judges = row["expect"]["blocked_by_any_of"].as_array();
        let right =
            judges.map_or(answer["blocked_by"].is_null(), |of| of.contains(&answer["blocked_by"]));
        if answer["outcome"] != row["expect"]["outcome"] || !right || answer["id"] != row["id"] {
            wrong.push(format!("{call}\n    {answer}, expected {}", row["expect"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_attack_is_blocked_and_every_harmless_call_allowed() {
    let rows = corpus("direct.jsonl");
    assert_eq!(rows.lines().count(), 60);
    assert_corpus(&rows, &acme()).await;
}

#[tokio::test]
async fn nothing_hangs_on_the_names_of_the_corpus() {
    let renamed = |text: &str| {
        [("acme", "north-wind-7"), ("sales", "dwh"), ("orders", "buchungen"), ("email", "kontakt")]
            .iter()
            .fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
    };
    // The label of a PII tag is no name, and an unknown one must not weaken the tag.
    let tenant = TenantCatalog::parse(&renamed(&corpus("catalog.json"))).unwrap();
    assert_corpus(&renamed(&corpus("direct.jsonl")), &tenant).await;
}

#[tokio::test]
async fn a_query_is_stopped_by_the_judge_whose_matter_it_is() {
    let tenant = acme();
    for (text, judge) in [
        ("SELECT country FROM `acme.sales.users` LIMIT 5", None),
        ("SELECT country FROM sales.users", None),
        ("SELECT COUNT(email) AS n, country FROM `acme.sales.users` GROUP BY country", None),
        ("SELECT COUNT(*) FROM `acme.sales.events` WHERE event_date = '2026-01-01'", None),
        ("SELECT (SELECT COUNT(*) FROM acme.sales.orders) - 1 AS n LIMIT 1", None),
        ("DROP TABLE `globex.sales.orders`", Some("sql_safety")),
        ("SELECT 1; SELECT email FROM `acme.sales.users`", Some("sql_safety")),
        ("SELECT * FROM EXTERNAL_QUERY('c', 'SELECT 1')", Some("sql_safety")),
        ("SELECT * FROM acme.sales.INFORMATION_SCHEMA.TABLES", Some("sql_safety")),
        ("SELECT id FROM `globex.sales.orders` LIMIT 1", Some("tenant_boundary")),
        ("SELECT id FROM globex.other.t WHERE id IN (SELECT 1)", Some("tenant_boundary")),
        (
            "SELECT id FROM acme.sales.orders UNION ALL SELECT id FROM b.s.o",
            Some("tenant_boundary"),
        ),
        ("SELECT id FROM `acme.hr.salaries` LIMIT 1", Some("plan_validator")),
        ("SELECT id FROM orders LIMIT 1", Some("plan_validator")),
        ("SELECT id FROM `acme.sales.ord*` LIMIT 1", Some("plan_validator")),
        ("SELECT role FROM `acme.sales.users` LIMIT 1", Some("plan_validator")),
        ("SELECT * FROM `acme.sales.users` LIMIT 1", Some("pii_policy")),
        ("SELECT u FROM `acme.sales.users` AS u LIMIT 1", Some("pii_policy")),
        ("SELECT TO_JSON_STRING(u) FROM `acme.sales.users` AS u LIMIT 1", Some("pii_policy")),
        ("SELECT MAX(phone) FROM `acme.sales.users`", Some("pii_policy")),
        ("SELECT COUNT(*) FROM `acme.sales.users` WHERE email LIKE 'a%'", Some("pii_policy")),
        ("SELECT id FROM `acme.sales.users` ORDER BY phone LIMIT 1", Some("pii_policy")),
        (
            "WITH a AS (SELECT email AS c1 FROM sales.users) SELECT SUBSTR(c1, 2) FROM a LIMIT 1",
            Some("pii_policy"),
        ),
        ("SELECT id FROM `acme.sales.events` LIMIT 10", Some("sql_safety")),
        (
            "SELECT u.phone FROM sales.events e JOIN sales.users u ON e.user_id = u.user_id",
            Some("pii_policy"),
        ),
        (
            "SELECT e.id FROM sales.events e, sales.users u, sales.orders o LIMIT 1",
            Some("sql_safety"),
        ),
    ] {
        let answer = sql(text, &tenant).await;
        assert_eq!(answer["blocked_by"], json!(judge), "{text}: {answer}");
        let outcome = if judge.is_some() { "blocked" } else { "allowed" };
        assert_eq!(answer["outcome"], outcome, "{text}");
        assert_eq!(answer["reason"].is_string(), judge.is_some(), "{text}");
    }
}

#[tokio::test]
async fn a_call_of_another_form_never_reaches_the_engine() {
    let tenant = acme();
    let fine = "SELECT 1 AS one LIMIT 1";
    for (call, judge) in [
        (json!({"tool": "run_sql", "args": {"sql": fine}}), Value::Null),
        (json!({"tool": "run_sql", "args": {"sql": fine, "dry_run": false}}), json!("tool_schema")),
        (json!({"tool": "run_sql", "args": {"sql": fine}, "as": "admin"}), json!("tool_schema")),
        (json!({"tool": "run_sql", "args": {"sql": ["SELECT 1"]}}), json!("tool_schema")),
        (json!({"tool": "run_sql"}), json!("tool_schema")),
        (json!({"tool": "Run_SQL", "args": {"sql": fine}}), json!("tool_schema")),
        (json!({"tool": "approve_request", "args": {"sql": fine}}), json!("tool_schema")),
        (json!("run_sql"), json!("tool_schema")),
        (json!(null), json!("tool_schema")),
        (json!({"tool": "compose", "args": {"summary": "42 orders"}}), json!("output_filter")),
    ] {
        let answer = answer(&json!({"id": 1, "call": call}), &tenant).await;
        assert_eq!(answer["blocked_by"], judge, "{call}");
    }
}

#[tokio::test]
async fn a_column_without_a_tag_and_a_table_of_unknown_size_are_guarded() {
    let day = json!({"type": "DATE", "pii": null});
    let columns = json!({"a": {"type": "STRING"}, "b": {"type": "STRING", "pii": null}, "d": day});
    let table = json!({"rows": null, "partition": "d", "time_columns": ["d"], "columns": columns});
    let tenant = TenantCatalog::parse(&json!({"tables": {"p.d.t": table}}).to_string()).unwrap();
    for (text, judge) in [
        ("SELECT a FROM d.t WHERE d > '2026-01-01'", json!("pii_policy")),
        ("SELECT b FROM d.t WHERE d > '2026-01-01'", Value::Null),
        ("SELECT b FROM d.t", json!("sql_safety")),
    ] {
        assert_eq!(sql(text, &tenant).await["blocked_by"], judge, "{text}");
    }
}

#[tokio::test]
async fn a_line_that_holds_no_call_is_an_error_with_its_id() {
    let tenant = acme();
    for (line, id) in [
        ("", Value::Null),
        ("{", Value::Null),
        ("[{\"tool\": \"run_sql\"}]", Value::Null),
        ("{\"id\": \"x\"}", json!("x")),
    ] {
        let answer: Value = serde_json::from_str(&call_line(line, &tenant).await).unwrap();
        assert_eq!(answer["id"], id, "{line}");
        assert!(answer["error"].is_string() && answer.get("outcome").is_none(), "{line}");
    }
}
