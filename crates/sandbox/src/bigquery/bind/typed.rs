//! An expression with its BigQuery type, and coercion from one type to another.
//!
//! Decides which coercions are implicit. A literal and NULL coerce further than a column does.

use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::{Expr, lit};

use crate::bigquery::engine::constant;
use crate::bigquery::engine::scalar::{Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::casts;
use crate::bigquery::types::Type;
use crate::bigquery::value::{Value, read};

/// How far an expression coerces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// An expression of its type.
    Plain,
    /// A literal: a string literal is also taken as a date and the like.
    Literal,
    /// NULL or `[]`: taken as anything (of arrays, for `[]`).
    Nothing,
}

/// A bound expression.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) expr: Expr,
    pub(crate) of: Type,
    pub(crate) weight: Weight,
}

impl Typed {
    pub(crate) const fn new(expr: Expr, of: Type) -> Self {
        Self { expr, of, weight: Weight::Plain }
    }

    /// A constant that coerces as a literal does.
    pub(crate) fn literal(value: &Value, of: Type) -> Self {
        Self { expr: lit(constant(value, &of)), of, weight: Weight::Literal }
    }

    /// The untyped NULL.
    pub(crate) fn null() -> Self {
        let of = Type::Int64;
        Self { expr: lit(constant(&Value::Null, &of)), of, weight: Weight::Nothing }
    }

    /// The value, if it is a constant.
    pub(crate) fn value(&self) -> Option<Value> {
        let Expr::Literal(scalar, _) = &self.expr else { return None };
        scalar.to_array().ok().map(|array| read(&array, 0, &self.of))
    }

    pub(crate) fn is_null(&self) -> bool {
        self.weight == Weight::Nothing && !matches!(self.of, Type::Array(_))
    }

    /// Whether it is taken as `wanted` without a cast.
    pub(crate) fn fits(&self, wanted: &Type) -> bool {
        match (self.weight, wanted) {
            (Weight::Nothing, Type::Array(_)) => true,
            (Weight::Nothing, _) if self.is_null() => true,
            (Weight::Literal, _) => self.of.literal_coerces_to(wanted),
            (Weight::Plain | Weight::Nothing, _) => self.of.coerces_to(wanted),
        }
    }

    /// The expression as `wanted`.
    ///
    /// # Errors
    /// A literal that has no value of that type.
    pub(crate) fn to(self, wanted: &Type) -> Result<Expr, Fault> {
        if self.of == *wanted {
            return Ok(self.expr);
        }
        if self.weight == Weight::Nothing {
            let value = if self.is_null() { Value::Null } else { Value::Array(Vec::new()) };
            return Ok(lit(constant(&value, wanted)));
        }
        if self.weight == Weight::Literal
            && self.of == Type::String
            && let Some(Value::Str(text)) = self.value()
        {
            let cast = casts::cast(&Value::Str(text.clone()), &self.of, wanted);
            let value = cast.map_err(|_| {
                Fault::query(format!("Could not cast literal \"{text}\" to type {wanted}"))
            })?;
            return Ok(lit(constant(&value, wanted)));
        }
        if self.weight == Weight::Literal
            && matches!(wanted, Type::Numeric | Type::BigNumeric)
            && let Some(Value::Float(number)) = self.value()
        {
            // The digits count that are written, not those of the nearest float.
            let value = casts::cast(&Value::Str(format!("{number:?}")), &Type::String, wanted)?;
            return Ok(lit(constant(&value, wanted)));
        }
        if self.of.arrow() == wanted.arrow() {
            return Ok(self.expr);
        }
        Ok(cast(self.expr, self.of, wanted.clone(), false))
    }
}

/// A cast by BigQuery's rules.
pub(crate) fn cast(expr: Expr, from: Type, to: Type, safe: bool) -> Expr {
    if from == Type::Int64 && to == Type::Float64 {
        return datafusion::logical_expr::cast(expr, to.arrow());
    }
    let (source, target) = (from.clone(), to.clone());
    Scalar {
        name: "cast".to_owned(),
        args: vec![from],
        result: to,
        strict: true,
        safe,
        imp: Imp::Closure(std::sync::Arc::new(move |args| match args {
            [value] => casts::cast(value, &source, &target),
            _ => Ok(Value::Null),
        })),
    }
    .call(vec![expr])
}

/// A column by its unique name.
pub(crate) fn column(id: &str) -> Expr {
    Expr::Column(Column::new_unqualified(id))
}

/// A truth value.
pub(crate) fn truth(value: Option<bool>) -> Expr {
    lit(ScalarValue::Boolean(value))
}
