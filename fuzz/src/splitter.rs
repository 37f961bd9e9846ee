//! Cuts a text into statements and tokens, and says whether two texts are cut alike.
//!
//! Rules: text in ' or ", single or triple, with the prefixes r and b; names in backticks; comments
//! from -- or # to the line's end and from /* to */; statements end at a semicolon. It must never
//! look at what a word means.

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A run of letters, digits and low lines: a name, a keyword, or (a part of) a number.
    Word(String),
    /// A name in backticks, as written.
    Quoted(String),
    /// A text literal, with its escapes read.
    Text { bytes: bool, value: Vec<u32> },
    /// Any other character.
    Sign(char),
}

/// One token, and whether anything stood between it and the token before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub gap: bool,
}

/// The statements of a text, each with its tokens; None if a literal, name or comment has no end.
/// The last one is empty if the text ends with a semicolon.
#[must_use]
pub fn statements(text: &str) -> Option<Vec<Vec<Token>>> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = vec![Vec::new()];
    let (mut at, mut gap) = (0, false);
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        if c.is_whitespace() {
            at += 1;
            gap = true;
        } else if c == '#' || (c == '-' && next == Some('-')) {
            while chars.get(at).is_some_and(|c| !matches!(c, '\n' | '\r')) {
                at += 1;
            }
            gap = true;
        } else if c == '/' && next == Some('*') {
            at = block_end(&chars, at + 2)?;
            gap = true;
        } else if c == ';' {
            found.push(Vec::new());
            at += 1;
            gap = true;
        } else {
            let (mut kind, end) = token(&chars, at)?;
            let statement = found.last_mut()?;
            if let Kind::Word(word) = &mut kind
                && !gap
                && behind_point(statement)
                && word.trim_end_matches(|c: char| c.is_ascii_digit()) == "E"
            {
                word.make_ascii_lowercase();
            }
            statement.push(Token { kind, gap });
            at = end;
            gap = false;
        }
    }
    Some(found)
}

/// Whether the last tokens are a number and its point, as in `1.E5`.
fn behind_point(tokens: &[Token]) -> bool {
    let [.., number, point] = tokens else { return false };
    let whole =
        matches!(&number.kind, Kind::Word(word) if word.starts_with(|c: char| c.is_ascii_digit()));
    whole && !point.gap && point.kind == Kind::Sign('.')
}

fn block_end(chars: &[char], from: usize) -> Option<usize> {
    (from..chars.len()).find(|at| chars[*at..].starts_with(&['*', '/'])).map(|at| at + 2)
}

fn token(chars: &[char], at: usize) -> Option<(Kind, usize)> {
    let c = chars[at];
    if c == '\'' || c == '"' {
        return literal(chars, at, "");
    }
    if c == '`' {
        let mut end = at + 1;
        while *chars.get(end)? != '`' {
            end += if chars[end] == '\\' { 2 } else { 1 };
        }
        return Some((Kind::Quoted(chars[at + 1..end].iter().collect()), end + 1));
    }
    let word = |c: &&char| c.is_ascii_alphanumeric() || **c == '_';
    let length = chars[at..].iter().take_while(word).count();
    if length == 0 {
        return Some((Kind::Sign(c), at + 1));
    }
    let run: String = chars[at..at + length].iter().collect();
    let prefix = run.to_ascii_lowercase();
    let quoted = matches!(chars.get(at + length), Some('\'' | '"'));
    if quoted && matches!(prefix.as_str(), "r" | "b" | "rb" | "br") {
        return literal(chars, at + length, &prefix);
    }
    // Numbers are compared without regard to the case of their letters.
    let number = run.starts_with(|c: char| c.is_ascii_digit());
    Some((Kind::Word(if number { prefix } else { run }), at + length))
}

/// Reads a literal whose quote stands at `at`.
fn literal(chars: &[char], at: usize, prefix: &str) -> Option<(Kind, usize)> {
    let mark = chars[at];
    let long = chars[at..].starts_with(&[mark, mark, mark]);
    let width = if long { 3 } else { 1 };
    let mut at = at + width;
    let mut value = Vec::new();
    loop {
        let c = *chars.get(at)?;
        let closes = c == mark && (!long || chars[at..].starts_with(&[mark, mark, mark]));
        if closes {
            return Some((Kind::Text { bytes: prefix.contains('b'), value }, at + width));
        }
        if matches!(c, '\n' | '\r') {
            if !long {
                return None;
            }
            at += if chars[at..].starts_with(&['\r', '\n']) { 2 } else { 1 };
            value.push(u32::from('\n'));
        } else if c != '\\' {
            value.push(u32::from(c));
            at += 1;
        } else if prefix.contains('r') {
            value.push(u32::from('\\'));
            // What follows is a part of the value and ends nothing.
            value.push(u32::from(*chars.get(at + 1)?));
            at += 2;
        } else {
            let (one, end) = escape(chars, at + 1)?;
            value.push(one);
            at = end;
        }
    }
}

