//! Cuts a text into tokens by BigQuery's lexical rules.
//!
//! Decides where literals, quoted names and comments end. The parser behind it has other rules, so
//! it never sees a literal's text: only its number in a table kept here.

use crate::bigquery::fault::{Fault, Place};

use super::escape::{decode_bytes, decode_string};

/// The value of a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    Bytes(Vec<u8>),
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or keyword, as written.
    Word(String),
    /// A name in backticks, without them.
    Quoted(String),
    Number(String),
    Literal(Literal),
    /// One character of punctuation, or an operator that must stay in one piece.
    Mark(String),
}

/// A token and where it starts.
#[derive(Debug, Clone)]
pub(super) struct Lexed {
    pub(super) token: Token,
    pub(super) place: Place,
    /// Bytes before it.
    pub(super) offset: usize,
    /// Whether no blank stands before it.
    pub(super) glued: bool,
}

struct Cursor<'a> {
    rest: &'a str,
    place: Place,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn starts(&self, prefix: &str) -> bool {
        self.rest.starts_with(prefix)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '\n' {
            self.place = Place { line: self.place.line.saturating_add(1), column: 1 };
        } else {
            self.place.column = self.place.column.saturating_add(1);
        }
        Some(c)
    }

    fn skip(&mut self, characters: usize) {
        for _ in 0..characters {
            self.bump();
        }
    }

    /// Takes characters while they fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let start = self.rest;
        let mut length = 0_usize;
        while let Some(c) = self.peek().filter(|c| fits(*c)) {
            length = length.saturating_add(c.len_utf8());
            self.bump();
        }
        start.get(..length).unwrap_or_default()
    }
}

