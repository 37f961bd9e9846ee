//! What the safety rules admit and refuse, by rule id.
//! Each refused text is asserted with its rule; each rule of the lexer with the text it writes.

use proptest::prelude::*;

use super::*;

const T: &str = "`acme-prod.shop.orders`";

/// Decides about texts on one thread with a large stack.
fn verdicts(texts: &[String], policy: &Policy) -> Vec<Verdict> {
    let worker = Worker::start().unwrap();
    let catalog = SafetyCatalog::default();
    let one = |text: &String| worker.analyze(text.clone(), policy.clone(), catalog.clone());
    texts.iter().map(one).collect()
}

fn assert_rules(table: &[(&str, &str)], policy: &Policy) {
    let texts: Vec<String> = table.iter().map(|(text, _)| text.replace("{T}", T)).collect();
    for (verdict, (text, expected)) in verdicts(&texts, policy).iter().zip(table) {
        let rule = verdict.rules.first().map_or("allow", |hit| hit.id);
        assert_eq!(rule, *expected, "{text}: {:?}", verdict.rules);
        for hit in &verdict.rules {
            assert!(hit.reason.ends_with('.') && !hit.next.is_empty(), "{hit:?}");
        }
        let blocked = verdict.outcome == Outcome::Block;
        assert_eq!(blocked, verdict.sql.is_none() && verdict.hash.is_none(), "{text}");
    }
}

#[test]
fn texts_that_lexers_read_differently_are_refused() {
    assert_rules(
        &[
            ("SELECT 1 -- x\r; DROP TABLE t", "block.multi_statement"),
            ("SELECT 1; DROP TABLE t", "block.multi_statement"),
            (";SELECT 1", "block.multi_statement"),
            ("SELECT 1\u{a0}", "text.character"),
            ("SELECT '\u{202e}'", "text.character"),
            ("SELECT '\u{200b}'", "text.character"),
            ("SELECT \u{2028}1", "text.character"),
            ("SELECT 1\u{0}", "text.character"),
            ("SELECT 'a\nb'", "text.unterminated"),
            (r"SELECT r'\', '; DROP TABLE x; --'", "block.multi_statement"),
            (r"SELECT rb'\', '; DROP TABLE x; --'", "block.multi_statement"),
            (r"SELECT 1 AS `a\`, 2 AS `; DROP TABLE x; --`", "text.quoted_name"),
            ("SELECT 'a''b'", "text.adjacent_literals"),
            ("SELECT 'a' 'b'", "text.adjacent_literals"),
            ("SELECT 'a'/**/'b'", "text.adjacent_literals"),
            ("SELECT X'41'", "text.literal_prefix"),
            ("SELECT N'a'", "text.literal_prefix"),
            (r"SELECT '\q'", "text.escape"),
            (r"SELECT '\u12'", "text.escape"),
            ("SELECT `a``b`", "text.spacing"),
            ("SELECT @r'a'", "text.spacing"),
            ("SELECT @p\"a\"", "text.spacing"),
            ("SELECT r'a\\\r\nb'", "text.escape"),
            ("SELECT r'''a\\\rb'''", "text.escape"),
            ("SELECT `a\nb`", "text.quoted_name"),
            ("SELECT $$a$$", "text.symbol"),
            ("SELECT 1a", "text.number"),
            ("SELECT 0x", "text.number"),
            ("SELECT 1e", "text.number"),
            ("SELECT 'a", "text.unterminated"),
            ("SELECT 1 /* a", "text.unterminated"),
            ("SELECT 1 /*/", "text.unterminated"),
            ("SELECT @@version", "block.system_variable"),
            ("SELECT @{a=1} 1", "text.symbol"),
            ("#legacySQL\nSELECT 1", "text.symbol"),
            ("", "parse.empty"),
            ("-- nothing", "parse.empty"),
        ],
        &Policy::default(),
    );
}

