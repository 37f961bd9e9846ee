//! Constructs of GoogleSQL that the parser does not know, written as ones it knows.
//!
//! Only the parser sees these tokens; what is sent is never changed here. Each exchange keeps every
//! table, column, call and subquery of the text in place, so that what is decided about the tree
//! holds for the text.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Whitespace, Word};

use super::Blocked;

/// The tokens of a canonical text, with what the parser does not know exchanged.
pub(super) fn adapt(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, Blocked> {
    if tokens.iter().any(|token| is_comment(&token.token)) {
        return Err(Blocked::new("text.comment", "The text can be read in two ways."));
    }
    let touched = tokens.iter().any(|token| matters(keyword_of(&token.token)));
    if !touched {
        return Ok(tokens);
    }
    let out = Vec::with_capacity(tokens.len().saturating_add(16));
    let mut adapter = Adapter { tokens, at: 0, out, unpivot: None, depth: 0 };
    while adapter.at < adapter.tokens.len() {
        adapter.step();
    }
    Ok(adapter.out)
}

const fn is_comment(token: &Token) -> bool {
    matches!(
        token,
        Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_))
    )
}

const fn matters(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::RANGE
            | Keyword::UNION
            | Keyword::EXCEPT
            | Keyword::INTERSECT
            | Keyword::UNPIVOT
            | Keyword::OFFSET
            | Keyword::TABLE
    )
}

struct Adapter {
    tokens: Vec<TokenWithSpan>,
    at: usize,
    out: Vec<TokenWithSpan>,
    /// Depth of brackets at which an UNPIVOT began.
    unpivot: Option<usize>,
    depth: usize,
}

fn word(value: &str, keyword: Keyword) -> Token {
    Token::Word(Word { value: value.to_owned(), quote_style: None, keyword })
}

const fn keyword_of(token: &Token) -> Keyword {
    if let Token::Word(word) = token { word.keyword } else { Keyword::NoKeyword }
}

const fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

impl Adapter {
    /// The place and the token of the n-th token from here that is no blank; 0 is the current one.
    fn ahead(&self, n: usize) -> Option<(usize, &Token)> {
        let rest = self.tokens.iter().enumerate().skip(self.at);
        rest.map(|(at, token)| (at, &token.token)).filter(|(_, token)| !is_blank(token)).nth(n)
    }

    fn keyword(&self, n: usize) -> Keyword {
        self.ahead(n).map_or(Keyword::NoKeyword, |(_, token)| keyword_of(token))
    }

    fn is(&self, n: usize, token: &Token) -> bool {
        self.ahead(n).is_some_and(|(_, found)| found == token)
    }

    /// The keyword of the n-th written token back that is no blank; 0 is the last one.
    fn behind(&self, n: usize) -> Keyword {
        let written = self.out.iter().rev().map(|token| &token.token);
        written.filter(|t| !is_blank(t)).nth(n).map_or(Keyword::NoKeyword, keyword_of)
    }

    fn write(&mut self, token: Token) {
        self.out.push(TokenWithSpan::new(token, Span::empty()));
        self.out.push(TokenWithSpan::new(Token::Whitespace(Whitespace::Space), Span::empty()));
    }

    fn copy(&mut self) {
        // Nothing looks back at the tokens that were read.
        let taken = self.tokens.get_mut(self.at);
        self.out
            .extend(taken.map(|token| std::mem::replace(token, TokenWithSpan::wrap(Token::EOF))));
        self.at = self.at.saturating_add(1);
    }

    /// Leaves out the next `count` tokens that are no blanks.
    fn skip(&mut self, count: usize) {
        if let Some((last, _)) = self.ahead(count.saturating_sub(1)) {
            self.at = last.saturating_add(1);
        }
    }

