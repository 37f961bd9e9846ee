//! The SQL corpora, run whole: nothing hostile passes, real queries do, and rewrites are as expected.
//! The rows' format and the definitions behind them are described beside the corpora.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use autopilot_gate::check::sql::SqlChecker;
use autopilot_gate::sql::{Policy, SafetyCatalog, Worker, analyze_on_this_thread};
use serde_json::{Value, json};

fn rows(name: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/corpora/sql/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// The text with its repeated parts written out.
fn expanded(row: &Value) -> String {
    let mut sql = text(row, "sql").to_owned();
    for part in row["expand"].as_array().into_iter().flatten() {
        let times = usize::try_from(part[2].as_u64().unwrap()).unwrap();
        sql = sql.replace(part[0].as_str().unwrap(), &part[1].as_str().unwrap().repeat(times));
    }
    sql
}

fn check(checker: &SqlChecker, line: &Value) -> Value {
    serde_json::from_str(&checker.line(&line.to_string())).unwrap()
}

fn show(row: &Value, answer: &Value) -> String {
    let sql: String = text(row, "sql").chars().take(300).collect();
    format!("{} {} {}\n    {sql}", text(row, "id"), answer["rules"], answer["reasons"])
}

#[test]
fn no_hostile_row_passes() {
    let checker = SqlChecker::start().unwrap();
    let policy = json!({"projects": ["acme-prod"], "datasets": ["shop", "analytics"]});
    let mut passed = Vec::new();
    for row in rows("hostile") {
        let line = json!({"id": row["id"], "sql": expanded(&row), "policy": policy});
        let answer = check(&checker, &line);
        if answer["verdict"] != "block" {
            passed.push(show(&row, &answer));
        }
    }
    assert!(passed.is_empty(), "{} passed:\n{}", passed.len(), passed.join("\n"));
}

#[test]
fn at_least_98_of_100_benign_rows_run() {
    let checker = SqlChecker::start().unwrap();
    let rows = rows("benign");
    let mut refused = Vec::new();
    for row in &rows {
        let routines = text(row, "note").contains("persistent_udf");
        let policy = if routines { json!({"routines": ["*"]}) } else { json!({}) };
        let answer =
            check(&checker, &json!({"id": row["id"], "sql": row["sql"], "policy": policy}));
        if !["allow", "rewrite"].contains(&text(&answer, "verdict")) {
            refused.push(show(row, &answer));
        }
    }
    println!("{} of {} refused:\n{}", refused.len(), rows.len(), refused.join("\n"));
    assert!(refused.len() * 50 <= rows.len(), "{} of {} refused", refused.len(), rows.len());
}

#[test]
#[ignore = "measures; run it in release"]
#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn the_median_verdict_takes_at_most_100_microseconds() {
    let policy = Policy { routines: vec!["*".to_owned()], ..Policy::default() };
    let texts: Vec<String> = rows("benign").iter().map(|row| text(row, "sql").to_owned()).collect();
    let measure = move || {
        let catalog = SafetyCatalog::default();
        let mut times: Vec<u128> = Vec::new();
        for _ in 0..5 {
            for text in &texts {
                let begun = std::time::Instant::now();
                let verdict = analyze_on_this_thread(text, &policy, &catalog);
                times.push(begun.elapsed().as_nanos());
                drop(verdict);
            }
        }
        times.sort_unstable();
        times
    };
    let times = Worker::start().unwrap().run(measure).unwrap();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100] / 1_000;
    println!("p50 {} us, p90 {} us, p99 {} us, p100 {} us", at(50), at(90), at(99), at(100));
    assert!(at(50) <= 100);
}

#[test]
fn every_rewrite_row_is_as_expected() {
    let checker = SqlChecker::start().unwrap();
    let mut wrong = Vec::new();
    for row in rows("rewrite") {
        let line = json!({"id": row["id"], "sql": row["sql"], "catalog": row["catalog"]});
        let answer = check(&checker, &line);
        let also = row["also_ok"].as_array().into_iter().flatten();
        let mut accepted = also.chain([&row["expect"]]);
        if !accepted.any(|outcome| *outcome == answer["verdict"]) {
            wrong.push(format!("{} expected {}", show(&row, &answer), row["expect"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
