//! What the value of an expression derives from.
//!
//! An expression derives from everything inside it, also from conditions. Only a name, a field and
//! parentheses leave a value what it is. A kind of expression that is not listed is refused.

use sqlparser::ast::{
    AccessExpr, Array, BinaryOperator, CaseWhen, Expr, Interval, JsonPathElem, Query, Subscript,
    Value as Literal, ValueWithSpan,
};

use super::projection::path_of;
use super::tracer::{Checked, Tracer, need, refused};
use super::using::comparable;
use super::value::{Rows, Scope, Value};
use super::{Blocked, Clause};

impl Tracer<'_> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &Expr, scope: &Scope<'_>) -> Checked<Value> {
        self.spend(1)?;
        self.deeper(|tracer| tracer.eval_inside(expr, scope))
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other kinds are listed in `parts`, which names those it admits"
    )]
    fn eval_inside(&mut self, expr: &Expr, scope: &Scope<'_>) -> Checked<Value> {
        match expr {
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::CompoundFieldAccess { .. } => self.access(expr, scope),
            Expr::Nested(inner) => self.eval(inner, scope),
            Expr::BinaryOp { .. } => self.chain(expr, scope),
            Expr::Function(function) => self.function(function, scope),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), scope)
            }
            Expr::Value(ValueWithSpan { value, span: _ }) => literal(value),
            Expr::Subquery(query) => self.scalar(query, scope),
            Expr::Exists { subquery, negated: _ } => {
                // Whether a row exists depends on the filters inside, which are noted there.
                self.query(subquery, Some(scope))?;
                Ok(Value::default())
            }
            Expr::InSubquery { expr, subquery, negated: _ } => {
                let value = self.eval(expr, scope)?;
                let listed = self.scalar(subquery, scope)?;
                self.join(&value, &listed)
            }
            Expr::JsonAccess { value, path } => {
                let mut values = vec![self.eval(value, scope)?];
                for element in &path.path {
                    match element {
                        JsonPathElem::Dot { key: _, quoted: _ } => {}
                        JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } => {
                            values.push(self.eval(key, scope)?);
                        }
                    }
                }
                self.join_all(&values)
            }
            other => match parts(other) {
                Some(parts) => self.computed(parts, scope),
                None => refused("lineage.expression", "A kind of expression"),
            },
        }
    }

    /// A value computed from all of these.
    pub(super) fn computed<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
    ) -> Checked<Value> {
        let mut all = Value::default();
        for part in parts {
            let value = self.eval(part, scope)?;
            all = self.join(&all, &value)?;
        }
        Ok(all)
    }

    /// The value of a subquery in an expression, whatever its number of columns.
    pub(super) fn scalar(&mut self, query: &Query, scope: &Scope<'_>) -> Checked<Value> {
        let Rows { columns, element: _, title: _ } = self.query(query, Some(scope))?;
        self.join_all(columns.iter().map(|column| &column.value))
    }

    /// A name, a path of fields, or an access to an element.
    fn access(&mut self, expr: &Expr, scope: &Scope<'_>) -> Checked<Value> {
        if let Some(path) = path_of(expr) {
            return self.resolve(&path, scope);
        }
        let Expr::CompoundFieldAccess { root, access_chain } = expr else {
            return refused("lineage.expression", "This access to a field");
        };
        // A path ends at the first access that is no name; behind it, fields change nothing.
        let mut path = path_of(root).filter(|_| !matches!(**root, Expr::Nested(_)));
        let mut value = match path {
            Some(_) => Value::default(),
            None => self.eval(root, scope)?,
        };
        for access in access_chain {
            match (access, &mut path) {
                (AccessExpr::Dot(Expr::Identifier(ident)), Some(path)) => path.push(ident),
                (AccessExpr::Dot(Expr::Identifier(_)), None) => {}
                (AccessExpr::Dot(Expr::Function(call)), _) => {
                    // The names in front are a routine's, or the value the call is chained to.
                    let before = path.take().and_then(|path| self.resolve(&path, scope).ok());
                    let result = self.dotted_call(call, scope)?;
                    value = self.join_all([&value, &result].into_iter().chain(&before))?;
                }
                (AccessExpr::Dot(_), _) => return refused("lineage.access", "This access"),
                (AccessExpr::Subscript(Subscript::Index { index }), _) => {
                    if let Some(path) = path.take() {
                        value = self.resolve(&path, scope)?;
                    }
                    let index = self.eval(index, scope)?;
                    value = self.join(&value, &index)?;
                }
                (AccessExpr::Subscript(Subscript::Slice { .. }), _) => {
                    return refused("lineage.access", "A slice of an array");
                }
            }
        }
        match path {
            Some(path) => self.resolve(&path, scope),
            None => Ok(value),
        }
    }

    /// A chain of operators. It leans to the left, so a loop walks it.
    fn chain(&mut self, expr: &Expr, scope: &Scope<'_>) -> Checked<Value> {
        let mut rights = Vec::new();
        let mut first = expr;
        while let Expr::BinaryOp { left, op, right } = first {
            need(*op != BinaryOperator::Arrow, "lineage.lambda", "A lambda")?;
            rights.push((op, &**right));
            first = left;
        }
        let mut all = self.eval(first, scope)?;
        for (op, right) in rights.into_iter().rev() {
            let right = self.eval(right, scope)?;
            if *op == BinaryOperator::Eq {
                // Only a bare column still has a type here.
                comparable(&all, &right)?;
            }
            all = self.join(&all, &right)?;
        }
        Ok(all)
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Checked<Value> {
        let asked = conditions.iter().map(|CaseWhen { condition, result: _ }| condition);
        let asked = self.computed(operand.into_iter().chain(asked), scope)?;
        self.record(Clause::Condition, &asked);
        let results = conditions.iter().map(|CaseWhen { condition: _, result }| result);
        let results = self.computed(results.chain(otherwise), scope)?;
        self.join(&asked, &results)
    }
}

