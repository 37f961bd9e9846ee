//! Writes tokens as the one line the parser reads, with constructs it misreads in a safe form.
//!
//! Decides only spelling: literals become numbers of a table, typed arrays and ranges become calls,
//! and functions for which the parser has a grammar of its own become plain calls.

use crate::bigquery::fault::Place;

use super::lexer::{Lexed, Literal, Token};

/// Prefix of a call whose name the parser would read by its own grammar.
pub(crate) const PLAIN: &str = "fn__";
/// Prefix of a call that answers NULL in place of an error.
pub(crate) const SAFE: &str = "safe__";
/// `ARRAY<T>[...]` as a call: the type's tokens as a literal, then the array.
pub(crate) const TYPED_ARRAY: &str = "typed__array";
/// `RANGE<T> '...'` as a call: the type as a literal, then the text.
pub(crate) const TYPED_RANGE: &str = "typed__range";

/// `RANGE<T>` as a type of one word, which the parser takes for a type it does not know.
pub(crate) const RANGE_TYPE: &str = "range__";
/// What a range may be of.
const RANGES: [&str; 3] = ["DATE", "DATETIME", "TIMESTAMP"];

/// Functions that the parser reads by a grammar that differs from BigQuery's.
const OWN_GRAMMAR: &[&str] = &[
    "TRIM",
    "SUBSTR",
    "SUBSTRING",
    "CEIL",
    "FLOOR",
    "POSITION",
    "OVERLAY",
    "LEFT",
    "RIGHT",
    "REPLACE",
    "CHAR",
    "CONVERT",
    "NORMALIZE",
    "RANGE",
    "DATE",
    "DATETIME",
    "TIME",
    "TIMESTAMP",
    "STRING",
    "INT64",
    "FLOAT64",
    "BOOL",
    "FORMAT",
    "TRUNCATE",
    "LOG",
    "JSON_OBJECT",
    "JSON_ARRAY",
    "COLLATE",
    "INSERT",
    "MOD",
    "GROUPING",
];

/// The line, its literals, and the place of each token in the original text.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) line: String,
    pub(super) literals: Vec<Literal>,
    /// Column in the line (from 1) and the place in the text, in order.
    places: Vec<(u64, Place)>,
    columns: u64,
    /// Closing brackets, in tokens, after which a call must be closed.
    close_after: Vec<usize>,
}

impl Written {
    /// The place in the text of a column in the line.
    pub(super) fn place(&self, column: u64) -> Option<Place> {
        let after = self.places.partition_point(|(start, _)| *start <= column);
        self.places.get(after.checked_sub(1)?).map(|(_, place)| *place)
    }

    fn put(&mut self, text: &str, place: Place) {
        self.places.push((self.columns.saturating_add(1), place));
        self.line.push_str(text);
        self.columns = self.columns.saturating_add(text.chars().count() as u64);
    }

    fn blank(&mut self) {
        self.line.push(' ');
        self.columns = self.columns.saturating_add(1);
    }

    fn literal(&mut self, literal: Literal) -> String {
        let prefix = if matches!(literal, Literal::Bytes(_)) { "B" } else { "" };
        self.literals.push(literal);
        format!("{prefix}'{}'", self.literals.len().saturating_sub(1))
    }
}

/// Writes the tokens of one statement.
pub(super) fn write(tokens: &[Lexed]) -> Written {
    let mut out = Written::default();
    let mut at = 0;
    while let Some(lexed) = tokens.get(at) {
        if !lexed.glued {
            out.blank();
        }
        at = step(&mut out, tokens, at, lexed);
    }
    out
}

/// Writes the token at `at` and whatever belongs to it; returns the next place.
fn step(out: &mut Written, tokens: &[Lexed], at: usize, lexed: &Lexed) -> usize {
    let one = at.saturating_add(1);
    match &lexed.token {
        Token::Word(word) => self::word(out, tokens, at, word, lexed.place),
        Token::Quoted(name) => {
            out.put(&format!("`{name}`"), lexed.place);
            one
        }
        Token::Number(number) => {
            out.put(&self::number(number), lexed.place);
            one
        }
        Token::Literal(literal) => {
            let text = out.literal(literal.clone());
            out.put(&text, lexed.place);
            one
        }
        Token::Mark(mark) => {
            // Two closing angle brackets are never glued: only `> >` closes two types everywhere.
            out.put(mark, lexed.place);
            if mark == "?" {
                // A place-holder must not swallow what follows it.
                out.blank();
            }
            while out.close_after.last() == Some(&at) {
                out.close_after.pop();
                out.put(")", lexed.place);
            }
            one
        }
    }
}

