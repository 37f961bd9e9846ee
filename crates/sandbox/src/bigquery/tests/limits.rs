//! Statements that are too large, too deep or too greedy, and those whose asker went away.
//!
//! Each must end as an error or at once; none may take the process with it.

use std::time::Duration;

use super::{ask, run, warehouse};
use crate::bigquery::fault::Kind;

#[tokio::test]
async fn a_text_of_ten_megabytes_is_refused_by_its_length() {
    let sql = format!("SELECT '{}'", "x".repeat(10 << 20));
    let fault = run(&warehouse(), &sql).await.unwrap_err();
    assert_eq!(fault.kind, Kind::InvalidQuery);
    assert!(fault.message.contains("query is too large"), "{fault}");
}

#[tokio::test]
async fn ten_thousand_brackets_end_in_an_error() {
    let warehouse = warehouse();
    let deep = |open: &str, close: &str| {
        format!("SELECT {}1{}", open.repeat(10_000), close.repeat(10_000))
    };
    let shapes = [deep("(", ")"), deep("[", "]"), deep("ABS(", ")"), deep("(SELECT ", ")")];
    for sql in shapes {
        let fault = run(&warehouse, &sql).await.unwrap_err();
        assert_eq!(fault.kind, Kind::ResourcesExceeded, "{fault}");
    }
    assert_eq!(ask(&warehouse, "SELECT 1").await, "STRUCT(1)");
}

#[tokio::test]
async fn long_lists_and_chains_are_answered_or_refused() {
    let warehouse = warehouse();
    let numbers: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
    let listed = format!("SELECT 19999 IN ({})", numbers.join(", "));
    assert_eq!(ask(&warehouse, &listed).await, "STRUCT(true)");
    let chain = format!("SELECT {}", numbers.join(" + "));
    let fault = run(&warehouse, &chain).await.unwrap_err();
    assert_eq!(fault.kind, Kind::ResourcesExceeded);
}

/// Cross joins of 10^12 rows.
const GREEDY: [&str; 3] = [
    "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 1000000)) a, UNNEST(GENERATE_ARRAY(1, 1000000)) b",
    "WITH t AS (SELECT x FROM UNNEST(GENERATE_ARRAY(1, 1000000)) x) SELECT SUM(a.x * b.x) FROM t a CROSS JOIN t b",
    "WITH t AS (SELECT x FROM UNNEST(GENERATE_ARRAY(1, 1000000)) x) SELECT COUNT(*) FROM t a JOIN t b ON MOD(a.x + b.x, 7) = 8",
];

#[tokio::test]
async fn a_cross_join_stops_when_nobody_waits_for_it() {
    let warehouse = warehouse();
    for sql in GREEDY.into_iter().chain(GREEDY) {
        let patience = Duration::from_millis(1500);
        let ended = tokio::time::timeout(patience, run(&warehouse, sql)).await;
        if let Ok(ended) = ended {
            assert_eq!(ended.unwrap_err().kind, Kind::ResourcesExceeded, "{sql}");
        }
        // There are fewer engine threads than such queries: one that went on would be in the way.
        let answer = tokio::time::timeout(Duration::from_secs(20), ask(&warehouse, "SELECT 1"));
        assert_eq!(answer.await.unwrap(), "STRUCT(1)", "{sql}");
    }
}

#[tokio::test]
async fn a_query_beyond_the_memory_pool_fails_in_the_service_s_words() {
    let warehouse = warehouse();
    let sql = "SELECT ARRAY_AGG(REPEAT('x', 10000) || a) FROM UNNEST(GENERATE_ARRAY(1, 200000)) a";
    let fault = run(&warehouse, sql).await.unwrap_err();
    assert_eq!(fault.kind, Kind::ResourcesExceeded);
    assert!(fault.message.starts_with("Resources exceeded during query execution"), "{fault}");
    assert_eq!(ask(&warehouse, "SELECT 1").await, "STRUCT(1)");
}
