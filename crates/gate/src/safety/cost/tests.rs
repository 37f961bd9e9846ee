//! What is cheap to write and costly to run: by rule id, beside honest queries that look alike.
//! Without a catalog no table is known to be small, as for a planner's query on unknown tables.

use super::super::facts::{SafetyCatalog, SafetyTable};
use super::super::policy::Policy;
use super::super::thread::Worker;

const NONE: &str = "";

/// Asserts the first rule of each text; a LIMIT that is added counts as none.
fn assert_rules(catalog: &SafetyCatalog, table: &[(&str, &str)]) {
    let worker = Worker::start().unwrap();
    for (text, expected) in table {
        let verdict = worker.analyze((*text).to_owned(), Policy::default(), catalog.clone());
        let rule = verdict.rules.first().map_or(NONE, |hit| hit.id);
        let rule = if rule == "require.limit" { NONE } else { rule };
        assert_eq!(rule, *expected, "{text}: {:?}", verdict.rules);
    }
}

fn unknown(table: &[(&str, &str)]) {
    assert_rules(&SafetyCatalog::default(), table);
}

#[test]
fn tables_that_no_condition_ties_are_a_product() {
    const RULE: &str = "enforce.cartesian";
    unknown(&[
        ("SELECT COUNT(*) FROM s.a CROSS JOIN s.b", RULE),
        ("SELECT COUNT(*) FROM s.a, s.b", RULE),
        ("SELECT COUNT(*) FROM s.a CROSS JOIN s.b WHERE a.x > 0", RULE),
        ("SELECT COUNT(*) FROM s.a, s.b WHERE 1 < 2 AND TRUE", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON TRUE", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON NOT FALSE", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON RAND() >= 0", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.x = a.x", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.x = 1", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.x IS NOT NULL", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.x = b.x OR TRUE", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.x = b.x OR a.y > 0", RULE),
        ("SELECT COUNT(*) FROM s.a LEFT JOIN s.b ON x = x", RULE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b USING (x) JOIN s.c ON 1 = 1", RULE),
        ("SELECT COUNT(*) FROM (SELECT * FROM s.a) a, (SELECT * FROM s.b) b", RULE),
        ("WITH x AS (SELECT * FROM s.a) SELECT COUNT(*) FROM x, s.b", RULE),
        ("FROM s.a |> CROSS JOIN s.b |> AGGREGATE COUNT(*)", RULE),
        ("FROM s.a |> JOIN s.b ON TRUE |> AGGREGATE COUNT(*)", RULE),
        ("(SELECT * FROM s.a) |> CROSS JOIN s.b |> AGGREGATE COUNT(*)", RULE),
        ("SELECT x FROM s.a UNION ALL SELECT x FROM s.c |> CROSS JOIN s.b", RULE),
        ("SELECT COUNT(*) FROM s.a, UNNEST(ARRAY(SELECT b.x FROM s.b)) u", RULE),
        ("SELECT COUNT(*) FROM s.a, UNNEST((SELECT ARRAY_AGG(x) FROM s.b)) u", RULE),
        ("SELECT COUNT(*) FROM s.a, UNNEST(GENERATE_ARRAY(1, 1000000)) u", RULE),
        ("SELECT COUNT(*) FROM s.a WHERE EXISTS (SELECT 1 FROM s.b, s.c)", RULE),
        (
            "SELECT 1 FROM (SELECT x FROM UNNEST(GENERATE_ARRAY(1, 900000)) x), \
             (SELECT y FROM UNNEST(GENERATE_ARRAY(1, 900000)) y)",
            RULE,
        ),
    ]);
}

#[test]
fn an_honest_join_is_no_product() {
    unknown(&[
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.x = b.x", NONE),
        ("SELECT COUNT(*) FROM s.a, s.b WHERE a.x = b.x AND a.y > 0", NONE),
        ("SELECT COUNT(*) FROM s.a, s.b WHERE a_id = b_id", NONE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.x = b.x OR a.y = b.y", NONE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b USING (x) LEFT JOIN s.c USING (y)", NONE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON a.t BETWEEN b.t0 AND b.t1", NONE),
        ("SELECT COUNT(*) FROM s.a CROSS JOIN (SELECT MAX(x) AS m FROM s.b)", NONE),
        ("WITH p AS (SELECT DATE '2024-01-01' AS d) SELECT COUNT(*) FROM s.a, p", NONE),
        ("SELECT COUNT(*) FROM s.a CROSS JOIN (SELECT x FROM s.b LIMIT 10)", NONE),
        ("SELECT 1 FROM (SELECT DISTINCT d FROM s.a), (SELECT DISTINCT u FROM s.b)", NONE),
        (
            "SELECT COUNT(*) FROM s.a, UNNEST(GENERATE_DATE_ARRAY('2020-01-01', CURRENT_DATE()))",
            NONE,
        ),
        ("SELECT COUNT(*) FROM s.a a, a.items i, UNNEST(i.tags) t", NONE),
        ("SELECT COUNT(*) FROM s.a a CROSS JOIN UNNEST(a.items) i", NONE),
        ("SELECT COUNT(*) FROM s.a a, UNNEST(ARRAY(SELECT i FROM a.items i)) i", NONE),
        ("SELECT COUNT(*) FROM s.a, UNNEST(['x', 'y']) k", NONE),
        ("SELECT COUNT(*) FROM s.a JOIN s.b ON ST_DWITHIN(a.g, b.g, 10)", NONE),
        ("FROM s.a |> JOIN s.b USING (x) |> AGGREGATE COUNT(*)", NONE),
        ("(SELECT * FROM s.a) |> JOIN s.b USING (x) |> AGGREGATE COUNT(*)", NONE),
        ("FROM s.a |> AS a |> JOIN s.b ON a.x = b.x |> SELECT a.x", NONE),
        ("FROM s.a |> EXTEND x + 1 AS y |> JOIN s.b b ON y = b.y |> SELECT y", NONE),
    ]);
}

#[test]
fn a_product_of_tables_known_to_be_small_is_none() {
    let of = |rows| SafetyTable { rows: Some(rows), ..SafetyTable::default() };
    let tables = [("s.small", of(1_000)), ("s.large", of(900_000)), ("s.huge", of(9_000_000_000))];
    let catalog = SafetyCatalog::of(tables.map(|(name, of)| (name.to_owned(), of)));
    assert_rules(
        &catalog,
        &[
            ("SELECT COUNT(*) FROM s.small a, s.small b", NONE),
            ("SELECT COUNT(*) FROM s.small, s.large", "enforce.cartesian"),
            ("SELECT COUNT(*) FROM s.small a JOIN s.small b ON a.x < b.x", NONE),
            ("SELECT COUNT(*) FROM s.large a JOIN s.large b ON a.x < b.x", "enforce.self_join"),
            ("SELECT COUNT(*) FROM s.small, s.unknown", NONE),
            ("SELECT COUNT(*) FROM s.small, s.huge", NONE),
            ("SELECT COUNT(*) FROM s.large, s.huge", "enforce.cartesian"),
        ],
    );
}

#[test]
fn a_self_join_needs_equal_columns() {
    const RULE: &str = "enforce.self_join";
    unknown(&[
        ("SELECT COUNT(*) FROM s.a a JOIN s.a b ON a.x < b.x", RULE),
        ("SELECT COUNT(*) FROM s.a a JOIN s.a b ON a.x <> b.x AND a.y > 1", RULE),
        ("SELECT COUNT(*) FROM s.a a, s.a b WHERE a.x != b.x", RULE),
        ("SELECT COUNT(*) FROM s.a a JOIN s.a b ON EDIT_DISTANCE(a.x, b.x) < 3", RULE),
        ("WITH c AS (SELECT * FROM s.a) SELECT 1 FROM c a JOIN c b ON a.x <= b.x", RULE),
        ("SELECT COUNT(*) FROM s.a a JOIN s.a b ON a.k = b.k AND a.x < b.x", NONE),
        ("SELECT COUNT(*) FROM s.a a JOIN s.a b USING (k) WHERE a.x < b.x", NONE),
        ("SELECT COUNT(*) FROM s.a a JOIN s.a b ON a.parent = b.id", NONE),
        ("SELECT COUNT(*) FROM s.a a JOIN s.a b ON a.d = DATE_SUB(b.d, INTERVAL 1 DAY)", NONE),
        ("SELECT COUNT(*) FROM s.a a JOIN s.b b ON a.x < b.x", NONE),
    ]);
}

#[test]
fn literals_generate_a_million_values_at_most() {
    const RULE: &str = "enforce.generated";
    unknown(&[
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 1000000000))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, CAST(1e9 AS INT64)))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, CAST('1000000000' AS INT64)))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, POW(10, 9)))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 1 << 30))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 0xFFFFFFF))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, DIV(9000000000, 3)))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(0.0, 1.0, 0.0000000001))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, LENGTH(REPEAT('x', 1000000)) * 9))", RULE),
        ("SELECT COUNT(*) FROM UNNEST(SPLIT(REPEAT('a,', 600000), ','))", RULE),
        ("SELECT REPEAT('x', 1000000000)", RULE),
        ("SELECT REPEAT(REPEAT('x', 10000), 10000)", RULE),
        ("SELECT RPAD('x', POW(2, 40))", RULE),
        (
            "SELECT GENERATE_TIMESTAMP_ARRAY('2000-01-01', CURRENT_TIMESTAMP(), INTERVAL 1 SECOND)",
            RULE,
        ),
        (
            "SELECT GENERATE_TIMESTAMP_ARRAY('2024-01-01', '2024-01-02', INTERVAL 1 MICROSECOND)",
            RULE,
        ),
        ("SELECT GENERATE_ARRAY(1, 1000), REPEAT('-', 80), RPAD(x, 20) FROM s.a", NONE),
        ("SELECT GENERATE_DATE_ARRAY('2000-01-01', CURRENT_DATE(), INTERVAL 1 DAY)", NONE),
        ("SELECT GENERATE_TIMESTAMP_ARRAY('2024-01-01', '2024-02-01', INTERVAL 1 HOUR)", NONE),
        ("SELECT GENERATE_ARRAY(0, ARRAY_LENGTH(x) - 1) FROM s.a", NONE),
        ("SELECT GENERATE_ARRAY(10, 1, -1), GENERATE_ARRAY(10, 1)", NONE),
    ]);
}

