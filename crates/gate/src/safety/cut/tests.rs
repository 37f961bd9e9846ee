//! The quick cut beside the parser's own tokenizer: the same tokens for every text it takes.

use proptest::prelude::*;
use sqlparser::tokenizer::Tokenizer;

use super::super::lexer;
use super::super::parse::GoogleSql;
use super::*;

/// The parser's tokens without blanks that do not stand beside a minus.
fn slow(canonical: &str) -> Option<Vec<Token>> {
    let dialect = GoogleSql::new(true);
    let tokens = Tokenizer::new(&dialect, canonical).with_unescape(false).tokenize().ok()?;
    let blank = |token: &Token| matches!(token, Token::Whitespace(_));
    let minus = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at)).is_some_and(|token| *token == Token::Minus)
    };
    let kept = |at: usize| minus(at.checked_sub(1)) || minus(at.checked_add(1));
    let all = tokens.iter().enumerate();
    Some(all.filter(|(at, token)| !blank(token) || kept(*at)).map(|(_, t)| t.clone()).collect())
}

/// Compares both ways; says whether the quick one took the text, if the lexer did.
fn same(text: &str) -> Option<bool> {
    let lexed = lexer::lex(text).ok()?;
    let Some(tokens) = cut(&lexed.canonical) else { return Some(false) };
    let quick: Vec<Token> = tokens.into_iter().map(|token| token.token).collect();
    assert_eq!(Some(quick), slow(&lexed.canonical), "{}", lexed.canonical);
    Some(true)
}

#[test]
fn real_texts_are_cut_as_the_parser_cuts_them() {
    let mut quick = 0_usize;
    let mut all = 0_usize;
    for name in ["benign", "hostile", "rewrite"] {
        let path = format!("{}/../../tests/corpora/sql/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let took = same(row["sql"].as_str().unwrap());
            all += usize::from(took.is_some());
            quick += usize::from(took == Some(true));
        }
    }
    assert!(quick * 10 > all * 9, "only {quick} of {all} were cut");
}

#[test]
fn what_is_not_plain_is_left_to_the_parser() {
    for (canonical, plain) in [
        ("SELECT a, b'x', 'y', 1, 2.5 FROM `p.d.t`", true),
        ("SELECT a <= b, a <> b, a >> 1, a || b, a != b", true),
        ("SELECT a <=> b", false),
        ("SELECT a - -1", true),
        ("SELECT a -> b", false),
        ("SELECT a->b", false),
        ("SELECT 1.", false),
        ("SELECT .5", false),
        ("SELECT 1e5", false),
        ("SELECT 0xFF", false),
        ("SELECT t._a, @a, @b_1", true),
        ("SELECT f()._a", false),
        ("SELECT @_a", false),
        ("SELECT ~a", false),
        ("SELECT 'a", false),
        ("SELECT r'a'", false),
        ("SELECT ''''", false),
    ] {
        assert_eq!(cut(canonical).is_some(), plain, "{canonical}");
    }
}

#[test]
fn every_keyword_is_found_in_any_case() {
    for (text, expected) in ALL_KEYWORDS.iter().zip(ALL_KEYWORDS_INDEX) {
        assert_eq!(keyword(text), *expected);
        assert_eq!(keyword(&text.to_ascii_lowercase()), *expected);
        assert_eq!(keyword(&format!("{text}_")), keyword_by_the_parser(&format!("{text}_")));
    }
}

fn keyword_by_the_parser(word: &str) -> Keyword {
    let Token::Word(word) = Token::make_word(word, None) else { return Keyword::NoKeyword };
    word.keyword
}

proptest! {
    #[test]
    fn any_text_is_cut_as_the_parser_cuts_it(text in r"(select|Ab_1|B|b'|r'|'|`a b`|`|[0-9]|\.|e|0x|_|,|\(|\)|\[|\]|<|>|=|!|\||&|\^|~|\?|-|\+|\*|/|@|@p|é| |\n|;|\\){0,30}") {
        let _took = same(&text);
    }
}
