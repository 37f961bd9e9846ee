//! The canonical lexer: cuts a text by BigQuery's lexical rules and writes it out so that every
//! other lexer cuts it the same way.
//!
//! Comments become one blank, each literal is written again in single quotes without a quote or a
//! bare backslash inside, blanks collapse. Whatever two lexers read differently is refused by name;
//! nothing is repaired, and nothing that BigQuery would refuse is made valid.

mod characters;
mod comment;
mod literal;
mod number;

use super::Blocked;
use super::parse::MAX_TOKENS;

pub(super) use characters::check_characters;

/// Longest word or quoted name, in bytes; longer than any name of BigQuery.
const MAX_NAME: usize = 1_100;

/// Most types that are open at once; the parser does not count them.
const MAX_TYPES: usize = 30;

/// Names that the parser reads as special syntax even behind a dot; quoted there, they are names.
const SPECIAL_CALLS: [&str; 28] = [
    "ARRAY",
    "CASE",
    "CAST",
    "CEIL",
    "CONVERT",
    "EXISTS",
    "EXTRACT",
    "FALSE",
    "FLOOR",
    "INTERVAL",
    "LEFT",
    "NOT",
    "NULL",
    "OVERLAY",
    "POSITION",
    "RIGHT",
    "SAFE_CAST",
    "SELECT",
    "STRUCT",
    "SUBSTR",
    "SUBSTRING",
    "TRIM",
    "TRUE",
    "TRY_CAST",
    "TRY_CONVERT",
    "IF",
    "REPLACE",
    "FORMAT",
];

/// A text that was admitted.
#[derive(Debug)]
pub(super) struct Lexed {
    /// The canonical text.
    pub(super) canonical: String,
    /// First word outside parentheses, in upper case.
    pub(super) first_word: String,
    /// Bytes of the text itself, if more was read behind it.
    pub(super) own: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    Literal,
    Quoted,
    Symbol,
}

pub(super) struct Lexer<'a> {
    rest: &'a str,
    out: String,
    tokens: usize,
    last: Option<Kind>,
    after_dot: bool,
    gap: bool,
    ended: bool,
    /// Whether the last token is ARRAY or STRUCT, and how many types are open.
    type_word: bool,
    /// Whether the last token is FROM or JOIN.
    from_word: bool,
    types: usize,
    first_word: String,
}

/// Admits or refuses a text.
#[cfg(any(test, feature = "testing"))]
pub(super) fn lex(text: &str) -> Result<Lexed, Blocked> {
    lex_with(text, "", |_| false)
}

