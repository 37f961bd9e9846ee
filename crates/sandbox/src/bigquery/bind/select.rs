//! SELECT: from FROM to the select list, in the order the clauses take effect.
//!
//! Decides grouping, what may stand beside an aggregate, and which alias a clause sees.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use datafusion::logical_expr::utils::{find_aggregate_exprs, find_window_exprs};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{
    Distinct, Expr as Ast, OrderByExpr, Select, SelectItem, SelectItemQualifiedWildcardKind,
    ValueTableMode, WildcardAdditionalOptions,
};

use super::grouping::replace;
use super::query::ordinal;
use super::scope::{Scope, Scopes, reference};
use super::typed::{Typed, column};
use super::{Binder, Bound, Col, order, plan_fault};
use crate::bigquery::fault::{Fault, Place};
use crate::bigquery::types::Type;

/// An item of the select list.
pub(super) struct Output {
    pub(super) name: String,
    pub(super) typed: Typed,
    place: Option<Place>,
}

/// Expressions that later clauses compute, rewritten step by step as the plan grows.
pub(super) struct Work {
    outputs: Vec<Output>,
    having: Option<Expr>,
    qualify: Option<Expr>,
    keys: Vec<(Typed, OrderByExpr)>,
}

impl Work {
    fn exprs(&self) -> Vec<&Expr> {
        let outputs = self.outputs.iter().map(|output| &output.typed.expr);
        let keys = self.keys.iter().map(|(typed, _)| &typed.expr);
        outputs.chain(self.having.as_ref()).chain(self.qualify.as_ref()).chain(keys).collect()
    }

    pub(super) fn rewrite(
        &mut self,
        to: &dyn Fn(Expr) -> Result<Expr, Fault>,
    ) -> Result<(), Fault> {
        for output in &mut self.outputs {
            output.typed.expr =
                to(output.typed.expr.clone()).map_err(|fault| fault.at(output.place))?;
        }
        for (typed, _) in &mut self.keys {
            typed.expr = to(typed.expr.clone())?;
        }
        for clause in [&mut self.having, &mut self.qualify] {
            if let Some(expr) = clause.take() {
                *clause = Some(to(expr)?);
            }
        }
        Ok(())
    }
}

