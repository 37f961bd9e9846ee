//! Comments: where they end, and the rule against a complete forbidden statement inside one.
//!
//! A comment never reaches a warehouse. One that carries a whole statement is refused all the same,
//! because it was written for a reader that cuts the text differently. Words alone are no statement.

use super::{Blocked, Lexer, refused};

/// Words a forbidden statement begins with.
const HEADS: [&str; 18] = [
    "ALTER", "CALL", "CREATE", "DELETE", "DROP", "EXECUTE", "EXPORT", "GRANT", "INSERT", "LOAD",
    "MERGE", "REPLACE", "REVOKE", "TRUNCATE", "UNDROP", "UPDATE", "SET", "BEGIN",
];
/// Most such words in one line of a comment; more is no comment, and costly to look through.
const MAX_HEADS: usize = 200;
/// Kinds of objects that are created, altered or dropped.
const OBJECTS: [&str; 15] = [
    "TABLE",
    "VIEW",
    "SCHEMA",
    "DATASET",
    "DATABASE",
    "FUNCTION",
    "PROCEDURE",
    "MODEL",
    "INDEX",
    "POLICY",
    "SNAPSHOT",
    "RESERVATION",
    "CAPACITY",
    "ASSIGNMENT",
    "CONNECTION",
];
/// Words between a verb and the kind of object.
const QUALIFIERS: [&str; 12] = [
    "OR",
    "REPLACE",
    "TEMP",
    "TEMPORARY",
    "EXTERNAL",
    "MATERIALIZED",
    "SEARCH",
    "VECTOR",
    "ROW",
    "ACCESS",
    "AGGREGATE",
    "ALL",
];

impl Lexer<'_> {
    pub(super) fn line_comment(&mut self) -> Result<(), Blocked> {
        let text = self.take_while(|b| !matches!(b, b'\n' | b'\r'));
        self.gap = true;
        check(text)
    }

    pub(super) fn block_comment(&mut self) -> Result<(), Blocked> {
        self.take(2);
        let Some(length) = self.rest.find("*/") else {
            return Err(Blocked::new("text.unterminated", "A comment is not closed."));
        };
        let text = self.take(length);
        self.take(2);
        self.gap = true;
        check(text)
    }
}

/// Refuses a comment that holds a complete forbidden statement.
fn check(text: &str) -> Result<(), Blocked> {
    let word = text.trim_start_matches(['#', ' ']);
    if text.starts_with('#') && word.get(..9).is_some_and(|w| w.eq_ignore_ascii_case("legacysql")) {
        return Err(refused('#').next("Leave #legacySQL out; only GoogleSQL is run."));
    }
    let carries = text.split([';', '\n', '\r']).any(carries_statement);
    if carries {
        let reason = "A comment holds a complete statement that would change or export data.";
        return Err(Blocked::new("block.comment_payload", reason)
            .next("Leave the statement out of the comment."));
    }
    Ok(())
}

/// Whether a segment holds a forbidden statement: at its start in any case, further on in capitals.
fn carries_statement(segment: &str) -> bool {
    let words = words(segment);
    let is_head = |word: &&str| HEADS.iter().any(|known| word.eq_ignore_ascii_case(known));
    if words.iter().copied().filter(is_head).count() > MAX_HEADS {
        return true;
    }
    (0..words.len()).any(|at| {
        let Some(&head) = words.get(at) else { return false };
        let shouted = head.bytes().all(|b| b.is_ascii_uppercase());
        let first = at == 0;
        (first || shouted) && is_head(&head) && words.get(at..).is_some_and(is_statement)
    })
}

/// Cuts a comment into words and signs; what is quoted is one word.
fn words(segment: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = segment.trim_start_matches(['-', '#', '!', '*', ' ', '\t']);
    while let Some(c) = rest.chars().next() {
        let length = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '@' => rest
                .bytes()
                .position(|b| {
                    !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@'))
                })
                .unwrap_or(rest.len()),
            '`' | '\'' | '"' => {
                let inner = rest.get(1..).and_then(|inner| inner.find(c));
                inner.map_or(1, |inner| inner.saturating_add(2))
            }
            other => other.len_utf8(),
        };
        let (word, after) = rest.split_at_checked(length.max(1)).unwrap_or((rest, ""));
        if !word.trim().is_empty() {
            found.push(word);
        }
        rest = after;
    }
    found
}