/// Hexadecimal integers as decimal ones; the parser would print them as bytes.
fn number(text: &str) -> String {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex.and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
        Some(value) => value.cast_signed().to_string(),
        None => text.to_owned(),
    }
}

fn is_mark(tokens: &[Lexed], at: usize, mark: &str) -> bool {
    matches!(tokens.get(at).map(|lexed| &lexed.token), Some(Token::Mark(found)) if found == mark)
}

fn word(out: &mut Written, tokens: &[Lexed], at: usize, word: &str, place: Place) -> usize {
    let one = at.saturating_add(1);
    let upper = word.to_ascii_uppercase();
    if matches!(upper.as_str(), "ARRAY" | "RANGE")
        && is_mark(tokens, one, "<")
        && let Some(next) = typed(out, tokens, at, &upper, place)
    {
        return next;
    }
    let after_dot = at.checked_sub(1).is_some_and(|before| is_mark(tokens, before, "."));
    if upper == "SAFE"
        && !after_dot
        && is_mark(tokens, one, ".")
        && let Some(Token::Word(name)) = tokens.get(at.saturating_add(2)).map(|lexed| &lexed.token)
        && is_mark(tokens, at.saturating_add(3), "(")
    {
        out.put(&format!("{SAFE}{name}"), place);
        return at.saturating_add(3);
    }
    if !after_dot && OWN_GRAMMAR.contains(&upper.as_str()) && is_mark(tokens, one, "(") {
        let keyword_before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let type_position = matches!(
            keyword_before.map(|lexed| &lexed.token),
            Some(Token::Word(before)) if before.eq_ignore_ascii_case("AS")
                || before.eq_ignore_ascii_case("INTO")
        );
        let after_star = upper == "REPLACE"
            && matches!(
                keyword_before.map(|lexed| &lexed.token),
                Some(Token::Mark(mark)) if mark == "*" || mark == ")"
            );
        if !type_position && !after_star && upper != "INSERT" {
            out.put(&format!("{PLAIN}{word}"), place);
            return one;
        }
    }
    out.put(word, place);
    one
}

/// `ARRAY<T>[` or `RANGE<T> '...'` as a call; `None` when it is only a type.
fn typed(
    out: &mut Written,
    tokens: &[Lexed],
    at: usize,
    word: &str,
    place: Place,
) -> Option<usize> {
    let open = at.saturating_add(1);
    let close = matching(tokens, open, "<", ">")?;
    let after = close.saturating_add(1);
    let kind = spell(tokens.get(at..after)?);
    if word == "ARRAY" && is_mark(tokens, after, "[") {
        let end = matching(tokens, after, "[", "]")?;
        let literal = out.literal(Literal::Text(kind));
        out.put(&format!("{TYPED_ARRAY}({literal}, "), place);
        out.close_after.push(end);
        return Some(after);
    }
    if word == "RANGE" && matches!(tokens.get(after)?.token, Token::Literal(_)) {
        let text = tokens.get(after)?;
        let literal = out.literal(Literal::Text(kind));
        out.put(&format!("{TYPED_RANGE}({literal}, "), place);
        if let Token::Literal(value) = &text.token {
            let value = out.literal(value.clone());
            out.put(&format!("{value})"), text.place);
        }
        return Some(after.saturating_add(1));
    }
    let inner = tokens.get(open.saturating_add(1)).map(|lexed| &lexed.token)?;
    if let (true, Token::Word(inner)) = (word == "RANGE" && close == at.saturating_add(3), inner)
        && RANGES.iter().any(|known| inner.eq_ignore_ascii_case(known))
    {
        out.put(&format!("{RANGE_TYPE}{inner}"), place);
        return Some(after);
    }
    None
}

/// The place of the bracket that closes the one at `open`.
fn matching(tokens: &[Lexed], open: usize, opens: &str, closes: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, lexed) in tokens.iter().enumerate().skip(open) {
        if let Token::Mark(mark) = &lexed.token {
            if mark == opens {
                depth = depth.saturating_add(1);
            } else if mark == closes {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            } else if mark == ";" {
                return None;
            }
        }
    }
    None
}

/// Tokens as a text again, for types.
fn spell(tokens: &[Lexed]) -> String {
    let mut text = String::new();
    for lexed in tokens {
        match &lexed.token {
            Token::Word(word) | Token::Number(word) | Token::Mark(word) => {
                if !lexed.glued {
                    text.push(' ');
                }
                text.push_str(word);
            }
            Token::Quoted(name) => text.push_str(&format!(" `{name}`")),
            Token::Literal(_) => {}
        }
    }
    text
}