/// All tokens of a text.
///
/// # Errors
/// An unclosed or malformed literal, or a character that BigQuery does not know.
pub(super) fn lex(text: &str) -> Result<Vec<Lexed>, Fault> {
    let mut cursor = Cursor { rest: text, place: Place { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        let glued = !blanks(&mut cursor)?;
        let place = cursor.place;
        let offset = text.len().saturating_sub(cursor.rest.len());
        let Some(c) = cursor.peek() else { return Ok(tokens) };
        let token = next(&mut cursor, c).map_err(|fault| fault.at(Some(place)))?;
        tokens.push(Lexed { token, place, offset, glued });
    }
}

/// Skips blanks and comments; tells whether there were any.
fn blanks(cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    let mut any = false;
    loop {
        if cursor.peek().is_some_and(char::is_whitespace) {
            cursor.bump();
        } else if cursor.starts("--") || cursor.starts("#") {
            cursor.take(|c| c != '\n' && c != '\r');
        } else if cursor.starts("/*") {
            let place = cursor.place;
            let Some(end) = cursor.rest.get(2..).and_then(|rest| rest.find("*/")) else {
                return Err(Fault::query("Syntax error: Unclosed comment").at(Some(place)));
            };
            let inside = cursor.rest.get(..end.saturating_add(4)).unwrap_or_default();
            cursor.skip(inside.chars().count());
        } else {
            return Ok(any);
        }
        any = true;
    }
}

fn next(cursor: &mut Cursor<'_>, c: char) -> Result<Token, Fault> {
    if let Some((prefix, quote)) = literal_start(cursor.rest) {
        return literal(cursor, prefix, quote);
    }
    match c {
        '`' => quoted(cursor),
        'a'..='z' | 'A'..='Z' | '_' => {
            Ok(Token::Word(cursor.take(|c| c.is_ascii_alphanumeric() || c == '_').to_owned()))
        }
        '0'..='9' => Ok(Token::Number(number(cursor))),
        '.' if cursor.rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => {
            Ok(Token::Number(number(cursor)))
        }
        _ => mark(cursor, c),
    }
}

/// Operators that must not be cut.
const MARKS: &[&str] = &["<=", ">=", "<>", "!=", "||", "<<", ">>", "=>", "@@", "|>"];

fn mark(cursor: &mut Cursor<'_>, c: char) -> Result<Token, Fault> {
    // `>>` closes two brackets far more often than it shifts; the writer joins it again.
    if let Some(mark) = MARKS.iter().find(|mark| **mark != ">>" && cursor.starts(mark)) {
        cursor.skip(mark.len());
        return Ok(Token::Mark((*mark).to_owned()));
    }
    if !"()[]{}<>,.;:+-*/%=&|^~!?@".contains(c) {
        return Err(Fault::query(format!("Syntax error: Illegal input character \"{c}\"")));
    }
    cursor.bump();
    Ok(Token::Mark(c.to_string()))
}

fn number(cursor: &mut Cursor<'_>) -> String {
    if cursor.starts("0x") || cursor.starts("0X") {
        return cursor.take(|c| c.is_ascii_alphanumeric()).to_owned();
    }
    let mut text = cursor.take(|c| c.is_ascii_digit()).to_owned();
    if cursor.starts(".") {
        text.push_str(cursor.take(|c| c == '.'));
        text.push_str(cursor.take(|c| c.is_ascii_digit()));
    }
    let mut after = cursor.rest.chars();
    if matches!(after.next(), Some('e' | 'E')) {
        let second = after.next();
        let third = after.next();
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        if digit(second) || (matches!(second, Some('+' | '-')) && digit(third)) {
            text.push_str(cursor.take(|c| matches!(c, 'e' | 'E')));
            text.push_str(cursor.take(|c| matches!(c, '+' | '-')));
            text.push_str(cursor.take(|c| c.is_ascii_digit()));
        }
    }
    text
}

fn quoted(cursor: &mut Cursor<'_>) -> Result<Token, Fault> {
    cursor.bump();
    let name = cursor.take(|c| c != '`' && c != '\n' && c != '\\').to_owned();
    match cursor.bump() {
        Some('`') if !name.is_empty() => Ok(Token::Quoted(name)),
        Some('`') => Err(Fault::query("Syntax error: Invalid empty identifier")),
        Some('\\') => Err(Fault::unsupported("An escape in a quoted name")),
        _ => Err(Fault::query("Syntax error: Unclosed identifier literal")),
    }
}

/// The length of a literal's prefix and its quotes, if one starts here.
fn literal_start(rest: &str) -> Option<(&str, &str)> {
    let letters = rest.find(|c: char| !matches!(c, 'r' | 'R' | 'b' | 'B'))?;
    let (prefix, rest) = rest.split_at_checked(letters)?;
    let known = ["", "r", "b", "rb", "br"].iter().any(|p| prefix.eq_ignore_ascii_case(p));
    let quote = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quote| rest.starts_with(quote))?;
    known.then_some((prefix, rest.get(..quote.len())?))
}

fn literal(cursor: &mut Cursor<'_>, prefix: &str, quote: &str) -> Result<Token, Fault> {
    let has = |letter: char| prefix.chars().any(|c| c.eq_ignore_ascii_case(&letter));
    let (raw, bytes) = (has('r'), has('b'));
    cursor.skip(prefix.len().saturating_add(quote.len()));
    let unclosed = || {
        let kind = match (bytes, quote.len()) {
            (true, 3) => "triple-quoted bytes",
            (true, _) => "bytes",
            (false, 3) => "triple-quoted string",
            (false, _) => "string",
        };
        Fault::query(format!("Syntax error: Unclosed {kind} literal"))
    };
    let mut inside = String::new();
    loop {
        if cursor.starts(quote) {
            cursor.skip(quote.len());
            break;
        }
        let c = cursor.bump().ok_or_else(unclosed)?;
        if c == '\n' && quote.len() == 1 {
            return Err(unclosed());
        }
        inside.push(c);
        if c == '\\' {
            inside.push(cursor.bump().ok_or_else(unclosed)?);
        }
    }
    Ok(Token::Literal(match (bytes, raw) {
        (false, true) => Literal::Text(inside),
        (false, false) => Literal::Text(decode_string(&inside)?),
        (true, true) => Literal::Bytes(inside.into_bytes()),
        (true, false) => Literal::Bytes(decode_bytes(&inside)?),
    }))
}
