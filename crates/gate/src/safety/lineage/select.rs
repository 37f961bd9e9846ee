//! One SELECT: its clauses in the order in which names come into sight.
//!
//! FROM gives names to WHERE, windows and the SELECT list; the SELECT list gives names to GROUP BY,
//! HAVING, QUALIFY and ORDER BY. What these clauses use is noted here, and nowhere excused.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, GroupByWithModifier, NamedWindowDefinition, NamedWindowExpr,
    OrderBy, Select, SelectFlavor, Value as Literal, ValueTableMode, ValueWithSpan,
};

use super::names::{fresh, name};
use super::tracer::{Checked, Tracer, need, refused};
use super::value::{Bound, Column, Name, Rows, Scope, Value};
use super::{Blocked, Clause};

impl Tracer<'_> {
    /// The rows of a SELECT, with the ORDER BY of its query.
    pub(super) fn select(
        &mut self,
        select: &Select,
        order_by: Option<&OrderBy>,
        parent: Option<&Scope<'_>>,
    ) -> Checked<Rows> {
        only_known_clauses(select)?;
        let bounds = self.from(&select.from, parent)?;
        let from = Scope::of(&bounds, parent);
        if let Some(condition) = &select.selection {
            let value = self.eval(condition, &from)?;
            self.record(Clause::Filter, &value);
        }
        let windows = self.named_windows(&select.named_window, &from)?;
        let listed = Scope { windows: &windows, ..from };
        let columns = if select.flavor == SelectFlavor::FromFirstNoSelect {
            self.star(&bounds)?
        } else {
            self.projection(&select.projection, &listed)?
        };
        let aliases: Vec<Column> =
            columns.iter().filter(|column| column.name != Name::Open).cloned().collect();
        let after = Scope { aliases: &aliases, ..listed };
        self.after_list(select, &columns, &after)?;
        if let Some(order_by) = order_by {
            self.order_by(order_by, &columns, &after)?;
        }
        let element = match select.value_table_mode {
            Some(ValueTableMode::AsValue | ValueTableMode::DistinctAsValue) => {
                Some(self.join_all(columns.iter().map(|column| &column.value))?)
            }
            Some(ValueTableMode::AsStruct | ValueTableMode::DistinctAsStruct) | None => None,
        };
        match element {
            // The fields of the value are the columns of the row.
            Some(value) => Ok(Rows {
                columns: vec![Column::new(Name::Open, value.clone())],
                element: Some(value),
                title: None,
            }),
            None => Ok(Rows { title: only_title(select, &bounds), ..Rows::of(columns) }),
        }
    }

    /// DISTINCT, GROUP BY, HAVING and QUALIFY.
    fn after_list(
        &mut self,
        select: &Select,
        columns: &[Column],
        scope: &Scope<'_>,
    ) -> Checked<()> {
        let distinct = match &select.distinct {
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return refused("lineage.distinct", "DISTINCT ON"),
            Some(Distinct::All) | None => match select.value_table_mode {
                Some(ValueTableMode::DistinctAsStruct | ValueTableMode::DistinctAsValue) => true,
                Some(ValueTableMode::AsStruct | ValueTableMode::AsValue) | None => false,
            },
        };
        if distinct {
            for column in columns {
                self.record(Clause::Group, &column.value);
            }
        }
        self.group_by(&select.group_by, columns, scope)?;
        for condition in select.having.iter().chain(&select.qualify) {
            let value = self.eval(condition, scope)?;
            self.record(Clause::Filter, &value);
        }
        Ok(())
    }

    fn group_by(
        &mut self,
        group_by: &GroupByExpr,
        columns: &[Column],
        scope: &Scope<'_>,
    ) -> Checked<()> {
        let (keys, modifiers): (&[Expr], &[GroupByWithModifier]) = match group_by {
            GroupByExpr::All(modifiers) => {
                // The keys are the entries without aggregates; all entries hold at least those.
                for column in columns {
                    self.record(Clause::Group, &column.value);
                }
                (&[], modifiers)
            }
            GroupByExpr::Expressions(keys, modifiers) => (keys, modifiers),
        };
        need(modifiers.is_empty(), "lineage.group_by", "This form of GROUP BY")?;
        for key in keys {
            self.group_key(key, columns, scope)?;
        }
        Ok(())
    }

    fn group_key(&mut self, key: &Expr, columns: &[Column], scope: &Scope<'_>) -> Checked<()> {
        if let Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) = key {
            for key in sets.iter().flatten() {
                self.deeper(|tracer| tracer.group_key(key, columns, scope))?;
            }
            return Ok(());
        }
        if let Expr::Tuple(keys) = key {
            for key in keys {
                self.deeper(|tracer| tracer.group_key(key, columns, scope))?;
            }
            return Ok(());
        }
        let value = self.key(key, columns, scope)?;
        self.record(Clause::Group, &value);
        Ok(())
    }

    /// The value of a key; a number stands for the column of the SELECT list in that place.
    pub(super) fn key(
        &mut self,
        key: &Expr,
        outputs: &[Column],
        scope: &Scope<'_>,
    ) -> Checked<Value> {
        let mut inner = key;
        while let Expr::Nested(nested) = inner {
            inner = nested;
        }
        let Expr::Value(ValueWithSpan { value: Literal::Number(digits, _), span: _ }) = inner
        else {
            return self.eval(key, scope);
        };
        if outputs.is_empty() {
            return Ok(Value::default());
        }
        if outputs.iter().any(|column| column.name == Name::Open) {
            return self.join_all(outputs.iter().map(|column| &column.value));
        }
        let place = digits.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
        place.and_then(|index| outputs.get(index)).map(|column| column.value.clone()).ok_or_else(
            || Blocked::new("lineage.position", "A number must stand for a column of the list."),
        )
    }

    fn named_windows(
        &mut self,
        definitions: &[NamedWindowDefinition],
        from: &Scope<'_>,
    ) -> Checked<Vec<(String, Value)>> {
        let mut windows: Vec<(String, Value)> = Vec::new();
        for NamedWindowDefinition(title, definition) in definitions {
            let scope = Scope { windows: &windows, ..*from };
            let value = match definition {
                NamedWindowExpr::NamedWindow(other) => named_window(name(other)?, &scope)?,
                NamedWindowExpr::WindowSpec(window) => self.window(window, &scope)?,
            };
            windows.push((fresh(title)?.to_owned(), value));
        }
        Ok(windows)
    }
}