#[test]
fn a_limit_bounds_something() {
    unknown(&[
        ("SELECT a FROM s.a LIMIT 1000000000", "enforce.limit"),
        ("SELECT a FROM s.a LIMIT 9223372036854775807", "enforce.limit"),
        ("FROM s.a |> LIMIT 5000000", "enforce.limit"),
        ("(SELECT a FROM s.a LIMIT 1000000000)", "enforce.limit"),
        ("WITH c AS (SELECT a FROM s.a) ((SELECT a FROM c LIMIT 5000000))", "enforce.limit"),
        ("(SELECT a FROM s.a LIMIT 5000000) LIMIT 10", NONE),
        ("SELECT a FROM s.a LIMIT 1000000", NONE),
        ("SELECT COUNT(*) FROM (SELECT a FROM s.a LIMIT 5000000)", NONE),
    ]);
}

#[test]
fn a_recursion_ends_and_does_not_multiply() {
    const RULE: &str = "enforce.recursion";
    let recursive = |body: &str| format!("WITH RECURSIVE r AS ({body}) SELECT COUNT(*) FROM r");
    for (body, rule) in [
        ("SELECT 1 n UNION ALL SELECT n + 1 FROM r", RULE),
        ("SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE TRUE OR n < 3", RULE),
        ("SELECT 1 n UNION ALL SELECT n + 1 FROM (SELECT * FROM r)", RULE),
        ("SELECT 1 n UNION ALL (SELECT n FROM r UNION ALL SELECT n + 1 FROM r)", RULE),
        ("SELECT 1 n UNION ALL SELECT a.n FROM r a JOIN r b ON a.n = b.n", RULE),
        ("SELECT 1 n UNION ALL SELECT n FROM r UNION ALL SELECT n FROM r WHERE n < 9", RULE),
        ("SELECT 1 n UNION ALL SELECT n + 1 FROM r JOIN s.a ON TRUE", "enforce.cartesian"),
        ("SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 100", NONE),
        ("SELECT id FROM s.a UNION ALL SELECT c.id FROM s.a c JOIN r ON c.up = r.id", NONE),
        ("SELECT 1 n", NONE),
    ] {
        unknown(&[(&recursive(body), rule)]);
    }
}

#[test]
fn a_wildcard_stands_for_shards_and_not_for_a_data_set() {
    unknown(&[
        ("SELECT * FROM `p.d.*`", "table.wildcard"),
        ("SELECT * FROM `p.d.e*`", "table.wildcard"),
        ("SELECT * FROM `p.d.ev*`", "table.wildcard"),
        ("SELECT * FROM `p.d.events_*`", NONE),
    ]);
}
