//! Texts that change something, or are more than one: refused by rule before anything is sent.
//!
//! Each is tried as a run and as an estimate; the simulator must have seen neither.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Desk, error};

/// Every text is refused with this rule, twice, and nothing reaches the warehouse.
async fn refused_unseen(rows: &[(&str, &str)]) {
    let desk = Desk::open(&[]).await;
    let before = desk.asked().await;
    for (sql, rule) in rows {
        let run = desk.run(json!({"sql": sql})).await;
        let failure = error(&run);
        assert_eq!(failure["code"], "SQL_BLOCKED", "{sql}: {failure}");
        let named = format!("(rule {rule})");
        assert!(failure["message"].as_str().unwrap().contains(&named), "{sql}: {failure}");
        let body = Some(json!({"sql": sql}));
        let (status, problem) = desk.call(Method::POST, "/v1/queries/estimate", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["code"], "SQL_BLOCKED", "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(&named), "{sql}: {problem}");
        let events = desk.world.events(run["id"].as_str().unwrap()).await;
        assert!(events.iter().any(|event| event.status == "query_blocked"), "{events:?}");
    }
    assert_eq!(desk.asked().await, before, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_01_multi_statement_blocked() {
    refused_unseen(&[
        ("SELECT 1; DROP TABLE x", "block.multi_statement"),
        ("SELECT 1; SELECT 2", "block.multi_statement"),
        ("SELECT 1 /* ; */ ; DELETE FROM shop.orders WHERE true", "block.multi_statement"),
        ("SELECT 1;\n-- a comment\nDROP TABLE shop.orders", "block.multi_statement"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_02_ddl_blocked() {
    refused_unseen(&[
        ("CREATE TABLE shop.t (x INT64)", "block.ddl"),
        ("CREATE OR REPLACE TABLE shop.orders AS SELECT 1 AS x", "block.ddl"),
        ("ALTER TABLE shop.orders ADD COLUMN y INT64", "block.ddl"),
        ("DROP TABLE shop.orders", "block.ddl"),
        ("drop view shop.v", "block.ddl"),
        ("TRUNCATE TABLE shop.orders", "block.ddl"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_03_dml_blocked() {
    refused_unseen(&[
        ("INSERT INTO shop.orders (order_id) VALUES (1)", "block.dml"),
        ("UPDATE shop.orders SET amount_usd = 0 WHERE true", "block.dml"),
        ("DELETE FROM shop.orders WHERE true", "block.dml"),
        (
            "MERGE shop.orders o USING shop.customers c ON o.customer_id = c.customer_id WHEN MATCHED THEN DELETE",
            "block.dml",
        ),
    ])
    .await;
}