/// Reads the escape behind a backslash.
fn escape(chars: &[char], at: usize) -> Option<(u32, usize)> {
    let digits = |from: usize, count: usize, radix: u32| {
        let text: String = chars.get(from..from + count)?.iter().collect();
        u32::from_str_radix(&text, radix).ok().map(|value| (value, from + count))
    };
    match *chars.get(at)? {
        'a' => Some((7, at + 1)),
        'b' => Some((8, at + 1)),
        'f' => Some((12, at + 1)),
        'n' => Some((10, at + 1)),
        'r' => Some((13, at + 1)),
        't' => Some((9, at + 1)),
        'v' => Some((11, at + 1)),
        'x' | 'X' => digits(at + 1, 2, 16),
        'u' => digits(at + 1, 4, 16),
        'U' => digits(at + 1, 8, 16),
        '0'..='7' => digits(at, 3, 8),
        other => Some((u32::from(other), at + 1)),
    }
}

/// Whether `written` holds the tokens of `read`, but for names that were put in backticks.
#[must_use]
pub fn same(read: &[Token], written: &[Token]) -> bool {
    let mut rest = read.iter();
    for token in written {
        let Some(first) = rest.next() else { return false };
        if first.kind == token.kind {
            continue;
        }
        let Kind::Quoted(name) = &token.kind else { return false };
        let Some(mut joined) = plain(&first.kind) else { return false };
        while joined.len() < name.len() {
            match rest.next() {
                Some(next) if !next.gap => match plain(&next.kind) {
                    Some(more) => joined.push_str(&more),
                    None => return false,
                },
                _ => return false,
            }
        }
        if !joined.eq_ignore_ascii_case(name) {
            return false;
        }
    }
    rest.next().is_none()
}

fn plain(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Word(word) => Some(word.clone()),
        Kind::Sign('-') => Some("-".to_owned()),
        Kind::Quoted(_) | Kind::Text { .. } | Kind::Sign(_) => None,
    }
}

/// The tokens of a text that is one statement and at most a semicolon behind it; None otherwise.
#[must_use]
pub fn only_statement(text: &str) -> Option<Vec<Token>> {
    let mut found = statements(text)?.into_iter();
    let first = found.next().filter(|first| !first.is_empty())?;
    let behind: Vec<_> = found.collect();
    (behind.len() <= 1 && behind.iter().all(Vec::is_empty)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
        for (text, count) in [
            ("a", Some(1)),
            ("a;", Some(2)),
            ("a;b", Some(2)),
            ("';' \";\" `;` /* ; */ -- ;\r b # ;", Some(1)),
            ("-- ;\r ;b", Some(2)),
            ("'\\';' ; b", Some(2)),
            ("r'\\';' ; b", Some(2)),
            ("'''a';'b''' ; b", Some(2)),
            ("'a' ';' 'b'", Some(1)),
            ("'a", None),
            ("/* /* */ ; */", Some(2)),
            ("`a\\`;`", Some(1)),
        ] {
            assert_eq!(statements(text).map(|found| found.len()), count, "{text}");
        }
    }

    #[test]
    fn escapes_are_read() {
        let value = |text: &str| statements(text).unwrap()[0][0].kind.clone();
        assert_eq!(value("'\\x27'"), value("\"'\""));
        assert_eq!(value("'\\x5cn'"), value("r'\\n'"));
        assert_ne!(value("'\\n'"), value("r'\\n'"));
        assert_ne!(value("b'a'"), value("'a'"));
        assert_eq!(value("'''a\r\nb'''"), value("'a\\nb'"));
    }

    #[test]
    fn names_in_backticks_are_the_same_names() {
        let cut = |text: &str| only_statement(text).unwrap();
        assert!(same(&cut("FROM my-app-1.ds.t"), &cut("FROM `my-app-1`.ds.t")));
        assert!(!same(&cut("FROM my - app-1.ds.t"), &cut("FROM `my-app-1`.ds.t")));
        assert!(!same(&cut("a b"), &cut("ab")));
        assert!(!same(&cut("a"), &cut("a b")));
        assert!(same(&cut("1.E5"), &cut("1.e5")) && !same(&cut("a.E5"), &cut("a.e5")));
        assert!(same(&cut("FROM a-1.P"), &cut("FROM `a-1`.P")));
    }
}
