//! Cuts a canonical text into the parser's tokens, faster than the parser's own tokenizer does.
//!
//! A canonical text is plain: no comments, literals without quotes inside, single blanks. What is not
//! among the commonest tokens is not guessed at: the whole text is then left to the parser's tokenizer.
//! Both must give the same tokens; blanks are kept only around a minus, where the parser looks at them.

use std::sync::LazyLock;

use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Whitespace, Word};

/// Longest keyword that is looked for, and one more.
const LENGTHS: usize = 40;

/// The parser's keywords by first letter and length.
static KEYWORDS: LazyLock<Vec<Vec<(&'static str, Keyword)>>> = LazyLock::new(|| {
    let mut table = vec![Vec::new(); LENGTHS.saturating_mul(27)];
    for (text, keyword) in ALL_KEYWORDS.iter().zip(ALL_KEYWORDS_INDEX) {
        if let Some(place) = table.get_mut(place(text)) {
            place.push((*text, *keyword));
        }
    }
    table
});

/// Where a word of this letter and length is looked for.
fn place(word: &str) -> usize {
    let first = word.as_bytes().first().copied().unwrap_or_default().to_ascii_uppercase();
    let letter = first.checked_sub(b'A').filter(|letter| *letter < 26).unwrap_or(26);
    usize::from(letter).saturating_mul(LENGTHS).saturating_add(word.len().min(LENGTHS - 1))
}

fn keyword(word: &str) -> Keyword {
    let near = KEYWORDS.get(place(word)).into_iter().flatten();
    near.into_iter()
        .find(|(text, _)| text.eq_ignore_ascii_case(word))
        .map_or(Keyword::NoKeyword, |(_, keyword)| *keyword)
}

/// The tokens of a canonical text; None if one of them is not plain.
pub(super) fn cut(canonical: &str) -> Option<Vec<TokenWithSpan>> {
    let mut cutter = Cutter { rest: canonical, out: Vec::with_capacity(canonical.len() / 4) };
    while let Some(first) = cutter.byte(0) {
        cutter.token(first)?;
    }
    Some(cutter.out)
}

struct Cutter<'a> {
    rest: &'a str,
    out: Vec<TokenWithSpan>,
}