/// Admits or refuses a text; reads the tail behind it if that is wanted for its canonical form.
pub(super) fn lex_with<'a>(
    text: &'a str,
    tail: &'a str,
    wanted: impl FnOnce(&str) -> bool,
) -> Result<Lexed, Blocked> {
    let mut lexer = Lexer::new(text);
    lexer.read()?;
    if lexer.tokens == 0 {
        return Err(Blocked::new("parse.empty", "The query is empty."));
    }
    let first_word = lexer.first_word.clone();
    let own = Some(lexer.out.len()).filter(|_| wanted(&lexer.out));
    if own.is_some() {
        lexer.rest = tail;
        lexer.ended = false;
        lexer.gap = true;
        lexer.read()?;
    }
    Ok(Lexed { canonical: lexer.out, first_word, own })
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            out: String::with_capacity(text.len().saturating_add(32)),
            tokens: 0,
            last: None,
            after_dot: false,
            gap: false,
            ended: false,
            type_word: false,
            from_word: false,
            types: 0,
            first_word: String::new(),
        }
    }

    fn read(&mut self) -> Result<(), Blocked> {
        while let Some(c) = self.peek() {
            self.step(c)?;
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn starts(&self, prefix: &str) -> bool {
        self.rest.starts_with(prefix)
    }

    /// Takes `bytes` bytes; the caller has seen that they are whole characters.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().position(|b| !keep(b)).unwrap_or(self.rest.len());
        self.take(length)
    }

    fn step(&mut self, c: char) -> Result<(), Blocked> {
        match c {
            ' ' | '\n' | '\t' | '\r' => {
                self.take_while(|b| matches!(b, b' ' | b'\n' | b'\t' | b'\r'));
                self.gap = true;
                Ok(())
            }
            '-' if self.starts("--") => self.line_comment(),
            '#' => self.line_comment(),
            '/' if self.starts("/*") => self.block_comment(),
            ';' => self.semicolon(),
            _ if self.ended => Err(several()),
            '\'' | '"' => self.literal(""),
            '`' => self.quoted(),
            '0'..='9' => self.number(),
            '.' if !self.after_name() && self.digit_at(1) => self.number(),
            'a'..='z' | 'A'..='Z' | '_' => self.word(),
            '@' => self.parameter(),
            '(' | ')' | ',' | '*' | '=' | '<' | '>' | '-' | '+' | '/' | '.' | '[' | ']' | '|'
            | '&' | '^' | '~' | '?' => self.symbol(c),
            '!' if self.starts("!=") => self.symbol(c),
            other => Err(refused(other)),
        }
    }

    fn after_name(&self) -> bool {
        let name = matches!(self.last, Some(Kind::Word | Kind::Quoted | Kind::Number));
        !self.gap && (name || self.out.ends_with([')', ']', '.']))
    }

    fn digit_at(&self, at: usize) -> bool {
        self.rest.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
    }

    /// Opens a token: counts it, and writes the blank before it.
    fn open(&mut self, kind: Kind) -> Result<(), Blocked> {
        self.tokens = self.tokens.saturating_add(1);
        if self.tokens > MAX_TOKENS {
            let reason = format!("The query has more than {MAX_TOKENS} tokens.");
            return Err(Blocked::new("text.too_many_tokens", reason));
        }
        let solid = |kind: Kind| kind != Kind::Symbol;
        let adjoining = solid(kind) && self.last.is_some_and(solid);
        if kind == Kind::Literal && self.last == Some(Kind::Literal) {
            let reason = "Two text literals may not follow one another.";
            return Err(Blocked::new("text.adjacent_literals", reason));
        }
        let spaced = self.last == Some(Kind::Word) && kind == Kind::Literal;
        if adjoining && !self.gap && !spaced {
            return Err(spacing());
        }
        if (self.gap || spaced) && self.last.is_some() {
            self.out.push(' ');
        }
        self.gap = false;
        self.last = Some(kind);
        self.type_word &= kind == Kind::Symbol;
        self.from_word &= kind == Kind::Word;
        Ok(())
    }

    fn semicolon(&mut self) -> Result<(), Blocked> {
        self.take(1);
        if self.tokens == 0 || self.ended {
            return Err(several());
        }
        self.ended = true;
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), Blocked> {
        self.take(1);
        let Some(length) =
            self.rest.bytes().position(|b| matches!(b, b'`' | b'\\' | b'\n' | b'\r'))
        else {
            return Err(Blocked::new("text.unterminated", "A quoted name is not closed."));
        };
        let name = self.take(length);
        if !self.starts("`") {
            let reason = "A quoted name may hold neither a backslash nor a line end.";
            return Err(Blocked::new("text.quoted_name", reason));
        }
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(Blocked::new("text.quoted_name", "A quoted name is empty or too long."));
        }
        self.take(1);
        self.open(Kind::Quoted)?;
        self.after_dot = false;
        self.out.extend(["`", name, "`"]);
        Ok(())
    }

    fn word(&mut self) -> Result<(), Blocked> {
        let word = self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_');
        if word.len() > MAX_NAME {
            return Err(Blocked::new("text.word", "A name is too long."));
        }
        if self.rest.starts_with(['\'', '"']) {
            return self.prefixed(word);
        }
        self.open(Kind::Word)?;
        if self.first_word.is_empty() {
            self.first_word = word.to_ascii_uppercase();
        }
        let in_from = std::mem::take(&mut self.from_word);
        if in_from && let Some(length) = dashed(self.rest) {
            let tail = self.take(length);
            self.last = Some(Kind::Quoted);
            self.after_dot = false;
            self.out.extend(["`", word, tail, "`"]);
            return Ok(());
        }
        self.from_word = ["FROM", "JOIN"].iter().any(|of| of.eq_ignore_ascii_case(word));
        self.type_word = ["ARRAY", "STRUCT"].iter().any(|of| of.eq_ignore_ascii_case(word));
        let behind_dot = std::mem::take(&mut self.after_dot);
        let special = behind_dot
            && self.rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('(')
            && SPECIAL_CALLS.iter().any(|name| name.eq_ignore_ascii_case(word));
        if special {
            self.out.extend(["`", word, "`"]);
        } else {
            self.out.push_str(word);
        }
        Ok(())
    }

    /// A word that touches a quote: a prefix, or a keyword or type before its literal.
    fn prefixed(&mut self, word: &str) -> Result<(), Blocked> {
        match word.to_ascii_lowercase().as_str() {
            prefix @ ("r" | "b" | "rb" | "br") => self.literal(prefix),
            "n" | "x" | "u" | "e" | "q" | "nq" => {
                let reason = "A text literal may only have the prefixes r, b, rb and br.";
                Err(Blocked::new("text.literal_prefix", reason))
            }
            _ => {
                self.open(Kind::Word)?;
                self.after_dot = false;
                if self.first_word.is_empty() {
                    self.first_word = word.to_ascii_uppercase();
                }
                self.out.push_str(word);
                Ok(())
            }
        }
    }

    /// A named parameter; `@@` names a system variable and `@{` a hint.
    fn parameter(&mut self) -> Result<(), Blocked> {
        self.take(1);
        if self.starts("@") {
            let reason = "System variables tell about other users and sessions.";
            return Err(Blocked::new("block.system_variable", reason));
        }
        let name = self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_');
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(refused('@'));
        }
        if self.rest.starts_with(['\'', '"']) {
            // The end of the name could be the prefix of the literal.
            return Err(spacing());
        }
        self.open(Kind::Word)?;
        self.after_dot = false;
        self.out.extend(["@", name]);
        Ok(())
    }

    fn symbol(&mut self, c: char) -> Result<(), Blocked> {
        self.take(1);
        self.open(Kind::Symbol)?;
        self.out.push(c);
        self.after_dot = c == '.';
        let opens = std::mem::take(&mut self.type_word) && c == '<';
        self.types = self.types.saturating_add(usize::from(opens));
        self.types = self.types.saturating_sub(usize::from(c == '>'));
        if self.types > MAX_TYPES {
            return Err(Blocked::new("text.types", "Types are nested too deeply."));
        }
        Ok(())
    }
}

