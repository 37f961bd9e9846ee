//! One SELECT: its list, its clauses, and whether its rows stand for groups.
//!
//! Clauses that BigQuery does not have must be absent. The rules about filters see one SELECT at a
//! time, as the definition of a partition filter asks.

use sqlparser::ast::{
    Distinct, ExceptSelectItem, Expr, GroupByExpr, GroupByWithModifier, NamedWindowDefinition,
    NamedWindowExpr, ObjectName, PipeOperator, ReplaceSelectElement, ReplaceSelectItem, Select,
    SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::super::cost::ASSUMED;
use super::super::filters::Block;
use super::from::object_parts;
use super::{Blocked, Checked, Shape, Walker, name, need};

impl Walker<'_> {
    /// Walks a SELECT and the pipe operators behind it; `limited` says that a LIMIT stands between.
    pub(super) fn select(
        &mut self,
        select: &Select,
        pipes: &[PipeOperator],
        limited: bool,
    ) -> Checked<Shape> {
        only_known_clauses(select)?;
        let aggregates = std::mem::take(&mut self.aggregates);
        self.scopes.push(Vec::new());
        let mut block = Block::default();
        self.from(&select.from, &mut block)?;
        block.add_where(select.selection.as_ref());
        if let Some(filter) = &select.selection {
            self.expr(filter)?;
        }
        self.projection(&select.projection)?;
        let grouped = self.group_by(&select.group_by)?;
        for clause in [&select.having, &select.qualify].into_iter().flatten() {
            self.expr(clause)?;
        }
        self.named_windows(&select.named_window)?;
        let aggregated = grouped || select.having.is_some() || self.aggregates > 0;
        self.aggregates = aggregates;
        let piped = match select.flavor {
            SelectFlavor::Standard => false,
            SelectFlavor::FromFirstNoSelect => true,
            SelectFlavor::FromFirst => {
                return Err(Blocked::new("shape.from_first", "Write |> SELECT after a FROM."));
            }
        };
        if !piped {
            block.close();
            // Behind a SELECT list only its columns are in sight.
            drop(self.hide());
        }
        let start = Shape { aggregated, limited, piped, rows: None };
        let mut shape = self.pipes(pipes, start, &mut block)?;
        let rows = self.settle(&block)?;
        let grouped = grouped || select.distinct.is_some() || (shape.aggregated && !aggregated);
        shape.rows = if grouped {
            Some(rows.unwrap_or(ASSUMED).min(ASSUMED))
        } else if aggregated {
            Some(1.0)
        } else {
            rows
        };
        self.scopes.pop();
        Ok(shape)
    }

    fn named_windows(&mut self, windows: &[NamedWindowDefinition]) -> Checked<()> {
        for NamedWindowDefinition(window, definition) in windows {
            name(window)?;
            match definition {
                NamedWindowExpr::NamedWindow(other) => drop(name(other)?),
                NamedWindowExpr::WindowSpec(spec) => self.window(spec)?,
            }
        }
        Ok(())
    }

    pub(super) fn projection(&mut self, items: &[SelectItem]) -> Checked<()> {
        items.iter().try_for_each(|item| self.select_item(item))
    }

    fn select_item(&mut self, item: &SelectItem) -> Checked<()> {
        match item {
            SelectItem::UnnamedExpr(expr) => self.expr(expr),
            SelectItem::ExprWithAlias { expr, alias } => {
                name(alias)?;
                self.expr(expr)
            }
            SelectItem::ExprWithAliases { .. } => {
                Err(Blocked::new("shape.alias", "One alias for each column is expected."))
            }
            SelectItem::QualifiedWildcard(kind, options) => {
                match kind {
                    SelectItemQualifiedWildcardKind::ObjectName(of) => plain_name(of)?,
                    SelectItemQualifiedWildcardKind::Expr(of) => self.expr(of)?,
                }
                self.wildcard(options)
            }
            SelectItem::Wildcard(options) => self.wildcard(options),
        }
    }

    pub(super) fn wildcard(&mut self, options: &WildcardAdditionalOptions) -> Checked<()> {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let foreign = opt_ilike.is_some() || opt_exclude.is_some() || opt_rename.is_some();
        let plain = !foreign && opt_alias.is_none();
        need(plain, "shape.star", "A star takes EXCEPT and REPLACE only.")?;
        if let Some(ExceptSelectItem { first_element, additional_elements }) = opt_except {
            name(first_element)?;
            additional_elements.iter().try_for_each(|column| name(column).map(drop))?;
        }
        if let Some(ReplaceSelectItem { items }) = opt_replace {
            for item in items {
                let ReplaceSelectElement { expr, column_name, as_keyword: _ } = &**item;
                name(column_name)?;
                self.expr(expr)?;
            }
        }
        Ok(())
    }

    /// Whether there is a GROUP BY.
    fn group_by(&mut self, group_by: &GroupByExpr) -> Checked<bool> {
        let (expressions, modifiers, all): (&[Expr], _, _) = match group_by {
            GroupByExpr::All(modifiers) => (&[], modifiers, true),
            GroupByExpr::Expressions(expressions, modifiers) => (expressions, modifiers, false),
        };
        for modifier in modifiers {
            match modifier {
                GroupByWithModifier::GroupingSets(sets) => self.expr(sets)?,
                GroupByWithModifier::Rollup
                | GroupByWithModifier::Cube
                | GroupByWithModifier::Totals => {
                    let reason = "WITH ROLLUP, CUBE and TOTALS are not allowed.";
                    return Err(Blocked::new("shape.group_by", reason));
                }
            }
        }
        self.exprs(expressions)?;
        Ok(all || !expressions.is_empty() || !modifiers.is_empty())
    }
}

fn plain_name(of: &ObjectName) -> Checked<()> {
    object_parts(of).map(drop)
}

/// Names every field of a SELECT, so that a new one of the parser does not compile unseen.
fn only_known_clauses(select: &Select) -> Checked<()> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct,
        select_modifiers,
        top,
        top_before_distinct,
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
    let hints = optimizer_hints.is_empty() && select_modifiers.is_none();
    need(hints, "shape.hint", "Hints are not allowed.")?;
    match distinct {
        None | Some(Distinct::All | Distinct::Distinct) => {}
        Some(Distinct::On(_)) => {
            return Err(Blocked::new("shape.distinct", "DISTINCT ON is not allowed."));
        }
    }
    need(top.is_none() && !top_before_distinct, "shape.top", "TOP is not allowed; use LIMIT.")?;
    need(exclude.is_none(), "shape.star", "EXCLUDE is not allowed; use EXCEPT.")?;
    need(into.is_none(), "block.select_into", "SELECT INTO would write a table.")?;
    let from = lateral_views.is_empty() && prewhere.is_none() && connect_by.is_empty();
    let sorted = cluster_by.is_empty() && distribute_by.is_empty() && sort_by.is_empty();
    need(from && sorted, "shape.clause", "This clause is not one of GoogleSQL.")
}
