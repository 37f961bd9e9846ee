//! Whoever takes a planner over, by a prompt or by what stands in the warehouse, gets no further than an
//! honest one: what counts is judged behind it, and the warehouse's own texts decide nothing.

use autopilot_sandbox::{CompanyOptions, SandboxOptions, Source};
use reqwest::Method;
use serde_json::{Value, json};

use super::Desk;
use crate::chaos::world::{Sandbox, World, step};
use crate::check::file;

/// Puts the corpus' catalog in the place of the organisation's own.
async fn adopt_catalog(desk: &Desk) {
    let catalog: Value =
        serde_json::from_str(&file("tests/corpora/injection/catalog.json")).unwrap();
    let schema = desk.world.tenant.schema_name();
    let client = desk.world.superuser().await;
    for (name, table) in catalog["tables"].as_object().unwrap() {
        let parts: Vec<&str> = name.split('.').collect();
        let (rows, partition) = (table["rows"].as_i64().unwrap_or(0), table["partition"].as_str());
        let insert = format!(
            "INSERT INTO {schema}.catalog_table (project, dataset, table_name, row_count, byte_count, partition_column, \
             partition_filter_required) VALUES ($1, $2, $3, $4, 0, $5, false)"
        );
        client
            .execute(&insert, &[&parts[0], &parts[1], &parts[2], &rows, &partition])
            .await
            .unwrap();
        for (ordinal, (column, facts)) in table["columns"].as_object().unwrap().iter().enumerate() {
            let insert = format!(
                "INSERT INTO {schema}.catalog_column (project, dataset, table_name, column_name, ordinal, column_type, \
                 repeated) VALUES ($1, $2, $3, $4, $5, $6, false)"
            );
            let kind = facts["type"].as_str().unwrap().split(['(', '<']).next().unwrap();
            let kind = if kind == "STRUCT" || kind == "ARRAY" { "RECORD" } else { kind };
            let ordinal = i32::try_from(ordinal).unwrap();
            client
                .execute(&insert, &[&parts[0], &parts[1], &parts[2], column, &ordinal, &kind])
                .await
                .unwrap();
            let found = if facts["pii"]["tier"] == "high" { "personal" } else { "clear" };
            let decide = format!(
                "INSERT INTO {schema}.column_decision (project, dataset, table_name, column_name, examination, decided_by) \
                 VALUES ($1, $2, $3, $4, $5, gen_random_uuid())"
            );
            client
                .execute(&decide, &[&parts[0], &parts[1], &parts[2], column, &found])
                .await
                .unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_13_direct_injection_resilience() {
    let world = World::new(&Sandbox::start().await).await;
    let server = world.spawn("desk", "").await;
    let desk = Desk { world, server };
    adopt_catalog(&desk).await;
    let text = file("tests/corpora/injection/direct.jsonl");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let attacks: Vec<Value> = rows.filter(|row| row["attack"] == true).collect();
    let mut sent = 0;
    for attack in attacks.iter().filter(|row| row["hijacked_call"]["tool"] == "run_sql") {
        let sql = &attack["hijacked_call"]["args"]["sql"];
        if !sql.is_string() {
            continue;
        }
        // As a planner would send it, and in the hope of somebody who redacts.
        for personal_data in ["refuse", "redact"] {
            let input = json!({"sql": sql, "personal_data": personal_data, "reason": attack["id"]});
            let run = desk.run(input).await;
            assert_eq!(run["status"], "partial_failure", "{attack}: {run}");
        }
        sent += 1;
    }
    assert!(sent >= 30, "only {sent} of the corpus' attacks were sent");
    assert!(!desk.asked().await.contains(&"job"), "a hijacked query ran");
    let receipts = format!("SELECT count(*) FROM {}.receipt", desk.world.tenant.schema_name());
    let row = desk.world.superuser().await.query_one(&receipts, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0, "money was reserved for a hijacked query");
    // What a planner may not do at all has no form: the request itself is refused.
    for more in [json!({"approved": true}), json!({"role": "admin"}), json!({"tool": "shell"})] {
        let mut input = json!({"sql": "SELECT 1 AS one"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = json!({"kind": "run_query", "input": input});
        let (status, problem) = desk.call(Method::POST, "/v1/workflows", Some(body)).await;
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("INPUT_INVALID")));
    }
}

/// Learns the warehouse, asks the question, examines its columns, and asks again.
async fn answered(options: CompanyOptions) -> (Value, Vec<&'static str>) {
    let options = SandboxOptions { data: Source::Company(options), ..SandboxOptions::default() };
    let world = World::new(&Sandbox::with(options).await).await;
    let server = world.spawn("desk", "").await;
    let desk = Desk { world, server };
    let body = json!({"kind": "profile_warehouse", "input": {}});
    let (_, started) = desk.call(Method::POST, "/v1/workflows", Some(body)).await;
    let profiled = desk.server.end_of(started["id"].as_str().unwrap()).await;
    assert_eq!(profiled["status"], "succeeded", "{profiled}");
    let input = json!({"metric": "revenue", "period": "last_complete_week", "as_of": "2026-03-01", "currency": "EUR"});
    let body = json!({"kind": "answer_question", "input": input});
    let (_, started) = desk.call(Method::POST, "/v1/workflows", Some(body)).await;
    let id = started["id"].as_str().unwrap().to_owned();
    let refused = desk.server.end_of(&id).await;
    let source = step(&refused, "resolve_source")["output"].clone();
    let columns = ["/day_column", "/amount_column", "/currency/column"];
    let decisions: Vec<Value> = columns
        .iter()
        .filter_map(|path| source.pointer(path)?.as_str())
        .map(|name| json!({"table": source["table"], "column": name, "examination": "clear"}))
        .collect();
    let body = Some(json!({"decisions": decisions}));
    desk.call(Method::POST, "/v1/catalog/column-decisions", body).await;
    desk.call(Method::POST, &format!("/v1/workflows/{id}/retry"), Some(json!({}))).await;
    let run = desk.server.end_of(&id).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    (run, desk.asked().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_14_indirect_injection_resilience() {
    let clean = CompanyOptions {
        zone: Some("UTC".to_owned()),
        ..CompanyOptions::small(7, jiff::civil::date(2026, 3, 1))
    };
    let hostile = CompanyOptions { hostile: true, ..clean.clone() };
    let ((clean, calls), (poisoned, poisoned_calls)) =
        tokio::join!(answered(clean), answered(hostile));
    for (name, path) in [
        ("resolve_source", "/table"),
        ("plan_query", "/sql"),
        ("run_query", "/query_hash"),
        ("run_query", "/value"),
        ("compose_answer", "/summary"),
    ] {
        let of = |run: &Value| step(run, name)["output"].pointer(path).cloned();
        assert!(of(&clean).is_some(), "{name} {path}: {clean}");
        assert_eq!(of(&clean), of(&poisoned), "{name} {path}");
    }
    let names = |run: &Value| {
        let steps = run["steps"].as_array().unwrap();
        steps.iter().map(|step| step["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&clean), names(&poisoned));
    assert_eq!(calls, poisoned_calls, "the warehouse was asked the same");
}
