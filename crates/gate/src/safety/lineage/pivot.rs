//! PIVOT and UNPIVOT.
//!
//! A PIVOT groups by every column it does not name, so all of them count as group keys. Its new
//! columns have names the warehouse makes up; they stand as columns of any name.

use sqlparser::ast::{
    Expr, ExprWithAlias, Ident, NullInclusion, PivotValueSource, TableAlias, TableFactor,
};

use super::Clause;
use super::from::alias_name;
use super::names::fresh;
use super::tracer::{Checked, Tracer, need, refused};
use super::value::{Bound, Column, Name, Scope, Seen, Value};

impl Tracer<'_> {
    /// A pivoted relation.
    pub(super) fn pivot(
        &mut self,
        factor: &TableFactor,
        bounds: &mut Vec<Bound>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        let TableFactor::Pivot {
            table,
            aggregate_functions,
            value_column,
            value_source,
            default_on_null,
            alias,
        } = factor
        else {
            return refused("lineage.pivot", "This form of PIVOT");
        };
        need(default_on_null.is_none(), "lineage.pivot", "A default in PIVOT")?;
        let PivotValueSource::List(values) = value_source else {
            return refused("lineage.pivot", "PIVOT without a list of values");
        };
        let input = self.alone(table, parent)?;
        let scope = Scope::of(&input, parent);
        let keys = self.computed(value_column, &scope)?;
        self.record(Clause::Group, &keys);
        let mut cells = keys.clone();
        for ExprWithAlias { expr, alias: _ } in aggregate_functions.iter().chain(values) {
            let value = self.eval(expr, &scope)?;
            self.record(Clause::Expression, &value);
            cells = self.join(&cells, &value)?;
        }
        let mut columns = Vec::new();
        for column in self.star(&input)? {
            // What an aggregate takes in is no key. A column that is only counted stays one: under
            // another name it may stand beside the counts.
            let of_cells =
                !column.value.direct.is_empty() && column.value.direct.is_subset(&cells.direct);
            if !of_cells || column.name == Name::Open {
                self.record(Clause::Group, &column.value);
                columns.push(column);
            }
        }
        columns.push(Column::new(Name::Open, cells));
        bounds.push(Bound { name: title(alias.as_ref())?, columns, element: None });
        Ok(())
    }

    /// An unpivoted relation. It drops rows where all values are NULL, so the values count as
    /// filtered by.
    pub(super) fn unpivot(
        &mut self,
        factor: &TableFactor,
        bounds: &mut Vec<Bound>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<()> {
        let TableFactor::Unpivot { table, value, name: label, columns, null_inclusion, alias } =
            factor
        else {
            return refused("lineage.pivot", "This form of UNPIVOT");
        };
        let (None | Some(NullInclusion::IncludeNulls | NullInclusion::ExcludeNulls)) =
            null_inclusion;
        let input = self.alone(table, parent)?;
        let scope = Scope::of(&input, parent);
        let mut cells = Value::default();
        let mut gone: Vec<&Ident> = Vec::new();
        for ExprWithAlias { expr, alias: _ } in columns {
            for ident in plain_names(expr)? {
                let one = self.resolve(&[ident], &scope)?;
                cells = self.join(&cells, &one)?;
                gone.push(ident);
            }
        }
        self.record(Clause::Filter, &cells);
        let mut shown = self.star(&input)?;
        shown.retain(|column| !gone.iter().any(|ident| column.name.is(&ident.value)));
        for ident in plain_names(value)? {
            let given = Name::Given(fresh(ident)?.to_owned());
            shown.push(Column { name: given, value: cells.clone(), seen: Seen::Always });
        }
        shown.push(Column::new(Name::Given(fresh(label)?.to_owned()), Value::default()));
        bounds.push(Bound { name: title(alias.as_ref())?, columns: shown, element: None });
        Ok(())
    }
}

fn title(alias: Option<&TableAlias>) -> Checked<Option<String>> {
    alias.map(alias_name).transpose()
}

/// The column an UNPIVOT names, or the columns in parentheses.
fn plain_names(expr: &Expr) -> Checked<Vec<&Ident>> {
    let mut open = vec![expr];
    let mut names = Vec::new();
    while let Some(expr) = open.pop() {
        if let Expr::Identifier(ident) = expr {
            names.push(ident);
        } else if let Expr::Nested(inner) = expr {
            open.push(inner);
        } else if let Expr::Tuple(inner) = expr {
            open.extend(inner.iter().rev());
        } else {
            return refused("lineage.pivot", "An UNPIVOT of expressions");
        }
    }
    Ok(names)
}
