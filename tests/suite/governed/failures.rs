//! What the warehouse can do wrong, and what it is called: every drill of the simulator, end to end.
//!
//! A drill hits once. A passing failure is then tried again and succeeds; a final one ends the run with
//! its class, and the warehouse is not asked again.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Desk, error, output};

/// Drill, call it is set on, class, code, and whether it is tried again.
const TABLE: &[(&str, &str, &str, &str, bool)] = &[
    ("TIMEOUT", "insert", "TIMEOUT", "WAREHOUSE_TIMEOUT", true),
    ("QUOTA_EXCEEDED", "insert", "QUOTA_EXCEEDED", "WAREHOUSE_QUOTA", false),
    ("QUOTA_EXCEEDED", "dry_run", "QUOTA_EXCEEDED", "WAREHOUSE_QUOTA", false),
    ("RATE_LIMIT", "insert", "TRANSIENT_ERROR", "WAREHOUSE_UNAVAILABLE", true),
    ("PERMISSION_DENIED", "insert", "PERMISSION_DENIED", "WAREHOUSE_DENIED", false),
    ("PERMISSION_DENIED", "dry_run", "PERMISSION_DENIED", "WAREHOUSE_DENIED", false),
    ("TRANSIENT_ERROR", "results", "TRANSIENT_ERROR", "WAREHOUSE_UNAVAILABLE", true),
    ("TRANSIENT_NETWORK", "dry_run", "TRANSIENT_NETWORK", "WAREHOUSE_UNAVAILABLE", true),
    ("HTML_502", "results", "TRANSIENT_NETWORK", "WAREHOUSE_UNAVAILABLE", true),
    ("MALFORMED_RESPONSE", "results", "MALFORMED_RESPONSE", "WAREHOUSE_MALFORMED", false),
    ("MALFORMED_RESPONSE", "dry_run", "MALFORMED_RESPONSE", "WAREHOUSE_MALFORMED", false),
    ("CUT_CONNECTION", "dry_run", "TRANSIENT_NETWORK", "WAREHOUSE_UNAVAILABLE", true),
    ("PARTIAL_RESULTS", "results", "PARTIAL_RESULTS", "WAREHOUSE_PARTIAL", false),
];
/// Makes nothing fail.
const HARMLESS: &str = "LATENCY";

#[tokio::test(flavor = "multi_thread")]
async fn p1a_07_every_failure_of_the_warehouse_has_its_class_and_its_retries() {
    let known: BTreeSet<String> = autopilot_sandbox::drill_names().into_iter().collect();
    let tried: BTreeSet<String> =
        TABLE.iter().map(|row| row.0.to_owned()).chain([HARMLESS.to_owned()]).collect();
    assert_eq!(tried, known, "a drill came or went");
    let desk = Desk::open(&[("AUTOPILOT_QUERY_TIMEOUT_SECONDS", "2")]).await;
    for (day, (drill, call, class, code, again)) in TABLE.iter().enumerate() {
        // A text of its own, so that no answer comes from the warehouse's own cache.
        let sql = format!(
            "SELECT ordered_on, amount_usd FROM shop.orders WHERE ordered_on = DATE '1998-06-{:02}' LIMIT 5",
            day + 1
        );
        desk.world.sandbox.drill(call, drill, 1).await;
        let run = desk.run(json!({"sql": sql})).await;
        let events = desk.world.events(run["id"].as_str().unwrap()).await;
        let failed = events.iter().filter(|event| event.status == "step_failed").count();
        assert_eq!(failed, 1, "{drill} on {call} is seen once: {run}");
        let text = "SELECT payload ->> 'class' || ' ' || error_code FROM {}.event \
            WHERE workflow_id = $1 AND status = 'step_failed'";
        let text = text.replace("{}", &desk.world.tenant.schema_name());
        let id: uuid::Uuid = run["id"].as_str().unwrap().parse().unwrap();
        let row = desk.world.superuser().await.query_one(&text, &[&id]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), format!("{class} {code}"), "{drill} on {call}");
        if *again {
            assert_eq!(output(&run)["rows"].as_array().unwrap().len(), 5, "{drill} on {call}");
            assert_eq!(run["steps"][0]["retry_count"], 1, "{drill} on {call}");
        } else {
            assert_eq!(error(&run)["class"], *class);
            assert_eq!(run["steps"][0]["retry_count"], 0, "{drill} on {call}");
        }
        assert_eq!(open_reservations(&desk).await, 0, "{drill} on {call}: money is in order");
    }
    desk.world.sandbox.latency(300).await;
    output(&desk.run(json!({"sql": "SELECT MAX(ordered_on) AS day FROM shop.orders"})).await);
}

async fn open_reservations(desk: &Desk) -> i64 {
    let text = format!(
        "SELECT count(*) FROM {}.receipt WHERE state = 'reserved'",
        desk.world.tenant.schema_name()
    );
    desk.world.superuser().await.query_one(&text, &[]).await.unwrap().get(0)
}
