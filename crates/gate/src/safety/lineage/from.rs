//! FROM: tables of the catalog, WITH queries, subqueries, arrays and joins.
//!
//! A name in FROM is a WITH query, an array of a relation to its left, or a table of the catalog; a
//! table that is not there is refused, so nothing outside the catalog is ever followed.

use std::rc::Rc;

use autopilot_domain::catalog::{Catalog, TableFacts, TableRef};
use sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor,
    TableSample, TableSampleKind, TableSampleQuantity, TableWithJoins,
};

use super::names::{fresh, name, near};
use super::projection::idents;
use super::query::renamed;
use super::tracer::{Checked, Tracer, need, refused};
use super::value::{Bound, Column, Name, Rows, Scope, Value};
use super::{Blocked, Clause};

impl Tracer<'_> {
    /// The relations of a FROM clause.
    pub(super) fn from(
        &mut self,
        tables: &[TableWithJoins],
        parent: Option<&Scope<'_>>,
    ) -> Checked<Vec<Bound>> {
        let mut bounds = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            // Whether the key comes before the columns of the first relation is not certain.
            let keyed = table.joins.iter().any(is_keyed);
            need(index == 0 || !keyed, "lineage.using", "USING behind a comma")?;
            self.table_with_joins(table, &mut bounds, parent)?;
        }
        for (index, bound) in bounds.iter().enumerate() {
            let Some(title) = &bound.name else { continue };
            if bounds.iter().skip(index + 1).any(|other| other.is(title)) {
                let reason = format!("Two relations of one FROM clause are called {title}.");
                return Err(Blocked::new("lineage.alias", reason));
            }
        }
        Ok(bounds)
    }

    fn table_with_joins(
        &mut self,
        table: &TableWithJoins,
        bounds: &mut Vec<Bound>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        let TableWithJoins { relation, joins } = table;
        let start = bounds.len();
        self.factor(relation, bounds, parent)?;
        for join in joins {
            self.join_to(join, start, bounds, parent)?;
        }
        Ok(())
    }

    /// One join, with everything from `start` on its left.
    pub(super) fn join_to(
        &mut self,
        join: &Join,
        start: usize,
        bounds: &mut Vec<Bound>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        let Join { relation, global, join_operator } = join;
        need(!global, "lineage.join", "GLOBAL JOIN")?;
        let constraint = match join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::FullOuter(constraint)
            | JoinOperator::CrossJoin(constraint) => constraint,
            JoinOperator::Semi(_)
            | JoinOperator::LeftSemi(_)
            | JoinOperator::RightSemi(_)
            | JoinOperator::Anti(_)
            | JoinOperator::LeftAnti(_)
            | JoinOperator::RightAnti(_)
            | JoinOperator::CrossApply
            | JoinOperator::OuterApply
            | JoinOperator::AsOf { .. }
            | JoinOperator::StraightJoin(_)
            | JoinOperator::ArrayJoin
            | JoinOperator::LeftArrayJoin
            | JoinOperator::InnerArrayJoin => return refused("lineage.join", "This kind of join"),
        };
        let right = bounds.len();
        self.factor(relation, bounds, parent)?;
        match constraint {
            JoinConstraint::On(condition) => {
                let value = self.eval(condition, &Scope::of(bounds, parent))?;
                self.record(Clause::Join, &value);
            }
            JoinConstraint::Using(keys) => self.using(keys, start, right, bounds)?,
            JoinConstraint::Natural => return refused("lineage.join", "NATURAL JOIN"),
            JoinConstraint::None => {}
        }
        Ok(())
    }

    fn factor(
        &mut self,
        factor: &TableFactor,
        bounds: &mut Vec<Bound>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        self.deeper(|tracer| tracer.factor_inside(factor, bounds, parent))
    }

    fn factor_inside(
        &mut self,
        factor: &TableFactor,
        bounds: &mut Vec<Bound>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        match factor {
            TableFactor::Table { name, alias, .. } => {
                self.only_plain_table(factor)?;
                self.named(name, alias.as_ref(), bounds, parent)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                need(!lateral, "lineage.lateral", "LATERAL")?;
                self.sample(sample.as_ref())?;
                let rows = self.query(subquery, parent)?;
                bounds.push(bound(rows, alias.as_ref())?);
                Ok(())
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, .. } => {
                let (TableFactor::UNNEST { with_offset_alias, with_ordinality, .. }, false) =
                    (factor, array_exprs.is_empty())
                else {
                    return refused("lineage.unnest", "An empty UNNEST");
                };
                need(!with_ordinality, "lineage.unnest", "WITH ORDINALITY")?;
                let array = self.arrays(array_exprs, bounds, parent)?;
                let title = alias.as_ref().map(alias_name).transpose()?;
                self.unnest(&array, title, bounds)?;
                if *with_offset {
                    push_offset(&array, with_offset_alias.as_ref(), bounds)?;
                }
                Ok(())
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                need(alias.is_none(), "lineage.alias", "A name for a join in parentheses")?;
                // Whether it sees what stands to its left, or what stands around, is not certain.
                let alone = bounds.is_empty() || parent.is_none();
                need(alone, "lineage.join", "A join in parentheses behind another relation")?;
                self.table_with_joins(table_with_joins, bounds, parent)
            }
            TableFactor::Pivot { .. } => self.pivot(factor, bounds, parent),
            TableFactor::Unpivot { .. } => self.unpivot(factor, bounds, parent),
            TableFactor::TableFunction { .. }
            | TableFactor::Function { .. }
            | TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => {
                refused("lineage.table_function", "A table function")
            }
        }
    }

    /// A relation on its own, as the input of PIVOT and UNPIVOT.
    pub(super) fn alone(
        &mut self,
        factor: &TableFactor,
        parent: Option<&Scope<'_>>,
    ) -> Checked<Vec<Bound>> {
        let mut bounds = Vec::new();
        self.factor(factor, &mut bounds, parent)?;
        Ok(bounds)
    }

    fn only_plain_table(&mut self, factor: &TableFactor) -> Checked<()> {
        let TableFactor::Table {
            name: _,
            alias: _,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } = factor
        else {
            return Ok(());
        };
        need(args.is_none(), "lineage.table_function", "A table function")?;
        need(version.is_none(), "lineage.version", "An older version of a table")?;
        let plain = with_hints.is_empty() && !with_ordinality && partitions.is_empty();
        let plain = plain && json_path.is_none() && index_hints.is_empty();
        need(plain, "lineage.table", "This form of a table")?;
        self.sample(sample.as_ref())
    }

    fn sample(&mut self, sample: Option<&TableSampleKind>) -> Checked<()> {
        let Some(
            TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample),
        ) = sample
        else {
            return Ok(());
        };
        let TableSample { modifier: _, name: _, quantity, seed: _, bucket, offset } = &**sample;
        need(bucket.is_none() && offset.is_none(), "lineage.sample", "This form of a sample")?;
        if let Some(TableSampleQuantity { parenthesized: _, value, unit: _ }) = quantity {
            let value = self.eval(value, &Scope::of(&[], None))?;
            self.record(Clause::Filter, &value);
        }
        Ok(())
    }

    /// A name in FROM: a WITH query, an array of a relation in sight, or a table.
    fn named(
        &mut self,
        object: &ObjectName,
        alias: Option<&TableAlias>,
        bounds: &mut Vec<Bound>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        let path = idents(object)?;
        if let ([first, _, ..], true) = (path.as_slice(), !is_quoted(&path))
            && in_sight(&first.value, bounds, parent)
        {
            let array = self.resolve(&path, &Scope::of(bounds, parent))?;
            self.record(Clause::Join, &array);
            let title = alias.map(alias_name).transpose()?;
            let implied = path.last().map(|ident| name(ident).map(str::to_owned)).transpose()?;
            return self.unnest(&array, title.or(implied), bounds);
        }
        let rows = match path.as_slice() {
            [title] => self.with_query(name(title)?)?,
            _ => None,
        };
        let rows = match rows {
            Some(rows) => {
                self.width(rows.columns.len())?;
                (*rows).clone()
            }
            None => self.catalog_table(&path, alias)?,
        };
        let mut entry = bound(rows, alias)?;
        if entry.name.is_none() {
            entry.name = path.last().map(|ident| ident.value.clone());
        }
        bounds.push(entry);
        Ok(())
    }

    fn with_query(&self, wanted: &str) -> Checked<Option<Rc<Rows>>> {
        let mut innermost = self.with.iter().rev();
        let found = innermost.find(|(title, _)| title.eq_ignore_ascii_case(wanted));
        Ok(found.map(|(_, rows)| Rc::clone(rows)))
    }

    fn catalog_table(&mut self, path: &[&Ident], alias: Option<&TableAlias>) -> Checked<Rows> {
        let written: Vec<&str> = path.iter().map(|ident| ident.value.as_str()).collect();
        if written.iter().any(|part| part.contains('*')) {
            return refused("lineage.wildcard_table", "A wildcard table");
        }
        let catalog = self.catalog;
        let facts = find(catalog, &written).ok_or_else(|| {
            let known: Vec<String> =
                catalog.tables().map(|facts| facts.table.to_string()).collect();
            let wrong = written.join(".");
            let hint = near(&wrong, known.iter().map(String::as_str));
            let reason = format!("The catalog does not hold the table {wrong}.{hint}");
            Blocked::new("catalog.unknown_table", reason)
        })?;
        let title = alias.map(alias_name).transpose()?.unwrap_or_else(|| facts.table.table.clone());
        Ok(Rows::of(self.table(facts, &title)?))
    }

    fn arrays(
        &mut self,
        exprs: &[Expr],
        bounds: &[Bound],
        parent: Option<&Scope<'_>>,
    ) -> Checked<Value> {
        let scope = Scope::of(bounds, parent);
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let value = self.eval(expr, &scope)?;
            // The number of rows tells the length, and an element is a value.
            self.record(Clause::Join, &value);
            values.push(value);
        }
        match values.as_slice() {
            [only] => Ok(only.clone()),
            _ => self.join_all(&values),
        }
    }

    /// The rows of an array: its elements, or their fields where they are records.
    fn unnest(
        &mut self,
        array: &Value,
        title: Option<String>,
        bounds: &mut Vec<Bound>,
    ) -> Checked<()> {
        self.spend(1)?;
        let element = array.element();
        let shown = match (&title, element.is_open()) {
            (_, true) => Name::Open,
            (Some(title), false) => Name::Given(title.clone()),
            (None, false) => Name::Anonymous,
        };
        let columns = vec![Column::new(shown, element.clone())];
        bounds.push(Bound { name: title, columns, element: Some(element) });
        Ok(())
    }
}

