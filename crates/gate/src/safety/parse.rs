//! Parsing: the dialect, the caps before it, and the threads with a large stack it must run on.
//!
//! A deep tree aborts a process when it is cloned, compared or dropped on a small stack, so no tree
//! leaves the thread it was made on. The dialect changes how BigQuery's own constructs are read and
//! never admits anything by itself.

use std::any::TypeId;
use std::cell::Cell;

use sqlparser::ast::{Array, ArrayElemTypeDef, CastKind, DataType, Expr, Statement};
use sqlparser::dialect::{BigQueryDialect, Dialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::{Blocked, cut, prefix, tokens};

/// Longest text, in bytes.
pub(super) const MAX_TEXT: usize = 256 * 1024;
/// Most tokens in a text; bounds the size of the tree.
pub(super) const MAX_TOKENS: usize = 20_000;
/// Most nested constructs the parser follows.
const RECURSION_LIMIT: usize = 50;

/// Most attempts at an expression for each token. The parser tries again from the start of some
/// constructs when something inside them is wrong; nested, that would take for ever.
const ATTEMPTS: usize = 10;

/// BigQuery's dialect with the shift operators and typed array constructors.
#[derive(Debug)]
pub(super) struct GoogleSql {
    base: BigQueryDialect,
    /// Attempts at an expression that are left.
    attempts: Cell<usize>,
    /// Whether the commonest expressions are read the short way.
    short: bool,
}

impl GoogleSql {
    pub(super) const fn new(short: bool) -> Self {
        Self { base: BigQueryDialect, attempts: Cell::new(0), short }
    }
}

impl Dialect for GoogleSql {
    /// The parser asks for the type of the dialect in places; it must find BigQuery's.
    fn dialect(&self) -> TypeId {
        self.base.dialect()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        self.base.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.base.is_identifier_part(ch)
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.base.is_delimited_identifier_start(ch)
    }

    fn parse_statement(&self, parser: &mut Parser<'_>) -> Option<Result<Statement, ParserError>> {
        self.base.parse_statement(parser)
    }

    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let Some(left) = self.attempts.get().checked_sub(1) else {
            return Some(Err(ParserError::RecursionLimitExceeded));
        };
        self.attempts.set(left);
        let short = if self.short { prefix::short(parser) } else { None };
        short.or_else(|| typed_array(parser)).or_else(|| empty_struct(parser))
    }

    fn is_column_alias(&self, kw: &Keyword, parser: &mut Parser<'_>) -> bool {
        self.base.is_column_alias(kw, parser)
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn supports_projection_trailing_commas(&self) -> bool {
        self.base.supports_projection_trailing_commas()
    }

    fn supports_column_definition_trailing_commas(&self) -> bool {
        self.base.supports_column_definition_trailing_commas()
    }

    fn supports_triple_quoted_string(&self) -> bool {
        self.base.supports_triple_quoted_string()
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        self.base.supports_window_function_null_treatment_arg()
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        self.base.supports_string_literal_backslash_escape()
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        self.base.supports_window_clause_named_window_reference()
    }

    fn supports_parenthesized_set_variables(&self) -> bool {
        self.base.supports_parenthesized_set_variables()
    }

    fn supports_select_wildcard_except(&self) -> bool {
        self.base.supports_select_wildcard_except()
    }

    fn supports_select_wildcard_replace(&self) -> bool {
        self.base.supports_select_wildcard_replace()
    }

    fn require_interval_qualifier(&self) -> bool {
        self.base.require_interval_qualifier()
    }

    fn supports_struct_literal(&self) -> bool {
        self.base.supports_struct_literal()
    }

    fn supports_select_expr_star(&self) -> bool {
        self.base.supports_select_expr_star()
    }

    fn supports_execute_immediate(&self) -> bool {
        self.base.supports_execute_immediate()
    }

    fn supports_table_versioning(&self) -> bool {
        self.base.supports_table_versioning()
    }

    fn supports_group_by_expr(&self) -> bool {
        self.base.supports_group_by_expr()
    }

    fn supports_from_first_select(&self) -> bool {
        true
    }

    fn supports_pipe_operator(&self) -> bool {
        self.base.supports_pipe_operator()
    }

    fn supports_create_table_multi_schema_info_sources(&self) -> bool {
        self.base.supports_create_table_multi_schema_info_sources()
    }

    fn supports_comma_separated_trim(&self) -> bool {
        self.base.supports_comma_separated_trim()
    }
}

/// `ARRAY<type>[...]`, which the parser would read as the comparison `ARRAY < type > [...]`.
fn typed_array(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    let typed =
        parser.peek_keyword(Keyword::ARRAY) && parser.peek_nth_token_ref(1).token == Token::Lt;
    typed.then(|| {
        let data_type = parser.parse_data_type()?;
        if !matches!(data_type, DataType::Array(ArrayElemTypeDef::AngleBracket(_))) {
            return parser.expected("an array type", parser.peek_token());
        }
        parser.expect_token(&Token::LBracket)?;
        let elem = if parser.peek_token_ref().token == Token::RBracket {
            Vec::new()
        } else {
            parser.parse_comma_separated(Parser::parse_expr)?
        };
        parser.expect_token(&Token::RBracket)?;
        let values = Expr::Array(Array { elem, named: true });
        let expr = Box::new(values);
        Ok(Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None })
    })
}

