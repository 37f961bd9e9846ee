//! The canonical lexer: admits only text that every SQL lexer cuts into the same tokens.
//!
//! Everything two lexers are known to read differently is refused by name: comments, escapes, string
//! prefixes, other quotes, hexadecimal and exponent numbers, characters outside printable ASCII.
//! What is left is written out with every run of blanks as one space and no other change. It must
//! never repair a text: it admits or refuses.

use std::iter::Peekable;
use std::str::Chars;

use super::Blocked;

/// Most tokens in a text; bounds the size of the tree.
const MAX_TOKENS: usize = 4_000;
/// Longest word; BigQuery's own limit for a column name.
const MAX_WORD: usize = 300;

/// A text that was admitted.
#[derive(Debug)]
pub(super) struct Lexed {
    /// The text with blanks collapsed.
    pub(super) canonical: String,
    /// Quoted names that hold a dot, in order: names of tables.
    pub(super) dotted: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Literal,
    Quoted,
    Symbol,
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    tokens: usize,
    last: Option<Kind>,
    gap: bool,
    dotted: Vec<String>,
}

/// Admits or refuses a text.
pub(super) fn lex(text: &str) -> Result<Lexed, Blocked> {
    let mut lexer = Lexer {
        rest: text.chars().peekable(),
        out: String::with_capacity(text.len()),
        tokens: 0,
        last: None,
        gap: false,
        dotted: Vec::new(),
    };
    while let Some(c) = lexer.rest.next() {
        lexer.step(c)?;
    }
    Ok(Lexed { canonical: lexer.out, dotted: lexer.dotted })
}

