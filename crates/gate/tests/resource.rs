//! Texts made to exhaust a parser: each is answered, soon, and from a small stack.
//! The bound on the time is generous, since tests run unoptimised beside other jobs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use autopilot_gate::sql::{Outcome, Policy, SafetyCatalog, Verdict, Worker};

/// Most time for one answer.
const SOON: Duration = Duration::from_secs(10);

#[expect(clippy::disallowed_methods, reason = "the time a real answer takes is what is measured")]
fn timed(worker: &Worker, text: String) -> (Verdict, Duration) {
    let begun = std::time::Instant::now();
    let verdict = worker.analyze(text, Policy::default(), SafetyCatalog::default());
    (verdict, begun.elapsed())
}

#[expect(clippy::too_many_lines, reason = "a table of texts")]
/// Texts with what is repeated in them, and how often.
fn texts() -> Vec<(&'static str, String)> {
    let deep = |open: &str, n: usize, middle: &str, close: &str| {
        format!("SELECT {}{middle}{}", open.repeat(n), close.repeat(n))
    };
    let from = |open: &str, n: usize, middle: &str, close: &str| {
        format!("SELECT 1 FROM {}{middle}{}", open.repeat(n), close.repeat(n))
    };
    let mut texts = vec![
        ("10 MB literal", format!("SELECT '{}'", "a".repeat(10 << 20))),
        ("10 MB comment", format!("SELECT 1 /*{}*/", "a".repeat(10 << 20))),
        ("10 MB blanks", format!("SELECT 1{}", " ".repeat(10 << 20))),
        ("100k parentheses", deep("(", 100_000, "1", ")")),
        ("1M list", format!("SELECT 1 IN ({}1)", "1,".repeat(1_000_000))),
        ("list", format!("SELECT 1 IN ({}1)", "1,".repeat(9_000))),
        ("additions", format!("SELECT {}1", "1+".repeat(9_900))),
        ("conjunctions", format!("SELECT 1 WHERE {}TRUE", "TRUE AND ".repeat(9_900))),
        ("concatenations", format!("SELECT {}'a'", "'a'||".repeat(6_600))),
        ("unions", format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(4_900))),
        ("pipes", format!("FROM t{}", " |> WHERE TRUE".repeat(4_900))),
        ("joins", format!("SELECT 1 FROM t{}", " JOIN t ON TRUE".repeat(3_900))),
        ("commas", format!("SELECT 1 FROM t{}", ", t".repeat(9_900))),
        ("subscripts", format!("SELECT a{}", "[0]".repeat(6_600))),
        ("fields", format!("SELECT a{}", ".b".repeat(9_900))),
        ("calls in a chain", format!("SELECT a{}", ".b()".repeat(4_900))),
        ("columns", format!("SELECT {}a", "a,".repeat(9_900))),
        ("ctes", format!("WITH {} z AS (SELECT 1) SELECT 1", "c AS (SELECT 1),".repeat(2_400))),
        ("offsets", format!("SELECT 1 FROM t{}", ", t.a b WITH OFFSET".repeat(2_400))),
        ("comments", format!("SELECT 1{}", " /*DELETE FROM*/ ".repeat(15_000))),
        ("words in a comment", format!("SELECT 1 --{}", " MERGE a".repeat(30_000))),
        ("quotes in a comment", format!("SELECT 1 --{}", "' ".repeat(100_000))),
        ("odd quotes in a comment", format!("SELECT 1 --{}", "'\"`".repeat(80_000))),
    ];
    for n in [12, 24, 45, 5_000] {
        texts.extend([
            ("parentheses", deep("(", n, "1", ")")),
            ("arrays", deep("[", n, "1", "]")),
            ("calls", deep("f(", n, "1", ")")),
            ("cases", deep("CASE WHEN ", n, "TRUE", " THEN 1 END")),
            ("casts", deep("CAST(", n, "1", " AS INT64)")),
            ("structs", deep("STRUCT(", n, "1", ")")),
            ("typed structs", deep("STRUCT<a INT64>(", n, "1", ")")),
            ("typed arrays", deep("ARRAY<INT64>[", n, "1", "]")),
            ("types", deep("CAST(1 AS ", n, "1", ")")),
            (
                "array types",
                format!(
                    "SELECT CAST(1 AS {}INT64{})",
                    "ARRAY<".repeat(n.min(3_000)),
                    ">".repeat(n.min(3_000))
                ),
            ),
            (
                "struct types",
                format!(
                    "SELECT CAST(1 AS {}INT64{})",
                    "STRUCT<a ".repeat(n.min(3_000)),
                    ">".repeat(n.min(3_000))
                ),
            ),
            ("array prefixes", deep("ARRAY<", n, "INT64", ">")),
            ("struct prefixes", deep("STRUCT<ARRAY<", n, "INT64", ">>")),
            ("nots", deep("NOT ", n, "TRUE", "")),
            ("minuses", deep("- ", n, "1", "")),
            ("exists", deep("EXISTS(SELECT ", n, "1", ")")),
            ("scalars", deep("(SELECT ", n, "1", ")")),
            ("intervals", deep("INTERVAL ", n, "1", " DAY")),
            ("betweens", deep("1 BETWEEN ", n, "1", " AND 1")),
            ("windows", deep("SUM(1) OVER (ORDER BY ", n, "1", ")")),
            ("tables", from("(", n, "t", ")")),
            ("derived", from("(SELECT 1 FROM ", n, "t", ")")),
            ("half open tables", from("(", n, "t", "")),
            ("joined tables", from("(t JOIN ", n, "t", " ON TRUE)")),
            ("unnests", from("UNNEST([(SELECT 1 FROM ", n, "t", ")])")),
            ("pivots", from("t PIVOT(SUM(1) FOR a IN (", n, "1", "))")),
            ("half open calls", deep("f(a, ", n, "1", "")),
            ("lambdas", deep("(a, b) -> ", n, "1", "")),
            ("rows", deep("(1, ", n, "1", ")")),
            ("ors", deep("1 OR (", n, "1", ")")),
            ("likes", deep("'a' LIKE (", n, "'a'", ")")),
            ("indexes", deep("a[", n, "0", "]")),
            ("extracts", deep("EXTRACT(DAY FROM ", n, "a", ")")),
            ("substrings", deep("SUBSTRING(", n, "a", " FROM 1)")),
            ("trims", deep("TRIM(", n, "a", ")")),
            ("ceilings", deep("CEIL(", n, "a", ")")),
            ("floors with an error", deep("FLOOR(", n, "a b c", ")")),
            ("casts with an error", deep("CAST(", n, "a b c", " AS INT64)")),
            ("trims with an error", deep("TRIM(", n, "a b c", ")")),
            ("cases with an error", deep("CASE WHEN ", n, "a b c", " THEN 1 END")),
            ("subqueries with an error", deep("(SELECT ", n, "a b c", ")")),
            ("tables with an error", from("(", n, "t t t", ")")),
            ("derived with an error", from("(SELECT 1 FROM ", n, "t t t", ")")),
            ("positions with an error", deep("POSITION(", n, "a b c", " IN a)")),
            ("structs with an error", deep("STRUCT<a INT64>(", n, "a b c", ")")),
            ("calls with an error", deep("f(", n, "a b c", ")")),
            ("extracts with an error", deep("EXTRACT(DAY FROM ", n, "a b c", ")")),
            ("casts without an end", deep("CAST(a AS STRING FORMAT ", n, "a b c", ")")),
        ]);
    }
    texts
}

#[test]
fn every_text_is_answered_soon() {
    let worker = Worker::start().unwrap();
    let mut slow = Vec::new();
    for (what, text) in texts() {
        let length = text.len();
        let (verdict, took) = timed(&worker, text);
        println!("{what} ({length} bytes): {took:?}");
        assert_ne!(verdict.rules.first().map(|hit| hit.id), Some("parse.failed"), "{what} died");
        if took > SOON || took > Duration::from_secs(1) && !cfg!(debug_assertions) {
            slow.push(format!("{what} ({length} bytes): {took:?} {:?}", verdict.rules));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[tokio::test]
async fn a_caller_may_have_a_small_stack() {
    let text = format!("SELECT {}1", "1+".repeat(9_900));
    let answer = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(autopilot_gate::sql::analyze(
            text,
            Policy::default(),
            SafetyCatalog::default(),
        ))
    });
    let verdict = answer.unwrap().join().unwrap().unwrap();
    assert_eq!(verdict.outcome, Outcome::Rewrite, "{:?}", verdict.rules);
}
