//! TABLESAMPLE SYSTEM takes whole blocks of a table, always the same ones, and nothing else has blocks.

use super::{Request, ask, run, warehouse};

#[tokio::test]
async fn a_sample_takes_whole_blocks_and_counts_their_bytes() {
    let warehouse = warehouse();
    let made = "CREATE TABLE d.big AS SELECT x FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS x";
    run(&warehouse, made).await.unwrap();
    let sampled = |percent: &str| {
        format!(
            "SELECT COUNT(*), COUNT(DISTINCT x) FROM d.big TABLESAMPLE SYSTEM ({percent} PERCENT)"
        )
    };
    assert_eq!(ask(&warehouse, &sampled("100")).await, "(100000, 100000)");
    assert_eq!(ask(&warehouse, &sampled("0")).await, "(0, 0)");
    // 100,000 rows are 13 blocks, the last of 1,696 rows; each is there whole or not at all.
    let third = ask(&warehouse, &sampled("30")).await;
    let rows: u32 = third.trim_matches(['(', ')']).split(',').next().unwrap().parse().unwrap();
    assert!((16_000..60_000).contains(&rows), "{rows}");
    assert!(matches!(rows % 8192, 0 | 1696), "{rows}");
    assert_eq!(ask(&warehouse, &sampled("30")).await, third);
    let bytes = |percent: &'static str| {
        let warehouse = &warehouse;
        let request = Request {
            sql: format!("SELECT x FROM d.big TABLESAMPLE SYSTEM ({percent} PERCENT)"),
            ..Request::default()
        };
        async move { warehouse.prepare(request).await.unwrap().facts.bytes.processed }
    };
    assert_eq!(bytes("100").await, 800_000);
    assert_eq!(bytes("30").await, u64::from(rows) * 8);
}

#[tokio::test]
async fn what_has_no_blocks_or_is_no_share_is_refused() {
    let warehouse = warehouse();
    run(&warehouse, "CREATE TABLE d.t AS SELECT 1 AS x").await.unwrap();
    run(&warehouse, "CREATE VIEW d.v AS SELECT x FROM d.t").await.unwrap();
    for (from, wanted) in [
        ("d.t TABLESAMPLE SYSTEM (101 PERCENT)", "! TABLESAMPLE SYSTEM expects a PERCENT"),
        ("d.t TABLESAMPLE BERNOULLI (10 PERCENT)", "? TABLESAMPLE other than SYSTEM"),
        ("d.t TABLESAMPLE SYSTEM (10 ROWS)", "? TABLESAMPLE other than SYSTEM"),
        ("d.v TABLESAMPLE SYSTEM (10 PERCENT)", "? TABLESAMPLE of what is not one table"),
        ("c TABLESAMPLE SYSTEM (10 PERCENT)", "? TABLESAMPLE of what is not one table"),
        ("`d.t*` TABLESAMPLE SYSTEM (10 PERCENT)", "? TABLESAMPLE of what is not one table"),
    ] {
        let got = ask(&warehouse, &format!("WITH c AS (SELECT 1 AS x) SELECT x FROM {from}")).await;
        assert!(got.starts_with(wanted), "{from}: {got}");
    }
}
