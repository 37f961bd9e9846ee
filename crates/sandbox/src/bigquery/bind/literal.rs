//! Literals and parameters.
//!
//! Decides the type and value of what is written out. A literal's text comes from our own lexer; the
//! parser only carries its number.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use sqlparser::ast::{DataType, Expr as Ast, TypedString, Value as Written};

use super::typed::{Typed, Weight};
use super::{Binder, type_of};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{casts, number};
use crate::bigquery::syntax::Literal;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

impl Binder<'_> {
    /// The text of a string literal.
    pub(super) fn text(&self, expr: &Ast) -> Option<String> {
        let Ast::Value(value) = expr else { return None };
        let Written::SingleQuotedString(number) = &value.value else { return None };
        match self.source.literal(number)? {
            Literal::Text(text) => Some(text.clone()),
            Literal::Bytes(_) => None,
        }
    }

    pub(super) fn written(&self, value: &Written) -> Result<Typed, Fault> {
        let lost = || Fault::unsupported("This literal");
        match value {
            Written::Number(text, _) => numeral(text),
            Written::SingleQuotedString(number)
            | Written::SingleQuotedByteStringLiteral(number) => {
                Ok(match self.source.literal(number).ok_or_else(lost)? {
                    Literal::Text(text) => Typed::literal(&Value::Str(text.clone()), Type::String),
                    Literal::Bytes(bytes) => {
                        Typed::literal(&Value::Bytes(bytes.clone()), Type::Bytes)
                    }
                })
            }
            Written::Boolean(truth) => Ok(Typed::literal(&Value::Bool(*truth), Type::Bool)),
            Written::Null => Ok(Typed::null()),
            Written::Placeholder(name) => self.parameter(name),
            _ => Err(lost()),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Result<Typed, Fault> {
        let found = if name == "?" {
            let mut notes = self.notes.borrow_mut();
            let at = notes.positional;
            notes.positional = at.saturating_add(1);
            let mut positional = self.world.parameters.iter().filter(|p| p.name.is_empty());
            positional.nth(at).ok_or_else(|| {
                Fault::query(format!(
                    "Query parameter number {} is not defined",
                    at.saturating_add(1)
                ))
            })?
        } else {
            let name = name.trim_start_matches('@');
            let mut named = self.world.parameters.iter();
            named
                .find(|p| p.name.eq_ignore_ascii_case(name))
                .ok_or_else(|| Fault::query(format!("Query parameter '{name}' not found")))?
        };
        let mut typed = Typed::literal(&found.value, found.of.clone());
        typed.weight = Weight::Plain;
        Ok(typed)
    }

    /// `DATE '...'`, `NUMERIC '...'` and their kin.
    pub(super) fn typed_string(&self, literal: &TypedString) -> Result<Typed, Fault> {
        let Some(text) = self.text(&Ast::Value(literal.value.clone())) else {
            return Err(Fault::unsupported("This literal"));
        };
        if matches!(literal.data_type, DataType::Interval { .. }) {
            return Err(Fault::unsupported("An INTERVAL literal without a part"));
        }
        let of = type_of(&literal.data_type)?;
        if of == Type::Json {
            return self.library(
                "PARSE_JSON",
                vec![Typed::literal(&Value::Str(text), Type::String)],
                false,
                None,
            );
        }
        let invalid = || Fault::query(format!("Invalid {of} literal \"{text}\""));
        let most = match of {
            Type::Numeric => 9,
            Type::BigNumeric => 38,
            _ => i64::MAX,
        };
        if places(&text) > most {
            return Err(invalid());
        }
        let value = casts::cast(&Value::Str(text.clone()), &Type::String, &of);
        let value = value.map_err(|_| invalid())?;
        let mut typed = Typed::literal(&value, of);
        typed.weight = Weight::Plain;
        Ok(typed)
    }
}

/// Digits after the point of a written number, without zeros at its end.
fn places(text: &str) -> i64 {
    let (digits, power) = text.trim().split_once(['e', 'E']).unwrap_or((text.trim(), "0"));
    let Some((_, fraction)) = digits.split_once('.') else { return 0 };
    let count = i64::try_from(fraction.trim_end_matches('0').len()).unwrap_or(i64::MAX);
    count.saturating_sub(power.parse().unwrap_or(0))
}

/// A decimal written with a point, cast to NUMERIC or BIGNUMERIC: its digits count, not the float's.
pub(super) fn exact(ast: &Ast, to: &Type) -> Option<Result<Typed, Fault>> {
    if !matches!(to, Type::Numeric | Type::BigNumeric) {
        return None;
    }
    let (sign, ast) = match ast {
        Ast::UnaryOp { op: sqlparser::ast::UnaryOperator::Minus, expr } => ("-", expr.as_ref()),
        Ast::Nested(inner) => return exact(inner, to),
        other => ("", other),
    };
    let Ast::Value(value) = ast else { return None };
    let Written::Number(text, _) = &value.value else { return None };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = casts::cast(&Value::Str(format!("{sign}{text}")), &Type::String, to);
    Some(value.map(|value| Typed::new(Typed::literal(&value, to.clone()).expr, to.clone())))
}

/// A number as written: INT64 if it has no point and fits, else FLOAT64.
fn numeral(text: &str) -> Result<Typed, Fault> {
    if let Ok(value) = text.parse::<i64>() {
        return Ok(Typed::literal(&Value::Int(value), Type::Int64));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::query(format!("Invalid integer literal: {text}")));
    }
    let value = number::parse_float(text)
        .ok_or_else(|| Fault::query(format!("Invalid floating point literal: {text}")))?;
    let mut typed = Typed::literal(&Value::Float(value), Type::Float64);
    typed.weight = Weight::Literal;
    Ok(typed)
}
