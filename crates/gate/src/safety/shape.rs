//! The allow-list over the parser's tree.
//!
//! Every struct is taken apart with all its fields, so that a field a new parser version adds does
//! not compile until somebody has decided about it. A variant that is not named here is refused. One
//! SELECT from one table; anything more gets the id of the rule that refused it.

use autopilot_domain::catalog::TableRef;
use sqlparser::ast::{
    Expr, GroupByExpr, Ident, LimitClause, ObjectNamePart, OrderBy, OrderByExpr, OrderByKind,
    OrderByOptions, Query, Select, SelectFlavor, SelectItem, SetExpr, Statement, TableFactor,
    TableWithJoins, Value, ValueWithSpan,
};

use super::Blocked;
use super::reading::{Reading, holds};

mod terms;

type Checked<T> = Result<T, Blocked>;

/// Refuses unless `ok`.
fn need(ok: bool, rule: &'static str, reason: &str) -> Checked<()> {
    if ok { Ok(()) } else { Err(Blocked::new(rule, reason)) }
}

/// Reads the only statement of a text; `dotted` are the quoted names with dots the lexer saw.
pub(super) fn read_statement(statement: &Statement, dotted: &[String]) -> Checked<Reading> {
    let Statement::Query(query) = statement else {
        let reason = "Only a SELECT may run; statements that define or change data may not.";
        return Err(Blocked::new("shape.statement", reason));
    };
    read_query(query, dotted)
}

fn read_query(query: &Query, dotted: &[String]) -> Checked<Reading> {
    let Query {
        with,
        body,
        order_by,
        limit_clause,
        fetch,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    need(with.is_none(), "shape.with", "WITH is not allowed.")?;
    need(fetch.is_none(), "shape.fetch", "FETCH is not allowed; use LIMIT.")?;
    need(locks.is_empty() && for_clause.is_none(), "shape.for", "FOR is not allowed.")?;
    need(
        settings.is_none() && format_clause.is_none(),
        "shape.settings",
        "Settings are not allowed.",
    )?;
    need(pipe_operators.is_empty(), "shape.pipe", "Pipe syntax is not allowed.")?;
    let SetExpr::Select(select) = &**body else {
        let reason =
            "One plain SELECT is expected: no UNION, VALUES, parentheses or changes of data.";
        return Err(Blocked::new("shape.select", reason));
    };
    let (mut reading, outputs) = read_select(select, dotted)?;
    if let Some(order_by) = order_by {
        read_order(order_by, &outputs, &mut reading)?;
    }
    limit_clause.as_ref().map_or(Ok(()), read_limit)?;
    Ok(reading)
}

/// One entry of the SELECT list that has an alias.
struct Output {
    alias: String,
    column: Option<String>,
}

/// Reads the four clauses that are used; every other one must be absent.
fn read_select(select: &Select, dotted: &[String]) -> Checked<(Reading, Vec<Output>)> {
    only_used_clauses(select)?;
    let mut reading = Reading::default();
    let outputs = read_projection(&select.projection, &mut reading)?;
    if let Some(condition) = &select.selection {
        terms::read_condition(condition, &mut reading)?;
    }
    read_group(&select.group_by, &outputs, &mut reading)?;
    reading.tables.push(read_from(&select.from, dotted)?);
    Ok((reading, outputs))
}

/// Names every field of a SELECT, so that a new one of the parser does not compile unseen.
fn only_used_clauses(select: &Select) -> Checked<()> {
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
        having,
        named_window,
        qualify,
        window_before_qualify,
        value_table_mode,
        flavor,
    } = select;
    need(
        optimizer_hints.is_empty() && select_modifiers.is_none(),
        "shape.hint",
        "Hints are not allowed.",
    )?;
    need(distinct.is_none(), "shape.distinct", "DISTINCT is not allowed; use GROUP BY.")?;
    need(top.is_none() && !top_before_distinct, "shape.top", "TOP is not allowed; use LIMIT.")?;
    need(exclude.is_none(), "shape.star", "EXCLUDE is not allowed.")?;
    need(into.is_none(), "shape.into", "SELECT INTO is not allowed.")?;
    need(
        lateral_views.is_empty() && prewhere.is_none(),
        "shape.from",
        "Only one table may be read.",
    )?;
    let other_clauses = [cluster_by, distribute_by].iter().all(|clause| clause.is_empty());
    need(
        other_clauses && sort_by.is_empty() && connect_by.is_empty(),
        "shape.clause",
        "This clause is not allowed.",
    )?;
    need(having.is_none(), "shape.having", "HAVING is not allowed.")?;
    let windows = !named_window.is_empty() || qualify.is_some() || *window_before_qualify;
    need(!windows, "shape.window", "Window functions and QUALIFY are not allowed.")?;
    need(value_table_mode.is_none(), "shape.value_table", "SELECT AS is not allowed.")?;
    need(*flavor == SelectFlavor::Standard, "shape.from_first", "A query must begin with SELECT.")
}

