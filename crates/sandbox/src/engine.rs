//! Real answers over real rows: plan, bytes and execution with DataFusion.
//!
//! Bytes are counted as BigQuery documents them: the columns left after projection pushdown, times
//! their logical sizes; billed in MiB with 10 MiB at least, nothing when nothing is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, VisitMut as _, VisitorMut};

use crate::load::Loaded;
use crate::options::StartError;
use crate::rules::{self, Literal};
use crate::tables::Table;
use crate::wire::error::{ApiError, Reason};

const MIB: u64 = 1 << 20;

/// The tables and the engine over them.
pub(crate) struct Engine {
    context: SessionContext,
    pub(crate) project: String,
    pub(crate) dataset: String,
    pub(crate) tables: BTreeMap<String, Table>,
}

/// A query that was planned but not run.
pub(crate) struct Planned {
    plan: LogicalPlan,
    pub(crate) schema: Arc<Schema>,
    pub(crate) processed: u64,
    pub(crate) billed: u64,
    pub(crate) table: Option<String>,
}

impl Engine {
    pub(crate) fn new(
        project: String,
        dataset: String,
        loaded: &[Loaded],
    ) -> Result<Self, StartError> {
        let context = SessionContext::new_with_config(
            SessionConfig::new()
                .with_target_partitions(1)
                .set_bool("datafusion.sql_parser.enable_ident_normalization", false),
        );
        let mut tables = BTreeMap::new();
        for table in loaded {
            let memory = MemTable::try_new(table.rows.schema(), vec![vec![table.rows.clone()]]);
            let memory = memory.map_err(|error| StartError::Engine(error.to_string()))?;
            context
                .register_table(internal(&table.name), Arc::new(memory))
                .map_err(|error| StartError::Engine(error.to_string()))?;
            tables.insert(table.name.clone(), Table::of(table));
        }
        Ok(Self { context, project, dataset, tables })
    }

    /// Plans a query; refuses what is not claimed.
    pub(crate) async fn plan(&self, sql: &str) -> Result<Planned, ApiError> {
        let claimed = rules::read(sql)?;
        let table = claimed.table.map(|name| self.resolve(name)).transpose()?;
        self.check_types(table.as_deref(), &claimed.compared, &claimed.summed)?;
        let mut statement = claimed.statement;
        if let Some(table) = &table {
            // The visitor never stops early.
            let _done = statement.visit(&mut Rename(internal(table)));
        }
        let state = self.context.state();
        let wrapped = datafusion::sql::parser::Statement::Statement(Box::new(statement));
        let plan = state.statement_to_plan(wrapped).await.map_err(|_| unreadable())?;
        let plan = state.optimize(&plan).map_err(|_| unreadable())?;
        let processed = self.processed(&plan, table.as_deref())?;
        let schema = Arc::clone(plan.schema().inner());
        Ok(Planned { plan, schema, processed, billed: billed(processed), table })
    }

    /// Comparisons must be of one type, and integer sums must not be able to overflow.
    fn check_types(
        &self,
        table: Option<&str>,
        compared: &[(String, Literal)],
        summed: &[String],
    ) -> Result<(), ApiError> {
        let Some(facts) = table.and_then(|name| self.tables.get(name)) else { return Ok(()) };
        let schema = facts.rows.schema();
        for (column, literal) in compared {
            let Ok(field) = schema.field_with_name(column) else { return Err(unreadable()) };
            let fits = matches!(
                (field.data_type(), literal),
                (DataType::Int64 | DataType::Decimal128(..), Literal::Number)
                    | (DataType::Utf8, Literal::Text)
                    | (DataType::Date32, Literal::Date | Literal::Text)
            );
            if !fits {
                return Err(ApiError::invalid_query(
                    "No matching signature for operator: the types differ",
                ));
            }
        }
        match summed.iter().find(|column| facts.may_overflow.contains(*column)) {
            Some(column) => {
                Err(ApiError::unsupported(format!("The sum of {column}, which may overflow,")))
            }
            None => Ok(()),
        }
    }

    fn resolve(
        &self,
        (project, dataset, table): (String, String, String),
    ) -> Result<String, ApiError> {
        if project != self.project {
            let sentence = format!(
                "Access Denied: Table {project}:{dataset}.{table}: User does not have permission to query table {project}:{dataset}.{table}, or perhaps it does not exist."
            );
            return Err(ApiError::new(Reason::AccessDenied, sentence));
        }
        if dataset != self.dataset {
            return Err(ApiError::new(
                Reason::NotFound,
                format!("Not found: Dataset {project}:{dataset} was not found in location US"),
            ));
        }
        if !self.tables.contains_key(&table) {
            return Err(ApiError::new(
                Reason::NotFound,
                format!(
                    "Not found: Table {project}:{dataset}.{table} was not found in location US"
                ),
            ));
        }
        Ok(table)
    }

    /// Logical bytes of the columns each scan still reads.
    fn processed(&self, plan: &LogicalPlan, table: Option<&str>) -> Result<u64, ApiError> {
        let mut bytes = 0_u64;
        let Some(facts) = table.and_then(|name| self.tables.get(name)) else { return Ok(0) };
        plan.apply(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                for field in scan.projected_schema.fields() {
                    bytes =
                        bytes.saturating_add(facts.sizes.get(field.name()).copied().unwrap_or(0));
                }
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .map_err(|_| unreadable())?;
        Ok(bytes)
    }

    /// Runs a planned query.
    pub(crate) async fn run(&self, planned: Planned) -> Result<Vec<RecordBatch>, ApiError> {
        let frame =
            self.context.execute_logical_plan(planned.plan).await.map_err(|_| unreadable())?;
        frame.collect().await.map_err(|_| {
            ApiError::new(
                Reason::ResourcesExceeded,
                "The query could not be finished by the simulator",
            )
        })
    }
}

fn internal(table: &str) -> String {
    format!("t_{table}")
}

fn unreadable() -> ApiError {
    ApiError::invalid_query("The query does not fit the table's columns and types")
}

fn billed(processed: u64) -> u64 {
    if processed == 0 { 0 } else { processed.div_ceil(MIB).saturating_mul(MIB).max(10 * MIB) }
}

/// Gives the one table its name inside the engine.
struct Rename(String);

impl VisitorMut for Rename {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &mut ObjectName) -> std::ops::ControlFlow<()> {
        *name =
            ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', self.0.clone()))]);
        std::ops::ControlFlow::Continue(())
    }
}