impl Lexer<'_> {
    fn step(&mut self, c: char) -> Result<(), Blocked> {
        match c {
            ' ' | '\n' | '\t' => {
                self.gap = true;
                Ok(())
            }
            '\'' => self.literal(),
            '`' => self.quoted(),
            '0'..='9' => self.number(c),
            'a'..='z' | 'A'..='Z' | '_' => self.word(c),
            '(' | ')' | ',' | '*' | '=' | '<' | '>' | '!' => self.symbol(c),
            '-' => self.minus(),
            other => Err(self.refused(other)),
        }
    }

    /// Opens a token: counts it, and writes the blank before it.
    fn open(&mut self, kind: Kind) -> Result<(), Blocked> {
        self.tokens = self.tokens.saturating_add(1);
        if self.tokens > MAX_TOKENS {
            return Err(Blocked::new(
                "text.too_many_tokens",
                "The query has more than 4000 tokens.",
            ));
        }
        let solid = |kind: Kind| kind != Kind::Symbol;
        if !self.gap && solid(kind) && self.last.is_some_and(solid) {
            return Err(self.run_together(kind));
        }
        if self.gap && self.last.is_some() {
            self.out.push(' ');
        }
        self.gap = false;
        self.last = Some(kind);
        Ok(())
    }

    fn run_together(&self, next: Kind) -> Blocked {
        match (self.last, next) {
            (Some(Kind::Word), Kind::Literal) => Blocked::new(
                "text.literal_prefix",
                "A text literal may have no prefix; put a blank before its quote.",
            ),
            (Some(Kind::Literal), Kind::Literal) => Blocked::new(
                "text.quote_escape",
                "A quote inside a text literal is not allowed, nor are triple quotes.",
            ),
            (
                None
                | Some(Kind::Word | Kind::Number | Kind::Literal | Kind::Quoted | Kind::Symbol),
                Kind::Word | Kind::Number | Kind::Literal | Kind::Quoted | Kind::Symbol,
            ) => Blocked::new("text.spacing", "Put a blank between names, numbers and literals."),
        }
    }

    fn literal(&mut self) -> Result<(), Blocked> {
        if self.gap && self.last == Some(Kind::Literal) {
            let reason = "Two text literals may not follow one another.";
            return Err(Blocked::new("text.adjacent_literals", reason));
        }
        self.open(Kind::Literal)?;
        self.out.push('\'');
        for c in self.rest.by_ref() {
            match c {
                '\'' => {
                    self.out.push(c);
                    return Ok(());
                }
                '\\' => return Err(backslash()),
                ' '..='~' => self.out.push(c),
                _ => return Err(character()),
            }
        }
        Err(Blocked::new("text.unterminated", "A text literal is not closed."))
    }

    fn quoted(&mut self) -> Result<(), Blocked> {
        self.open(Kind::Quoted)?;
        let mut name = String::new();
        for c in self.rest.by_ref() {
            match c {
                '`' => {
                    self.out.push('`');
                    self.out.push_str(&name);
                    self.out.push('`');
                    if name.contains('.') {
                        self.dotted.push(name);
                    }
                    return Ok(());
                }
                'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '.' => name.push(c),
                '\\' => return Err(backslash()),
                _ => {
                    let reason = "A quoted name may hold letters, digits, '_', '-' and '.' only.";
                    return Err(Blocked::new("text.quoted_name", reason));
                }
            }
        }
        Err(Blocked::new("text.unterminated", "A quoted name is not closed."))
    }

    fn word(&mut self, first: char) -> Result<(), Blocked> {
        self.open(Kind::Word)?;
        self.out.push(first);
        let mut length = 1_usize;
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            self.out.push(c);
            length = length.saturating_add(1);
        }
        if length > MAX_WORD {
            return Err(Blocked::new("text.word", "A name is longer than 300 characters."));
        }
        Ok(())
    }

    /// Digits, optionally with a point between digits; nothing else is a number here.
    fn number(&mut self, first: char) -> Result<(), Blocked> {
        let number = || {
            let reason = "Numbers are digits with at most one point between them.";
            Blocked::new("text.number", reason)
        };
        self.open(Kind::Number)?;
        self.out.push(first);
        self.digits();
        if self.rest.next_if_eq(&'.').is_some() {
            self.out.push('.');
            if self.digits() == 0 {
                return Err(number());
            }
        }
        let goes_on = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '.';
        if self.rest.peek().is_some_and(goes_on) { Err(number()) } else { Ok(()) }
    }

    fn digits(&mut self) -> usize {
        let mut count = 0_usize;
        while let Some(c) = self.rest.next_if(char::is_ascii_digit) {
            self.out.push(c);
            count = count.saturating_add(1);
        }
        count
    }

    fn symbol(&mut self, c: char) -> Result<(), Blocked> {
        self.open(Kind::Symbol)?;
        self.out.push(c);
        Ok(())
    }

    fn minus(&mut self) -> Result<(), Blocked> {
        match self.rest.peek() {
            Some('-') => Err(comment()),
            Some('0'..='9') => self.symbol('-'),
            _ => Err(Blocked::new("text.symbol", "A minus may only stand before a number.")),
        }
    }

    fn refused(&mut self, c: char) -> Blocked {
        match c {
            '#' => comment(),
            '/' if self.rest.peek() == Some(&'*') => comment(),
            ';' => Blocked::new("text.semicolon", "One statement without a semicolon is expected."),
            '\\' => backslash(),
            '"' => Blocked::new("text.double_quote", "Text literals are written in single quotes."),
            '@' | '$' => {
                Blocked::new("text.parameter", "Parameters and variables are not allowed.")
            }
            ' '..='~' => {
                Blocked::new("text.symbol", format!("The character {c} is not allowed here."))
            }
            _ => character(),
        }
    }
}

fn comment() -> Blocked {
    Blocked::new("text.comment", "Comments are not allowed.")
}

fn backslash() -> Blocked {
    Blocked::new("text.backslash", "Backslashes are not allowed.")
}

fn character() -> Blocked {
    let reason =
        "Only printable ASCII characters, and blanks and line feeds between words, are allowed.";
    Blocked::new("text.character", reason)
}