impl Binder<'_> {
    pub(super) fn select(
        &self,
        select: &Select,
        outer: Option<&Scopes<'_>>,
        keys: &[OrderByExpr],
    ) -> Result<Bound, Fault> {
        if !select.named_window.is_empty() {
            let (select, keys) = super::named_window::written_out(select, keys)?;
            return self.select(&select, outer, &keys);
        }
        refuse_foreign(select)?;
        let (mut plan, scope) = self.from(&select.from, outer)?;
        let scopes = Scopes::of(&scope, outer);
        if let Some(filter) = &select.selection {
            let typed = self.expr(filter, &scopes)?;
            if !typed.fits(&Type::Bool) {
                let message =
                    format!("WHERE clause should return type BOOL, but returns {}", typed.of);
                return Err(Fault::query(message).at(self.place(filter)));
            }
            plan = LogicalPlanBuilder::new(plan)
                .filter(typed.to(&Type::Bool)?)
                .and_then(LogicalPlanBuilder::build)
                .map_err(plan_fault)?;
        }
        let aggregating = Scopes { aggregates: true, ..scopes };
        let outputs = self.outputs(&select.projection, &aggregating, &scope)?;
        let aliases: Vec<(String, Typed)> = outputs
            .iter()
            .filter(|output| !output.name.is_empty())
            .map(|output| (output.name.clone(), output.typed.clone()))
            .collect();
        let aliased = Scopes { aliases: &aliases, ..aggregating };
        let groups =
            self.groups(&select.group_by, &outputs, &Scopes { aggregates: false, ..aliased })?;
        let clause = |ast: &Option<Ast>, name: &str| -> Result<Option<Expr>, Fault> {
            let Some(ast) = ast else { return Ok(None) };
            let typed = self.expr(ast, &aliased)?;
            self.boolean(typed, name).map(Some)
        };
        let having = clause(&select.having, "HAVING")?;
        let qualify = clause(&select.qualify, "QUALIFY")?;
        let ordered = Scopes { aliases_first: true, ..aliased };
        let mut bound_keys = Vec::new();
        for key in keys {
            bound_keys.push((self.key(key, &outputs, &ordered)?, key.clone()));
        }
        let work = Work { outputs, having, qualify, keys: bound_keys };
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => {
                return Err(Fault::query("Syntax error: Unexpected keyword ON"));
            }
        };
        let bound = self.compute(plan, groups, work, distinct)?;
        self.value_table(bound, select.value_table_mode.as_ref())
    }

    fn key(
        &self,
        key: &OrderByExpr,
        outputs: &[Output],
        scopes: &Scopes<'_>,
    ) -> Result<Typed, Fault> {
        match ordinal(&key.expr) {
            Some(at) => outputs.get(at.saturating_sub(1)).map(|output| output.typed.clone()).ok_or_else(|| {
                Fault::query(format!("ORDER BY column number item is out of range. Allowed values are between 1 and {}", outputs.len()))
            }),
            None => self.expr(&key.expr, scopes),
        }
    }

    /// The select list with `*` written out.
    fn outputs(
        &self,
        items: &[SelectItem],
        scopes: &Scopes<'_>,
        scope: &Scope,
    ) -> Result<Vec<Output>, Fault> {
        let mut outputs = Vec::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(ast) => {
                    let typed = self.expr(ast, scopes)?;
                    outputs.push(Output { name: inferred(ast), typed, place: self.place(ast) });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let typed = self.expr(expr, scopes)?;
                    outputs.push(Output {
                        name: alias.value.clone(),
                        typed,
                        place: self.place(expr),
                    });
                }
                SelectItem::Wildcard(options) => {
                    if scope.items.is_empty() {
                        return Err(Fault::query("SELECT * must have a FROM clause"));
                    }
                    self.star(scope.star(), options, scopes, &mut outputs)?;
                }
                SelectItem::QualifiedWildcard(of, options) => {
                    let columns = self.qualified(of, scopes, scope)?;
                    match columns {
                        Ok(columns) => self.star(columns, options, scopes, &mut outputs)?,
                        Err(fields) => outputs.extend(fields),
                    }
                }
                SelectItem::ExprWithAliases { .. } => {
                    return Err(Fault::query("Syntax error: Unexpected alias list"));
                }
            }
        }
        Ok(outputs)
    }

    /// The columns of `t.*`, or the fields of `s.*`.
    fn qualified(
        &self,
        of: &SelectItemQualifiedWildcardKind,
        scopes: &Scopes<'_>,
        scope: &Scope,
    ) -> Result<Result<Vec<Col>, Vec<Output>>, Fault> {
        if let SelectItemQualifiedWildcardKind::ObjectName(name) = of
            && let Some(item) = scope.item(&name.to_string().replace('`', ""))
        {
            return Ok(Ok(item.columns.iter().filter(|column| !column.hidden).cloned().collect()));
        }
        let typed = match of {
            SelectItemQualifiedWildcardKind::ObjectName(name) => {
                let path = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                self.expr(&Ast::CompoundIdentifier(path), scopes)?
            }
            SelectItemQualifiedWildcardKind::Expr(expr) => self.expr(expr, scopes)?,
        };
        let Type::Struct(fields) = typed.of.clone() else {
            return Err(Fault::query(
                "Dot-star is not supported for type ".to_owned() + &typed.of.to_string(),
            ));
        };
        let outputs = fields.into_iter().enumerate().map(|(at, (name, _))| Output {
            name,
            typed: super::path::field_at(typed.clone(), at),
            place: None,
        });
        Ok(Err(outputs.collect()))
    }

    fn star(
        &self,
        columns: Vec<Col>,
        options: &WildcardAdditionalOptions,
        scopes: &Scopes<'_>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Fault> {
        if options.opt_ilike.is_some()
            || options.opt_exclude.is_some()
            || options.opt_rename.is_some()
        {
            return Err(Fault::query("Syntax error: Unexpected clause after *"));
        }
        let mut left_out: Vec<String> = Vec::new();
        if let Some(except) = &options.opt_except {
            left_out.push(except.first_element.value.clone());
            left_out.extend(except.additional_elements.iter().map(|name| name.value.clone()));
        }
        for name in &left_out {
            if !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)) {
                return Err(Fault::query(format!(
                    "Column {name} in SELECT * EXCEPT list does not exist"
                )));
            }
        }
        for column in columns {
            if left_out.iter().any(|name| name.eq_ignore_ascii_case(&column.name)) {
                continue;
            }
            let replaced = options
                .opt_replace
                .iter()
                .flat_map(|replace| &replace.items)
                .find(|item| item.column_name.value.eq_ignore_ascii_case(&column.name));
            let typed = match replaced {
                Some(item) => self.expr(&item.expr, scopes)?,
                None => reference(&column, 0),
            };
            outputs.push(Output { name: column.name, typed, place: None });
        }
        Ok(())
    }

    fn compute(
        &self,
        plan: LogicalPlan,
        groups: Option<Vec<Vec<Typed>>>,
        mut work: Work,
        distinct: bool,
    ) -> Result<Bound, Fault> {
        let aggregates = find_aggregate_exprs(work.exprs());
        let mut plan = plan;
        if groups.is_some() || !aggregates.is_empty() || work.having.is_some() {
            plan = self.group(
                plan,
                groups.unwrap_or_else(|| vec![Vec::new()]),
                aggregates,
                &mut work,
            )?;
        }
        let build = |builder: datafusion::common::Result<LogicalPlanBuilder>| {
            builder.and_then(LogicalPlanBuilder::build).map_err(plan_fault)
        };
        if let Some(having) = work.having.take() {
            plan = build(LogicalPlanBuilder::new(plan).filter(having))?;
        }
        let windows = find_window_exprs(work.exprs());
        if !windows.is_empty() {
            plan = LogicalPlanBuilder::window_plan(plan, windows.clone()).map_err(plan_fault)?;
            work.rewrite(&|expr| {
                replace(expr, &|expr| {
                    windows.contains(expr).then(|| {
                        Expr::Column(datafusion::common::Column::from_name(
                            expr.schema_name().to_string(),
                        ))
                    })
                })
            })?;
        }
        if let Some(qualify) = work.qualify.take() {
            plan = build(LogicalPlanBuilder::new(plan).filter(qualify))?;
        }
        self.output_plan(plan, work, distinct)
    }

    /// The select list, DISTINCT and ORDER BY.
    #[expect(clippy::needless_pass_by_value, reason = "it is used up here")]
    fn output_plan(&self, plan: LogicalPlan, work: Work, distinct: bool) -> Result<Bound, Fault> {
        let mut columns = Vec::new();
        let mut exprs = Vec::new();
        for output in &work.outputs {
            let id = self.id();
            exprs.push(output.typed.expr.clone().alias(&id));
            columns.push(Col {
                name: output.name.clone(),
                id,
                of: output.typed.of.clone(),
                hidden: false,
            });
        }
        let mut sorts = Vec::new();
        for (typed, key) in &work.keys {
            let known = work.outputs.iter().position(|output| output.typed.expr == typed.expr);
            let id = match known.and_then(|at| columns.get(at)) {
                Some(column) => column.id.clone(),
                None if distinct => {
                    return Err(Fault::query(
                        "ORDER BY clause expression references a column which is not visible after SELECT DISTINCT",
                    ));
                }
                None => {
                    let id = self.id();
                    exprs.push(typed.expr.clone().alias(&id));
                    id
                }
            };
            sorts.push(order::sort(Typed::new(column(&id), typed.of.clone()), key)?);
        }
        if distinct && let Some(bad) = columns.iter().find(|column| !column.of.is_groupable()) {
            return Err(Fault::query(format!(
                "Column {} of type {} cannot be used in SELECT DISTINCT",
                bad.name, bad.of
            )));
        }
        let mut builder = LogicalPlanBuilder::new(plan).project(exprs).map_err(plan_fault)?;
        if distinct {
            builder = builder.distinct().map_err(plan_fault)?;
        }
        if !sorts.is_empty() {
            builder = builder.sort(sorts).map_err(plan_fault)?;
        }
        Ok(Bound { plan: builder.build().map_err(plan_fault)?, columns })
    }

    /// `SELECT AS STRUCT` and `SELECT AS VALUE`.
    fn value_table(&self, bound: Bound, mode: Option<&ValueTableMode>) -> Result<Bound, Fault> {
        let Some(mode) = mode else { return Ok(bound) };
        let parts: Vec<(String, Typed)> = bound
            .columns
            .iter()
            .map(|col| (col.name.clone(), Typed::new(column(&col.id), col.of.clone())))
            .collect();
        let typed = match mode {
            ValueTableMode::AsStruct => super::path::make_struct(parts),
            ValueTableMode::AsValue => match parts.into_iter().next() {
                Some((_, typed)) if bound.columns.len() == 1 => typed,
                _ => {
                    return Err(Fault::query("SELECT AS VALUE query must have exactly one column"));
                }
            },
            ValueTableMode::DistinctAsStruct | ValueTableMode::DistinctAsValue => {
                return Err(Fault::unsupported("SELECT DISTINCT AS"));
            }
        };
        let id = self.id();
        let of = typed.of.clone();
        let plan = LogicalPlanBuilder::new(bound.plan)
            .project([typed.expr.alias(&id)])
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_fault)?;
        Ok(Bound { plan, columns: vec![Col { name: String::new(), id, of, hidden: false }] })
    }
}

/// The name an expression gives its column.
fn inferred(ast: &Ast) -> String {
    match ast {
        Ast::Identifier(name) => name.value.clone(),
        Ast::CompoundIdentifier(path) => {
            path.last().map(|name| name.value.clone()).unwrap_or_default()
        }
        Ast::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(sqlparser::ast::AccessExpr::Dot(Ast::Identifier(name))) => name.value.clone(),
            _ => String::new(),
        },
        Ast::Nested(inner) => inferred(inner),
        _ => String::new(),
    }
}

fn refuse_foreign(select: &Select) -> Result<(), Fault> {
    let foreign = select.top.is_some()
        || select.exclude.is_some()
        || select.into.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.select_modifiers.is_some();
    if foreign {
        return Err(Fault::query("Syntax error: Unexpected clause"));
    }
    Ok(())
}
