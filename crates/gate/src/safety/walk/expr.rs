//! Expressions: every kind is named, and what BigQuery does not have is refused.
//!
//! Chains of operators lean to the left and may be thousands long, so a loop walks them. A subquery
//! is walked as a query that sees the names around it.

use sqlparser::ast::{
    AccessExpr, Array, BinaryOperator, CaseWhen, CastFormat, CastKind, CeilFloorKind, Expr,
    ExtractSyntax, FunctionArguments, Interval, ObjectNamePart, Subscript, TypedString,
    UnaryOperator, Value, ValueWithSpan,
};

use super::{Blocked, Checked, Walker, name, need};

impl Walker<'_> {
    /// Walks an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Checked<()> {
        let mut rest = expr;
        while let Expr::BinaryOp { left, op, right } = rest {
            operator(op)?;
            self.expr(right)?;
            rest = left;
        }
        self.term(rest)
    }

    fn all<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Checked<()> {
        expressions.into_iter().try_for_each(|expr| self.expr(expr))
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of expression, no logic")]
    fn term(&mut self, expr: &Expr) -> Checked<()> {
        match expr {
            Expr::Identifier(ident) => name(ident).map(drop),
            Expr::CompoundIdentifier(parts) => {
                parts.iter().try_for_each(|part| name(part).map(drop))
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.chain(root, access_chain),
            Expr::Value(value) => literal(value),
            Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax }) => {
                need(!uses_odbc_syntax, "shape.expression", "Braces are not allowed.")?;
                self.data_type(data_type)?;
                literal(value)
            }
            Expr::Function(function) => self.call(function, &[]),
            Expr::Nested(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => self.expr(inner),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.all([&**left, &**right])
            }
            Expr::BinaryOp { left, op, right } => {
                operator(op)?;
                self.all([&**left, &**right])
            }
            Expr::UnaryOp { op, expr } => {
                unary(op)?;
                self.expr(expr)
            }
            Expr::InList { expr, list, negated: _ } => {
                self.expr(expr)?;
                self.exprs(list)
            }
            Expr::InSubquery { expr, subquery, negated: _ } => {
                self.expr(expr)?;
                self.subquery(subquery).map(drop)
            }
            Expr::InUnnest { expr, array_expr, negated: _ } => self.all([&**expr, &**array_expr]),
            Expr::Between { expr, negated: _, low, high } => self.all([&**expr, &**low, &**high]),
            Expr::Like { negated: _, any: _, expr, pattern, escape_char } => {
                need(escape_char.is_none(), "shape.expression", "ESCAPE is not GoogleSQL.")?;
                self.expr(expr)?;
                self.pattern(pattern)
            }
            Expr::AnyOp { left, compare_op, right, is_some: _ }
            | Expr::AllOp { left, compare_op, right } => {
                operator(compare_op)?;
                self.all([&**left, &**right])
            }
            Expr::Cast { kind, expr, data_type, array, format } => {
                let known = matches!(kind, CastKind::Cast | CastKind::SafeCast) && !array;
                need(known, "shape.expression", "Write CAST or SAFE_CAST.")?;
                self.data_type(data_type)?;
                self.expr(expr)?;
                match format {
                    None => Ok(()),
                    Some(CastFormat::Value(format)) => literal(format),
                    Some(CastFormat::ValueAtTimeZone(format, zone)) => {
                        literal(format)?;
                        literal(zone)
                    }
                }
            }
            Expr::AtTimeZone { timestamp, time_zone } => self.all([&**timestamp, &**time_zone]),
            Expr::Extract { field: _, syntax, expr } => {
                let known = *syntax == ExtractSyntax::From;
                need(known, "shape.expression", "Write EXTRACT(part FROM value).")?;
                self.expr(expr)
            }
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                match field {
                    CeilFloorKind::DateTimeField(_) => {}
                    CeilFloorKind::Scale(scale) => literal(scale)?,
                }
                self.expr(expr)
            }
            Expr::Substring { expr, substring_from, substring_for, special, shorthand: _ } => {
                need(*special, "shape.expression", "Write SUBSTR(text, start, length).")?;
                self.all(
                    [Some(expr), substring_from.as_ref(), substring_for.as_ref()]
                        .into_iter()
                        .flatten()
                        .map(|part| &**part),
                )
            }
            Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                let plain = trim_where.is_none() && trim_what.is_none();
                need(plain, "shape.expression", "Write TRIM(text, characters).")?;
                self.expr(expr)?;
                self.exprs(trim_characters.as_deref().unwrap_or_default())
            }
            Expr::Collate { expr, collation } => {
                let plain = collation.0.iter().all(|part| match part {
                    ObjectNamePart::Identifier(_) => true,
                    ObjectNamePart::Function(_) => false,
                });
                need(plain, "shape.expression", "COLLATE takes a name.")?;
                self.expr(expr)
            }
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                self.all(operand.as_deref())?;
                for CaseWhen { condition, result } in conditions {
                    self.all([condition, result])?;
                }
                self.all(else_result.as_deref())
            }
            Expr::Exists { subquery, negated: _ } | Expr::Subquery(subquery) => {
                self.subquery(subquery).map(drop)
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                self.all(sets.iter().flatten())
            }
            Expr::Tuple(values) => self.exprs(values),
            Expr::Struct { values, fields } => {
                self.fields(fields)?;
                self.exprs(values)
            }
            Expr::Named { expr, name: of } => {
                name(of)?;
                self.expr(expr)
            }
            Expr::Array(Array { elem, named: _ }) => self.exprs(elem),
            Expr::Interval(Interval {
                value,
                leading_field: _,
                leading_precision,
                last_field: _,
                fractional_seconds_precision,
            }) => {
                let plain = leading_precision.is_none() && fractional_seconds_precision.is_none();
                need(plain, "shape.expression", "Write INTERVAL value part.")?;
                self.expr(value)
            }
            Expr::JsonAccess { .. }
            | Expr::IsNormalized { .. }
            | Expr::ILike { .. }
            | Expr::SimilarTo { .. }
            | Expr::RLike { .. }
            | Expr::Convert { .. }
            | Expr::Position { .. }
            | Expr::Overlay { .. }
            | Expr::Prefixed { .. }
            | Expr::Dictionary(_)
            | Expr::Map(_)
            | Expr::MatchAgainst { .. }
            | Expr::Wildcard(_)
            | Expr::QualifiedWildcard(..)
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::Lambda(_)
            | Expr::MemberOf(_) => {
                Err(Blocked::new("shape.expression", "This kind of expression is not GoogleSQL."))
            }
        }
    }

    /// A pattern of LIKE; the parser reads the patterns of `LIKE ALL (...)` as a call.
    fn pattern(&mut self, pattern: &Expr) -> Checked<()> {
        let Expr::Function(function) = pattern else { return self.expr(pattern) };
        let all =
            ["ALL", "SOME"].iter().any(|of| function.name.to_string().eq_ignore_ascii_case(of));
        match &function.args {
            FunctionArguments::List(list) if all && function.over.is_none() => self.arguments(list),
            FunctionArguments::List(_)
            | FunctionArguments::None
            | FunctionArguments::Subquery(_) => self.expr(pattern),
        }
    }

    /// Fields, elements and calls behind an expression. Names that stand unbroken before a call are
    /// the beginning of its name: `shop.f(x).y` calls `shop.f`.
    fn chain(&mut self, root: &Expr, chain: &[AccessExpr]) -> Checked<()> {
        let mut path: Option<Vec<&str>> = if let Expr::Identifier(ident) = root {
            Some(name(ident)?.split('.').collect())
        } else if let Expr::CompoundIdentifier(parts) = root {
            let names: Vec<&str> = parts.iter().map(name).collect::<Checked<_>>()?;
            Some(names.into_iter().flat_map(|part| part.split('.')).collect())
        } else {
            self.expr(root)?;
            None
        };
        for access in chain {
            match access {
                AccessExpr::Dot(Expr::Identifier(ident)) => {
                    let parts = name(ident)?.split('.');
                    path.iter_mut().for_each(|path| path.extend(parts.clone()));
                }
                AccessExpr::Dot(Expr::Function(function)) => {
                    self.call(function, &path.take().unwrap_or_default())?;
                }
                AccessExpr::Dot(part) => {
                    path = None;
                    self.expr(part)?;
                }
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    path = None;
                    self.expr(index)?;
                }
                AccessExpr::Subscript(Subscript::Slice { .. }) => {
                    let reason = "Slices of arrays are not GoogleSQL.";
                    return Err(Blocked::new("shape.expression", reason));
                }
            }
        }
        Ok(())
    }
}