/// Whether a join has USING.
const fn is_keyed(join: &Join) -> bool {
    use JoinOperator::{FullOuter, Inner, Join as Plain, Left, LeftOuter, Right, RightOuter};
    matches!(
        &join.join_operator,
        Plain(JoinConstraint::Using(_))
            | Inner(JoinConstraint::Using(_))
            | Left(JoinConstraint::Using(_))
            | LeftOuter(JoinConstraint::Using(_))
            | Right(JoinConstraint::Using(_))
            | RightOuter(JoinConstraint::Using(_))
            | FullOuter(JoinConstraint::Using(_))
    )
}

/// A relation from rows.
fn bound(rows: Rows, alias: Option<&TableAlias>) -> Checked<Bound> {
    let Some(alias) = alias else {
        return Ok(Bound { name: None, columns: rows.columns, element: rows.element });
    };
    let Rows { columns, element, title: _ } = renamed(rows, alias)?;
    Ok(Bound { name: Some(alias.name.value.clone()), columns, element })
}

fn push_offset(array: &Value, alias: Option<&Ident>, bounds: &mut Vec<Bound>) -> Checked<()> {
    let title = alias.map_or(Ok("offset"), fresh)?.to_owned();
    let column = Column::new(Name::Given(title), array.clone().computed());
    bounds.push(Bound { name: None, columns: vec![column], element: None });
    Ok(())
}