/// The name of the relation that `FROM t` alone passes on to pipe operators.
fn only_title(select: &Select, bounds: &[Bound]) -> Option<String> {
    match bounds {
        [only] if select.flavor == SelectFlavor::FromFirstNoSelect => only.name.clone(),
        _ => None,
    }
}

/// What the keys of a named window derive from.
pub(super) fn named_window(wanted: &str, scope: &Scope<'_>) -> Checked<Value> {
    let mut windows = scope.windows.iter();
    let found = windows.find(|(known, _)| known.eq_ignore_ascii_case(wanted));
    let unknown = || Blocked::new("lineage.window", "The query names a window it does not define.");
    found.map(|(_, value)| value.clone()).ok_or_else(unknown)
}

/// Names every field, so that a new one of the parser does not compile unseen.
fn only_known_clauses(select: &Select) -> Checked<()> {
    let Select {
        select_token: _,
        optimizer_hints: _,
        distinct: _,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify: _,
        window_before_qualify: _,
        value_table_mode: _,
        flavor: _,
    } = select;
    let plain = select_modifiers.is_none() && top.is_none() && exclude.is_none();
    let plain = plain && into.is_none() && lateral_views.is_empty() && prewhere.is_none();
    let plain = plain && connect_by.is_empty() && cluster_by.is_empty();
    need(
        plain && distribute_by.is_empty() && sort_by.is_empty(),
        "lineage.clause",
        "A clause of another SQL dialect",
    )
}