impl<'a> Cutter<'a> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.rest.as_bytes().get(at).copied()
    }

    /// Takes what lies before this place.
    fn take(&mut self, bytes: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(taken)
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> Option<&'a str> {
        let bytes = self.rest.as_bytes();
        self.take(bytes.iter().position(|byte| !keep(*byte)).unwrap_or(bytes.len()))
    }

    fn push(&mut self, token: Token) {
        self.out.push(TokenWithSpan::new(token, Span::empty()));
    }

    fn token(&mut self, first: u8) -> Option<()> {
        let token = match first {
            b' ' => {
                self.take(1)?;
                let minus = Some(&Token::Minus) == self.out.last().map(|last| &last.token);
                if !minus && self.byte(0) != Some(b'-') {
                    return Some(());
                }
                Token::Whitespace(Whitespace::Space)
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word()?,
            b'@' => self.parameter()?,
            b'`' => {
                let value = self.enclosed(b'`')?.to_owned();
                let keyword = Keyword::NoKeyword;
                Token::Word(Word { value, quote_style: Some('`'), keyword })
            }
            b'\'' => Token::SingleQuotedString(self.enclosed(b'\'')?.to_owned()),
            b'0'..=b'9' => self.number()?,
            _ => self.symbol(first)?,
        };
        self.push(token);
        Some(())
    }

    fn word(&mut self) -> Option<Token> {
        let value = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_')?;
        if self.byte(0) == Some(b'\'') {
            let bytes = value == "b";
            let text = self.enclosed(b'\'').filter(|_| bytes)?;
            return Some(Token::SingleQuotedByteStringLiteral(text.to_owned()));
        }
        let keyword = keyword(value);
        Some(Token::Word(Word { value: value.to_owned(), quote_style: None, keyword }))
    }

    /// A named parameter, which the parser takes for a word.
    fn parameter(&mut self) -> Option<Token> {
        let named = self.byte(1)?.is_ascii_alphabetic();
        let bytes = self.rest.as_bytes().iter().skip(1);
        let name = bytes.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let value = self.take(name.saturating_add(1)).filter(|_| named)?.to_owned();
        let plain = self.byte(0).is_none_or(|byte| !matches!(byte, b'@' | b'\'' | b'`'));
        let word = Word { value, quote_style: None, keyword: Keyword::NoKeyword };
        plain.then_some(Token::Word(word))
    }

    fn after_word(&self) -> bool {
        matches!(self.out.last().map(|last| &last.token), Some(Token::Word(_)))
    }

    /// What stands between this quote and the next one, which no third one may follow.
    fn enclosed(&mut self, quote: u8) -> Option<&'a str> {
        self.take(1)?;
        let text = self.take_while(|byte| byte != quote)?;
        self.take(1)?;
        (self.byte(0) != Some(quote)).then_some(text)
    }

    /// Digits, perhaps with a point between them; other numbers are not plain.
    fn number(&mut self) -> Option<Token> {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut length = digits(0);
        if self.byte(length) == Some(b'.') {
            let fraction = digits(length.saturating_add(1));
            length = length.saturating_add(fraction).saturating_add(1);
            if fraction == 0 {
                return None;
            }
        }
        let after_dot = Some(&Token::Period) == self.out.last().map(|last| &last.token);
        let goes_on = self
            .byte(length)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        if after_dot || goes_on {
            return None;
        }
        Some(Token::Number(self.take(length)?.to_owned(), false))
    }

    fn symbol(&mut self, first: u8) -> Option<Token> {
        let next = self.byte(1).unwrap_or(b' ');
        let (length, token) = match (first, next) {
            (b'(', _) => (1, Token::LParen),
            (b')', _) => (1, Token::RParen),
            (b'[', _) => (1, Token::LBracket),
            (b']', _) => (1, Token::RBracket),
            (b',', _) => (1, Token::Comma),
            (b'*', _) => (1, Token::Mul),
            (b'+', _) => (1, Token::Plus),
            (b'.', b'a'..=b'z' | b'A'..=b'Z' | b'`' | b'*' | b'[' | b' ') => (1, Token::Period),
            (b'.', b'_') if self.after_word() => (1, Token::Period),
            (b'/', _) if !operates(next) => (1, Token::Div),
            (b'-', _) if !operates(next) => (1, Token::Minus),
            (b'=', b'>') => (2, Token::RArrow),
            (b'=', _) if !operates(next) => (1, Token::Eq),
            (b'!', b'=') => (2, Token::Neq),
            (b'<', b'=') => (2, Token::LtEq),
            (b'<', b'>') => (2, Token::Neq),
            (b'<', b'<') => (2, Token::ShiftLeft),
            (b'<', _) if !operates(next) => (1, Token::Lt),
            (b'>', b'=') => (2, Token::GtEq),
            (b'>', b'>') => (2, Token::ShiftRight),
            (b'>', _) if !operates(next) => (1, Token::Gt),
            (b'|', b'|') => (2, Token::StringConcat),
            (b'|', b'>') => (2, Token::VerticalBarRightAngleBracket),
            (_, _) => return None,
        };
        self.take(length)?;
        // A third sign could belong to the second.
        let plain = length == 1 || !self.byte(0).is_some_and(operates);
        plain.then_some(token)
    }
}

/// Whether the sign may be a part of an operator of several signs.
const fn operates(byte: u8) -> bool {
    matches!(
        byte,
        b'=' | b'<'
            | b'>'
            | b'|'
            | b'&'
            | b'^'
            | b'~'
            | b'?'
            | b'!'
            | b'-'
            | b'*'
            | b'/'
            | b'#'
            | b'@'
            | b'%'
            | b':'
            | b'+'
    )
}

#[cfg(test)]
mod tests;
