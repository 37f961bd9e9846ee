//! Bad input, greedy queries, and callers at odds with one another: the server lives and loses nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{Caller, ENDLESS, at, refusal};

async fn ended(caller: &Caller, id: &str) -> Value {
    for _ in 0..100 {
        let job = caller.get(&format!("/jobs/{id}")).await.1;
        if at(&job, "/status/state") == "DONE" {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{id} does not end");
}

async fn count(caller: &Caller, table: &str) -> Value {
    let answer = caller.query(&format!("SELECT COUNT(*) FROM {table}")).await.1;
    at(&answer, "/rows/0/f/0/v")
}

#[tokio::test]
async fn a_caller_that_hangs_up_frees_its_query() {
    let caller = Arc::new(Caller::new().await);
    let other = Arc::clone(&caller);
    let asking = tokio::spawn(async move { other.query(ENDLESS).await });
    let mut id = Value::Null;
    while id.is_null() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        id = at(&caller.get("/jobs").await.1, "/jobs/0/jobReference/jobId");
    }
    assert!(!asking.is_finished());
    asking.abort();
    let job = ended(&caller, id.as_str().unwrap()).await;
    assert_eq!(at(&job, "/status/errorResult/reason"), "stopped");
    assert_eq!(caller.query("SELECT 1").await.0, 200);
}

#[tokio::test]
async fn a_job_timeout_ends_a_long_query() {
    let caller = Caller::new().await;
    caller.insert(ENDLESS, "long", json!({"jobTimeoutMs": "300"})).await;
    let job = ended(&caller, "long").await;
    assert_eq!(at(&job, "/status/errorResult/reason"), "timeout");
    assert_eq!(refusal(&caller.get("/queries/long").await), (400, "timeout".to_owned()));
}

#[tokio::test]
async fn many_endless_joins_are_cancelled_and_the_server_answers_on() {
    let caller = Caller::new().await;
    for id in ["one", "two", "three"] {
        assert_eq!(caller.insert(ENDLESS, id, json!({})).await.0, 200);
    }
    for id in ["one", "two", "three"] {
        assert_eq!(caller.post(&format!("/jobs/{id}/cancel"), json!({})).await.0, 200);
        let job = ended(&caller, id).await;
        assert_eq!(at(&job, "/status/errorResult/reason"), "stopped");
        let results = refusal(&caller.get(&format!("/queries/{id}")).await);
        assert_eq!(results, (499, "stopped".to_owned()));
    }
    assert_eq!(count(&caller, "shop.numbers").await, "10");
}

#[tokio::test]
async fn a_query_that_is_not_done_in_time_is_told_so_and_can_be_waited_for() {
    let caller = Caller::new().await;
    let body = json!({"query": ENDLESS, "useLegacySql": false, "timeoutMs": 100});
    let answer = caller.post("/queries", body).await.1;
    assert_eq!(answer["jobComplete"], false);
    let id = at(&answer, "/jobReference/jobId");
    let path = format!("/jobs/{}/cancel", id.as_str().unwrap());
    assert_eq!(caller.post(&path, json!({})).await.0, 200);
}

#[tokio::test]
async fn monstrous_sql_is_refused_and_the_server_lives() {
    let caller = Caller::new().await;
    let nested = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let long = format!("SELECT '{}'", "x".repeat(10 << 20));
    let many = format!("SELECT {}1", "1 + ".repeat(200_000));
    for sql in [nested, long, many] {
        let (status, answer) = caller.query(&sql).await;
        assert_eq!(status, 400, "{:.300}", answer.to_string());
        assert_eq!(caller.query("SELECT 1").await.0, 200);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_not_json_is_refused_in_bigquerys_shape() {
    let caller = Caller::new().await;
    let send = |body: String| caller.raw(Method::POST, "/queries", body, caller.token());
    for (body, status, reason) in [
        ("x".repeat(65 << 20), 413, "uploadTooLarge"),
        ("{\"query\": ".to_owned(), 400, "parseError"),
        ("[1, 2]".to_owned(), 400, "parseError"),
        ("{}".to_owned(), 400, "invalid"),
    ] {
        // A server that refuses early may close the connection before all was sent.
        let Ok(answer) = send(body).await else { continue };
        assert_eq!(answer.status().as_u16(), status);
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(at(&answer, "/error/errors/0/reason"), reason);
    }
    assert_eq!(caller.query("SELECT 1").await.0, 200);
}

#[tokio::test]
async fn a_row_with_a_known_insert_id_is_taken_once() {
    let caller = Caller::new().await;
    caller.sql("CREATE TABLE shop.streamed (n INT64)").await;
    let path = "/datasets/shop/tables/streamed/insertAll";
    let row = |id: &str, n: i64| json!({"insertId": id, "json": {"n": n}});
    for rows in [json!([row("a", 1), row("a", 1), row("b", 2)]), json!([row("a", 1), row("c", 3)])]
    {
        let (status, answer) = caller.post(path, json!({"rows": rows})).await;
        assert_eq!((status, answer.get("insertErrors")), (200, None));
    }
    assert_eq!(count(&caller, "shop.streamed").await, "3");
    for _ in 0..2 {
        caller.post(path, json!({"rows": [{"json": {"n": 9}}]})).await;
    }
    assert_eq!(count(&caller, "shop.streamed").await, "5");
}

#[tokio::test]
async fn a_bad_row_stops_the_others_unless_it_may_be_skipped() {
    let caller = Caller::new().await;
    caller.sql("CREATE TABLE shop.streamed (n INT64)").await;
    let path = "/datasets/shop/tables/streamed/insertAll";
    let rows = json!([{"json": {"n": 1}}, {"json": {"n": "x"}}]);
    let answer = caller.post(path, json!({"rows": rows})).await.1;
    assert_eq!(at(&answer, "/insertErrors/0/errors/0/reason"), "invalid");
    assert_eq!(at(&answer, "/insertErrors/1/errors/0/reason"), "stopped");
    assert_eq!(count(&caller, "shop.streamed").await, "0");
    caller.post(path, json!({"rows": rows, "skipInvalidRows": true})).await;
    assert_eq!(count(&caller, "shop.streamed").await, "1");
}

#[tokio::test]
async fn writers_of_all_kinds_at_once_lose_no_row() {
    let caller = Caller::new().await;
    caller.sql("CREATE TABLE shop.streamed (n INT64)").await;
    let streams = join_all((0..20).map(|n| {
        let body = json!({"rows": [{"json": {"n": n}}, {"json": {"n": n}}]});
        caller.post("/datasets/shop/tables/streamed/insertAll", body)
    }));
    let statements =
        join_all((0..10).map(|_| caller.query("INSERT INTO shop.streamed (n) VALUES (7)")));
    let (streams, statements) = futures_util::join!(streams, statements);
    assert!(streams.iter().chain(&statements).all(|(status, _)| *status == 200));
    assert_eq!(count(&caller, "shop.streamed").await, "50");
}

#[tokio::test]
async fn an_account_sees_only_what_it_was_granted() {
    let caller = Caller::new().await;
    caller.admin(Method::POST, "sql", json!({"sql": "CREATE SCHEMA secret"})).await;
    caller.sql("CREATE TABLE secret.people AS SELECT 1 AS n").await;
    let token = caller.account("shop@tenant.example", &["shop"]).await;
    let ask = |sql: &'static str| {
        let body = json!({"query": sql, "useLegacySql": false});
        caller.send_as(&token, Method::POST, "/queries", body)
    };
    let schemata =
        ask("SELECT schema_name FROM `region-us`.INFORMATION_SCHEMA.SCHEMATA ORDER BY 1").await.1;
    assert_eq!(schemata["rows"], json!([{"f": [{"v": "shop"}]}]));
    for sql in
        ["SELECT n FROM secret.people", "SELECT table_name FROM secret.INFORMATION_SCHEMA.TABLES"]
    {
        assert_eq!(refusal(&ask(sql).await), (403, "accessDenied".to_owned()), "{sql}");
    }
    let list = caller.send_as(&token, Method::GET, "/datasets", Value::Null).await.1;
    assert_eq!(list["datasets"].as_array().unwrap().len(), 1);
    for path in ["/datasets/secret", "/datasets/secret/tables", "/datasets/secret/tables/people"] {
        assert_eq!(caller.send_as(&token, Method::GET, path, Value::Null).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn a_token_of_another_scope_is_refused() {
    let caller = Caller::new().await;
    let key = caller.running.service_account_key();
    let scope = |name: &str| format!("https://www.googleapis.com/auth/{name}");
    let storage = caller.token_of(&key, &scope("devstorage.read_only")).await;
    let refused = caller.send_as(&storage, Method::GET, "/datasets", Value::Null).await;
    assert_eq!(refusal(&refused), (403, "insufficientPermissions".to_owned()));
    let reader = caller.token_of(&key, &scope("bigquery.readonly")).await;
    for (sql, status) in [("SELECT 1", 200), ("CREATE TABLE shop.t (n INT64)", 403)] {
        let body = json!({"query": sql, "useLegacySql": false});
        assert_eq!(
            caller.send_as(&reader, Method::POST, "/queries", body).await.0,
            status,
            "{sql}"
        );
    }
}

#[tokio::test]
async fn one_request_id_makes_one_job_even_at_once() {
    let caller = Caller::new().await;
    let ask = |id: &'static str| {
        let body = json!({"query": "SELECT 1", "useLegacySql": false, "requestId": id});
        caller.post("/queries", body)
    };
    let answers = join_all(["a", "a", "a", "b"].map(ask)).await;
    let id = |at: usize| answers[at].1["jobReference"]["jobId"].clone();
    assert!(id(0).is_string());
    assert_eq!((id(0), id(0)), (id(1), id(2)));
    assert_ne!(id(0), id(3));
}

#[tokio::test]
async fn of_jobs_with_one_id_at_once_one_runs() {
    let caller = Caller::new().await;
    let answers = join_all((0..8).map(|_| caller.insert("SELECT 1", "only", json!({})))).await;
    let made = answers.iter().filter(|(status, _)| *status == 200).count();
    let refused = answers.iter().filter(|one| refusal(one) == (409, "duplicate".to_owned()));
    assert_eq!((made, refused.count()), (1, 7));
    let log = caller.admin(Method::GET, "requests", Value::Null).await.1;
    assert_eq!(log["executions"], json!({"only": 1}));
}