    /// The place behind a list of plain names in parentheses, if the n-th token from here opens one.
    fn list_end(&self, n: usize) -> Option<usize> {
        let (open, _) = self.ahead(n).filter(|(_, token)| **token == Token::LParen)?;
        let inner = self.tokens.iter().skip(open.saturating_add(1));
        let plain = |token: &Token| {
            is_blank(token) || *token == Token::Comma || matches!(token, Token::Word(_))
        };
        let length = inner.clone().take_while(|token| plain(&token.token)).count();
        let closed = inner.clone().nth(length).is_some_and(|end| end.token == Token::RParen);
        closed.then(|| open.saturating_add(length).saturating_add(2))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all other words are copied")]
    fn step(&mut self) {
        let Some(token) = self.tokens.get(self.at).map(|token| &token.token) else { return };
        let keyword = keyword_of(token);
        if *token == Token::LParen {
            self.depth = self.depth.saturating_add(1);
        } else if *token == Token::RParen {
            self.depth = self.depth.saturating_sub(1);
            self.unpivot = self.unpivot.filter(|depth| *depth < self.depth);
        }
        match keyword {
            Keyword::RANGE => self.range(),
            Keyword::LEFT | Keyword::FULL | Keyword::INNER => self.set_side(),
            Keyword::BY => self.by_name(),
            Keyword::CORRESPONDING => self.corresponding(),
            Keyword::UNPIVOT => {
                self.unpivot = Some(self.depth);
                self.copy();
            }
            Keyword::AS if self.unpivot.is_some() => self.unpivot_alias(),
            Keyword::OFFSET => self.offset(),
            Keyword::TABLE => self.table(),
            _ => self.copy(),
        }
    }

    /// `RANGE<T>` is read as the type `RANGE`, and before a literal as a date.
    fn range(&mut self) {
        let typed =
            matches!(self.keyword(2), Keyword::DATE | Keyword::DATETIME | Keyword::TIMESTAMP);
        if !(typed && self.is(1, &Token::Lt) && self.is(3, &Token::Gt)) {
            return self.copy();
        }
        let literal = matches!(self.ahead(4), Some((_, Token::SingleQuotedString(_))));
        self.skip(4);
        self.write(if literal {
            word("DATE", Keyword::DATE)
        } else {
            word("RANGE", Keyword::RANGE)
        });
    }

    /// `LEFT | FULL | INNER [OUTER] UNION`: which columns are kept, not which are read.
    fn set_side(&mut self) {
        let outer = usize::from(self.keyword(1) == Keyword::OUTER).saturating_add(1);
        let set =
            matches!(self.keyword(outer), Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT);
        if set { self.skip(outer) } else { self.copy() }
    }

    fn after_quantifier(&self) -> bool {
        let all = matches!(self.behind(0), Keyword::ALL | Keyword::DISTINCT);
        all && matches!(self.behind(1), Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT)
    }

    /// `UNION ALL BY NAME ON (columns)`.
    fn by_name(&mut self) {
        let named = self.keyword(1) == Keyword::NAME && self.keyword(2) == Keyword::ON;
        let end = self.list_end(3).filter(|_| named && self.after_quantifier());
        let Some(end) = end else { return self.copy() };
        self.at = end;
        self.write(word("BY", Keyword::BY));
        self.write(word("NAME", Keyword::NAME));
    }

    /// `UNION ALL CORRESPONDING [BY (columns)]`.
    fn corresponding(&mut self) {
        if !self.after_quantifier() {
            return self.copy();
        }
        let end = self.list_end(2).filter(|_| self.keyword(1) == Keyword::BY);
        self.skip(1);
        self.at = end.unwrap_or(self.at);
        self.write(word("BY", Keyword::BY));
        self.write(word("NAME", Keyword::NAME));
    }

    /// `UNPIVOT (... IN (a AS 1, b AS 'x'))`: the literal becomes a name.
    fn unpivot_alias(&mut self) {
        let literal =
            matches!(self.ahead(1), Some((_, Token::Number(..) | Token::SingleQuotedString(_))));
        self.copy();
        if literal {
            self.skip(1);
            self.write(Token::Whitespace(Whitespace::Space));
            self.write(word("literal", Keyword::NoKeyword));
        }
    }

    /// `WITH OFFSET` without a name has the name `offset`, and may stand behind a path.
    fn offset(&mut self) {
        if self.behind(0) != Keyword::WITH {
            return self.copy();
        }
        self.unnest_path();
        self.copy();
        let named = match self.ahead(0) {
            Some((_, Token::Word(next))) => {
                next.keyword == Keyword::AS || !ends_an_item(next.keyword)
            }
            Some(_) | None => false,
        };
        if !named {
            self.write(Token::Whitespace(Whitespace::Space));
            self.write(word("AS", Keyword::AS));
            self.write(word("offset", Keyword::NoKeyword));
        }
    }

    /// `t.a [AS] b WITH OFFSET` is read as `UNNEST((t.a)) [AS] b WITH OFFSET`.
    fn unnest_path(&mut self) {
        let solid: Vec<usize> = (0..self.out.len())
            .rev()
            .filter(|at| self.out.get(*at).is_some_and(|token| !is_blank(&token.token)))
            .take(20)
            .collect();
        let token = |n: usize| solid.get(n).and_then(|at| self.out.get(*at)).map(|t| &t.token);
        let name = |n: usize| matches!(token(n), Some(Token::Word(w)) if w.keyword != Keyword::AS);
        // Behind WITH (0): an alias, perhaps AS, then the path.
        let mut end = 1_usize;
        if name(1) && token(2).is_some_and(|t| keyword_of(t) == Keyword::AS) {
            end = 3;
        } else if name(1) && name(2) {
            end = 2;
        }
        if !name(end) {
            return;
        }
        let mut start = end;
        while token(start.saturating_add(1)) == Some(&Token::Period)
            && name(start.saturating_add(2))
        {
            start = start.saturating_add(2);
        }
        let before = token(start.saturating_add(1));
        let first = before.is_some_and(|t| {
            *t == Token::Comma || matches!(keyword_of(t), Keyword::FROM | Keyword::JOIN)
        });
        let (Some(first_at), Some(last_at)) = (solid.get(start), solid.get(end)) else { return };
        if !first || start == end {
            return;
        }
        let wrap = |token| TokenWithSpan::new(token, Span::empty());
        // The second pair of parentheses tells the walk that this was a path in a FROM.
        for _ in 0..2 {
            self.out.insert(last_at.saturating_add(1), wrap(Token::RParen));
        }
        for _ in 0..2 {
            self.out.insert(*first_at, wrap(Token::LParen));
        }
        self.out.insert(*first_at, wrap(word("UNNEST", Keyword::UNNEST)));
    }

    /// A table called `table`, which is a plain name in GoogleSQL.
    fn table(&mut self) {
        let named = matches!(self.behind(0), Keyword::FROM | Keyword::JOIN);
        if named && !self.is(1, &Token::LParen) {
            self.at = self.at.saturating_add(1);
            self.out.push(TokenWithSpan::new(word("table", Keyword::NoKeyword), Span::empty()));
        } else {
            self.copy();
        }
    }
}

/// Words that follow a whole item of a FROM, so that they cannot be its alias.
const fn ends_an_item(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::USING
            | Keyword::ON
            | Keyword::JOIN
            | Keyword::INNER
            | Keyword::CROSS
            | Keyword::LEFT
            | Keyword::RIGHT
            | Keyword::FULL
            | Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::QUALIFY
            | Keyword::WINDOW
            | Keyword::UNION
            | Keyword::EXCEPT
            | Keyword::INTERSECT
            | Keyword::TABLESAMPLE
            | Keyword::PIVOT
            | Keyword::UNPIVOT
    )
}
