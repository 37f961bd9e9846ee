//! BigQuery's dialect for the parser, with what the parser's own lacks.
//!
//! Decides nothing about meaning. The type id stays BigQuery's, so that the parser's own special
//! cases for it apply.

use std::any::TypeId;

use sqlparser::dialect::{BigQueryDialect, Dialect};

/// BigQuery with shift operators.
#[derive(Debug, Default)]
pub(super) struct BigQuery(BigQueryDialect);

macro_rules! same {
    ($($name:ident),* $(,)?) => {
        $(fn $name(&self) -> bool { self.0.$name() })*
    };
}

impl Dialect for BigQuery {
    fn dialect(&self) -> TypeId {
        TypeId::of::<BigQueryDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.0.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        self.0.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.0.is_identifier_part(ch)
    }

    fn is_column_alias(
        &self,
        keyword: &sqlparser::keywords::Keyword,
        parser: &mut sqlparser::parser::Parser<'_>,
    ) -> bool {
        self.0.is_column_alias(keyword, parser)
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn parse_statement(
        &self,
        parser: &mut sqlparser::parser::Parser<'_>,
    ) -> Option<Result<sqlparser::ast::Statement, sqlparser::parser::ParserError>> {
        self.0.parse_statement(parser)
    }

    same!(
        supports_projection_trailing_commas,
        supports_column_definition_trailing_commas,
        supports_triple_quoted_string,
        supports_window_function_null_treatment_arg,
        supports_window_clause_named_window_reference,
        supports_parenthesized_set_variables,
        supports_select_wildcard_except,
        require_interval_qualifier,
        supports_struct_literal,
        supports_select_expr_star,
        supports_execute_immediate,
        supports_table_versioning,
        supports_group_by_expr,
        supports_pipe_operator,
        supports_create_table_multi_schema_info_sources,
        supports_select_wildcard_replace,
    );
}
