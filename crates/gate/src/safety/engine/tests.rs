//! Reading on a guess beside reading twice: the same verdicts, and what is sent passes again.

use proptest::prelude::*;

use super::*;
use crate::safety::Worker;

/// Asserts both ways' verdicts of one text; with the guess and without.
fn assert_same(worker: &Worker, text: &str) {
    let text = text.to_owned();
    let both = worker.run(move || {
        let policy = Policy { routines: vec!["*".to_owned()], ..Policy::default() };
        let catalog = SafetyCatalog::default();
        let by = |longest| {
            judge(&text, &policy, &catalog, longest)
                .unwrap_or_else(|blocked| Verdict::blocked(vec![blocked.into()]))
        };
        let (quick, slow) = (by(LONGEST_GUESS), by(0));
        assert_eq!(quick, slow, "{text}");
        if let Some(sql) = quick.sql {
            let again = judge(&sql, &policy, &catalog, 0).map(|verdict| verdict.sql);
            assert_eq!(again, Ok(Some(sql)), "{text}");
        }
    });
    assert!(both.is_some());
}

#[test]
fn a_guess_changes_no_verdict_of_the_corpora() {
    let worker = Worker::start().unwrap();
    for name in ["benign", "hostile", "rewrite"] {
        let path = format!("{}/../../tests/corpora/sql/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_same(&worker, row["sql"].as_str().unwrap());
        }
    }
}

#[test]
fn a_guess_changes_no_verdict_of_odd_texts() {
    let worker = Worker::start().unwrap();
    for text in [
        "SELECT a FROM t",
        "SELECT a FROM t;",
        "SELECT a FROM t -- don't LIMIT 5",
        "SELECT a FROM t # it's\n LIMIT 5",
        "SELECT a FROM t /* ' */ LIMIT 10000 -- '",
        "(SELECT a FROM t LIMIT 5)",
        "(SELECT a FROM t)",
        "((SELECT a FROM t LIMIT 5))",
        "(SELECT a FROM t LIMIT 5) UNION ALL (SELECT a FROM u LIMIT 5)",
        "SELECT a FROM t OFFSET 5",
        "SELECT a FROM t LIMIT",
        "SELECT a FROM t ORDER BY",
        "SELECT a FROM t AS",
        "SELECT a FROM",
        "SELECT a FROM t WHERE",
        "SELECT a FROM t WHERE b = @",
        "SELECT a -",
        "SELECT 'a",
        "SELECT a FROM t /*",
        "SELECT \"\"\"a",
        "SELECT a FROM t UNION ALL",
        "SELECT (SELECT COUNT(*) FROM u) FROM t",
        "SELECT MAX(a) OVER () FROM t",
        "SELECT LOGICAL_OR(a) FROM t",
        "SELECT DISTINCT a FROM t",
        "FROM t |> SELECT a",
        "FROM t",
        "WITH c AS (SELECT 1 LIMIT 1) SELECT * FROM c",
        "SELECT a FROM t CROSS JOIN u",
    ] {
        assert_same(&worker, text);
    }
}

proptest! {
    #[test]
    fn a_guess_changes_no_verdict_of_any_text(text in r"(SELECT|a|FROM|`t`|WHERE|=|'|1|,|\(|\)|;|--|/\*|\*/|\*|COUNT|GROUP BY|ORDER BY|LIMIT| 10000|OFFSET|UNION ALL|WITH|AS|\||>|\n| ){0,24}") {
        assert_same(&Worker::start().unwrap(), &text);
    }
}
