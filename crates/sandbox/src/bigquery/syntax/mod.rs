//! From a text to statements: own lexer, then the parser, with places of the original text.
//!
//! Decides what a syntax error says. Nothing here knows names or types.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

mod dialect;
mod escape;
mod foreign;
mod lexer;
mod rewrite;

use sqlparser::ast::{DataType, Ident, Statement};
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::Span;

use self::dialect::BigQuery;
use self::lexer::{Lexed, Token};
use self::rewrite::Written;
use super::fault::{Fault, Place};

pub(crate) use lexer::Literal;
pub(crate) use rewrite::{PLAIN, RANGE_TYPE, SAFE, TYPED_ARRAY, TYPED_RANGE};

/// Longest statement, in bytes: BigQuery's own limit.
const MAX_TEXT: usize = 1 << 20;
/// Most tokens of a script.
const MAX_TOKENS: usize = 200_000;
/// Longest chain of operators, which the engine follows one call deep each.
const MAX_CHAIN: usize = 4_000;
/// Most nested constructs.
const RECURSION_LIMIT: usize = 120;

/// A statement and what is needed to read it.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    pub(crate) source: Source,
}

/// Literals and places of a statement.
#[derive(Debug, Default)]
pub(crate) struct Source {
    written: Written,
    body: String,
}

impl Source {
    /// The original text after the first AS outside brackets: the query of a view.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// The literal with this number.
    pub(crate) fn literal(&self, number: &str) -> Option<&Literal> {
        self.written.literals.get(number.parse::<usize>().ok()?)
    }

    /// The place of a piece of the tree.
    pub(crate) fn place(&self, span: Span) -> Option<Place> {
        (span.start.column > 0).then(|| self.written.place(span.start.column)).flatten()
    }

    /// The place of a name.
    pub(crate) fn of(&self, name: &Ident) -> Option<Place> {
        self.place(name.span)
    }
}

/// The statements of a text.
///
/// # Errors
/// A syntax error with its place, or a text beyond BigQuery's limits.
pub(crate) fn parse(text: &str) -> Result<Vec<Parsed>, Fault> {
    if text.len() > MAX_TEXT {
        return Err(Fault::query(format!(
            "The query is too large. The maximum standard SQL query length is {}K characters",
            MAX_TEXT / 1024
        )));
    }
    let tokens = lexer::lex(text)?;
    check_size(&tokens)?;
    let mut parsed = Vec::new();
    for statement in tokens.split_inclusive(|lexed| lexed.token == Token::Mark(";".to_owned())) {
        let ended = statement.last().is_some_and(|last| last.token == Token::Mark(";".to_owned()));
        let (statement, end) = match statement.split_last() {
            Some((last, rest)) if ended => (rest, last.offset),
            _ => (statement, text.len()),
        };
        if !statement.is_empty() {
            let mut one = parse_one(statement)?;
            one.source.body = body(text, statement, end);
            parsed.push(one);
        }
    }
    if parsed.is_empty() {
        return Err(Fault::query("Syntax error: Unexpected end of script")
            .at(Some(Place { line: 1, column: 1 })));
    }
    Ok(parsed)
}

/// How a text begins and how many statements it holds.
#[derive(Debug)]
pub(crate) struct Words {
    /// The first word or mark, in upper case.
    pub(crate) first: String,
    pub(crate) statements: usize,
}

/// Looks at a text without parsing it.
pub(crate) fn first_words(text: &str) -> Result<Words, Fault> {
    let tokens = lexer::lex(text)?;
    let first = match tokens.first().map(|first| &first.token) {
        Some(Token::Word(word) | Token::Mark(word)) => word.to_ascii_uppercase(),
        _ => String::new(),
    };
    let statements = tokens.split(|lexed| lexed.token == Token::Mark(";".to_owned()));
    Ok(Words { first, statements: statements.filter(|statement| !statement.is_empty()).count() })
}

