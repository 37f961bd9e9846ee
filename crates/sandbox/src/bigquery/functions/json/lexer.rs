//! The tokens of strict JSON.
//!
//! Decides what is a token and what a broken one is called; BigQuery repeats the words in its errors.
//! It must never accept more than RFC 8259 does.

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    OpenObject,
    CloseObject,
    OpenArray,
    CloseArray,
    Colon,
    Comma,
    True,
    False,
    Null,
    Text(String),
    /// As written.
    Number(String),
    End,
    /// What is wrong.
    Broken(String),
}

impl Token {
    /// How an error calls it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::OpenObject => "'{'",
            Self::CloseObject => "'}'",
            Self::OpenArray => "'['",
            Self::CloseArray => "']'",
            Self::Colon => "':'",
            Self::Comma => "','",
            Self::True => "true literal",
            Self::False => "false literal",
            Self::Null => "null literal",
            Self::Text(_) => "string literal",
            Self::Number(_) => "number literal",
            Self::End => "end of input",
            Self::Broken(_) => "<parse error>",
        }
    }
}

/// A place in the text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Where the text begins that an error shows: the last string or number, or the start.
    shown_from: usize,
}

const CONTROLS: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, shown_from: 0 }
    }

    /// What has been read since the last string or number began; control characters by number.
    pub(super) fn shown(&self) -> String {
        let read = self.text.get(self.shown_from..self.at).unwrap_or_default();
        let show = |c: char| {
            let code = u32::from(c);
            if code < 0x20 { format!("<U+{code:04X}>") } else { c.to_string() }
        };
        read.chars().map(show).collect()
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at = self.at.saturating_add(c.len_utf8());
        Some(c)
    }

    pub(super) fn next(&mut self) -> Token {
        while self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.take();
        }
        let start = self.at;
        match self.take() {
            None => Token::End,
            Some('{') => Token::OpenObject,
            Some('}') => Token::CloseObject,
            Some('[') => Token::OpenArray,
            Some(']') => Token::CloseArray,
            Some(':') => Token::Colon,
            Some(',') => Token::Comma,
            Some('t') => self.word("rue", Token::True),
            Some('f') => self.word("alse", Token::False),
            Some('n') => self.word("ull", Token::Null),
            Some('"') => {
                self.shown_from = start;
                self.string().map_or_else(Token::Broken, Token::Text)
            }
            Some(c @ ('-' | '0'..='9')) => {
                self.shown_from = start;
                match self.number(c) {
                    Ok(()) => {
                        Token::Number(self.text.get(start..self.at).unwrap_or_default().to_owned())
                    }
                    Err(why) => Token::Broken(format!("invalid number; expected {why}")),
                }
            }
            Some(_) => Token::Broken("invalid literal".to_owned()),
        }
    }

    fn word(&mut self, rest: &str, token: Token) -> Token {
        for expected in rest.chars() {
            if self.take() != Some(expected) {
                return Token::Broken("invalid literal".to_owned());
            }
        }
        token
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.take();
        }
        self.at.saturating_sub(start)
    }

    /// The rest of a number after its first character.
    fn number(&mut self, first: char) -> Result<(), &'static str> {
        let leading = if first == '-' { self.take() } else { Some(first) };
        match leading {
            Some('0') => {}
            Some('1'..='9') => {
                self.digits();
            }
            Some(_) | None => return Err("digit after '-'"),
        }
        if self.peek() == Some('.') {
            self.take();
            if self.digits() == 0 {
                self.take();
                return Err("digit after '.'");
            }
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.take();
            let signed = matches!(self.peek(), Some('+' | '-'));
            if signed {
                self.take();
            }
            if self.digits() == 0 {
                self.take();
                return Err(if signed {
                    "digit after exponent sign"
                } else {
                    "'+', '-', or digit after exponent"
                });
            }
        }
        Ok(())
    }

    /// The rest of a string after its opening quote.
    fn string(&mut self) -> Result<String, String> {
        let mut out = String::new();
        loop {
            match self.take() {
                None => return Err("invalid string: missing closing quote".to_owned()),
                Some('"') => return Ok(out),
                Some('\\') => out.push(self.escape()?),
                Some(c) if u32::from(c) < 0x20 => return Err(control(c)),
                Some(c) => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        Ok(match self.take() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.code_point(),
            Some(_) | None => {
                return Err("invalid string: forbidden character after backslash".to_owned());
            }
        })
    }

    fn hex(&mut self) -> Result<u32, String> {
        let mut code = 0_u32;
        for _ in 0..4 {
            let digit = self.take().and_then(|c| c.to_digit(16)).ok_or_else(|| {
                "invalid string: '\\u' must be followed by 4 hex digits".to_owned()
            })?;
            code = code.saturating_mul(16).saturating_add(digit);
        }
        Ok(code)
    }

    fn code_point(&mut self) -> Result<char, String> {
        let high = self.hex()?;
        if (0xDC00..=0xDFFF).contains(&high) {
            let why = "invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF";
            return Err(why.to_owned());
        }
        if let Some(c) = char::from_u32(high) {
            return Ok(c);
        }
        let why = "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF";
        if self.take() != Some('\\') || self.take() != Some('u') {
            return Err(why.to_owned());
        }
        let low = self.hex()?;
        joined(high, low).ok_or_else(|| why.to_owned())
    }
}

/// The character of two surrogates.
pub(super) fn joined(high: u32, low: u32) -> Option<char> {
    let high = high.checked_sub(0xD800).filter(|n| *n < 0x400)?;
    let low = low.checked_sub(0xDC00).filter(|n| *n < 0x400)?;
    char::from_u32(high.checked_mul(0x400)?.checked_add(low)?.checked_add(0x1_0000)?)
}

fn control(c: char) -> String {
    let code = u32::from(c);
    let name = usize::try_from(code).ok().and_then(|at| CONTROLS.get(at)).unwrap_or(&"");
    let short = match c {
        '\u{8}' => " or \\b",
        '\t' => " or \\t",
        '\n' => " or \\n",
        '\u{c}' => " or \\f",
        '\r' => " or \\r",
        _ => "",
    };
    format!(
        "invalid string: control character U+{code:04X} ({name}) must be escaped to \\u{code:04X}{short}"
    )
}
