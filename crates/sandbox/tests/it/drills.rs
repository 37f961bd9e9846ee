//! Every failure that can be ordered, how it is chosen, and how its hits are seen.
//! A drill that is set and never shows would make other tests prove nothing.

use std::time::{Duration, Instant};

use autopilot_sandbox::{SandboxOptions, StartError, start};
use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{Caller, at, refusal};

const ROWS: &str = "SELECT n FROM shop.numbers ORDER BY n";

async fn hits(caller: &Caller) -> Value {
    caller.admin(Method::GET, "drills", Value::Null).await.1
}

#[tokio::test]
async fn refusals_come_with_bigquerys_status_and_reason() {
    let caller = Caller::new().await;
    for (drill, expected) in [
        ("QUOTA_EXCEEDED", (403, "quotaExceeded")),
        ("RATE_LIMIT", (403, "rateLimitExceeded")),
        ("PERMISSION_DENIED", (403, "accessDenied")),
        ("TRANSIENT_ERROR", (503, "backendError")),
    ] {
        caller.drill(json!({"drill": drill, "call": "query", "times": 1})).await;
        let (status, reason) = refusal(&caller.query(ROWS).await);
        assert_eq!((status, reason.as_str()), expected, "{drill}");
        assert_eq!(caller.query(ROWS).await.0, 200, "{drill} hits once");
    }
}

#[tokio::test]
async fn a_gateways_page_stands_for_a_lost_network() {
    let caller = Caller::new().await;
    for drill in ["TRANSIENT_NETWORK", "HTML_502"] {
        caller.drill(json!({"drill": drill, "call": "datasets", "times": 1})).await;
        let (status, page) = caller.get("/datasets").await;
        assert_eq!(status, 502);
        assert!(page.as_str().unwrap().starts_with("<html>"), "{page}");
    }
}

#[tokio::test]
async fn a_malformed_response_is_a_success_that_ends_in_the_middle() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "MALFORMED_RESPONSE", "call": "results", "times": 1})).await;
    caller.insert(ROWS, "half", json!({})).await;
    let (status, text) = caller.get("/queries/half").await;
    assert_eq!(status, 200);
    assert!(text.as_str().unwrap().ends_with('{'), "{text}");
}

#[tokio::test]
async fn a_cut_connection_ends_before_the_promised_bytes() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "CUT_CONNECTION", "call": "tables", "times": 1})).await;
    let sent = caller.raw(Method::GET, "/datasets/shop/tables", String::new(), caller.token());
    let whole = match sent.await {
        Ok(answer) => answer.text().await.is_ok(),
        Err(_) => false,
    };
    assert!(!whole);
}

#[tokio::test]
async fn partial_results_promise_more_rows_than_they_bring() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "PARTIAL_RESULTS", "times": 2})).await;
    for answer in
        [caller.query(ROWS).await.1, caller.get("/datasets/shop/tables/numbers/data").await.1]
    {
        assert_eq!(answer["totalRows"], "10");
        assert_eq!(answer["rows"].as_array().unwrap().len(), 5);
        assert!(answer.get("pageToken").is_none());
    }
    assert_eq!(hits(&caller).await["totals"]["Data:PartialResults"], 1);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the delay is what is measured")]
async fn latency_delays_the_answer_and_changes_nothing_else() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "LATENCY", "call": "query", "ms": 400, "times": 1})).await;
    let begun = Instant::now();
    assert_eq!(caller.query(ROWS).await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn a_timeout_leaves_a_job_running_and_any_other_call_without_answer() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "TIMEOUT", "call": "insert", "times": 1})).await;
    let inserted = caller.insert(ROWS, "hang", json!({})).await.1;
    assert_eq!(at(&inserted, "/status/state"), "RUNNING");
    let waited = caller.get("/queries/hang?timeoutMs=50").await.1;
    assert_eq!(waited["jobComplete"], false);
    let cancelled = caller.post("/jobs/hang/cancel", json!({})).await.1;
    assert_eq!(at(&cancelled, "/job/status/errorResult/reason"), "stopped");
    for (call, path) in [("datasets", "/datasets"), ("tables", "/datasets/shop/tables/numbers")] {
        caller.drill(json!({"drill": "TIMEOUT", "call": call, "times": 1})).await;
        let silent = tokio::time::timeout(Duration::from_millis(300), caller.get(path)).await;
        assert!(silent.is_err(), "{call}");
        assert_eq!(caller.get(path).await.0, 200, "{call}");
    }
}

