//! What the safety rules admit and refuse, by rule id.
//! Each refused text is asserted with its rule; a text that passes is read again unchanged.

use proptest::prelude::*;

use super::*;

const T: &str = "`acme-prod.shop.orders`";

fn rule(text: &str) -> &'static str {
    match read(text) {
        Ok(_) => "admitted",
        Err(blocked) => {
            assert!(blocked.reason.ends_with('.'), "{blocked:?}");
            blocked.rule
        }
    }
}

#[test]
fn the_planned_form_is_admitted_and_read_whole() {
    let text = format!(
        "SELECT  SUM(`amount`) AS revenue,\n\tCOUNT(*) AS n, region FROM {T} WHERE `day` >= DATE '1998-06-24' \
         AND day < DATE '1998-07-01' AND status <> 'a  -- b;' AND qty > -1.5 GROUP BY region ORDER BY revenue DESC, region LIMIT 10 \n"
    );
    let analysis = read(&text).unwrap();
    let reading = &analysis.reading;
    assert_eq!(
        reading.tables.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["acme-prod.shop.orders"]
    );
    let mut columns = reading.columns.clone();
    columns.sort();
    assert_eq!(columns, ["amount", "day", "qty", "region", "status"]);
    assert!(
        reading.is_bounded("DAY") && reading.is_bounded("qty") && !reading.is_bounded("status")
    );
    assert_eq!(reading.ordered_aliases, ["revenue"]);
    assert!(
        analysis
            .canonical
            .starts_with("SELECT SUM(`amount`) AS revenue, COUNT(*) AS n, region FROM")
    );
    assert!(analysis.canonical.contains("'a  -- b;'") && analysis.canonical.ends_with("LIMIT 10"));
    assert_eq!(analysis.hash, canonical::sha256(&[analysis.canonical.as_bytes()]));
}

#[test]
fn the_canonical_text_is_a_fixed_point() {
    let once = read(&format!("SELECT\n\n MIN( a )  FROM {T}")).unwrap();
    let twice = read(&once.canonical).unwrap();
    assert_eq!((once.canonical, once.hash), (twice.canonical, twice.hash));
}

#[test]
fn texts_that_lexers_read_differently_are_refused() {
    let where_ = |tail: &str| format!("SELECT a FROM {T} WHERE b = {tail}");
    let table = [
        (format!("SELECT a FROM {T} -- x\r; DROP TABLE t"), "text.comment"),
        (format!("SELECT a FROM {T} # x"), "text.comment"),
        (format!("SELECT a /* x */ FROM {T}"), "text.comment"),
        (format!("SELECT a FROM {T}; DROP TABLE t"), "text.semicolon"),
        (format!("SELECT a FROM {T};"), "text.semicolon"),
        (format!("SELECT a\r FROM {T}"), "text.character"),
        (format!("SELECT a\u{a0}FROM {T}"), "text.character"),
        (where_("'\u{202e}'"), "text.character"),
        (where_("'a\nb'"), "text.character"),
        (where_(r"r'\'"), "text.literal_prefix"),
        (where_("b'x'"), "text.literal_prefix"),
        (where_("rb'x'"), "text.literal_prefix"),
        (where_("X'41'"), "text.literal_prefix"),
        (where_(r"'a\', '; DROP TABLE x; --'"), "text.backslash"),
        (r"SELECT a AS `a\`, b AS `; DROP TABLE x; --` FROM t".to_owned(), "text.backslash"),
        (where_("'a''b'"), "text.quote_escape"),
        (where_("'''a'''"), "text.quote_escape"),
        (where_("'a' 'b'"), "text.adjacent_literals"),
        (where_("\"a\""), "text.double_quote"),
        (where_("@p"), "text.parameter"),
        (where_("$$a$$"), "text.parameter"),
        (where_("0xFF"), "text.number"),
        (where_("1e9"), "text.number"),
        (where_("1."), "text.number"),
        (where_("'a'b"), "text.spacing"),
        (where_("'open"), "text.unterminated"),
        ("SELECT a FROM `p.d.t".to_owned(), "text.unterminated"),
        ("SELECT a FROM `p.d.t*`".to_owned(), "text.quoted_name"),
        ("SELECT a FROM `p.d.t$20240101`".to_owned(), "text.quoted_name"),
        ("SELECT a FROM p.d.t".to_owned(), "text.symbol"),
        (format!("SELECT a + b FROM {T}"), "text.symbol"),
        (format!("FROM {T} |> SELECT a"), "text.symbol"),
        (format!("SELECT {} FROM {T}", "a".repeat(301)), "text.word"),
        (format!("SELECT a{} FROM {T}", ", a".repeat(2_100)), "text.too_many_tokens"),
        (format!("SELECT a FROM {T} {}", " ".repeat(MAX_TEXT)), "text.too_long"),
    ];
    for (text, expected) in table {
        assert_eq!(rule(&text), expected, "{text:.90}");
    }
}