fn is(words: &[&str], at: usize, expected: &[&str]) -> bool {
    words.get(at).is_some_and(|word| expected.iter().any(|e| word.eq_ignore_ascii_case(e)))
}

/// Whether a word can be the name of an object: quoted, or letters with dots.
fn names_object(words: &[&str], at: usize) -> bool {
    words.get(at).is_some_and(|word| {
        let first = word.bytes().next();
        first == Some(b'`')
            || first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && !word.ends_with('.')
    })
}

/// Whether the words, from a head on, have the form of a whole statement.
fn is_statement(words: &[&str]) -> bool {
    let later =
        |from: usize, expected: &[&str]| (from..words.len()).any(|i| is(words, i, expected));
    let Some(head) = words.first().map(|head| head.to_ascii_uppercase()) else { return false };
    match head.as_str() {
        "DROP" | "UNDROP" | "CREATE" | "ALTER" => definition(words, &head),
        "TRUNCATE" => is(words, 1, &["TABLE"]) && names_object(words, 2) && ends(words, 3),
        "DELETE" => {
            let at = if is(words, 1, &["FROM"]) { 2_usize } else { 1 };
            let next = at.saturating_add(1);
            let aliased = next.saturating_add(1);
            names_object(words, at)
                && (is(words, next, &["WHERE"]) && words.len() > aliased
                    || is(words, aliased, &["WHERE"])
                    || at == 2 && qualified(words, at) && ends(words, next))
        }
        "INSERT" | "REPLACE" => {
            let at = if is(words, 1, &["INTO"]) { 2_usize } else { 1 };
            let next = at.saturating_add(1);
            let body = ["VALUES", "SELECT", "WITH", "FROM"];
            let listed = is(words, next, &["("]) && later(next, &body);
            names_object(words, at) && (is(words, next, &body) || listed)
        }
        "UPDATE" => {
            let set = if is(words, 2, &["SET"]) { 3_usize } else { 4 };
            let assigned = is(words, set.saturating_sub(1), &["SET"])
                && is(words, set.saturating_add(1), &["="]);
            names_object(words, 1) && assigned
        }
        "MERGE" => later(2, &["USING"]) && later(2, &["ON"]) && later(2, &["WHEN"]),
        "GRANT" => later(1, &["ON"]) && later(3, &["TO"]),
        "REVOKE" => later(1, &["ON"]) && later(3, &["FROM"]),
        "EXPORT" => is(words, 1, &["DATA", "MODEL"]) && later(2, &["OPTIONS"]),
        "LOAD" => is(words, 1, &["DATA"]) && is(words, 2, &["INTO", "OVERWRITE"]),
        "CALL" => names_object(words, 1) && is(words, 2, &["("]),
        "EXECUTE" => is(words, 1, &["IMMEDIATE"]) && words.len() > 2,
        "BEGIN" => is(words, 1, &["TRANSACTION"]) && ends(words, 2),
        "SET" => words.get(1).is_some_and(|w| w.starts_with("@@")) && is(words, 2, &["="]),
        _ => false,
    }
}

/// A name with a dot or quotes: nobody writes one in a plain sentence.
fn qualified(words: &[&str], at: usize) -> bool {
    words.get(at).is_some_and(|word| word.contains('.') || word.starts_with('`'))
}

/// Whether the statement is over: no word follows but options of a drop.
fn ends(words: &[&str], at: usize) -> bool {
    words.get(at).is_none_or(|word| !word.bytes().all(|b| b.is_ascii_alphanumeric()))
        || is(words, at, &["CASCADE", "RESTRICT"])
}

/// `CREATE | ALTER | DROP` of some kind of object.
fn definition(words: &[&str], head: &str) -> bool {
    let mut at = 1_usize;
    while is(words, at, &QUALIFIERS) {
        at = at.saturating_add(1);
    }
    if !is(words, at, &OBJECTS) {
        return false;
    }
    at = at.saturating_add(1);
    while is(words, at, &["IF", "NOT", "EXISTS"]) {
        at = at.saturating_add(1);
    }
    let next = at.saturating_add(1);
    if !names_object(words, at) {
        return false;
    }
    match head {
        "CREATE" => {
            is(words, next, &["(", "AS", "LIKE", "CLONE", "COPY", "OPTIONS", "ON"])
                || qualified(words, at) && ends(words, next)
        }
        "ALTER" => is(words, next, &["ADD", "DROP", "RENAME", "SET", "ALTER"]),
        _ => is(words, next, &["ON"]) || ends(words, next),
    }
}
