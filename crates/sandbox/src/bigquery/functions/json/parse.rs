//! Text as a value of the JSON type.
//!
//! Decides which texts are JSON and what is said about the others. It must never mend a text.

use super::document::{Json, sorted};
use super::lexer::{Lexer, Token};
use super::number::classify;

/// The deepest nesting that the JSON type takes.
const DEEPEST: usize = 500;

/// What happens to a number that the JSON type cannot hold without loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wide {
    /// It is refused.
    Exact,
    /// It becomes the nearest FLOAT64.
    Round,
}

/// The document, or what is wrong with the text.
pub(crate) fn parse(text: &str, wide: Wide) -> Result<Json, String> {
    let mut parser = Parser { lexer: Lexer::new(text), wide, depth: 0 };
    let first = parser.lexer.next();
    if first == Token::End {
        return Err("attempting to parse an empty input; check that your input string or stream contains the expected JSON".to_owned());
    }
    let document = parser.value(first)?;
    parser.expect(&Token::End, "value")?;
    Ok(document)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    wide: Wide,
    depth: usize,
}

impl Parser<'_> {
    /// The words about a token that may not stand where it stands.
    fn wrong(&self, token: &Token, context: &str, expected: &str) -> String {
        let what = if let Token::Broken(why) = token {
            format!("{why}; last read: '{}'", self.lexer.shown())
        } else {
            format!("unexpected {}", token.name())
        };
        let wanted =
            if expected.is_empty() { String::new() } else { format!("; expected {expected}") };
        format!("syntax error while parsing {context} - {what}{wanted}")
    }

    fn expect(&mut self, wanted: &Token, context: &str) -> Result<(), String> {
        let token = self.lexer.next();
        if token == *wanted { Ok(()) } else { Err(self.wrong(&token, context, wanted.name())) }
    }

    /// Whether a comma and so another part follows, and not the end.
    fn another(&mut self, end: &Token, context: &str) -> Result<bool, String> {
        let token = self.lexer.next();
        if token == Token::Comma {
            return Ok(true);
        }
        if token == *end { Ok(false) } else { Err(self.wrong(&token, context, end.name())) }
    }

    fn value(&mut self, token: Token) -> Result<Json, String> {
        Ok(match token {
            Token::Null => Json::Null,
            Token::True => Json::Bool(true),
            Token::False => Json::Bool(false),
            Token::Text(text) => Json::Text(text),
            Token::Number(raw) => Json::Number(classify(&raw, self.wide == Wide::Exact)?),
            Token::OpenArray => self.nested(Self::array)?,
            Token::OpenObject => self.nested(Self::object)?,
            Token::Broken(_) => return Err(self.wrong(&token, "value", "")),
            Token::CloseObject | Token::CloseArray | Token::Colon | Token::Comma | Token::End => {
                return Err(self.wrong(&token, "value", "'[', '{', or a literal"));
            }
        })
    }

    fn nested(&mut self, body: fn(&mut Self) -> Result<Json, String>) -> Result<Json, String> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEEPEST {
            return Err(format!(
                "Max nesting of {DEEPEST} has been exceeded while parsing JSON document"
            ));
        }
        let result = body(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn array(&mut self) -> Result<Json, String> {
        let mut items = Vec::new();
        let mut token = self.lexer.next();
        if token == Token::CloseArray {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(token)?);
            if !self.another(&Token::CloseArray, "array")? {
                return Ok(Json::Array(items));
            }
            token = self.lexer.next();
        }
    }

    fn object(&mut self) -> Result<Json, String> {
        let mut members = Vec::new();
        let mut token = self.lexer.next();
        if token == Token::CloseObject {
            return Ok(Json::Object(members));
        }
        loop {
            let Token::Text(key) = token else {
                return Err(self.wrong(&token, "object key", "string literal"));
            };
            self.expect(&Token::Colon, "object separator")?;
            let next = self.lexer.next();
            members.push((key, self.value(next)?));
            if !self.another(&Token::CloseObject, "object")? {
                return Ok(sorted(members));
            }
            token = self.lexer.next();
        }
    }
}