/// The text between the first AS outside brackets and the end.
fn body(text: &str, tokens: &[Lexed], end: usize) -> String {
    let mut depth = 0_i32;
    for (at, lexed) in tokens.iter().enumerate() {
        match &lexed.token {
            Token::Mark(mark) if mark == "(" => depth = depth.saturating_add(1),
            Token::Mark(mark) if mark == ")" => depth = depth.saturating_sub(1),
            Token::Word(word) if depth == 0 && word.eq_ignore_ascii_case("AS") => {
                let start = tokens.get(at.saturating_add(1)).map_or(end, |next| next.offset);
                return text.get(start..end).unwrap_or_default().trim_end().to_owned();
            }
            _ => {}
        }
    }
    String::new()
}

fn check_size(tokens: &[Lexed]) -> Result<(), Fault> {
    let is_link = |lexed: &&Lexed| match &lexed.token {
        Token::Mark(mark) => {
            matches!(mark.as_str(), "+" | "-" | "*" | "/" | "||" | "&" | "|" | "^")
        }
        Token::Word(word) => {
            ["AND", "OR", "UNION"].iter().any(|link| word.eq_ignore_ascii_case(link))
        }
        Token::Quoted(_) | Token::Number(_) | Token::Literal(_) => false,
    };
    if tokens.len() > MAX_TOKENS || tokens.iter().filter(is_link).count() > MAX_CHAIN {
        let message = "Resources exceeded during query planning: the query is too complex";
        return Err(Fault::new(super::fault::Kind::ResourcesExceeded, message));
    }
    Ok(())
}

fn parse_one(tokens: &[Lexed]) -> Result<Parsed, Fault> {
    let mut written = rewrite::write(tokens);
    let dialect = BigQuery::default();
    let line = std::mem::take(&mut written.line);
    let result = Parser::new(&dialect)
        .with_recursion_limit(RECURSION_LIMIT)
        .with_options(ParserOptions::new().with_unescape(false))
        .try_with_sql(&line)
        .and_then(|mut parser| {
            let statement = parser.parse_statement()?;
            match parser.peek_token().token {
                sqlparser::tokenizer::Token::EOF => Ok(statement),
                _ => parser.expected("end of input", parser.peek_token()),
            }
        });
    match result {
        Ok(statement) => Ok(Parsed { statement, source: Source { written, body: String::new() } }),
        Err(error) => Err(syntax_error(&error, &written, tokens)),
    }
}

/// A statement made of printed pieces of one that was parsed before: literals are numbers already.
pub(crate) fn reparse(line: &str) -> Result<Statement, Fault> {
    let dialect = BigQuery::default();
    let options = ParserOptions::new().with_unescape(false);
    let parsed = Parser::new(&dialect)
        .with_recursion_limit(RECURSION_LIMIT)
        .with_options(options)
        .try_with_sql(line)
        .and_then(|mut parser| parser.parse_statement());
    parsed.map_err(|_| Fault::unsupported("This form of the statement"))
}

/// A type written in a text, like `ARRAY<STRUCT<a INT64>>`.
pub(crate) fn parse_type(text: &str) -> Result<DataType, Fault> {
    let dialect = BigQuery::default();
    let parsed = Parser::new(&dialect).try_with_sql(text).and_then(|mut p| p.parse_data_type());
    parsed.map_err(|_| Fault::query(format!("Syntax error: Unexpected type {text}")))
}

