//! Queries that wait for a person: what waits, who decides, and what a decision opens.
//!
//! The run holds no slot while it waits; nothing is sent before somebody agreed.

use autopilot::ports::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Desk, error, output};

const SUM: &str =
    "SELECT SUM(amount_usd) AS revenue FROM shop.orders WHERE ordered_on = DATE '1998-06-30'";
const LOW_CAP: &[(&str, &str)] = &[("AUTOPILOT_QUERY_CAP_BYTES", "5MB")];

impl Desk {
    /// The only open approval.
    async fn open_approval(&self) -> Value {
        let (status, page) = self.call(Method::GET, "/v1/approvals?state=pending", None).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{page}");
        items[0].clone()
    }

    async fn decide(&self, key: &str, approval: &Value, decision: &str) -> (StatusCode, Value) {
        let path = format!("/v1/approvals/{}/decision", approval["id"].as_str().unwrap());
        self.call_as(
            key,
            Method::POST,
            &path,
            Some(json!({"decision": decision, "reason": "seen"})),
        )
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_07_over_limit_approval_path() {
    let desk = Desk::open(LOW_CAP).await;
    let id = desk.start(json!({"sql": SUM, "reason": "quarter close"})).await;
    let run = desk.in_state(&id, "waiting_for_approval").await;
    assert_eq!(run["steps"][0]["error"]["code"], "APPROVAL_NEEDED", "{run}");
    assert_eq!(desk.asked().await, ["dry_run"], "priced, and not run");
    let approval = desk.open_approval().await;
    assert_eq!((&approval["kind"], &approval["workflow_id"]), (&json!("query_cost"), &json!(id)));
    assert_eq!(
        (&approval["reason"], approval["bytes"].as_u64()),
        (&json!("quarter close"), Some(10 << 20))
    );
    assert!(approval["sql"].as_str().unwrap().contains("SUM(amount_usd)"), "{approval}");
    // The organisation's only admin may decide about what they want themselves.
    let (status, decided) = desk.decide(&desk.server.key, &approval, "approve").await;
    assert_eq!((status, &decided["decision"]), (StatusCode::OK, &json!("approved")), "{decided}");
    let run = desk.server.end_of(&id).await;
    assert_eq!(output(&run)["columns"], json!(["revenue"]));
    assert_eq!(run["steps"][0]["attempt"], 2);
    assert_eq!(desk.asked().await, ["dry_run", "dry_run", "job"], "every check is made again");
    let receipts = desk.server.receipts(&id).await;
    assert_eq!(receipts[0]["decision"]["per_query_limit_status"], "approved");
    let events: Vec<_> =
        desk.world.events(&id).await.into_iter().map(|event| event.status).collect();
    for status in
        ["query_held", "approval_requested", "run_suspended", "approval_granted", "run_resumed"]
    {
        assert_eq!(events.iter().filter(|seen| *seen == status).count(), 1, "{status}: {events:?}");
    }
    let (status, problem) = desk.decide(&desk.server.key, &approval, "reject").await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("APPROVAL_CLOSED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_request_is_decided_by_another_admin_if_there_is_one() {
    let desk = Desk::open(LOW_CAP).await;
    let other = desk.user(Role::Admin).await;
    let member = desk.user(Role::Member).await;
    let viewer = desk.user(Role::Viewer).await;
    let id = desk.start(json!({"sql": SUM})).await;
    desk.in_state(&id, "waiting_for_approval").await;
    let approval = desk.open_approval().await;
    for key in [&member, &viewer] {
        let (status, problem) = desk.decide(key, &approval, "approve").await;
        assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("ROLE_FORBIDDEN")));
    }
    let (status, problem) = desk.decide(&desk.server.key, &approval, "approve").await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("APPROVER_FORBIDDEN")));
    let (status, _) = desk.decide(&other, &approval, "reject").await;
    assert_eq!(status, StatusCode::OK);
    let run = desk.server.end_of(&id).await;
    assert_eq!(error(&run)["code"], "APPROVAL_REJECTED", "{run}");
    assert_eq!(desk.asked().await.iter().filter(|call| **call == "job").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organisations_approval_is_exactly_as_missing_as_one_that_does_not_exist() {
    let desk = Desk::open(LOW_CAP).await;
    let id = desk.start(json!({"sql": SUM})).await;
    desk.in_state(&id, "waiting_for_approval").await;
    let approval = desk.open_approval().await;
    let zone = "UTC".parse().unwrap();
    let mut superuser = desk.world.superuser().await;
    let installation = crate::support::INSTALLATION;
    let stranger =
        autopilot::store::provision::create_org(&mut superuser, installation, "B", &zone)
            .await
            .unwrap();
    let foreign = desk.decide(&stranger.api_key, &approval, "approve").await;
    let missing = json!({"id": uuid::Uuid::now_v7()});
    let nobody = desk.decide(&stranger.api_key, &missing, "approve").await;
    let strip = |(status, mut body): (StatusCode, Value)| {
        body["request_id"] = Value::Null;
        (status, body)
    };
    assert_eq!(foreign.0, StatusCode::NOT_FOUND);
    assert_eq!(strip(foreign), strip(nobody));
    desk.in_state(&id, "waiting_for_approval").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_shown_after_an_approval_of_this_text() {
    let desk = Desk::open(&[]).await;
    let sql = "SELECT order_id FROM shop.orders WHERE ordered_on = DATE '1998-06-30' ORDER BY order_id LIMIT 2";
    let id = desk.start(json!({"sql": sql, "personal_data": "request_approval"})).await;
    desk.in_state(&id, "waiting_for_approval").await;
    assert_eq!(desk.asked().await, [] as [&str; 0], "not even priced");
    let approval = desk.open_approval().await;
    assert_eq!(
        (&approval["kind"], &approval["columns"]),
        (&json!("personal_data"), &json!(["order_id"]))
    );
    desk.decide(&desk.server.key, &approval, "approve").await;
    let run = desk.server.end_of(&id).await;
    let rows = output(&run)["rows"].as_array().unwrap();
    assert!(rows[0][0].as_str().unwrap().parse::<u64>().is_ok(), "{run}");
    assert_eq!(output(&run)["pii"]["outcome"], "approved");
    let again = desk.start(json!({"sql": sql, "personal_data": "request_approval"})).await;
    desk.in_state(&again, "waiting_for_approval").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_query_can_be_cancelled_and_one_nobody_decides_about_ends() {
    let desk = Desk::open(LOW_CAP).await;
    let id = desk.start(json!({"sql": SUM})).await;
    desk.in_state(&id, "waiting_for_approval").await;
    desk.call(Method::POST, &format!("/v1/workflows/{id}/cancel"), Some(json!({}))).await;
    assert_eq!(desk.server.end_of(&id).await["status"], "cancelled");
    let late = desk.start(json!({"sql": SUM.replace("30'", "29'")})).await;
    desk.in_state(&late, "waiting_for_approval").await;
    let schema = desk.world.tenant.schema_name();
    let past = format!(
        "UPDATE {schema}.approval SET expires_at = clock_timestamp() - interval '1 second'"
    );
    desk.world.superuser().await.batch_execute(&past).await.unwrap();
    // Anything that wakes the organisation finds it.
    desk.run(json!({"sql": "SELECT 1 AS one"})).await;
    let run = desk.server.end_of(&late).await;
    assert_eq!(error(&run)["code"], "APPROVAL_EXPIRED", "{run}");
}
