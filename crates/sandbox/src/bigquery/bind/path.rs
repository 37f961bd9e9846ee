//! Names and paths: columns, range variables and fields.
//!
//! Decides what `a.b.c` means; a range variable comes before a column of its name.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use sqlparser::ast::{AccessExpr, Expr as Ast, Ident, Subscript};

use super::Binder;
use super::scope::{Found, Scopes, reference};
use super::typed::Typed;
use crate::bigquery::engine::scalar::{Imp, Scalar};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

impl Binder<'_> {
    /// A name: a column, a range variable, or a field of one.
    pub(super) fn name(&self, path: &[Ident], scopes: &Scopes<'_>) -> Result<Typed, Fault> {
        let Some((first, rest)) = path.split_first() else {
            return Err(Fault::unsupported("An empty name"));
        };
        if first.value.starts_with("@@") {
            return Err(Fault::unsupported(format!("The system variable {}", first.value)));
        }
        if first.value.starts_with('@') {
            return self.fields(self.parameter(&first.value)?, rest);
        }
        let place = self.source.of(first);
        if let (Some(second), Some(row)) = (rest.first(), scopes.row(&first.value)) {
            return self.of_row(&row, second, rest.get(1..).unwrap_or_default(), first);
        }
        let found = scopes.find(&first.value).map_err(|fault| fault.at(place))?;
        match found {
            Some(Found::Expr(typed)) => self.fields(typed, rest),
            Some(Found::Row(item, out)) => {
                let parts = item.columns.iter().filter(|column| !column.hidden);
                let parts = parts.map(|c| (c.name.clone(), reference(c, out))).collect();
                Ok(make_struct(parts))
            }
            None => {
                let near = self.near(&first.value, scopes);
                Err(Fault::query(format!("Unrecognized name: {}{near}", first.value)).at(place))
            }
        }
    }

    /// A column of a range variable, and fields of it.
    fn of_row(
        &self,
        (item, out): &(super::scope::Item, usize),
        column: &Ident,
        rest: &[Ident],
        alias: &Ident,
    ) -> Result<Typed, Fault> {
        let same = |c: &&super::Col| c.name.eq_ignore_ascii_case(&column.value);
        let Some(found) = item.columns.iter().find(same) else {
            let message = format!("Name {} not found inside {}", column.value, alias.value);
            return Err(Fault::query(message).at(self.source.of(column)));
        };
        self.fields(reference(found, *out), rest)
    }

    /// "; Did you mean x?" for the nearest column.
    fn near(&self, name: &str, scopes: &Scopes<'_>) -> String {
        let wrong = name.to_ascii_lowercase();
        let near = scopes.local.all().filter(|column| {
            let known = column.name.to_ascii_lowercase();
            known.starts_with(&wrong) || wrong.starts_with(&known) && !known.is_empty()
        });
        near.map(|column| format!("; Did you mean {}?", column.name)).next().unwrap_or_default()
    }

    fn fields(&self, mut typed: Typed, path: &[Ident]) -> Result<Typed, Fault> {
        for name in path {
            typed = self.field(typed, name)?;
        }
        Ok(typed)
    }

    /// `x.name`.
    pub(super) fn field(&self, typed: Typed, name: &Ident) -> Result<Typed, Fault> {
        let place = self.source.of(name);
        match &typed.of {
            Type::Struct(fields) => {
                let same = |(known, _): &(String, Type)| known.eq_ignore_ascii_case(&name.value);
                let Some(at) = fields.iter().position(same) else {
                    let message =
                        format!("Field name {} does not exist in {}", name.value, typed.of);
                    return Err(Fault::query(message).at(place));
                };
                Ok(field_at(typed, at))
            }
            Type::Json => {
                let key = Typed::literal(&Value::Str(name.value.clone()), Type::String);
                self.json_subscript(typed, key)
            }
            other => {
                let message =
                    format!("Cannot access field {} on a value with type {other}", name.value);
                Err(Fault::query(message).at(place))
            }
        }
    }

    pub(super) fn access(
        &self,
        root: &Ast,
        chain: &[AccessExpr],
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        let mut typed = self.expr(root, scopes)?;
        for step in chain {
            typed = match step {
                AccessExpr::Dot(Ast::Identifier(name)) => self.field(typed, name)?,
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    self.subscript(typed, index, scopes)?
                }
                AccessExpr::Dot(_) | AccessExpr::Subscript(_) => {
                    return Err(Fault::unsupported("This access"));
                }
            };
        }
        Ok(typed)
    }
}

/// A field by place.
pub(super) fn field_at(typed: Typed, at: usize) -> Typed {
    let Type::Struct(fields) = &typed.of else { return typed };
    let of = fields.get(at).map_or(Type::Int64, |(_, of)| of.clone());
    let scalar = Scalar {
        name: format!("field {at}"),
        args: vec![typed.of.clone()],
        result: of.clone(),
        strict: true,
        safe: false,
        imp: Imp::Closure(std::sync::Arc::new(move |args| match args {
            [Value::Struct(parts)] => Ok(parts.get(at).cloned().unwrap_or(Value::Null)),
            _ => Ok(Value::Null),
        })),
    };
    Typed::new(scalar.call(vec![typed.expr]), of)
}

/// A STRUCT of these fields.
pub(super) fn make_struct(parts: Vec<(String, Typed)>) -> Typed {
    let of = Type::Struct(parts.iter().map(|(name, t)| (name.clone(), t.of.clone())).collect());
    let scalar = Scalar {
        name: "struct".to_owned(),
        args: parts.iter().map(|(_, typed)| typed.of.clone()).collect(),
        result: of.clone(),
        strict: false,
        safe: false,
        imp: Imp::Row(|args| Ok(Value::Struct(args.to_vec()))),
    };
    Typed::new(scalar.call(parts.into_iter().map(|(_, typed)| typed.expr).collect()), of)
}