/// `STRUCT()`, for which the parser wants a field.
fn empty_struct(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    let empty = parser.peek_keyword(Keyword::STRUCT)
        && parser.peek_nth_token_ref(1).token == Token::LParen
        && parser.peek_nth_token_ref(2).token == Token::RParen;
    empty.then(|| {
        for _ in 0..3 {
            parser.advance_token();
        }
        Ok(Expr::Struct { values: Vec::new(), fields: Vec::new() })
    })
}

/// Parses canonical text into its only statement.
pub(super) fn parse(canonical: &str) -> Result<Statement, Blocked> {
    let dialect = GoogleSql::new(true);
    let tokens = match cut::cut(canonical) {
        Some(tokens) => tokens,
        None => tokens_by_the_parser(&dialect, canonical)?,
    };
    parse_tokens(&dialect, tokens)
}

fn tokens_by_the_parser(
    dialect: &GoogleSql,
    canonical: &str,
) -> Result<Vec<TokenWithSpan>, Blocked> {
    let tokens = Tokenizer::new(dialect, canonical).with_unescape(false).tokenize_with_location();
    tokens.map_err(|error| refused(&error.into()))
}

fn parse_tokens(dialect: &GoogleSql, tokens: Vec<TokenWithSpan>) -> Result<Statement, Blocked> {
    let options = ParserOptions::new().with_unescape(false);
    let tokens = tokens::adapt(tokens)?;
    dialect.attempts.set(tokens.len().saturating_add(50).saturating_mul(ATTEMPTS));
    let statements = Parser::new(dialect)
        .with_recursion_limit(RECURSION_LIMIT)
        .with_options(options)
        .with_tokens_with_locations(tokens)
        .parse_statements();
    let statements = statements.map_err(|error| refused(&error))?;
    let mut statements = statements.into_iter();
    match (statements.next(), statements.next()) {
        (Some(statement), None) => Ok(statement),
        (_, _) => Err(Blocked::new("parse.statement", "Exactly one SELECT is expected.")),
    }
}

fn refused(error: &ParserError) -> Blocked {
    match error {
        ParserError::RecursionLimitExceeded => {
            Blocked::new("parse.too_deep", "The query is nested too deeply.")
                .next("Write inner queries as CTEs.")
        }
        ParserError::TokenizerError(_) | ParserError::ParserError(_) => {
            Blocked::new("parse.syntax", "The query is not one valid GoogleSQL SELECT.")
        }
    }
}

#[cfg(test)]
mod tests;
