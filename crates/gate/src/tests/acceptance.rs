//! Acceptance rows of the safety rules, through the whole path: what is refused was never asked for.
//! Each test carries the id of its row; docs/acceptance.md lists them.

use autopilot_domain::codes::ErrorCode;
use serde_json::Value;

use super::*;
use crate::sql::{self, Outcome, Policy, SafetyCatalog};

/// Texts of the hostile corpus of this class, without those whose repeated parts are not written out.
fn hostile(class: &str) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpora/sql/hostile.jsonl");
    let rows = std::fs::read_to_string(path).unwrap();
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rows = rows.filter(|row| row["class"] == class && row.get("expand").is_none());
    let texts: Vec<String> = rows.map(|row| row["sql"].as_str().unwrap().to_owned()).collect();
    assert!(texts.len() > 20, "{} texts of {class}", texts.len());
    texts
}

/// The texts are refused at the first stage: no dry run, no reservation, no job.
async fn assert_never_asked(texts: impl IntoIterator<Item = String>) {
    for text in texts {
        let rig = Rig::new();
        let failure = rig.ask(1, &text).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::SqlBlocked, "{text}: {failure}");
        assert!(failure.safe_message.contains("(rule "), "{text}: {failure}");
        assert_eq!(rig.board.calls(), ["journal.decided"], "{text}");
        assert_eq!((rig.warehouse.jobs(), rig.ledger.sum()), (0, Bytes(0)), "{text}");
    }
}

/// Puts each head in front of each way to hide it: as it is, in odd letters, behind a comment, behind
/// a SELECT, in parentheses.
fn disguised(statements: &[&str]) -> Vec<String> {
    let disguises: [fn(&str) -> String; 7] = [
        str::to_owned,
        str::to_lowercase,
        |text| text.replace(' ', "\n\t/* x */ "),
        |text| format!("-- harmless\n{text}"),
        |text| format!("SELECT 1; {text}"),
        |text| format!("({text})"),
        |text| format!("EXPLAIN {text}"),
    ];
    statements.iter().flat_map(|text| disguises.map(|disguise| disguise(text))).collect()
}

#[tokio::test]
async fn several_statements_are_blocked() {
    let mut texts = hostile("multi");
    texts.extend(
        ["SELECT 1; DROP TABLE x", "SELECT 1;\n;SELECT 2", "SELECT 1;SELECT 1;"].map(str::to_owned),
    );
    assert_never_asked(texts).await;
    let failure = Rig::new().ask(1, "SELECT 1; DROP TABLE x").await.unwrap_err();
    assert!(failure.safe_message.ends_with("(rule block.multi_statement)"), "{failure}");
}

#[tokio::test]
async fn statements_that_define_are_blocked() {
    let statements = [
        "CREATE TABLE `acme.shop.orders` (a INT64)",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "ALTER TABLE `acme.shop.orders` ADD COLUMN a INT64",
        "DROP TABLE IF EXISTS `acme.shop.orders`",
        "TRUNCATE TABLE `acme.shop.orders`",
    ];
    assert_never_asked(disguised(&statements).into_iter().chain(hostile("ddl"))).await;
}

#[tokio::test]
async fn statements_that_change_are_blocked() {
    let statements = [
        "INSERT INTO `acme.shop.orders` (amount) VALUES (1)",
        "UPDATE `acme.shop.orders` SET amount = 1 WHERE TRUE",
        "DELETE FROM `acme.shop.orders` WHERE TRUE",
        "MERGE `acme.shop.orders` t USING s ON TRUE WHEN MATCHED THEN DELETE",
    ];
    assert_never_asked(disguised(&statements).into_iter().chain(hostile("dml"))).await;
}

/// A large table with a time column that is not its partition.
fn clicks() -> TableFacts {
    TableFacts {
        table: table("clicks"),
        columns: vec![
            column("page", ColumnType::String, Examination::Clear),
            column("seen", ColumnType::Timestamp, Examination::Clear),
        ],
        rows: 5_000_000,
        bytes: 1_000_000_000,
        partition_column: None,
        partition_filter_required: false,
    }
}

#[tokio::test]
async fn p2_04_partition_filter_enforced() {
    let ask = async |text: &str| {
        let mut rig = Rig::new();
        let of = if text.contains("clicks") { "clicks" } else { "orders" };
        rig.warehouse.rescript(|script| script.dry_run.referenced_tables = vec![table(of)]);
        rig.catalog = Catalog::of([orders(), clicks()]);
        let answer = rig.ask(1, text).await;
        (answer, rig)
    };
    for (text, rule, named) in [
        ("SELECT COUNT(*) FROM `acme.shop.orders`", "require.partition_filter", "day"),
        (
            "SELECT COUNT(*) FROM `acme.shop.orders` WHERE day < '2026-01-01'",
            "require.partition_filter",
            "day",
        ),
        (
            "SELECT COUNT(*) FROM `acme.shop.orders` WHERE day > '2026-01-01' OR region = 'x'",
            "require.partition_filter",
            "day",
        ),
        ("SELECT page FROM `acme.shop.clicks` LIMIT 10", "require.time_filter", "seen"),
        (
            "SELECT COUNT(*) FROM (SELECT page FROM `acme.shop.clicks`)",
            "require.time_filter",
            "seen",
        ),
    ] {
        let (answer, rig) = ask(text).await;
        let failure = answer.unwrap_err();
        let end = format!("without a lower bound on {named}. (rule {rule})");
        assert!(failure.safe_message.ends_with(&end), "{text}: {failure}");
        assert_eq!(rig.board.calls(), ["journal.decided"], "{text}");
    }
    for text in [
        "SELECT COUNT(*) FROM `acme.shop.orders` WHERE day >= '2026-01-01'",
        "SELECT page FROM `acme.shop.clicks` WHERE seen > TIMESTAMP '2026-01-01' LIMIT 10",
    ] {
        let (answer, rig) = ask(text).await;
        answer.unwrap();
        assert_eq!(rig.warehouse.executed()[0].0, text);
    }
}

#[tokio::test]
async fn p2_05_limit_enforced() {
    let from = "FROM `acme.shop.orders` WHERE day = '2026-01-01'";
    for (head, tail, limited) in [
        ("SELECT region, amount", "", true),
        ("SELECT DISTINCT region", "", true),
        ("SELECT amount", " ORDER BY amount", true),
        ("SELECT SUM(amount) OVER () AS s", "", true),
        ("SELECT amount", " LIMIT 5", false),
        ("SELECT SUM(amount) AS s", "", false),
        ("SELECT region, COUNT(*) AS n", " GROUP BY region", false),
    ] {
        let text = format!("{head} {from}{tail}");
        let rig = Rig::new();
        rig.ask(1, &text).await.unwrap();
        let sent = if limited { format!("{text} LIMIT 10000") } else { text };
        assert_eq!(rig.warehouse.executed()[0].0, sent);
    }
    let policy = Policy { default_limit: 250, ..Policy::default() };
    let text = "SELECT a FROM d.t".to_owned();
    let verdict = sql::analyze(text, policy, SafetyCatalog::default()).await.unwrap();
    assert_eq!(verdict.outcome, Outcome::Rewrite);
    assert_eq!(verdict.sql.as_deref(), Some("SELECT a FROM d.t LIMIT 250"));
}
