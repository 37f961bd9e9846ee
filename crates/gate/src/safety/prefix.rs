//! Short ways to the commonest expressions: a name, a call, a number, a text.
//!
//! The parser tries to read each of them as a type first and puts an error together before it goes on.
//! These read the same tree at once; whatever is not plainly one of them is left to the parser.

use sqlparser::ast::{Expr, Ident, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Word};

/// The expression at this place if it is one of the commonest; nothing is taken otherwise.
pub(super) fn short(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    let [first, second] = parser.peek_tokens_ref();
    match (&first.token, &second.token) {
        (Token::Number(..) | Token::SingleQuotedString(_), _) => {
            Some(parser.parse_value().map(Expr::Value))
        }
        // A text behind a word makes it a type or a prefix; the parser knows which.
        (_, Token::SingleQuotedString(_) | Token::LBracket | Token::Arrow) => None,
        (Token::Word(word), _) if constant(word) => Some(parser.parse_value().map(Expr::Value)),
        (Token::Word(word), after) if plain(word) => {
            let called = *after == Token::LParen;
            let ident = Ident {
                value: word.value.clone(),
                quote_style: word.quote_style,
                span: first.span,
            };
            parser.advance_token();
            Some(if called {
                parser.parse_function(ObjectName::from(vec![ident]))
            } else {
                Ok(Expr::Identifier(ident))
            })
        }
        _ => None,
    }
}

const fn constant(word: &Word) -> bool {
    matches!(word.keyword, Keyword::NULL | Keyword::TRUE | Keyword::FALSE)
}

/// Whether the word is a name at the beginning of an expression: it begins no type and no syntax.
const fn plain(word: &Word) -> bool {
    matches!(
        word.keyword,
        Keyword::NoKeyword
            | Keyword::AVG
            | Keyword::CATEGORY
            | Keyword::CHANNEL
            | Keyword::COALESCE
            | Keyword::COUNT
            | Keyword::DATA
            | Keyword::DAY
            | Keyword::EVENT
            | Keyword::ID
            | Keyword::IF
            | Keyword::KEY
            | Keyword::LAG
            | Keyword::LEAD
            | Keyword::LOWER
            | Keyword::MAX
            | Keyword::METRICS
            | Keyword::MIN
            | Keyword::MONTH
            | Keyword::NAME
            | Keyword::NULLIF
            | Keyword::RANK
            | Keyword::REGION
            | Keyword::ROW_NUMBER
            | Keyword::SHARED
            | Keyword::SOURCE
            | Keyword::STATUS
            | Keyword::SUM
            | Keyword::TYPE
            | Keyword::UPPER
            | Keyword::VALUE
            | Keyword::VERSION
            | Keyword::WEEK
            | Keyword::YEAR
    )
}
