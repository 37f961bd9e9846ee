//! The engine's face: prepare a statement (parse, bind, price), then run it.
//!
//! Nothing behind this face knows HTTP, jobs or drills; nothing in front of it knows DataFusion.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::logical_expr::LogicalPlan;
use sqlparser::ast::Statement;

use super::bind::{Binder, World};
use super::engine::runner::Engine;
use super::fault::Fault;
use super::store::{ColumnDef, Store};
use super::types::Type;
use super::value::{Value, read};
use super::{price, syntax};

/// A table's full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableName {
    pub(crate) project: String,
    pub(crate) dataset: String,
    pub(crate) table: String,
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}.{}", self.project, self.dataset, self.table)
    }
}

/// A query parameter, already typed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    /// Empty for a positional one.
    pub(crate) name: String,
    pub(crate) of: Type,
    pub(crate) value: Value,
}

/// What somebody wants to run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) sql: String,
    /// Data set that unqualified tables belong to.
    pub(crate) default_dataset: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    /// The data sets the caller may see; `None` means all.
    pub(crate) granted: Option<BTreeSet<String>>,
    /// Start of the statement in microseconds since 1970; the clock's if not given.
    pub(crate) now: Option<i64>,
}

/// Bytes of a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) processed: u64,
    pub(crate) billed: u64,
    /// Whether clustering may lower the figure, so that it is an upper bound.
    pub(crate) upper_bound: bool,
}

/// What is known before a statement runs.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// `SELECT`, `CREATE_TABLE`, `INSERT`, `SCRIPT` and so on.
    pub(crate) statement_type: &'static str,
    /// Result columns; empty for a statement without rows.
    pub(crate) columns: Vec<ColumnDef>,
    pub(crate) bytes: Bytes,
    pub(crate) referenced: Vec<TableName>,
    /// Parameters the text names and the request does not give, with their guessed types.
    pub(crate) undeclared: Vec<(String, Type)>,
}

/// The result of a statement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) columns: Vec<ColumnDef>,
    /// Column values by position.
    pub(crate) rows: Vec<Vec<Value>>,
    /// Rows inserted, updated or deleted by DML.
    pub(crate) affected: Option<u64>,
}

/// The simulated project and the engine over it.
pub(crate) struct Warehouse {
    pub(crate) project: String,
    pub(crate) store: Store,
    engine: Engine,
}

/// A statement that was parsed, bound and priced, and not run.
pub(crate) struct Prepared {
    pub(crate) facts: Facts,
    request: Request,
    work: Work,
}

enum Work {
    Query(LogicalPlan),
    /// Run from its text, one statement after the other.
    Script,
}

impl Warehouse {
    /// An empty project.
    ///
    /// # Errors
    /// The operating system refuses threads.
    pub(crate) fn new(project: impl Into<String>) -> std::io::Result<Self> {
        Ok(Self { project: project.into(), store: Store::default(), engine: Engine::start()? })
    }

    /// Parses, binds and prices.
    ///
    /// # Errors
    /// Everything that is wrong with the statement, or the simulator's limit by name.
    pub(crate) async fn prepare(self: &Arc<Self>, request: Request) -> Result<Prepared, Fault> {
        let this = Arc::clone(self);
        self.engine.run(async move { this.prepare_here(request) }).await
    }

    /// Runs a prepared statement. Dropping the future stops it.
    ///
    /// # Errors
    /// A value that makes the query fail, or not enough memory.
    pub(crate) async fn run(self: &Arc<Self>, prepared: Prepared) -> Result<Outcome, Fault> {
        let this = Arc::clone(self);
        self.engine.run(async move { this.run_here(prepared).await }).await
    }

    fn prepare_here(self: &Arc<Self>, request: Request) -> Result<Prepared, Fault> {
        let parsed = syntax::parse(&request.sql)?;
        let [only] = parsed.as_slice() else {
            let facts = Facts {
                statement_type: "SCRIPT",
                columns: Vec::new(),
                bytes: Bytes::default(),
                referenced: Vec::new(),
                undeclared: Vec::new(),
            };
            return Ok(Prepared { facts, request, work: Work::Script });
        };
        if let Statement::Query(query) = &only.statement {
            let (plan, facts) = self.plan(query, &only.source, &request)?;
            return Ok(Prepared { facts, request, work: Work::Query(plan) });
        }
        let facts = self.change_facts(only, &request)?;
        Ok(Prepared { facts, request, work: Work::Script })
    }

    /// A query as an optimized plan, with its price.
    pub(super) fn plan(
        &self,
        query: &sqlparser::ast::Query,
        source: &syntax::Source,
        request: &Request,
    ) -> Result<(LogicalPlan, Facts), Fault> {
        let notes = RefCell::default();
        let ids = Cell::new(0);
        let world = self.world(request);
        let (plan, columns) = Binder::new(&world, source, &ids, &notes).statement(query)?;
        let plan = self.engine.optimize(&plan)?;
        let bytes = price::price(&plan)?;
        let referenced = notes.into_inner().referenced.into_iter().collect();
        let undeclared = Vec::new();
        Ok((plan, Facts { statement_type: "SELECT", columns, bytes, referenced, undeclared }))
    }

    pub(super) fn world<'a>(&'a self, request: &'a Request) -> World<'a> {
        World {
            project: &self.project,
            store: &self.store,
            default_dataset: request.default_dataset.as_deref(),
            parameters: &request.parameters,
            granted: request.granted.as_ref(),
            now: request.now.unwrap_or_else(now),
        }
    }

    async fn run_here(self: &Arc<Self>, prepared: Prepared) -> Result<Outcome, Fault> {
        match prepared.work {
            Work::Query(plan) => self.collect(plan, prepared.facts.columns).await,
            Work::Script => {
                let mut last = Outcome::default();
                for parsed in syntax::parse(&prepared.request.sql)? {
                    last = self.step(&parsed, &prepared.request).await?;
                }
                Ok(last)
            }
        }
    }

    async fn step(
        self: &Arc<Self>,
        parsed: &syntax::Parsed,
        request: &Request,
    ) -> Result<Outcome, Fault> {
        if let Statement::Query(query) = &parsed.statement {
            let (plan, facts) = self.plan(query, &parsed.source, request)?;
            return self.collect(plan, facts.columns).await;
        }
        self.change(parsed, request).await
    }

    /// Rows of a plan as values.
    pub(super) async fn collect(
        &self,
        plan: LogicalPlan,
        columns: Vec<ColumnDef>,
    ) -> Result<Outcome, Fault> {
        let batches = self.engine.collect(plan).await?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let of = columns.iter().zip(batch.columns());
                rows.push(of.map(|(def, column)| read(column, row, &def.of)).collect());
            }
        }
        Ok(Outcome { columns, rows, affected: None })
    }

    /// Batches of a plan.
    pub(super) async fn batches(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>, Fault> {
        self.engine.collect(plan).await
    }

    pub(super) fn optimized(&self, plan: &LogicalPlan) -> Result<LogicalPlan, Fault> {
        self.engine.optimize(plan)
    }
}

/// Now, in microseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the simulator stands outside the product's clock")]
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}
