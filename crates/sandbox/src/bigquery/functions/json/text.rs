//! Looking into a STRING that holds JSON.
//!
//! Decides what a path finds there. The reader is looser than the JSON type's: it stops at the first
//! match without looking at the rest, takes `'` as a quote and a comma before a closing bracket.
//! Numbers, the order of members and repeated keys stay as they were written.

use super::document::{Json, Number};
use super::lexer::joined;
use crate::bigquery::fault::Fault;

/// The deepest nesting that is read.
const DEEPEST: usize = 1000;

/// Why reading ended without a match.
enum Stop {
    Broken,
    TooDeep,
}

type Read<T> = Result<T, Stop>;

/// What a path finds; `None` when there is nothing there or the text breaks before it.
pub(crate) fn find(text: &str, steps: &[String]) -> Result<Option<Json>, Fault> {
    let mut reader = Reader { rest: text, depth: 0 };
    match reader.walk(steps) {
        Ok(found) => Ok(found),
        Err(Stop::Broken) => Ok(None),
        Err(Stop::TooDeep) => Err(Fault::query(format!(
            "JSON parsing failed due to deeply nested array/struct. Maximum nesting depth is {DEEPEST}"
        ))),
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<char> {
        let blank = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
        self.rest = self.rest.trim_start_matches(blank);
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next();
        self.rest = chars.as_str();
        c
    }

    /// Takes this character, if it is next.
    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.take();
        }
        found
    }

    fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEEPEST {
            return Err(Stop::TooDeep);
        }
        let result = body(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// Reads one value and returns what the steps find inside it.
    fn walk(&mut self, steps: &[String]) -> Read<Option<Json>> {
        let Some((step, rest)) = steps.split_first() else {
            return self.value().map(Some);
        };
        match self.peek() {
            Some('{') => self.deeper(|reader| {
                let mut found = None;
                reader.members(|reader, key| {
                    if key == *step {
                        found = reader.walk(rest)?;
                    } else {
                        reader.value()?;
                    }
                    Ok(found.is_some())
                })?;
                Ok(found)
            }),
            Some('[') => self.deeper(|reader| {
                let mut found = None;
                reader.items(|reader, at| {
                    if step.parse() == Ok(at) {
                        found = reader.walk(rest)?;
                    } else {
                        reader.value()?;
                    }
                    Ok(found.is_some())
                })?;
                Ok(found)
            }),
            Some(_) | None => self.value().map(|_| None),
        }
    }

    fn value(&mut self) -> Read<Json> {
        match self.peek().ok_or(Stop::Broken)? {
            '{' => self.deeper(|reader| {
                let mut members = Vec::new();
                reader.members(|reader, key| {
                    members.push((key, reader.value()?));
                    Ok(false)
                })?;
                Ok(Json::Object(members))
            }),
            '[' => self.deeper(|reader| {
                let mut items = Vec::new();
                reader.items(|reader, _| {
                    items.push(reader.value()?);
                    Ok(false)
                })?;
                Ok(Json::Array(items))
            }),
            quote @ ('"' | '\'') => self.string(quote).map(Json::Text),
            '-' | '0'..='9' => self.number(),
            // A value that is missing counts as null.
            ',' | ']' => Ok(Json::Null),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Read<Json> {
        let words =
            [("true", Json::Bool(true)), ("false", Json::Bool(false)), ("null", Json::Null)];
        for (word, value) in words {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(Stop::Broken)
    }

    /// The members of an object; `each` reads one value and says whether to stop.
    fn members(&mut self, mut each: impl FnMut(&mut Self, String) -> Read<bool>) -> Read<()> {
        self.take();
        if self.eat('}') {
            return Ok(());
        }
        loop {
            let key = match self.peek() {
                Some(quote @ ('"' | '\'')) => self.string(quote)?,
                Some(_) | None => return Err(Stop::Broken),
            };
            if !self.eat(':') {
                return Err(Stop::Broken);
            }
            if each(self, key)? {
                return Ok(());
            }
            if self.eat('}') || (self.eat(',') && self.eat('}')) {
                return Ok(());
            }
            if !matches!(self.peek(), Some('"' | '\'')) {
                return Err(Stop::Broken);
            }
        }
    }

    /// The items of an array; `each` reads one value and says whether to stop.
    fn items(&mut self, mut each: impl FnMut(&mut Self, usize) -> Read<bool>) -> Read<()> {
        self.take();
        if self.eat(']') {
            return Ok(());
        }
        for at in 0_usize.. {
            if each(self, at)? || self.eat(']') {
                break;
            }
            if !self.eat(',') {
                return Err(Stop::Broken);
            }
            if self.eat(']') {
                break;
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Read<Json> {
        let start = self.rest;
        if self.rest.starts_with('-') {
            self.take();
        }
        if self.rest.starts_with('0') {
            self.take();
        } else {
            self.digits()?;
        }
        if self.rest.starts_with('.') {
            self.take();
            self.digits()?;
        }
        if self.rest.starts_with(['e', 'E']) {
            self.take();
            if self.rest.starts_with(['+', '-']) {
                self.take();
            }
            self.digits()?;
        }
        let length = start.len().saturating_sub(self.rest.len());
        let raw: &'a str = start.get(..length).unwrap_or_default();
        Ok(Json::Number(Number::Raw(raw.to_owned())))
    }

    /// One digit or more.
    fn digits(&mut self) -> Read<()> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let any = rest.len() < self.rest.len();
        self.rest = rest;
        if any { Ok(()) } else { Err(Stop::Broken) }
    }

    fn string(&mut self, quote: char) -> Read<String> {
        let mut out = String::new();
        self.take();
        loop {
            match self.take().ok_or(Stop::Broken)? {
                c if c == quote => return Ok(out),
                '\\' => {
                    let c = self.escape()?;
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        Ok(match self.take().ok_or(Stop::Broken)? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => char::from_u32(self.hex(2)?).unwrap_or('\u{fffd}'),
            'u' => {
                let code = self.hex(4)?;
                char::from_u32(code).or_else(|| self.low_half(code)).unwrap_or('\u{fffd}')
            }
            c @ '0'..='7' => self.octal(c),
            c => c,
        })
    }

    fn hex(&mut self, count: usize) -> Read<u32> {
        let mut code = 0_u32;
        for _ in 0..count {
            let digit = self.take().and_then(|c| c.to_digit(16)).ok_or(Stop::Broken)?;
            code = code.saturating_mul(16).saturating_add(digit);
        }
        Ok(code)
    }

    /// The second half of a surrogate pair, if it follows.
    fn low_half(&mut self, high: u32) -> Option<char> {
        let digits = self.rest.strip_prefix("\\u")?.get(..4)?;
        let c = joined(high, u32::from_str_radix(digits, 16).ok()?)?;
        self.rest = self.rest.get(6..)?;
        Some(c)
    }

    /// Up to three octal digits.
    fn octal(&mut self, first: char) -> char {
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
            self.take();
            code = code.saturating_mul(8).saturating_add(digit);
        }
        char::from_u32(code).unwrap_or('\u{fffd}')
    }
}