#[tokio::test]
async fn a_drill_meets_one_tenant_only() {
    let caller = Caller::new().await;
    let other = caller.account("other@tenant.example", &["shop"]).await;
    caller.drill(json!({"drill": "QUOTA_EXCEEDED", "account": "other@tenant.example"})).await;
    let path = "/datasets/shop/tables/numbers";
    assert_eq!(caller.get(path).await.0, 200);
    assert_eq!(caller.send_as(&other, Method::GET, path, Value::Null).await.0, 403);
}

#[tokio::test]
async fn a_drill_meets_one_table_only_by_either_name() {
    let caller = Caller::new().await;
    caller.sql("CREATE TABLE shop.other AS SELECT 1 AS n").await;
    for name in ["numbers", "shop.numbers"] {
        caller.drill(json!({"drill": "TRANSIENT_ERROR", "table": name})).await;
        assert_eq!(caller.query("SELECT n FROM shop.other").await.0, 200);
        assert_eq!(caller.query(ROWS).await.0, 503);
        assert_eq!(caller.dry(ROWS).await.0, 503);
        assert_eq!(caller.get("/datasets/shop/tables/numbers/data").await.0, 503);
        caller.admin(Method::DELETE, "drills", Value::Null).await;
        assert_eq!(caller.query(ROWS).await.0, 200);
    }
}

async fn statuses(caller: &Caller, calls: usize) -> Vec<u16> {
    let mut out = Vec::new();
    for _ in 0..calls {
        out.push(caller.get("/datasets").await.0);
    }
    out
}

#[tokio::test]
async fn a_drill_hits_the_calls_whose_number_it_names() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "TRANSIENT_ERROR", "call": "datasets", "nth": [2, 4]})).await;
    assert_eq!(statuses(&caller, 5).await, [200, 503, 200, 503, 200]);
    let report = hits(&caller).await;
    assert_eq!(
        (&report["drills"][0]["seen"], &report["drills"][0]["hits"]),
        (&json!(5), &json!(2))
    );
}

#[tokio::test]
async fn a_drill_hits_so_often_and_no_more() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "TRANSIENT_ERROR", "call": "datasets", "times": 2})).await;
    assert_eq!(statuses(&caller, 4).await, [503, 503, 200, 200]);
}

#[tokio::test]
async fn the_same_seed_hits_the_same_calls_and_another_seed_others() {
    let mut runs = Vec::new();
    let caller = Caller::new().await;
    for seed in [1, 1, 2] {
        let rule = json!({"drill": "TRANSIENT_ERROR", "call": "datasets", "probability": 0.5, "seed": seed});
        caller.drill(rule).await;
        runs.push(statuses(&caller, 40).await);
        caller.admin(Method::DELETE, "drills", Value::Null).await;
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let hit = runs[0].iter().filter(|status| **status == 503).count();
    assert!((8..=32).contains(&hit), "{hit} of 40");
}

#[tokio::test]
async fn a_schedule_in_a_file_holds_from_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let schedule = "[[drill]]\ndrill = \"RATE_LIMIT\"\ncall = \"query\"\nnth = [1]\n\n\
                    [[mock]]\npattern = \"everything\"\ntotal_bytes_processed = 5000\n";
    std::fs::write(file.path(), schedule).unwrap();
    let drills = Some(file.path().to_path_buf());
    let caller = Caller::with(SandboxOptions { drills, ..SandboxOptions::default() }).await;
    assert_eq!(refusal(&caller.query(ROWS).await), (403, "rateLimitExceeded".to_owned()));
    assert_eq!(caller.query(ROWS).await.0, 200);
    assert_eq!(caller.dry("SELECT everything").await.1["totalBytesProcessed"], "5000");
}