/// The parser's error in BigQuery's words. The kind of token is looked up in the original text.
fn syntax_error(error: &ParserError, written: &Written, tokens: &[Lexed]) -> Fault {
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            let message = "Query is too complex: nesting is deeper than the limit";
            return Fault::new(super::fault::Kind::ResourcesExceeded, message);
        }
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
    };
    if let Some(foreign) = foreign::foreign(tokens) {
        return Fault::unsupported(foreign);
    }
    let column = text.rsplit_once("Column: ").and_then(|(_, digits)| digits.parse::<u64>().ok());
    let place = column.and_then(|column| written.place(column));
    let found = tokens.iter().find(|lexed| Some(lexed.place) == place);
    let expected = text.split_once("Expected: ").and_then(|(_, rest)| rest.split_once(", found"));
    let Some(found) = found.filter(|_| !text.contains("found: EOF")) else {
        let end = tokens.last().map(|last| last.place);
        return Fault::query("Syntax error: Unexpected end of script").at(end);
    };
    let what = describe(&found.token);
    let sentence = match expected {
        Some((")", _)) => format!("Syntax error: Expected \",\" but got {what}"),
        _ => format!("Syntax error: Unexpected {what}"),
    };
    Fault::query(sentence).at(place)
}

fn describe(token: &Token) -> String {
    match token {
        Token::Word(word) => {
            let known =
                sqlparser::keywords::ALL_KEYWORDS.contains(&word.to_ascii_uppercase().as_str());
            if known && is_reserved(word) {
                format!("keyword {}", word.to_ascii_uppercase())
            } else {
                format!("identifier \"{word}\"")
            }
        }
        Token::Quoted(name) => format!("identifier `{name}`"),
        Token::Number(number) if number.contains(['.', 'e', 'E']) => {
            format!("floating point literal \"{number}\"")
        }
        Token::Number(number) => format!("integer literal \"{number}\""),
        Token::Literal(Literal::Text(text)) => format!("string literal \"{text}\""),
        Token::Literal(Literal::Bytes(_)) => "bytes literal".to_owned(),
        Token::Mark(mark) => format!("\"{mark}\""),
    }
}

/// BigQuery's reserved words.
#[expect(
    clippy::too_many_lines,
    reason = "one match over every form; cutting it would hide a form"
)]
fn is_reserved(word: &str) -> bool {
    const RESERVED: &[&str] = &[
        "ALL",
        "AND",
        "ANY",
        "ARRAY",
        "AS",
        "ASC",
        "ASSERT_ROWS_MODIFIED",
        "AT",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "COLLATE",
        "CONTAINS",
        "CREATE",
        "CROSS",
        "CUBE",
        "CURRENT",
        "DEFAULT",
        "DEFINE",
        "DESC",
        "DISTINCT",
        "ELSE",
        "END",
        "ENUM",
        "ESCAPE",
        "EXCEPT",
        "EXCLUDE",
        "EXISTS",
        "EXTRACT",
        "FALSE",
        "FETCH",
        "FOLLOWING",
        "FOR",
        "FROM",
        "FULL",
        "GROUP",
        "GROUPING",
        "GROUPS",
        "HASH",
        "HAVING",
        "IF",
        "IGNORE",
        "IN",
        "INNER",
        "INTERSECT",
        "INTERVAL",
        "INTO",
        "IS",
        "JOIN",
        "LATERAL",
        "LEFT",
        "LIKE",
        "LIMIT",
        "LOOKUP",
        "MERGE",
        "NATURAL",
        "NEW",
        "NO",
        "NOT",
        "NULL",
        "NULLS",
        "OF",
        "ON",
        "OR",
        "ORDER",
        "OUTER",
        "OVER",
        "PARTITION",
        "PRECEDING",
        "PROTO",
        "QUALIFY",
        "RANGE",
        "RECURSIVE",
        "RESPECT",
        "RIGHT",
        "ROLLUP",
        "ROWS",
        "SELECT",
        "SET",
        "SOME",
        "STRUCT",
        "TABLESAMPLE",
        "THEN",
        "TO",
        "TREAT",
        "TRUE",
        "UNBOUNDED",
        "UNION",
        "UNNEST",
        "USING",
        "WHEN",
        "WHERE",
        "WINDOW",
        "WITH",
        "WITHIN",
    ];
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}