fn literal(value: &Literal) -> Checked<Value> {
    if let Literal::Placeholder(written) = value {
        need(!written.starts_with("@@"), "lineage.variable", "A variable of the system")?;
    }
    Ok(Value::default())
}

/// What an expression consists of, if everything it consists of is an expression.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a kind of expression that is not listed is refused by the caller"
)]
fn parts(expr: &Expr) -> Option<Vec<&Expr>> {
    Some(match expr {
        Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner)
        | Expr::UnaryOp { op: _, expr: inner }
        | Expr::IsNormalized { expr: inner, form: _, negated: _ }
        | Expr::Cast { kind: _, expr: inner, data_type: _, array: _, format: _ }
        | Expr::Extract { field: _, syntax: _, expr: inner }
        | Expr::Ceil { expr: inner, field: _ }
        | Expr::Floor { expr: inner, field: _ }
        | Expr::Collate { expr: inner, collation: _ }
        | Expr::Named { expr: inner, name: _ } => vec![&**inner],
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
            vec![&**left, &**right]
        }
        Expr::InUnnest { expr, array_expr, negated: _ } => vec![&**expr, &**array_expr],
        Expr::AtTimeZone { timestamp, time_zone } => vec![&**timestamp, &**time_zone],
        Expr::Position { expr, r#in } => vec![&**expr, &**r#in],
        Expr::Between { expr, negated: _, low, high } => vec![&**expr, &**low, &**high],
        Expr::Like { negated: _, any: _, expr, pattern, escape_char: _ } => {
            vec![&**expr, &**pattern]
        }
        Expr::AnyOp { left, compare_op: _, right, is_some: _ }
        | Expr::AllOp { left, compare_op: _, right } => vec![&**left, &**right],
        Expr::InList { expr, list, negated: _ } => std::iter::once(&**expr).chain(list).collect(),
        Expr::Substring { expr, substring_from, substring_for, special: _, shorthand: _ } => {
            let bounds = substring_from.iter().chain(substring_for).map(|bound| &**bound);
            std::iter::once(&**expr).chain(bounds).collect()
        }
        Expr::Trim { trim_where: _, trim_what, expr, trim_characters } => {
            let what = trim_what.iter().map(|what| &**what);
            let characters = trim_characters.iter().flatten();
            std::iter::once(&**expr).chain(what).chain(characters).collect()
        }
        Expr::Tuple(values) | Expr::Struct { values, fields: _ } => values.iter().collect(),
        Expr::Array(Array { elem, named: _ }) => elem.iter().collect(),
        Expr::Interval(Interval { value, .. }) => vec![&**value],
        Expr::TypedString(_) => Vec::new(),
        _ => return None,
    })
}

/// A refusal of arguments in a form that is not known.
pub(super) fn bad_argument() -> Blocked {
    Blocked::new("lineage.argument", "An argument in this form cannot be followed to its columns.")
}