/// The literals that the canonical lexer writes.
pub(super) fn literal(value: &ValueWithSpan) -> Checked<()> {
    let ValueWithSpan { value, span: _ } = value;
    match value {
        Value::Number(_, false)
        | Value::SingleQuotedString(_)
        | Value::SingleQuotedByteStringLiteral(_)
        | Value::HexStringLiteral(_)
        | Value::Boolean(_)
        | Value::Null
        | Value::Placeholder(_) => Ok(()),
        Value::Number(_, true)
        | Value::DollarQuotedString(_)
        | Value::TripleSingleQuotedString(_)
        | Value::TripleDoubleQuotedString(_)
        | Value::EscapedStringLiteral(_)
        | Value::UnicodeStringLiteral(_)
        | Value::DoubleQuotedByteStringLiteral(_)
        | Value::TripleSingleQuotedByteStringLiteral(_)
        | Value::TripleDoubleQuotedByteStringLiteral(_)
        | Value::SingleQuotedRawStringLiteral(_)
        | Value::DoubleQuotedRawStringLiteral(_)
        | Value::TripleSingleQuotedRawStringLiteral(_)
        | Value::TripleDoubleQuotedRawStringLiteral(_)
        | Value::NationalStringLiteral(_)
        | Value::QuoteDelimitedStringLiteral(_)
        | Value::NationalQuoteDelimitedStringLiteral(_)
        | Value::DoubleQuotedString(_) => {
            Err(Blocked::new("shape.literal", "This kind of literal is not GoogleSQL."))
        }
    }
}

