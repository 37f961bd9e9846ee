//! The SELECT list: names of columns, stars, EXCEPT and REPLACE.
//!
//! A column that is passed on unchanged is only noted as selected; anything computed from a column
//! is a use at once, whether or not somebody asks for the result.

use std::collections::BTreeSet;

use sqlparser::ast::{
    AccessExpr, ExceptSelectItem, Expr, Ident, ObjectName, ObjectNamePart, ReplaceSelectElement,
    ReplaceSelectItem, SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::names::{fresh, name, near};
use super::tracer::{Checked, Tracer, need, not_too_wide, refused};
use super::value::{Bound, Column, Name, Scope, Seen};
use super::{Blocked, Clause};

impl Tracer<'_> {
    /// The columns of a SELECT list.
    pub(super) fn projection(
        &mut self,
        items: &[SelectItem],
        scope: &Scope<'_>,
    ) -> Checked<Vec<Column>> {
        let mut columns = Vec::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    columns.push(self.entry(expr, implied_name(expr)?, scope)?);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let given = Name::Given(fresh(alias)?.to_owned());
                    columns.push(self.entry(expr, given, scope)?);
                }
                SelectItem::ExprWithAliases { .. } => {
                    return refused("lineage.alias", "An entry with several aliases");
                }
                SelectItem::Wildcard(options) => {
                    let all = self.star(scope.bounds)?;
                    columns.extend(self.options(all, options, scope)?);
                }
                SelectItem::QualifiedWildcard(of, options) => {
                    let all = self.qualified_star(of, scope)?;
                    columns.extend(self.options(all, options, scope)?);
                }
            }
            not_too_wide(columns.len())?;
        }
        Ok(columns)
    }

    fn entry(&mut self, expr: &Expr, name: Name, scope: &Scope<'_>) -> Checked<Column> {
        let value = self.eval(expr, scope)?;
        let clause = if path_of(expr).is_some() { Clause::Selected } else { Clause::Expression };
        self.record(clause, &value);
        Ok(Column::new(name, value))
    }

    /// `*`: the columns of all relations.
    pub(super) fn star(&mut self, bounds: &[Bound]) -> Checked<Vec<Column>> {
        let mut columns = Vec::new();
        for bound in bounds {
            let seen = bound.columns.iter().filter(|column| column.seen == Seen::Always);
            columns.extend(seen.cloned());
            not_too_wide(columns.len())?;
        }
        self.spend(columns.len())?;
        for column in &columns {
            self.record(Clause::Selected, &column.value);
        }
        Ok(columns)
    }

    /// `t.*`, `record.*` and `(expression).*`.
    fn qualified_star(
        &mut self,
        of: &SelectItemQualifiedWildcardKind,
        scope: &Scope<'_>,
    ) -> Checked<Vec<Column>> {
        let path = match of {
            SelectItemQualifiedWildcardKind::ObjectName(object) => idents(object)?,
            SelectItemQualifiedWildcardKind::Expr(expr) => match path_of(expr) {
                Some(path) => path,
                None => return Ok(vec![self.entry(expr, Name::Open, scope)?]),
            },
        };
        if let [title] = path.as_slice() {
            let named: Vec<&Bound> =
                scope.bounds.iter().filter(|bound| bound.is(&title.value)).collect();
            let as_column = scope
                .bounds
                .iter()
                .flat_map(|bound| &bound.columns)
                .any(|column| column.name.is(&title.value));
            // Columns an UNNEST shows by its own alias are fields here, so they take the other way.
            if let ([bound], false) = (named.as_slice(), as_column) {
                let columns: Vec<Column> = bound
                    .columns
                    .iter()
                    .filter(|column| column.seen != Seen::Named)
                    .map(|column| Column { seen: Seen::Always, ..column.clone() })
                    .collect();
                self.width(columns.len())?;
                for column in &columns {
                    self.record(Clause::Selected, &column.value);
                }
                return Ok(columns);
            }
        }
        let value = self.resolve(&path, scope)?;
        self.record(Clause::Selected, &value);
        Ok(vec![Column::new(Name::Open, value)])
    }

    /// EXCEPT and REPLACE behind a star.
    fn options(
        &mut self,
        mut columns: Vec<Column>,
        options: &WildcardAdditionalOptions,
        scope: &Scope<'_>,
    ) -> Checked<Vec<Column>> {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let other = opt_ilike.is_some() || opt_exclude.is_some() || opt_rename.is_some();
        need(!other && opt_alias.is_none(), "lineage.star", "This form of a star")?;
        if let Some(ExceptSelectItem { first_element, additional_elements }) = opt_except {
            let mut dropped = BTreeSet::new();
            for ident in std::iter::once(first_element).chain(additional_elements) {
                self.spend(columns.len() / 8)?;
                known_in(&columns, name(ident)?)?;
                dropped.insert(ident.value.to_ascii_lowercase());
            }
            let kept = |column: &Column| {
                let given = column.name.given().map(str::to_ascii_lowercase);
                !given.is_some_and(|given| dropped.contains(&given))
            };
            columns.retain(kept);
        }
        for replaced in opt_replace.iter().flat_map(|ReplaceSelectItem { items }| items) {
            let ReplaceSelectElement { expr, column_name, as_keyword: _ } = &**replaced;
            self.spend(columns.len() / 8)?;
            known_in(&columns, name(column_name)?)?;
            let entry = self.entry(expr, Name::Anonymous, scope)?;
            for column in columns.iter_mut().filter(|one| one.name.is(&column_name.value)) {
                column.value = entry.value.clone();
            }
            // Behind unknown fields the new value may stand in their place.
            for column in columns.iter_mut().filter(|one| one.name == Name::Open) {
                column.value = self.join(&column.value, &entry.value)?;
            }
        }
        Ok(columns)
    }
}

