//! Names and types by BigQuery's rules, bound straight into a plan the engine can run.
//!
//! Decides what every name means and gives every expression one BigQuery type; the engine's own
//! name resolution and coercion are never used. What is not known here is refused by name.

mod aggregate;
mod arrays;
mod call;
mod catalog;
mod expr;
mod from;
mod grouping;
mod literal;
mod named;
mod named_window;
mod ops;
mod order;
mod path;
mod pieces;
mod pivot;
mod query;
mod scope;
mod select;
mod special;
mod subquery;
mod typed;
mod types;
mod unnest;
mod window;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::logical_expr::LogicalPlan;
use sqlparser::ast;

use super::fault::{Fault, Place};
use super::session::{Parameter, TableName};
use super::store::{ColumnDef, Store};
use super::syntax::Source;
use super::types::Type;

pub(crate) use catalog::parts;
pub(crate) use types::{range_of, type_of};

/// A column of a relation.
#[derive(Debug, Clone)]
pub(crate) struct Col {
    /// As BigQuery shows it; empty for one without a name.
    pub(crate) name: String,
    /// Its unique name in the plan.
    pub(crate) id: String,
    pub(crate) of: Type,
    /// Reachable by name only, not by `*`.
    pub(crate) hidden: bool,
}

/// A relation: a plan and its columns.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) plan: LogicalPlan,
    pub(crate) columns: Vec<Col>,
}

/// What a binder may look things up in.
pub(crate) struct World<'a> {
    pub(crate) project: &'a str,
    pub(crate) store: &'a Store,
    pub(crate) default_dataset: Option<&'a str>,
    pub(crate) parameters: &'a [Parameter],
    /// Data sets the caller may see; `None` means all.
    pub(crate) granted: Option<&'a BTreeSet<String>>,
    /// Start of the statement, in microseconds since 1970.
    pub(crate) now: i64,
}

/// What binding found besides the plan.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) referenced: BTreeSet<TableName>,
    pub(crate) positional: usize,
}

/// Binds one statement.
pub(crate) struct Binder<'a> {
    world: &'a World<'a>,
    source: &'a Source,
    ctes: RefCell<Vec<(String, Arc<Bound>)>>,
    ids: &'a Cell<u64>,
    notes: &'a RefCell<Notes>,
    /// How many views deep.
    depth: usize,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(
        world: &'a World<'a>,
        source: &'a Source,
        ids: &'a Cell<u64>,
        notes: &'a RefCell<Notes>,
    ) -> Self {
        Self { world, source, ctes: RefCell::default(), ids, notes, depth: 0 }
    }

    /// A query as a plan whose columns are named as BigQuery names a result's.
    pub(crate) fn statement(
        &self,
        query: &ast::Query,
    ) -> Result<(LogicalPlan, Vec<ColumnDef>), Fault> {
        let bound = self.query(query, None)?;
        let visible: Vec<&Col> = bound.columns.iter().filter(|column| !column.hidden).collect();
        let names = result_names(&visible);
        let defs = visible
            .iter()
            .zip(&names)
            .map(|(column, name)| ColumnDef::new(name.clone(), column.of.clone()))
            .collect();
        let plan = self.keep(bound.plan.clone(), &visible)?;
        Ok((plan, defs))
    }

    /// A plan with only these columns, in this order.
    fn keep(&self, plan: LogicalPlan, columns: &[&Col]) -> Result<LogicalPlan, Fault> {
        let exprs = columns.iter().map(|column| typed::column(&column.id));
        datafusion::logical_expr::LogicalPlanBuilder::new(plan)
            .project(exprs)
            .and_then(datafusion::logical_expr::LogicalPlanBuilder::build)
            .map_err(|error| super::engine::fault_of(&error))
    }

    fn id(&self) -> String {
        let next = self.ids.get().saturating_add(1);
        self.ids.set(next);
        format!("c{next}")
    }

    fn place(&self, expr: &ast::Expr) -> Option<Place> {
        use sqlparser::ast::Spanned as _;
        self.source.place(expr.span())
    }
}

/// The full name of a path.
pub(crate) fn full_name(world: &World<'_>, parts: &[String]) -> Result<TableName, Fault> {
    let (source, ids, notes) = (Source::default(), Cell::new(0), RefCell::default());
    Binder::new(world, &source, &ids, &notes).full_name(parts)
}

/// The rows of VALUES as a plan, each value as its column's type.
pub(crate) fn type_literal_rows(
    world: &World<'_>,
    source: &Source,
    values: &ast::Values,
    columns: &[ColumnDef],
) -> Result<LogicalPlan, Fault> {
    let (ids, notes) = (Cell::new(0), RefCell::default());
    let binder = Binder::new(world, source, &ids, &notes);
    let scope = scope::Scope::default();
    let scopes = scope::Scopes::of(&scope, None);
    let mut rows = Vec::new();
    for row in &values.rows {
        if row.content.len() != columns.len() {
            return Err(Fault::query(format!(
                "Inserted row has wrong column count; Has {}, expected {}",
                row.content.len(),
                columns.len()
            )));
        }
        let mut exprs = Vec::new();
        for (value, column) in row.content.iter().zip(columns) {
            let typed = binder.expr(value, &scopes)?;
            if !typed.fits(&column.of) {
                return Err(Fault::query(format!(
                    "Value has type {} which cannot be inserted into column {}, which has type {}",
                    typed.of, column.name, column.of
                ))
                .at(binder.place(value)));
            }
            exprs.push(typed.to(&column.of)?);
        }
        rows.push(exprs);
    }
    datafusion::logical_expr::LogicalPlanBuilder::values(rows)
        .and_then(datafusion::logical_expr::LogicalPlanBuilder::build)
        .map_err(plan_fault)
}

/// Names of result columns: `f0_` for those without one, `_1` for repeated ones.
fn result_names(columns: &[&Col]) -> Vec<String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut anonymous = 0_usize;
    let mut name = |column: &&Col| {
        if column.name.is_empty() {
            let name = format!("f{anonymous}_");
            anonymous = anonymous.saturating_add(1);
            return name;
        }
        let seen = taken.entry(column.name.to_ascii_lowercase()).or_default();
        let name = if *seen == 0 { column.name.clone() } else { format!("{}_{seen}", column.name) };
        *seen = seen.saturating_add(1);
        name
    };
    columns.iter().map(&mut name).collect()
}

/// An error of the engine while a plan is built.
#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn plan_fault(error: datafusion::common::DataFusionError) -> Fault {
    super::engine::fault_of(&error)
}
