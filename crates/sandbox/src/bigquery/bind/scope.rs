//! Which names an expression may use, innermost first.
//!
//! Decides what a name means: a column, a range variable (a whole row), or a column of an enclosing
//! query. Columns are compared without case, as BigQuery does.

use datafusion::common::Column;
use datafusion::logical_expr::Expr;

use super::Col;
use super::typed::{Typed, column};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;

/// One FROM item.
#[derive(Debug, Clone, Default)]
pub(crate) struct Item {
    pub(crate) alias: Option<String>,
    pub(crate) columns: Vec<Col>,
    /// For UNNEST: the element itself, which the alias names.
    pub(crate) value: Option<Col>,
}

/// Everything FROM offers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Columns merged by USING; they come first in `*` and hide the sides' columns.
    pub(crate) merged: Vec<Col>,
    pub(crate) items: Vec<Item>,
}

/// Select-list aliases that ORDER BY, GROUP BY, HAVING and QUALIFY also see.
pub(crate) type Aliases = [(String, Typed)];

/// A chain of scopes.
#[derive(Clone, Copy)]
pub(crate) struct Scopes<'a> {
    pub(crate) local: &'a Scope,
    pub(crate) aliases: &'a Aliases,
    /// Aliases win over columns, as in ORDER BY.
    pub(crate) aliases_first: bool,
    pub(crate) outer: Option<&'a Scopes<'a>>,
    pub(crate) aggregates: bool,
}

/// What a name was found to be.
pub(crate) enum Found {
    Expr(Typed),
    /// A range variable: an item of the scope, and how many queries further out it is.
    Row(Item, usize),
}

impl Scope {
    /// Columns of `*`, in order.
    pub(crate) fn star(&self) -> Vec<Col> {
        let merged = |column: &Col| {
            self.merged.iter().any(|merged| merged.name.eq_ignore_ascii_case(&column.name))
        };
        let rest = self.items.iter().flat_map(|item| &item.columns);
        let rest = rest.filter(|column| !column.hidden && !merged(column));
        self.merged.iter().chain(rest).cloned().collect()
    }

    /// The item with this alias.
    pub(crate) fn item(&self, alias: &str) -> Option<&Item> {
        self.items
            .iter()
            .find(|item| item.alias.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(alias)))
    }

    fn column(&self, name: &str) -> Result<Option<&Col>, Fault> {
        let same =
            |column: &&Col| !column.name.is_empty() && column.name.eq_ignore_ascii_case(name);
        if let Some(merged) = self.merged.iter().find(same) {
            return Ok(Some(merged));
        }
        let mut found = self.items.iter().flat_map(|item| &item.columns).filter(same);
        let first = found.next();
        if found.next().is_some() {
            return Err(Fault::query(format!("Column name {name} is ambiguous")));
        }
        Ok(first)
    }

    /// All columns, for suggestions and checks.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Col> {
        let values = self.items.iter().filter_map(|item| item.value.as_ref());
        self.merged.iter().chain(self.items.iter().flat_map(|item| &item.columns)).chain(values)
    }
}

impl<'a> Scopes<'a> {
    pub(crate) const fn of(local: &'a Scope, outer: Option<&'a Self>) -> Self {
        Self { local, aliases: &[], aliases_first: false, outer, aggregates: false }
    }

    /// The range variable of this name whose columns a path may name; before columns of that name.
    pub(crate) fn row(&self, name: &str) -> Option<(Item, usize)> {
        let mut scope = Some(self);
        let mut out = 0_usize;
        while let Some(current) = scope {
            if let Some(item) = current
                .local
                .item(name)
                .filter(|item| item.value.is_none() && !is_scalar(item, name))
            {
                return Some((item.clone(), out));
            }
            if current.local.column(name).ok().flatten().is_some() {
                return None;
            }
            scope = current.outer;
            out = out.saturating_add(1);
        }
        None
    }

    /// What a single name means.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Found>, Fault> {
        self.find_at(name, 0)
    }

    fn alias(&self, name: &str) -> Option<Found> {
        let mut found = self.aliases.iter().filter(|(alias, _)| alias.eq_ignore_ascii_case(name));
        found.next().map(|(_, typed)| Found::Expr(typed.clone()))
    }

    fn find_at(&self, name: &str, out: usize) -> Result<Option<Found>, Fault> {
        if self.aliases_first
            && let Some(found) = self.alias(name)
        {
            return Ok(Some(found));
        }
        if let Some(column) = self.local.column(name)? {
            return Ok(Some(Found::Expr(reference(column, out))));
        }
        if let Some(found) = self.alias(name) {
            return Ok(Some(found));
        }
        if let Some(item) = self.local.item(name) {
            return Ok(Some(match &item.value {
                Some(value) => Found::Expr(reference(value, out)),
                None => Found::Row(item.clone(), out),
            }));
        }
        self.outer.map_or(Ok(None), |outer| outer.find_at(name, out.saturating_add(1)))
    }
}

/// Whether an item is an unnested value, which its alias names as a column.
fn is_scalar(item: &Item, name: &str) -> bool {
    item.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
        && item.columns.iter().all(|column| !matches!(column.of, Type::Struct(_)))
        && item.columns.len() <= 2
}

/// A column as an expression; one of an enclosing query as an outer reference.
pub(crate) fn reference(found: &Col, out: usize) -> Typed {
    if out == 0 {
        return Typed::new(column(&found.id), found.of.clone());
    }
    Typed::new(outer(&found.id, &found.of), found.of.clone())
}

fn outer(id: &str, of: &Type) -> Expr {
    let field = datafusion::arrow::datatypes::Field::new(id, of.arrow(), true);
    Expr::OuterReferenceColumn(std::sync::Arc::new(field), Column::new_unqualified(id))
}
