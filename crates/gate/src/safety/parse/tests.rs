//! The quick ways to tokens and common expressions beside the parser's own: the same trees.
//! A text that only one of them reads must be refused later, so every difference is a failure here.

use super::super::lexer;
use super::*;

/// The tree by the parser alone.
fn slow(canonical: &str) -> Result<Statement, Blocked> {
    let dialect = GoogleSql::new(false);
    let tokens = tokens_by_the_parser(&dialect, canonical)?;
    parse_tokens(&dialect, tokens)
}

fn assert_same(text: &str) {
    let Ok(lexed) = lexer::lex(text) else { return };
    match (parse(&lexed.canonical), slow(&lexed.canonical)) {
        (Ok(quick), Ok(slow)) => assert_eq!(quick, slow, "{text}"),
        (Err(_), Err(_)) => {}
        (quick, slow) => {
            panic!("{text}: quick {:?}, slow {:?}", quick.map(drop), slow.map(drop))
        }
    }
}

/// Runs with a stack that holds every tree.
fn on_a_large_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn real_texts_give_the_trees_that_the_parser_alone_gives() {
    on_a_large_stack(|| {
        for name in ["benign", "hostile", "rewrite"] {
            let path =
                format!("{}/../../tests/corpora/sql/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
            for line in std::fs::read_to_string(path).unwrap().lines() {
                let row: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_same(row["sql"].as_str().unwrap());
            }
        }
    });
}

#[test]
fn every_common_word_is_read_as_the_parser_alone_reads_it() {
    on_a_large_stack(|| {
        let words = "a `a` count sum if id name type value key data year month day week min max null \
            true false date timestamp time string int64 json array struct interval case not exists \
            cast extract left right substr trim floor rank lag lead region status category metrics \
            safe coalesce source channel event version shared lower upper nullif row_number avg";
        let frames = [
            "SELECT {}",
            "SELECT {}.b",
            "SELECT {}, 1",
            "SELECT {}(1)",
            "SELECT {}(*)",
            "SELECT {}(DISTINCT a)",
            "SELECT {}(a) OVER (PARTITION BY b)",
            "SELECT {} 'x'",
            "SELECT {} [1]",
            "SELECT {}[0].a",
            "SELECT a.{}",
            "SELECT a.{}.b(1)",
            "SELECT {} AS x",
            "SELECT {} x",
            "SELECT -{} + 1",
            "SELECT a - {}",
            "SELECT {} = 1",
            "SELECT {} FROM t WHERE {} IS NOT NULL",
            "SELECT a FROM t WHERE x IN ({}, 'y')",
            "SELECT a FROM t ORDER BY {} DESC",
            "SELECT CASE WHEN {} THEN 1 ELSE {} END",
            "SELECT STRUCT({} AS a, 1 AS b)",
            "SELECT [{}]",
            "SELECT f(x => {})",
            "SELECT {} -> 1",
            "SELECT a FROM {}",
            "SELECT a FROM x-{}.t",
            "SELECT a FROM {} - b",
            "SELECT {}.*",
            "SELECT {} BETWEEN 1 AND 2",
            "SELECT {} COLLATE 'und:ci'",
            "SELECT {} AT TIME ZONE 'UTC'",
        ];
        for word in words.split_whitespace() {
            for frame in frames {
                assert_same(&frame.replace("{}", word));
            }
        }
    });
}
