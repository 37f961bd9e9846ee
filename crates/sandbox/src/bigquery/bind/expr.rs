//! Expressions.
//!
//! Decides the meaning and type of every expression the simulator claims; the match has no wildcard
//! that answers: what is not listed is refused by name.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use datafusion::logical_expr::{Expr, Like, Operator};
use sqlparser::ast::{BinaryOperator, CaseWhen, CastKind, Expr as Ast, UnaryOperator};

use super::scope::Scopes;
use super::typed::{Typed, cast, truth};
use super::{Binder, ops, type_of};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::casts;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

impl Binder<'_> {
    /// Binds an expression; a fault is given the place of the innermost expression that has one.
    pub(super) fn expr(&self, ast: &Ast, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        self.bind(ast, scopes).map_err(|fault| fault.at(self.place(ast)))
    }

    fn bind(&self, ast: &Ast, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        match ast {
            Ast::Identifier(name) => self.name(std::slice::from_ref(name), scopes),
            Ast::CompoundIdentifier(path) => self.name(path, scopes),
            Ast::Value(value) => self.written(&value.value),
            Ast::TypedString(literal) => self.typed_string(literal),
            Ast::Nested(inner) => self.expr(inner, scopes),
            Ast::UnaryOp { op, expr } => self.unary(*op, expr, scopes),
            Ast::BinaryOp { left, op, right } => self.binary(left, op, right, scopes),
            Ast::IsNull(inner) => self.is_null(inner, scopes, false),
            Ast::IsNotNull(inner) => self.is_null(inner, scopes, true),
            Ast::IsTrue(inner) => self.is_truth(inner, scopes, Expr::IsTrue),
            Ast::IsFalse(inner) => self.is_truth(inner, scopes, Expr::IsFalse),
            Ast::IsNotTrue(inner) => self.is_truth(inner, scopes, Expr::IsNotTrue),
            Ast::IsNotFalse(inner) => self.is_truth(inner, scopes, Expr::IsNotFalse),
            Ast::IsDistinctFrom(a, b) => self.distinct(a, b, scopes, Operator::IsDistinctFrom),
            Ast::IsNotDistinctFrom(a, b) => {
                self.distinct(a, b, scopes, Operator::IsNotDistinctFrom)
            }
            Ast::Between { expr, negated, low, high } => {
                self.between(expr, *negated, low, high, scopes)
            }
            Ast::InList { expr, list, negated } => self.in_list(expr, list, *negated, scopes),
            Ast::InUnnest { expr, array_expr, negated } => {
                self.in_unnest(expr, array_expr, *negated, scopes)
            }
            Ast::InSubquery { expr, subquery, negated } => {
                self.in_subquery(expr, subquery, *negated, scopes)
            }
            Ast::Exists { subquery, negated } => self.exists(subquery, *negated, scopes),
            Ast::Subquery(query) => self.scalar_subquery(query, scopes),
            Ast::Like { negated, any: false, expr, pattern, escape_char: None } => {
                self.like(expr, pattern, *negated, scopes)
            }
            Ast::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), scopes)
            }
            Ast::Cast { kind, expr, data_type, array: false, format: None } => {
                let safe = matches!(kind, CastKind::SafeCast);
                if let (Some(exact), false) =
                    (super::literal::exact(expr, &type_of(data_type)?), safe)
                {
                    return exact;
                }
                let typed = self.expr(expr, scopes)?;
                self.cast(typed, type_of(data_type)?, safe)
            }
            Ast::Extract { field, expr, .. } => self.extract(field, expr, scopes),
            Ast::Function(function) => self.call(function, scopes),
            Ast::Array(array) => self.array(&array.elem, scopes),
            Ast::Tuple(values) => self.tuple(values, scopes),
            Ast::Struct { values, fields } => self.record(values, fields, scopes),
            Ast::CompoundFieldAccess { root, access_chain } => {
                self.access(root, access_chain, scopes)
            }
            Ast::Interval(interval) => self.interval(interval, scopes),
            _ => Err(Fault::unsupported(kind_of(ast))),
        }
    }

    fn unary(&self, op: UnaryOperator, inner: &Ast, scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        if op == UnaryOperator::Minus
            && let Ast::Value(value) = inner
            && let sqlparser::ast::Value::Number(text, _) = &value.value
            && text == "9223372036854775808"
        {
            return Ok(Typed::literal(&Value::Int(i64::MIN), Type::Int64));
        }
        let typed = self.expr(inner, scopes)?;
        match op {
            UnaryOperator::Not => {
                Ok(Typed::new(Expr::Not(Box::new(self.boolean(typed, "NOT")?)), Type::Bool))
            }
            UnaryOperator::Plus if typed.of.is_number() => Ok(typed),
            UnaryOperator::Minus => negate(self, typed),
            UnaryOperator::BitwiseNot => self.library("~", vec![typed], false, None),
            _ => Err(Fault::unsupported(format!("The operator {op}"))),
        }
    }

    /// The expression as a truth value.
    pub(super) fn boolean(&self, typed: Typed, what: &str) -> Result<Expr, Fault> {
        if typed.fits(&Type::Bool) {
            return typed.to(&Type::Bool);
        }
        let message =
            format!("No matching signature for operator {what} for argument types: {}", typed.of);
        Err(Fault::query(message))
    }

    fn binary(
        &self,
        left: &Ast,
        op: &BinaryOperator,
        right: &Ast,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let place = self.place(left);
        let (a, b) = (self.expr(left, scopes)?, self.expr(right, scopes)?);
        match op {
            BinaryOperator::Plus => self.arithmetic("+", a, b, place),
            BinaryOperator::Minus => self.arithmetic("-", a, b, place),
            BinaryOperator::Multiply => self.arithmetic("*", a, b, place),
            BinaryOperator::Divide => self.arithmetic("/", a, b, place),
            BinaryOperator::BitwiseAnd => self.arithmetic("&", a, b, place),
            BinaryOperator::BitwiseOr => self.arithmetic("|", a, b, place),
            BinaryOperator::BitwiseXor => self.arithmetic("^", a, b, place),
            BinaryOperator::PGBitwiseShiftLeft => self.arithmetic("<<", a, b, place),
            BinaryOperator::PGBitwiseShiftRight => self.arithmetic(">>", a, b, place),
            BinaryOperator::Eq => self.compare(a, Operator::Eq, b, place),
            BinaryOperator::NotEq => self.compare(a, Operator::NotEq, b, place),
            BinaryOperator::Lt => self.compare(a, Operator::Lt, b, place),
            BinaryOperator::LtEq => self.compare(a, Operator::LtEq, b, place),
            BinaryOperator::Gt => self.compare(a, Operator::Gt, b, place),
            BinaryOperator::GtEq => self.compare(a, Operator::GtEq, b, place),
            BinaryOperator::And => self.logical(a, Operator::And, b),
            BinaryOperator::Or => self.logical(a, Operator::Or, b),
            BinaryOperator::StringConcat => self.concatenate(vec![a, b], place),
            _ => Err(Fault::unsupported(format!("The operator {op}"))),
        }
    }

    fn logical(&self, a: Typed, op: Operator, b: Typed) -> Result<Typed, Fault> {
        let name = op.to_string();
        let (a, b) = (self.boolean(a, &name)?, self.boolean(b, &name)?);
        Ok(Typed::new(datafusion::logical_expr::binary_expr(a, op, b), Type::Bool))
    }

    fn is_null(&self, inner: &Ast, scopes: &Scopes<'_>, not: bool) -> Result<Typed, Fault> {
        let expr = Box::new(self.expr(inner, scopes)?.expr);
        let expr = if not { Expr::IsNotNull(expr) } else { Expr::IsNull(expr) };
        Ok(Typed::new(expr, Type::Bool))
    }

    fn is_truth(
        &self,
        inner: &Ast,
        scopes: &Scopes<'_>,
        wrap: fn(Box<Expr>) -> Expr,
    ) -> Result<Typed, Fault> {
        let typed = self.expr(inner, scopes)?;
        Ok(Typed::new(wrap(Box::new(self.boolean(typed, "IS")?)), Type::Bool))
    }

    fn distinct(
        &self,
        a: &Ast,
        b: &Ast,
        scopes: &Scopes<'_>,
        op: Operator,
    ) -> Result<Typed, Fault> {
        let (a, b) = (self.expr(a, scopes)?, self.expr(b, scopes)?);
        let (exprs, of) = ops::unify(vec![a, b], "operator IS DISTINCT FROM")?;
        let mut exprs = exprs.into_iter();
        match (exprs.next(), exprs.next()) {
            (Some(a), Some(b)) if of.is_groupable() => {
                Ok(Typed::new(datafusion::logical_expr::binary_expr(a, op, b), Type::Bool))
            }
            _ => Err(Fault::unsupported(format!("IS DISTINCT FROM of {of}"))),
        }
    }

    fn between(
        &self,
        expr: &Ast,
        negated: bool,
        low: &Ast,
        high: &Ast,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let of = self.expr(expr, scopes)?;
        let (low, high) = (self.expr(low, scopes)?, self.expr(high, scopes)?);
        let above = self.compare(of.clone(), Operator::GtEq, low, None)?;
        let below = self.compare(of, Operator::LtEq, high, None)?;
        let both = above.expr.and(below.expr);
        let both = if negated { Expr::Not(Box::new(both)) } else { both };
        Ok(Typed::new(both, Type::Bool))
    }

    fn in_list(
        &self,
        expr: &Ast,
        list: &[Ast],
        negated: bool,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let mut all = vec![self.expr(expr, scopes)?];
        for item in list {
            all.push(self.expr(item, scopes)?);
        }
        let (mut exprs, of) = ops::unify(all, "operator IN")?;
        if !of.is_groupable() || of == Type::Float64 {
            return self.in_floats(exprs, &of, negated);
        }
        let first = exprs.remove(0);
        Ok(Typed::new(first.in_list(exprs, negated), Type::Bool))
    }

    /// IN as a chain of `=`, for the type whose equality the engine does not share.
    fn in_floats(&self, exprs: Vec<Expr>, of: &Type, negated: bool) -> Result<Typed, Fault> {
        let mut typed = exprs.into_iter().map(|expr| Typed::new(expr, of.clone()));
        let Some(first) = typed.next() else {
            return Ok(Typed::new(truth(Some(false)), Type::Bool));
        };
        let mut any: Option<Expr> = None;
        for item in typed {
            let equal = self.compare(first.clone(), Operator::Eq, item, None)?.expr;
            any = Some(any.map_or(equal.clone(), |any| any.or(equal)));
        }
        let any = any.unwrap_or_else(|| truth(Some(false)));
        Ok(Typed::new(if negated { Expr::Not(Box::new(any)) } else { any }, Type::Bool))
    }

    fn like(
        &self,
        expr: &Ast,
        pattern: &Ast,
        negated: bool,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let (expr, pattern) = (self.expr(expr, scopes)?, self.expr(pattern, scopes)?);
        if !expr.fits(&Type::String) || !pattern.fits(&Type::String) {
            return Err(ops::no_signature("operator", "LIKE", &[expr, pattern]));
        }
        let (expr, pattern) = (expr.to(&Type::String)?, pattern.to(&Type::String)?);
        let like = Like::new(negated, Box::new(expr), Box::new(pattern), None, false);
        Ok(Typed::new(Expr::Like(like), Type::Bool))
    }

    fn case(
        &self,
        operand: Option<&Ast>,
        conditions: &[CaseWhen],
        otherwise: Option<&Ast>,
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let operand = operand.map(|operand| self.expr(operand, scopes)).transpose()?;
        let mut whens = Vec::new();
        let mut results = Vec::new();
        for case in conditions {
            let condition = self.expr(&case.condition, scopes)?;
            whens.push(match &operand {
                Some(operand) => self.compare(operand.clone(), Operator::Eq, condition, None)?.expr,
                None => self.boolean(condition, "CASE")?,
            });
            results.push(self.expr(&case.result, scopes)?);
        }
        if let Some(otherwise) = otherwise {
            results.push(self.expr(otherwise, scopes)?);
        }
        let (mut exprs, of) = ops::unify(results, "operator CASE")?;
        let otherwise = if otherwise.is_some() { exprs.pop().map(Box::new) } else { None };
        let pairs = whens.into_iter().map(Box::new).zip(exprs.into_iter().map(Box::new)).collect();
        let case = datafusion::logical_expr::Case::new(None, pairs, otherwise);
        Ok(Typed::new(Expr::Case(case), of))
    }

    /// An explicit cast.
    pub(super) fn cast(&self, typed: Typed, to: Type, safe: bool) -> Result<Typed, Fault> {
        if typed.weight == super::typed::Weight::Nothing {
            return Ok(Typed::new(typed.to(&to)?, to));
        }
        if typed.of == to {
            return Ok(Typed::new(typed.expr, to));
        }
        if !casts::castable(&typed.of, &to) {
            return Err(Fault::query(format!("Invalid cast from {} to {to}", typed.of)));
        }
        Ok(Typed::new(cast(typed.expr, typed.of, to.clone(), safe), to))
    }
}

fn negate(binder: &Binder<'_>, typed: Typed) -> Result<Typed, Fault> {
    let negated = match typed.value() {
        Some(Value::Int(n)) => n.checked_neg().map(Value::Int),
        Some(Value::Float(x)) => Some(Value::Float(-x)),
        _ => None,
    };
    if let (Some(value), super::typed::Weight::Literal) = (negated, typed.weight) {
        return Ok(Typed::literal(&value, typed.of));
    }
    binder.library("NEG", vec![typed], false, None)
}

/// What to call a construct in a refusal.
fn kind_of(ast: &Ast) -> String {
    let debug = format!("{ast:?}");
    let name: String = debug.chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("The construct {name}")
}