#[test]
fn every_statement_that_is_no_query_is_refused() {
    let texts = [
        format!("DROP TABLE {T}"),
        format!("CREATE TABLE {T} AS SELECT a FROM {T}"),
        format!("TRUNCATE TABLE {T}"),
        format!("ALTER TABLE {T} DROP COLUMN a"),
        format!("INSERT INTO {T} (a) VALUES (1)"),
        format!("UPDATE {T} SET a = 1 WHERE b = 2"),
        format!("DELETE FROM {T} WHERE a = 1"),
        format!("MERGE INTO {T} USING {T} ON a = b WHEN MATCHED THEN DELETE"),
        "CALL proc(1)".to_owned(),
        format!("EXPLAIN SELECT a FROM {T}"),
        format!("EXPORT DATA OPTIONS(uri='gs://x') AS SELECT a FROM {T}"),
        "EXECUTE IMMEDIATE 'DROP TABLE t'".to_owned(),
        "GRANT SELECT ON t TO u".to_owned(),
        "BEGIN TRANSACTION".to_owned(),
        format!("SELECT a FROM {T} SELECT b FROM {T}"),
        String::new(),
    ];
    for text in texts {
        let rule = rule(&text);
        assert!(
            ["shape.statement", "parse.syntax", "shape.one_statement"].contains(&rule),
            "{text}: {rule}"
        );
    }
}