/// Length of the rest of a project's name with a part that begins with a digit, as in `my-app-1.ds`,
/// when it stands before a dot and a name: elsewhere this would be no valid text. Quoted, it is a
/// name to every lexer.
fn dashed(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let length = bytes
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')))
        .unwrap_or(bytes.len());
    let (tail, after) = rest.split_at_checked(length)?;
    let parts = tail.strip_prefix('-')?;
    // GoogleSQL reads `-0x1F` as a number there and refuses the name.
    let hex = |part: &str| part.starts_with("0x") || part.starts_with("0X");
    let whole = parts.split('-').all(|part| !part.is_empty() && !hex(part));
    let digits = parts.split('-').any(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let mut next = after.strip_prefix('.')?.chars();
    let named = match next.next()? {
        'e' | 'E' => next.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_'),
        c => c.is_ascii_alphabetic() || c == '_' || c == '`',
    };
    (whole && digits && named).then_some(length)
}

fn spacing() -> Blocked {
    Blocked::new("text.spacing", "Put a blank between names, numbers and literals.")
}

fn several() -> Blocked {
    let reason = "The text holds more than one statement.";
    Blocked::new("block.multi_statement", reason).next("Send one SELECT at a time.")
}

fn refused(c: char) -> Blocked {
    if c.is_ascii_graphic() {
        return Blocked::new("text.symbol", format!("The character {c} is not allowed here."));
    }
    let reason = "Characters outside ASCII may only stand in literals, quoted names and comments.";
    Blocked::new("text.character", reason)
}
