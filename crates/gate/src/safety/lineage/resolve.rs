//! What a name in an expression stands for.
//!
//! Inner names hide outer ones, as in BigQuery. Where one level offers more than one reading (an
//! alias and a column of the same name, a SELECT-list name and a column, a field of a record that
//! may or may not exist), the value derives from all of them; it never picks the one that is clear.

use sqlparser::ast::Ident;

use super::Blocked;
use super::names::{fresh, name, near};
use super::tracer::{Checked, Tracer, need};
use super::value::{Bound, Column, Scope, Seen, Value};

/// What one level of names offers.
#[derive(Debug, Default)]
struct Found {
    /// Columns of the FROM clause with exactly this name.
    columns: Vec<Value>,
    /// Other readings that surely exist: rows, qualified columns, SELECT-list names.
    others: Vec<Value>,
    /// Readings that exist only if a record has such a field.
    perhaps: Vec<Value>,
    /// Whether the first part names a relation that has no such column.
    missing: bool,
}

impl Tracer<'_> {
    /// The value a path of names stands for.
    pub(super) fn resolve(&mut self, path: &[&Ident], scope: &Scope<'_>) -> Checked<Value> {
        let [first, fields @ ..] = path else {
            return Err(Blocked::new("lineage.name", "An empty name cannot be followed."));
        };
        if first.quote_style.is_none() && first.value.starts_with('@') {
            return parameter(first);
        }
        fresh(first)?;
        for field in fields {
            name(field)?;
        }
        let mut perhaps = Vec::new();
        let mut level = Some(scope);
        while let Some(current) = level {
            let found = self.look(path, current)?;
            if found.columns.len() > 1 && found.others.is_empty() {
                return Err(ambiguous(first));
            }
            perhaps.extend(found.perhaps);
            if !found.columns.is_empty() || !found.others.is_empty() {
                let sure: Vec<Value> = found.columns.into_iter().chain(found.others).collect();
                return self.unite(&sure, &perhaps);
            }
            if found.missing && perhaps.is_empty() {
                break;
            }
            level = current.parent;
        }
        if perhaps.is_empty() {
            self.spend(visible(scope).count().saturating_mul(4))?;
            return Err(unknown(path, scope));
        }
        self.unite(&perhaps, &[])
    }

    fn look(&mut self, path: &[&Ident], scope: &Scope<'_>) -> Checked<Found> {
        let mut found = Found::default();
        for bound in scope.bounds {
            self.spend(bound.columns.len() / 8)?;
            self.look_in(path, bound, &mut found)?;
            look_at(path, &bound.columns, &mut found);
        }
        self.spend(scope.aliases.len() / 8)?;
        let mut named = Found::default();
        look_at(path, scope.aliases, &mut named);
        found.others.extend(named.columns);
        Ok(found)
    }

    /// Reads the path with its first part as the relation's name.
    fn look_in(&mut self, path: &[&Ident], bound: &Bound, found: &mut Found) -> Checked<()> {
        let [first, rest @ ..] = path else { return Ok(()) };
        if !bound.is(&first.value) {
            return Ok(());
        }
        let [column, fields @ ..] = rest else {
            let row = self.row(bound)?;
            found.others.push(row);
            return Ok(());
        };
        let before = found.others.len();
        for candidate in &bound.columns {
            let known = candidate.name.is(&column.value) || candidate.name.may_be(&column.value);
            found.others.extend(known.then(|| candidate.value.field(fields)).flatten());
        }
        found.others.extend(bound.element.as_ref().and_then(|element| element.field(rest)));
        found.missing |= found.others.len() == before;
        Ok(())
    }

    /// The whole row of a relation.
    pub(super) fn row(&mut self, bound: &Bound) -> Checked<Value> {
        if let Some(element) = &bound.element {
            return Ok(element.clone());
        }
        self.join_all(bound.columns.iter().map(|column| &column.value))
    }

    /// All readings as one value; it stays a bare column only if every sure reading is the same one
    /// and no doubtful reading could show anything protected.
    fn unite(&mut self, sure: &[Value], perhaps: &[Value]) -> Checked<Value> {
        let [first, others @ ..] = sure else {
            return Ok(Value::default());
        };
        let same = others.iter().all(|other| other.exact && other.direct == first.direct);
        let clear = perhaps.iter().all(|other| !self.is_protected(&other.direct));
        let united = self.join_all(sure.iter().chain(perhaps))?;
        let exact = first.exact && same && clear;
        let kind = if same && perhaps.is_empty() { first.kind } else { None };
        Ok(Value { exact, kind, ..united })
    }
}

/// Reads the path with its first part as the name of a column.
fn look_at(path: &[&Ident], columns: &[Column], found: &mut Found) {
    let [first, fields @ ..] = path else { return };
    for column in columns.iter().filter(|column| column.seen != Seen::Qualified) {
        if column.name.is(&first.value) {
            found.columns.extend(column.value.field(fields));
        } else if column.name.may_be(&first.value) {
            found.perhaps.push(column.value.clone());
        }
    }
}

/// A parameter is a constant; a variable of the system is not known.
fn parameter(ident: &Ident) -> Checked<Value> {
    need(!ident.value.starts_with("@@"), "lineage.variable", "A variable of the system")?;
    Ok(Value::default())
}

fn ambiguous(ident: &Ident) -> Blocked {
    let reason = format!("The name {} fits more than one column; qualify it.", ident.value);
    Blocked::new("catalog.ambiguous_column", reason)
}

/// All names of columns in sight.
fn visible<'s>(scope: &'s Scope<'s>) -> impl Iterator<Item = &'s str> {
    let levels = std::iter::successors(Some(scope), |scope| scope.parent);
    levels.flat_map(|scope| {
        let columns = scope.bounds.iter().flat_map(|bound| &bound.columns);
        columns.chain(scope.aliases).filter_map(|column| column.name.given())
    })
}

/// The refusal of a name nothing in sight has, with the nearest names in sight.
fn unknown(path: &[&Ident], scope: &Scope<'_>) -> Blocked {
    let written: Vec<&str> = path.iter().map(|ident| ident.value.as_str()).collect();
    let wrong = written.last().copied().unwrap_or_default();
    let known = visible(scope);
    let hint = near(wrong, known);
    let reason = format!("No column {} is in sight.{hint}", written.join("."));
    Blocked::new("catalog.unknown_column", reason)
}