#[test]
fn other_forms_of_select_are_refused_by_name() {
    let table = [
        (format!("WITH c AS (SELECT a FROM {T}) SELECT a FROM c"), "shape.with"),
        (format!("SELECT a FROM {T} UNION ALL SELECT a FROM {T}"), "shape.select"),
        (format!("(SELECT a FROM {T})"), "shape.select"),
        (format!("SELECT DISTINCT a FROM {T}"), "shape.distinct"),
        (format!("SELECT * FROM {T}"), "shape.star"),
        (format!("SELECT a INTO b FROM {T}"), "shape.into"),
        (format!("SELECT a FROM {T}, {T}"), "shape.from"),
        ("SELECT 1".to_owned(), "shape.projection"),
        ("SELECT a".to_owned(), "shape.from"),
        (format!("SELECT a FROM {T} JOIN {T} ON a = b"), "shape.join"),
        (format!("SELECT a FROM (SELECT a FROM {T})"), "shape.from"),
        (format!("SELECT a FROM {T} AS t"), "shape.table_alias"),
        (format!("SELECT a FROM {T} FOR SYSTEM_TIME AS OF DATE '2024-01-01'"), "shape.version"),
        ("SELECT a FROM `d.t`".to_owned(), "shape.table_name"),
        ("SELECT a FROM `p.d.INFORMATION_SCHEMA.JOBS`".to_owned(), "shape.table_name"),
        ("SELECT a FROM `p..t`".to_owned(), "shape.table_name"),
        ("SELECT a FROM orders".to_owned(), "shape.table_name"),
        (format!("SELECT `x.y.z` FROM {T}"), "shape.name"),
        (format!("SELECT `b-c` FROM {T}"), "shape.name"),
        (format!("SELECT a AS `b-c` FROM {T}"), "shape.name"),
        (format!("SELECT 1 FROM {T}"), "shape.projection"),
        (format!("SELECT CASE WHEN a = 1 THEN b END FROM {T}"), "shape.projection"),
        (format!("SELECT (SELECT a FROM {T}) FROM {T}"), "shape.projection"),
        (format!("SELECT CURRENT_DATE FROM {T}"), "shape.function"),
        (format!("SELECT EXTERNAL_QUERY(a) FROM {T}"), "shape.function"),
        (format!("SELECT SESSION_USER() FROM {T}"), "shape.function"),
        (format!("SELECT `SUM`(a) FROM {T}"), "shape.function"),
        (format!("SELECT SUM(DISTINCT a) FROM {T}"), "shape.function"),
        (format!("SELECT SUM(*) FROM {T}"), "shape.function"),
        (format!("SELECT SUM(a, b) FROM {T}"), "shape.function"),
        (format!("SELECT SUM(MIN(a)) FROM {T}"), "shape.function"),
        (format!("SELECT SUM(a) OVER () FROM {T}"), "shape.window"),
        (format!("SELECT a FROM {T} WHERE a = 1 QUALIFY b = 1"), "shape.window"),
        (format!("SELECT a FROM {T} WHERE a = 1 OR b = 2"), "shape.where"),
        (format!("SELECT a FROM {T} WHERE a LIKE 'x'"), "shape.where"),
        (format!("SELECT a FROM {T} WHERE a IN (SELECT a FROM {T})"), "shape.where"),
        (format!("SELECT a FROM {T} WHERE 1 = 1"), "shape.where"),
        (format!("SELECT a FROM {T} WHERE a = b"), "shape.literal"),
        (format!("SELECT a FROM {T} WHERE a = DATE '2024-13-01'"), "shape.literal"),
        (format!("SELECT a FROM {T} WHERE a = TIMESTAMP '2024-01-01'"), "shape.literal"),
        (format!("SELECT a FROM {T} GROUP BY ALL"), "shape.group_by"),
        (format!("SELECT a FROM {T} GROUP BY ROLLUP(a)"), "shape.group_by"),
        (format!("SELECT a FROM {T} GROUP BY 1"), "shape.group_by"),
        (format!("SELECT a AS email FROM {T} GROUP BY email"), "shape.group_by"),
        (format!("SELECT SUM(a) FROM {T} GROUP BY b HAVING SUM(a) > 1"), "shape.having"),
        (format!("SELECT a FROM {T} ORDER BY 1"), "shape.order_by"),
        (format!("SELECT a FROM {T} ORDER BY a NULLS LAST"), "shape.order_by"),
        (format!("SELECT a FROM {T} LIMIT 5 OFFSET 5"), "shape.limit"),
        (format!("SELECT a FROM {T} LIMIT 1.5"), "shape.limit"),
    ];
    for (text, expected) in table {
        assert_eq!(rule(&text), expected, "{text}");
    }
}

#[tokio::test]
async fn deep_and_long_texts_end_in_an_answer() {
    let deep = format!("SELECT {}a{} FROM {T}", "(".repeat(1_500), ")".repeat(1_500));
    let failure = analyze(deep).await.unwrap_err();
    assert_eq!(failure.code, ErrorCode::SqlBlocked);
    assert!(failure.safe_message.contains("(rule "), "{failure}");
    let chain = format!("SELECT a FROM {T} WHERE a = 1{}", " AND a = 1".repeat(950));
    assert_eq!(analyze(chain).await.unwrap().reading.columns, ["a"]);
}

proptest! {
    #[test]
    fn no_text_panics_and_an_admitted_one_is_one_plain_select(text in r"(SELECT|a|FROM|`p\.d\.t`|WHERE|=|'|1|,|\(|\)|;|--|`|DROP|AND| |\*|SUM){0,24}") {
        if let Ok(analysis) = read(&text) {
            let outside: String = analysis.canonical.split('\'').step_by(2).collect();
            prop_assert!(outside.starts_with("SELECT "), "{outside}");
            prop_assert!(!outside.contains(';') && !outside.contains("--"), "{outside}");
            prop_assert_eq!(analysis.reading.tables.len(), 1);
        }
    }
}