fn read_from(from: &[TableWithJoins], dotted: &[String]) -> Checked<TableRef> {
    let [TableWithJoins { relation, joins }] = from else {
        return Err(Blocked::new("shape.from", "Exactly one table is expected in FROM."));
    };
    need(joins.is_empty(), "shape.join", "Joins are not allowed.")?;
    let TableFactor::Table {
        name,
        alias,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        index_hints,
    } = relation
    else {
        return Err(Blocked::new(
            "shape.from",
            "FROM must name a table, not a subquery or function.",
        ));
    };
    need(alias.is_none(), "shape.table_alias", "The table may have no alias.")?;
    need(args.is_none(), "shape.table_function", "Table functions are not allowed.")?;
    need(version.is_none(), "shape.version", "FOR SYSTEM_TIME is not allowed.")?;
    need(sample.is_none(), "shape.sample", "TABLESAMPLE is not allowed.")?;
    let plain = with_hints.is_empty() && !with_ordinality && partitions.is_empty();
    need(
        plain && json_path.is_none() && index_hints.is_empty(),
        "shape.from",
        "Only a plain table may be read.",
    )?;
    let parts: Vec<&str> = name.0.iter().filter_map(quoted_part).collect();
    let whole = parts.len() == name.0.len() && dotted == [parts.join(".")];
    match parts.as_slice() {
        [project, dataset, table] if whole && parts.iter().all(|part| !part.is_empty()) => {
            Ok(TableRef {
                project: (*project).to_owned(),
                dataset: (*dataset).to_owned(),
                table: (*table).to_owned(),
            })
        }
        _ => Err(Blocked::new(
            "shape.table_name",
            "Write the table as `project.dataset.table`, in one pair of backquotes.",
        )),
    }
}

fn quoted_part(part: &ObjectNamePart) -> Option<&str> {
    if let ObjectNamePart::Identifier(Ident { value, quote_style: Some('`'), span: _ }) = part {
        return Some(value);
    }
    None
}

fn read_projection(items: &[SelectItem], reading: &mut Reading) -> Checked<Vec<Output>> {
    let mut outputs = Vec::new();
    for item in items {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                terms::read_output(expr, reading)?;
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let column = terms::read_output(expr, reading)?;
                outputs.push(Output { alias: terms::name(alias)?.to_owned(), column });
            }
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                return Err(Blocked::new("shape.star", "Name the columns instead of a star."));
            }
            SelectItem::ExprWithAliases { .. } => {
                return Err(Blocked::new("shape.alias", "One alias for each column is expected."));
            }
        }
    }
    need(!items.is_empty(), "shape.projection", "Name at least one column.")?;
    Ok(outputs)
}

fn read_group(group_by: &GroupByExpr, outputs: &[Output], reading: &mut Reading) -> Checked<()> {
    let GroupByExpr::Expressions(expressions, modifiers) = group_by else {
        return Err(Blocked::new(
            "shape.group_by",
            "GROUP BY ALL is not allowed; name the columns.",
        ));
    };
    need(modifiers.is_empty(), "shape.group_by", "GROUP BY takes columns and nothing else.")?;
    for expression in expressions {
        let column = terms::column(expression, "shape.group_by", "GROUP BY takes columns only.")?;
        let shadowed = outputs.iter().any(|output| {
            output.alias.eq_ignore_ascii_case(column)
                && !output.column.as_deref().is_some_and(|of| of.eq_ignore_ascii_case(column))
        });
        need(
            !shadowed,
            "shape.group_by",
            "GROUP BY may not name an alias that stands for something else.",
        )?;
        reading.uses(column);
    }
    Ok(())
}

fn read_order(order_by: &OrderBy, outputs: &[Output], reading: &mut Reading) -> Checked<()> {
    let OrderBy { kind, interpolate } = order_by;
    need(interpolate.is_none(), "shape.order_by", "INTERPOLATE is not allowed.")?;
    let OrderByKind::Expressions(expressions) = kind else {
        return Err(Blocked::new(
            "shape.order_by",
            "ORDER BY ALL is not allowed; name the columns.",
        ));
    };
    let aliases: Vec<String> = outputs.iter().map(|output| output.alias.clone()).collect();
    for OrderByExpr { expr, options, with_fill } in expressions {
        let OrderByOptions { asc: _, nulls_first } = options;
        need(
            with_fill.is_none() && nulls_first.is_none(),
            "shape.order_by",
            "ORDER BY takes ASC or DESC only.",
        )?;
        let name =
            terms::column(expr, "shape.order_by", "ORDER BY takes columns and aliases only.")?;
        if holds(&aliases, name) {
            reading.ordered_aliases.push(name.to_owned());
        } else {
            reading.uses(name);
        }
    }
    Ok(())
}

fn read_limit(limit: &LimitClause) -> Checked<()> {
    let LimitClause::LimitOffset { limit, offset, limit_by } = limit else {
        return Err(Blocked::new("shape.limit", "LIMIT takes one whole number."));
    };
    need(offset.is_none() && limit_by.is_empty(), "shape.limit", "OFFSET is not allowed.")?;
    let Some(Expr::Value(ValueWithSpan { value: Value::Number(digits, false), span: _ })) = limit
    else {
        return Err(Blocked::new("shape.limit", "LIMIT takes one whole number."));
    };
    need(digits.parse::<u32>().is_ok(), "shape.limit", "LIMIT takes one whole number below 2^32.")
}