fn unary(op: &UnaryOperator) -> Checked<()> {
    match op {
        UnaryOperator::Plus
        | UnaryOperator::Minus
        | UnaryOperator::Not
        | UnaryOperator::BitwiseNot => Ok(()),
        UnaryOperator::AtDashAt
        | UnaryOperator::BangNot
        | UnaryOperator::DoubleAt
        | UnaryOperator::Hash
        | UnaryOperator::PGAbs
        | UnaryOperator::PGCubeRoot
        | UnaryOperator::PGPostfixFactorial
        | UnaryOperator::PGPrefixFactorial
        | UnaryOperator::PGSquareRoot
        | UnaryOperator::QuestionDash
        | UnaryOperator::QuestionPipe => Err(foreign()),
    }
}

fn foreign() -> Blocked {
    Blocked::new("shape.operator", "This operator is not GoogleSQL.")
}

#[expect(clippy::too_many_lines, reason = "every operator is named, no logic")]
fn operator(op: &BinaryOperator) -> Checked<()> {
    match op {
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::StringConcat
        | BinaryOperator::Gt
        | BinaryOperator::Lt
        | BinaryOperator::GtEq
        | BinaryOperator::LtEq
        | BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::BitwiseOr
        | BinaryOperator::BitwiseAnd
        | BinaryOperator::BitwiseXor
        | BinaryOperator::PGBitwiseShiftLeft
        | BinaryOperator::PGBitwiseShiftRight => Ok(()),
        BinaryOperator::Modulo
        | BinaryOperator::Spaceship
        | BinaryOperator::Xor
        | BinaryOperator::DuckIntegerDivide
        | BinaryOperator::MyIntegerDivide
        | BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::Custom(_)
        | BinaryOperator::PGBitwiseXor
        | BinaryOperator::PGExp
        | BinaryOperator::PGOverlap
        | BinaryOperator::PGRegexMatch
        | BinaryOperator::PGRegexIMatch
        | BinaryOperator::PGRegexNotMatch
        | BinaryOperator::PGRegexNotIMatch
        | BinaryOperator::PGLikeMatch
        | BinaryOperator::PGILikeMatch
        | BinaryOperator::PGNotLikeMatch
        | BinaryOperator::PGNotILikeMatch
        | BinaryOperator::PGStartsWith
        | BinaryOperator::Arrow
        | BinaryOperator::LongArrow
        | BinaryOperator::HashArrow
        | BinaryOperator::HashLongArrow
        | BinaryOperator::AtAt
        | BinaryOperator::AtArrow
        | BinaryOperator::ArrowAt
        | BinaryOperator::HashMinus
        | BinaryOperator::AtQuestion
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe
        | BinaryOperator::PGCustomBinaryOperator(_)
        | BinaryOperator::Overlaps
        | BinaryOperator::DoubleHash
        | BinaryOperator::LtDashGt
        | BinaryOperator::AndLt
        | BinaryOperator::AndGt
        | BinaryOperator::LtLtPipe
        | BinaryOperator::PipeGtGt
        | BinaryOperator::AndLtPipe
        | BinaryOperator::PipeAndGt
        | BinaryOperator::LtCaret
        | BinaryOperator::GtCaret
        | BinaryOperator::QuestionHash
        | BinaryOperator::QuestionDash
        | BinaryOperator::QuestionDashPipe
        | BinaryOperator::QuestionDoublePipe
        | BinaryOperator::At
        | BinaryOperator::TildeEq
        | BinaryOperator::Assignment => Err(foreign()),
    }
}