#[tokio::test]
async fn a_dry_run_can_be_made_up_for_a_table_or_a_text_and_a_run_never() {
    let caller = Caller::new().await;
    let schema = json!([{"name": "made_up", "type": "INTEGER", "mode": "NULLABLE"}]);
    let mock = json!({"table": "shop.numbers", "total_bytes_processed": 5_000_000_000_u64,
        "total_bytes_billed": 6_000_000_000_u64, "accuracy": "UPPER_BOUND",
        "statement_type": "DELETE", "schema": schema});
    caller.drill(json!({"mock": [mock]})).await;
    let configuration = json!({"dryRun": true, "query": {"query": ROWS, "useLegacySql": false}});
    let answer = caller.post("/jobs", json!({"configuration": configuration})).await.1;
    let query = at(&answer, "/statistics/query");
    assert_eq!(query["totalBytesProcessed"], "5000000000");
    assert_eq!(query["totalBytesBilled"], "6000000000");
    assert_eq!(query["totalBytesProcessedAccuracy"], "UPPER_BOUND");
    assert_eq!(query["statementType"], "DELETE");
    assert_eq!(query["schema"]["fields"], schema);
    assert_eq!(query["referencedTables"][0]["tableId"], "numbers");
    assert_eq!(caller.query(ROWS).await.1["totalBytesProcessed"], "80");
    assert_eq!(hits(&caller).await["mocks"][0]["hits"], 1);
}

#[tokio::test]
async fn hits_are_counted_for_each_call_and_stay_after_a_clearing() {
    let caller = Caller::new().await;
    caller.drill(json!({"drill": "TRANSIENT_ERROR", "call": "datasets", "times": 1})).await;
    statuses(&caller, 2).await;
    caller.admin(Method::DELETE, "drills", Value::Null).await;
    let totals = caller.admin(Method::GET, "requests", Value::Null).await.1["drill_hits"].clone();
    assert_eq!(totals, json!({"Datasets:TransientError": 1}));
}

#[tokio::test]
async fn a_bad_schedule_says_what_is_wrong_and_changes_nothing() {
    let caller = Caller::new().await;
    let good = json!({"drill": "TRANSIENT_ERROR", "call": "datasets"});
    for (body, word) in [
        (json!({"drill": "NO_SUCH"}), "NO_SUCH"),
        (json!({"drill": "TIMEOUT", "call": "sing"}), "sing"),
        (json!({"drill": "TIMEOUT", "probability": 1.5}), "probability"),
        (json!({"drill": "TIMEOUT", "nth": [0]}), "nth"),
        (json!({"drill": "TIMEOUT", "colour": "red"}), "colour"),
        (json!({"drill": "LATENCY"}), "ms"),
        (json!({"drill": "PARTIAL_RESULTS", "call": "datasets"}), "rows"),
        (json!({"drill": [good], "mock": [{"pattern": "("}]}), "pattern"),
        (json!({"drill": [good, {"drill": "LATENCY"}]}), "ms"),
        (json!({}), "at least one"),
    ] {
        let (status, answer) = caller.admin(Method::POST, "drills", body.clone()).await;
        assert_eq!(status, 400, "{body}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(word), "{body}: {message}");
    }
    let report = hits(&caller).await;
    assert_eq!((&report["drills"], &report["mocks"]), (&json!([]), &json!([])));
    assert_eq!(caller.get("/datasets").await.0, 200);
}

#[test]
fn a_bad_schedule_file_keeps_the_simulator_from_starting() {
    for (text, word) in [
        ("[[drill]]\ndrill = \"NO_SUCH\"\n", "NO_SUCH"),
        ("[[drill]]\ndrill = \"LATENCY\"\n", "ms"),
        ("[[drills]]\n", "drills"),
        ("not toml", "TOML"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let drills = Some(file.path().to_path_buf());
        let refused = start(SandboxOptions { drills, ..SandboxOptions::default() }, |_| {});
        let error = refused.err().unwrap();
        assert!(matches!(error, StartError::Drills { .. }));
        assert!(error.to_string().contains(word), "{error}");
    }
}