/// The name of an alias that names no columns.
pub(super) fn alias_name(alias: &TableAlias) -> Checked<String> {
    let TableAlias { explicit: _, name: title, columns, at } = alias;
    need(columns.is_empty() && at.is_none(), "lineage.alias", "An alias with columns")?;
    Ok(fresh(title)?.to_owned())
}

/// Whether a relation of that name stands to the left or around.
fn in_sight(wanted: &str, bounds: &[Bound], parent: Option<&Scope<'_>>) -> bool {
    let mut level = parent;
    let mut found = bounds.iter().any(|bound| bound.is(wanted));
    while let (false, Some(scope)) = (found, level) {
        found = scope.bounds.iter().any(|bound| bound.is(wanted));
        level = scope.parent;
    }
    found
}

/// A quoted name with dots in it is a table's; the parser has already cut it.
fn is_quoted(path: &[&Ident]) -> bool {
    path.iter().any(|ident| ident.quote_style.is_some())
}

/// The table of that name. Without a project, the name counts only if there is but one project, so
/// that the warehouse can mean no other one that the catalog holds.
fn find<'c>(catalog: &'c Catalog, written: &[&str]) -> Option<&'c TableFacts> {
    let fits = |of: &TableRef| match written {
        [project, dataset, table] => {
            of.project == *project && of.dataset == *dataset && of.table == *table
        }
        [dataset, table] => of.dataset == *dataset && of.table == *table,
        _ => false,
    };
    let mut projects = catalog.tables().map(|facts| facts.table.project.as_str());
    let one = projects.next().is_some_and(|first| projects.all(|other| other == first));
    if written.len() < 3 && !one {
        return None;
    }
    catalog.tables().find(|facts| fits(&facts.table))
}