/// Refuses a name the star does not show.
fn known_in(columns: &[Column], wanted: &str) -> Checked<()> {
    if columns.iter().any(|column| column.name.is(wanted) || column.name.may_be(wanted)) {
        return Ok(());
    }
    let hint = near(wanted, columns.iter().filter_map(|column| column.name.given()));
    let reason = format!("The star shows no column {wanted}.{hint}");
    Err(Blocked::new("catalog.unknown_column", reason))
}

/// The plain names an object name consists of.
pub(super) fn idents(object: &ObjectName) -> Checked<Vec<&Ident>> {
    let parts = object.0.iter().map(|part| match part {
        ObjectNamePart::Identifier(ident) => Ok(ident),
        ObjectNamePart::Function(_) => refused("lineage.name", "A computed name"),
    });
    parts.collect()
}

/// The names of an expression that only passes a column or a field on.
pub(super) fn path_of(expr: &Expr) -> Option<Vec<&Ident>> {
    let mut inner = expr;
    while let Expr::Nested(nested) = inner {
        inner = nested;
    }
    if let Expr::Identifier(ident) = inner {
        return Some(vec![ident]);
    }
    if let Expr::CompoundIdentifier(idents) = inner {
        return Some(idents.iter().collect());
    }
    let Expr::CompoundFieldAccess { root, access_chain } = inner else {
        return None;
    };
    let mut path: Vec<&Ident> = if let Expr::Identifier(ident) = &**root {
        vec![ident]
    } else if let Expr::CompoundIdentifier(idents) = &**root {
        idents.iter().collect()
    } else {
        return None;
    };
    for access in access_chain {
        let AccessExpr::Dot(Expr::Identifier(ident)) = access else { return None };
        path.push(ident);
    }
    Some(path)
}

/// The name the warehouse gives to an entry without an alias.
pub(super) fn implied_name(expr: &Expr) -> Checked<Name> {
    if let Some(ident) = path_of(expr).and_then(|path| path.last().copied()) {
        let given = name(ident)?.to_owned();
        let bare = !matches!(expr, Expr::Nested(_));
        return Ok(if bare { Name::Given(given) } else { Name::Perhaps(given) });
    }
    let mut inner = expr;
    while let Expr::Nested(nested) = inner {
        inner = nested;
    }
    if let Expr::CompoundFieldAccess { access_chain, .. } = inner
        && let Some(AccessExpr::Dot(Expr::Identifier(ident))) = access_chain.last()
    {
        return Ok(Name::Perhaps(name(ident)?.to_owned()));
    }
    Ok(Name::Anonymous)
}