#[test]
fn the_canonical_text_ends_every_literal_in_the_same_place() {
    for (text, canonical) in [
        ("SELECT  1 -- x\n , 2 LIMIT 1", "SELECT 1 , 2 LIMIT 1"),
        ("SELECT 1 # x\r, 2 LIMIT 1;", "SELECT 1 , 2 LIMIT 1"),
        ("SELECT 1/**/-/**/-1 LIMIT 1", "SELECT 1 - -1 LIMIT 1"),
        (r"SELECT r'\n', b'\x41' LIMIT 1", r"SELECT '\x5cn', b'\x41' LIMIT 1"),
        (r#"SELECT "it's" LIMIT 1"#, r"SELECT 'it\x27s' LIMIT 1"),
        (r#"SELECT 'a"b' LIMIT 1"#, r"SELECT 'a\x22b' LIMIT 1"),
        (r"SELECT r'\'' LIMIT 1", r"SELECT '\x5c\x27' LIMIT 1"),
        ("SELECT '''a\r\nb''' LIMIT 1", r"SELECT 'a\nb' LIMIT 1"),
        (r#"SELECT R"""a"b\"""" LIMIT 1"#, r"SELECT 'a\x22b\x5c\x22' LIMIT 1"),
        ("SELECT DATE'2024-01-01' LIMIT 1", "SELECT DATE '2024-01-01' LIMIT 1"),
        ("SELECT 0xFF, 1.5E3, .5 LIMIT 1", "SELECT 0xFF, 1.5e3, .5 LIMIT 1"),
        ("SELECT SAFE.SUBSTR('a', 1) LIMIT 1", "SELECT SAFE.`SUBSTR`('a', 1) LIMIT 1"),
        ("SELECT 'é' AS `ü` LIMIT 1", "SELECT 'é' AS `ü` LIMIT 1"),
    ] {
        let verdict = verdicts(&[text.to_owned()], &Policy::default()).remove(0);
        assert_eq!(verdict.sql.as_deref(), Some(canonical), "{text}: {:?}", verdict.rules);
        let again = verdicts(&[canonical.to_owned()], &Policy::default()).remove(0);
        assert_eq!(again.hash, verdict.hash, "{text}");
    }
}

#[test]
fn a_comment_may_hold_words_but_no_statement() {
    assert_rules(
        &[
            ("SELECT 1 -- drop rows without id later\nLIMIT 1", "allow"),
            ("SELECT 1 /* do not alter; created by hand */ LIMIT 1", "allow"),
            ("SELECT 1 -- update the table, then delete the old one\nLIMIT 1", "allow"),
            ("SELECT 1 /* DELETE FROM shop.orders WHERE TRUE */ LIMIT 1", "block.comment_payload"),
            ("SELECT 1 -- x; drop table shop.orders\nLIMIT 1", "block.comment_payload"),
            ("SELECT 1 # INSERT INTO a VALUES (1)\nLIMIT 1", "block.comment_payload"),
            ("SELECT 1 /* was: UPDATE a SET b = 1 WHERE TRUE */ LIMIT 1", "block.comment_payload"),
            ("SELECT 1 -- CREATE OR REPLACE TABLE a AS SELECT 1\nLIMIT 1", "block.comment_payload"),
            ("SELECT 1 -- truncate table a.b\nLIMIT 1", "block.comment_payload"),
            (
                "SELECT 1 -- merge a using b on c when matched then delete\n",
                "block.comment_payload",
            ),
            ("SELECT 1 -- EXECUTE IMMEDIATE 'x'\nLIMIT 1", "block.comment_payload"),
            ("SELECT 1 -- alter table a drop column b\nLIMIT 1", "block.comment_payload"),
        ],
        &Policy::default(),
    );
}

#[test]
fn anything_but_one_query_is_refused_by_its_kind() {
    assert_rules(
        &[
            ("DROP TABLE t", "block.ddl"),
            ("(DROP TABLE t)", "block.ddl"),
            ("delete from t where true", "block.dml"),
            ("GRANT `r` ON TABLE t TO 'u'", "block.access"),
            ("EXPORT DATA OPTIONS(uri='x') AS SELECT 1", "block.transfer"),
            ("CALL p()", "block.scripting"),
            ("EXECUTE IMMEDIATE 'SELECT 1'", "block.scripting"),
            ("EXPLAIN SELECT 1", "block.statement"),
            ("WITH c AS (DELETE FROM t WHERE TRUE) SELECT 1", "block.dml"),
            ("WITH c AS (SELECT 1) INSERT INTO t SELECT 1", "block.dml"),
            ("SELECT a INTO b FROM t", "block.select_into"),
            ("SELECT a FROM t FOR UPDATE", "shape.for"),
            ("FROM t |> CALL f()", "block.pipe_call"),
            ("FROM t |> INSERT INTO u", "parse.syntax"),
            ("FROM t SELECT a", "shape.from_first"),
            ("SELECT 1 FROM t FETCH FIRST 1 ROWS ONLY", "shape.fetch"),
            ("VALUES (1)", "block.statement"),
            ("(VALUES (1))", "block.statement"),
            ("SELECT 1 UNION ALL VALUES (1)", "shape.values"),
        ],
        &Policy::default(),
    );
}

#[test]
fn functions_and_tables_must_be_known_or_listed() {
    let policy = Policy {
        projects: Some(vec!["acme-prod".to_owned()]),
        datasets: Some(vec!["shop".to_owned()]),
        routines: vec!["shop.ok".to_owned()],
        ..Policy::default()
    };
    assert_rules(
        &[
            ("SELECT shop.ok(a) FROM {T} LIMIT 1", "allow"),
            ("SELECT shop.ok(a).b FROM {T} LIMIT 1", "allow"),
            ("SELECT `acme-prod.shop.ok`(a) FROM {T} LIMIT 1", "allow"),
            ("SELECT evil.shop.ok(a) FROM {T} LIMIT 1", "function.routine"),
            ("SELECT shop.upper(a) FROM {T} LIMIT 1", "function.routine"),
            ("SELECT shop.upper(a).b FROM {T} LIMIT 1", "function.routine"),
            ("SELECT `shop.upper`(a) FROM {T} LIMIT 1", "function.routine"),
            ("SELECT shop.s.upper(a).b.c FROM {T} LIMIT 1", "function.routine"),
            ("SELECT SAFE.shop.ok(a) FROM {T} LIMIT 1", "function.forbidden"),
            ("SELECT SAFE.LEFT(a, 1), NET.HOST(a) FROM {T} LIMIT 1", "allow"),
            ("SELECT SESSION_USER()", "function.unknown"),
            ("SELECT ML.PREDICT(a) FROM {T}", "function.forbidden"),
            ("SELECT * FROM EXTERNAL_QUERY('a', 'b')", "table.function"),
            ("SELECT * FROM shop.tvf(1)", "table.function"),
            ("SELECT * FROM shop.orders LIMIT 1", "allow"),
            ("SELECT * FROM orders LIMIT 1", "table.dataset"),
            ("SELECT * FROM other.orders LIMIT 1", "table.dataset"),
            ("SELECT * FROM evil.shop.orders LIMIT 1", "table.project"),
            ("SELECT * FROM `evil.shop.orders` LIMIT 1", "table.project"),
            ("SELECT * FROM `evil`.`shop.orders` LIMIT 1", "table.project"),
            ("SELECT * FROM shop.INFORMATION_SCHEMA.TABLES", "table.metadata"),
            ("SELECT * FROM `shop.information_schema.TABLES`", "table.metadata"),
            ("SELECT * FROM shop.__TABLES__", "table.metadata"),
            ("SELECT * FROM `shop.orders$20240101` LIMIT 1", "table.decorator"),
            ("SELECT * FROM `shop.*` LIMIT 1", "table.wildcard"),
            ("SELECT * FROM `shop.events_*` LIMIT 1", "allow"),
            ("SELECT * FROM {T} FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()", "table.time_travel"),
            ("SELECT * FROM {T} o, o.items i LIMIT 1", "allow"),
            ("SELECT * FROM {T} o, o.items i WITH OFFSET LIMIT 1", "allow"),
            ("SELECT * FROM {T} o, evil.items i WITH OFFSET LIMIT 1", "table.name"),
            ("SELECT * FROM evil.shop.items AS i WITH OFFSET AS n LIMIT 1", "table.name"),
            ("SELECT 1 UNION ALL BY NAME ON (a) SELECT 2 LIMIT 1", "allow"),
            ("SELECT 1 UNION ALL BY NAME ON (SELECT a FROM e.f) SELECT 2", "parse.syntax"),
            ("SELECT * FROM o.items i, {T} o LIMIT 1", "table.dataset"),
            ("SELECT (SELECT 1 FROM o.items) FROM {T} o LIMIT 1", "allow"),
            ("SELECT 1 FROM {T} o, (SELECT 1 FROM o.items) LIMIT 1", "table.dataset"),
            ("WITH c AS (SELECT 1 FROM o.items) SELECT 1 FROM {T} o, c LIMIT 1", "table.dataset"),
            ("WITH c AS (SELECT 1) SELECT 1 FROM c LIMIT 1", "allow"),
            ("SELECT (WITH c AS (SELECT 1) SELECT 1 FROM c), 1 FROM c LIMIT 1", "table.dataset"),
        ],
        &policy,
    );
}

#[test]
fn a_name_that_is_out_of_sight_hides_no_table() {
    let policy = Policy { datasets: Some(vec!["safe".to_owned()]), ..Policy::default() };
    let hidden = [
        "SELECT 1 FROM safe.t AS x, `x.secret`",
        "SELECT 1 FROM UNNEST([1]) AS x JOIN `x.secret` USING (a)",
        "SELECT 1 FROM safe.t AS x PIVOT (COUNT(*) FOR a IN (1)) AS p JOIN x.secret USING (a)",
        "SELECT 1 FROM safe.x PIVOT (COUNT(*) FOR a IN (1)) JOIN x.secret USING (a)",
        "SELECT 1 FROM safe.x UNPIVOT (v FOR k IN (a, b)) JOIN x.secret USING (a)",
        "SELECT 1 FROM safe.x JOIN (x.secret JOIN safe.u USING (a)) USING (a)",
        "FROM safe.x |> SELECT a |> JOIN x.secret USING (a)",
        "FROM safe.x |> AS z |> JOIN x.secret USING (a)",
        "FROM safe.x |> AGGREGATE COUNT(*) AS n |> EXTEND (SELECT MAX(b) FROM x.secret) AS m",
        "FROM safe.x |> PIVOT (COUNT(*) FOR a IN (1)) |> JOIN x.secret USING (a)",
        "FROM safe.x |> UNPIVOT (v FOR k IN (a)) |> JOIN x.secret USING (a)",
        "FROM safe.x |> UNION ALL (SELECT b FROM x.secret)",
        "FROM safe.x |> EXCEPT DISTINCT (SELECT b FROM x.secret)",
        "SELECT a FROM safe.x |> WHERE EXISTS (SELECT 1 FROM x.secret)",
        "SELECT a FROM safe.x LIMIT 1 |> EXTEND (SELECT MAX(b) FROM x.secret) AS z",
    ];
    assert_rules(&hidden.map(|text| (text, "table.dataset")), &policy);
    // In sight, the same words are an array of a table that may be read.
    assert_rules(
        &[
            ("SELECT COUNT(*) FROM safe.t AS x, x.list", "allow"),
            ("FROM safe.t AS x |> CROSS JOIN x.list |> AGGREGATE COUNT(*) AS n", "allow"),
            ("FROM safe.t |> AS x |> CROSS JOIN x.list |> AGGREGATE COUNT(*) AS n", "allow"),
            ("SELECT COUNT(*) FROM safe.t AS x WHERE EXISTS (SELECT 1 FROM x.list)", "allow"),
        ],
        &policy,
    );
}

#[test]
fn a_lexed_path_with_digits_is_a_table() {
    assert_rules(
        &[
            ("SELECT a FROM my-project-123.ds.t LIMIT 1", "allow"),
            ("SELECT a FROM a-1a.ds.t LIMIT 1", "allow"),
            ("SELECT EXTRACT(DAY FROM a-1) FROM t LIMIT 1", "allow"),
        ],
        &Policy::default(),
    );
}

proptest! {
    #[test]
    fn no_text_panics_and_an_admitted_one_is_one_query(text in r"(SELECT|a|FROM|`p\.d\.t`|WHERE|=|'|1|,|\(|\)|;|--|`|DROP|AND| |\*|SUM|\r|\n|#|/\*|\*/|r'|b'|'''|\\|\|>|LIMIT){0,24}") {
        let verdict = verdicts(&[text], &Policy::default()).remove(0);
        if let Some(sql) = verdict.sql {
            let outside: String = sql.split('\'').step_by(2).collect();
            prop_assert!(outside.starts_with(['S', 'F', '(']), "{outside}");
            prop_assert!(!outside.contains(';') && !outside.contains("--"), "{outside}");
        }
    }
}
