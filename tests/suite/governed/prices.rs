//! What a query costs, before it runs and after: the record, the cap, the hour.
//!
//! The simulator bills as BigQuery does: at least 10 MiB for each table.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Desk, error, output};

const SUM: &str =
    "SELECT SUM(amount_usd) AS revenue FROM shop.orders WHERE ordered_on = DATE '1998-06-30'";
const TEN_MIB: u64 = 10 << 20;

async fn estimate(desk: &Desk, sql: &str) -> (StatusCode, Value) {
    desk.call(Method::POST, "/v1/queries/estimate", Some(json!({"sql": sql}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_06_dry_run_mandatory() {
    let desk = Desk::open(&[]).await;
    let run = desk.run(json!({"sql": SUM})).await;
    assert_eq!(output(&run)["columns"], json!(["revenue"]));
    assert_eq!(desk.asked().await, ["dry_run", "job"], "the estimate comes first");
    let receipts = desk.server.receipts(run["id"].as_str().unwrap()).await;
    assert_eq!(receipts.len(), 1);
    let decision = &receipts[0]["decision"];
    assert_eq!(decision["accuracy"], "PRECISE");
    assert!(decision["estimated_bytes"].as_u64().unwrap() > 0);
    assert_eq!(receipts[0]["billed_bytes"], TEN_MIB);
    let events = desk.world.events(run["id"].as_str().unwrap()).await;
    let place = |status: &str| events.iter().position(|event| event.status == status).unwrap();
    assert!(place("receipt_reserved") < place("query_allowed"));
    assert!(place("query_allowed") < place("receipt_settled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_shows_the_text_its_price_and_what_is_left_and_runs_nothing() {
    let desk = Desk::open(&[]).await;
    let (status, body) = estimate(&desk, "SELECT amount_usd /* why */ FROM shop.orders").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let sql = body["sql"].as_str().unwrap();
    assert!(!sql.contains("why") && sql.contains("LIMIT 10000"), "{sql}");
    assert_eq!(body["rules"], json!(["require.limit"]), "{body}");
    assert_eq!(body["tables"], json!(["autopilot-sandbox.shop.orders"]));
    let cost = &body["cost"];
    assert_eq!((cost["reserved_bytes"].as_u64(), &cost["allowed"]), (Some(TEN_MIB), &json!(true)));
    assert_eq!(
        (&cost["estimated_usd"], &cost["price_per_tib"]),
        (&json!("0.000060"), &json!("6.250000"))
    );
    assert_eq!(cost["bytes_used"], 0);
    assert_eq!(desk.asked().await, ["dry_run"]);
    let viewer = desk.user(autopilot::ports::Role::Viewer).await;
    let refused = desk
        .call_as(&viewer, Method::POST, "/v1/queries/estimate", Some(json!({"sql": SUM})))
        .await;
    assert_eq!(refused.0, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_08_hourly_budget_block() {
    let desk = Desk::open(&[
        ("AUTOPILOT_QUERY_CAP_BYTES", "15MB"),
        ("AUTOPILOT_APPROVED_QUERY_CAP_BYTES", "15MB"),
        ("AUTOPILOT_HOURLY_BUDGET_BYTES", "20MB"),
    ])
    .await;
    output(&desk.run(json!({"sql": SUM})).await);
    let run = desk.run(json!({"sql": SUM.replace("30'", "29'")})).await;
    let failure = error(&run);
    assert_eq!(failure["code"], "OVER_HOURLY_BUDGET");
    let left = 20_000_000 - TEN_MIB;
    let message = failure["message"].as_str().unwrap();
    assert!(message.contains("9.51 MB of the hour's 20.00 MB are left"), "{left}: {message}");
    let (_, body) = estimate(&desk, SUM).await;
    let cost = &body["cost"];
    assert_eq!(
        (cost["bytes_used"].as_u64(), cost["bytes_remaining"].as_u64()),
        (Some(TEN_MIB), Some(left))
    );
    assert_eq!(cost["allowed"], false);
    assert_eq!(desk.asked().await.iter().filter(|call| **call == "job").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_shows_what_counts_what_is_left_and_how_far_estimates_were_off() {
    let desk = Desk::open(&[("AUTOPILOT_HOURLY_BUDGET_BYTES", "200GB")]).await;
    let viewer = desk.user(autopilot::ports::Role::Viewer).await;
    let shown = async || {
        let (status, body) = desk.call_as(&viewer, Method::GET, "/v1/budget", None).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    };
    let before = shown().await;
    assert_eq!((&before["used_bytes"], before.get("frees_at")), (&json!(0), None));
    output(&desk.run(json!({"sql": SUM})).await);
    output(&desk.run(json!({"sql": SUM.replace("30'", "29'")})).await);
    let after = shown().await;
    assert_eq!(after["used_bytes"], 2 * TEN_MIB);
    assert_eq!(after["remaining_bytes"], 200_000_000_000 - 2 * TEN_MIB);
    let drift = &after["drift"];
    assert_eq!((&drift["queries"], &drift["billed_bytes"]), (&json!(2), &json!(2 * TEN_MIB)));
    assert_eq!(drift["billed_usd"], "0.000120");
    assert!(drift["estimated_bytes"].as_u64().unwrap() < TEN_MIB, "{after}");
    let frees: jiff::Timestamp = after["frees_at"].as_str().unwrap().parse().unwrap();
    let text = "SELECT clock_timestamp()";
    let row = desk.world.superuser().await.query_one(text, &[]).await.unwrap();
    let left = frees.duration_since(row.get::<_, jiff::Timestamp>(0)).as_secs();
    assert!((3_500..=3_600).contains(&left), "{left}");
    // What was reserved longer than an hour ago counts no more.
    let schema = desk.world.tenant.schema_name();
    let age =
        format!("UPDATE {schema}.receipt SET reserved_at = reserved_at - interval '3601 seconds'");
    desk.world.superuser().await.batch_execute(&age).await.unwrap();
    assert_eq!(shown().await["used_bytes"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_05_dry_run_cost_control() {
    let desk = Desk::open(&[
        ("AUTOPILOT_QUERY_CAP_BYTES", "5MB"),
        ("AUTOPILOT_APPROVED_QUERY_CAP_BYTES", "6MB"),
    ])
    .await;
    let run = desk.run(json!({"sql": SUM})).await;
    let failure = error(&run);
    assert_eq!(
        (&failure["code"], &failure["class"]),
        (&json!("OVER_QUERY_CAP"), &json!("QUOTA_EXCEEDED"))
    );
    assert_eq!(desk.asked().await, ["dry_run"], "priced, and never run");
    let (_, body) = estimate(&desk, SUM).await;
    assert_eq!(body["cost"]["per_query_limit_status"], "needs_approval");
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_values_come_redacted_and_are_nowhere_clear() {
    let desk = Desk::open(&[]).await;
    let sql =
        "SELECT order_id, amount_usd FROM shop.orders WHERE ordered_on = DATE '1998-06-30' LIMIT 3";
    let run = desk.run(json!({"sql": sql})).await;
    let rows = output(&run)["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row[0] == "[REDACTED:unexamined]" && row[1] != row[0]), "{run}");
    assert_eq!(output(&run)["pii"], json!({"outcome": "redacted", "redacted": 1}));
    let receipts = desk.server.receipts(run["id"].as_str().unwrap()).await;
    assert_eq!(
        (&receipts[0]["personal_data"], &receipts[0]["redacted_columns"]),
        (&json!("redacted"), &json!(1))
    );
    let refused = desk.run(json!({"sql": sql, "personal_data": "refuse"})).await;
    assert_eq!(error(&refused)["code"], "PII_PROTECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_no_query_is_refused_before_a_row_is_written() {
    let desk = Desk::open(&[]).await;
    let long = "x".repeat(65_537);
    for input in [
        json!({}),
        json!({"sql": ""}),
        json!({"sql": "   "}),
        json!({"sql": long}),
        json!({"sql": "SELECT '\u{0}'"}),
        json!({"sql": "SELECT 1", "reason": "a\nb"}),
        json!({"sql": "SELECT 1", "personal_data": "show"}),
        json!({"sql": "SELECT 1", "approved": true}),
        json!({"sql": 1}),
    ] {
        let body = json!({"kind": "run_query", "input": input});
        let (status, problem) = desk.call(Method::POST, "/v1/workflows", Some(body)).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("INPUT_INVALID")),
            "{input}"
        );
    }
    let body = json!({"kind": "estimate_query", "input": {"sql": "SELECT 1"}});
    let (status, problem) = desk.call(Method::POST, "/v1/workflows", Some(body)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
}
