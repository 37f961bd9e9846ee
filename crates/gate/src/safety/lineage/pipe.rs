//! Pipe operators, each over the rows of the one before.
//!
//! The name of the first table stays in sight only until an operator changes its columns; BigQuery
//! would still show the old column behind it then, so such a name is refused here. Operators that
//! call or reshape are refused, and the list names all, so that a new one does not compile unseen.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, ExprWithAlias, ExprWithAliasAndOrderBy, Ident,
    IdentWithAlias, PipeOperator, Query, SelectItem, SetOperator, SetQuantifier,
};

use super::names::{fresh, name, near};
use super::projection::{idents, implied_name};
use super::query::visible;
use super::tracer::{Checked, Tracer, refused};
use super::value::{Bound, Column, Name, Rows, Scope};
use super::{Blocked, Clause};

impl Tracer<'_> {
    /// The rows behind one operator.
    pub(super) fn pipe(
        &mut self,
        operator: &PipeOperator,
        rows: Rows,
        parent: Option<&Scope<'_>>,
    ) -> Checked<Rows> {
        self.width(rows.columns.len())?;
        let Rows { columns, element, title } = rows.clone();
        let bounds = vec![Bound { name: title, columns, element }];
        let scope = Scope::of(&bounds, parent);
        match operator {
            PipeOperator::Where { expr } => self.pipe_filter([expr], &scope).map(|()| rows),
            PipeOperator::Limit { expr, offset } => {
                self.pipe_filter(std::iter::once(expr).chain(offset), &scope).map(|()| rows)
            }
            PipeOperator::OrderBy { exprs } => {
                self.order_keys(exprs, &rows.columns, &scope).map(|_| rows)
            }
            PipeOperator::Select { exprs } => Ok(Rows::of(self.projection(exprs, &scope)?)),
            PipeOperator::Extend { exprs } => self.pipe_extend(exprs, rows, &scope),
            PipeOperator::Set { assignments } => self.pipe_set(assignments, rows, &scope),
            PipeOperator::Drop { columns } => drop_columns(columns, rows),
            PipeOperator::As { alias } => {
                Ok(Rows { title: Some(fresh(alias)?.to_owned()), ..rows })
            }
            PipeOperator::Rename { mappings } => rename_columns(mappings, rows),
            PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                self.pipe_aggregate(full_table_exprs, group_by_expr, &scope)
            }
            PipeOperator::Union { set_quantifier, queries } => {
                self.pipe_set_operation(SetOperator::Union, *set_quantifier, queries, rows, parent)
            }
            PipeOperator::Intersect { set_quantifier, queries } => {
                let op = SetOperator::Intersect;
                self.pipe_set_operation(op, *set_quantifier, queries, rows, parent)
            }
            PipeOperator::Except { set_quantifier, queries } => {
                let op = SetOperator::Except;
                self.pipe_set_operation(op, *set_quantifier, queries, rows, parent)
            }
            PipeOperator::Join(join) => {
                let mut bounds = bounds;
                self.join_to(join, 0, &mut bounds, parent)?;
                Ok(Rows::of(self.star(&bounds)?))
            }
            PipeOperator::TableSample { .. }
            | PipeOperator::Call { .. }
            | PipeOperator::Pivot { .. }
            | PipeOperator::Unpivot { .. } => refused("lineage.pipe", "This pipe operator"),
        }
    }

    fn pipe_filter<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
    ) -> Checked<()> {
        for expr in exprs {
            let value = self.eval(expr, scope)?;
            self.record(Clause::Filter, &value);
        }
        Ok(())
    }

    fn pipe_extend(
        &mut self,
        exprs: &[SelectItem],
        mut rows: Rows,
        scope: &Scope<'_>,
    ) -> Checked<Rows> {
        rows.columns.extend(self.projection(exprs, scope)?);
        Ok(rows)
    }

    fn pipe_set(
        &mut self,
        assignments: &[Assignment],
        mut rows: Rows,
        scope: &Scope<'_>,
    ) -> Checked<Rows> {
        for Assignment { target, value } in assignments {
            let AssignmentTarget::ColumnName(object) = target else {
                return refused("lineage.pipe", "A SET of several columns at once");
            };
            let path = idents(object)?;
            let [ident] = path.as_slice() else {
                return refused("lineage.pipe", "A SET of a field");
            };
            let value = self.eval(value, scope)?;
            self.record(Clause::Expression, &value);
            place(&rows.columns, ident)?;
            for column in &mut rows.columns {
                if column.name.is(&ident.value) {
                    column.value = value.clone();
                } else if column.name.may_be(&ident.value) {
                    column.value = self.join(&column.value, &value)?;
                }
            }
        }
        Ok(Rows::of(rows.columns))
    }

    fn pipe_aggregate(
        &mut self,
        aggregates: &[ExprWithAliasAndOrderBy],
        keys: &[ExprWithAliasAndOrderBy],
        scope: &Scope<'_>,
    ) -> Checked<Rows> {
        let mut columns = Vec::with_capacity(keys.len() + aggregates.len());
        let entries = keys.iter().map(|key| (Clause::Group, key));
        let entries = entries.chain(aggregates.iter().map(|one| (Clause::Expression, one)));
        for (clause, entry) in entries {
            let ExprWithAliasAndOrderBy { expr: ExprWithAlias { expr, alias }, order_by } = entry;
            let value = self.eval(expr, scope)?;
            self.record(clause, &value);
            if order_by.asc.is_some() || order_by.nulls_first.is_some() {
                self.record(Clause::Order, &value);
            }
            let given = match alias {
                Some(alias) => Name::Given(fresh(alias)?.to_owned()),
                None => implied_name(expr)?,
            };
            columns.push(Column::new(given, value));
        }
        Ok(Rows::of(columns))
    }

    fn pipe_set_operation(
        &mut self,
        op: SetOperator,
        quantifier: SetQuantifier,
        queries: &[Query],
        mut rows: Rows,
        parent: Option<&Scope<'_>>,
    ) -> Checked<Rows> {
        for query in queries {
            let right = self.query(query, parent)?;
            rows = self.set_operation(rows, op, quantifier, right)?;
        }
        Ok(rows)
    }
}

fn drop_columns(dropped: &[Ident], rows: Rows) -> Checked<Rows> {
    let mut columns = visible(rows);
    for ident in dropped {
        place(&columns, ident)?;
        columns.retain(|column| !column.name.is(&ident.value));
    }
    Ok(Rows::of(columns))
}

/// New names for columns; all old names are those before the operator, so that two can change places.
fn rename_columns(mappings: &[IdentWithAlias], rows: Rows) -> Checked<Rows> {
    let before = visible(rows);
    let mut columns = before.clone();
    for IdentWithAlias { ident, alias } in mappings {
        place(&before, ident)?;
        let given = fresh(alias)?;
        for (column, old) in columns.iter_mut().zip(&before) {
            if old.name.is(&ident.value) {
                column.name = Name::Given(given.to_owned());
            } else if old.name.may_be(&ident.value) {
                column.name = Name::Open;
            }
        }
    }
    Ok(Rows::of(columns))
}

/// Refuses a name no column has.
fn place(columns: &[Column], ident: &Ident) -> Checked<()> {
    let wanted = name(ident)?;
    if columns.iter().any(|column| column.name.is(wanted) || column.name.may_be(wanted)) {
        return Ok(());
    }
    let hint = near(wanted, columns.iter().filter_map(|column| column.name.given()));
    let reason = format!("No column {wanted} is in sight.{hint}");
    Err(Blocked::new("catalog.unknown_column", reason))
}
