//! A table as the engine scans it: chunks that can be left out, and the bytes of what is read.
//!
//! Decides which chunks a filter rules out. A chunk is ruled out only if the filter cannot hold for
//! any value the chunk may have; when in doubt it is read.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::common::{Column, Result as EngineResult, ScalarValue};
use datafusion::datasource::{TableProvider, TableType};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use super::prune;

/// A piece that is read whole or not at all.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) batches: Vec<RecordBatch>,
    /// Logical bytes of each column.
    pub(crate) sizes: Vec<u64>,
    /// What is known about columns: place, least and greatest value (inclusive, never NULL).
    pub(crate) spans: Vec<(usize, ScalarValue, ScalarValue)>,
    /// The table it is billed as.
    pub(crate) table: Arc<str>,
}

/// Everything one FROM item may read.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) schema: SchemaRef,
    pub(crate) pieces: Vec<Piece>,
    /// A filter on one of these columns is demanded; with the sentence for the error.
    pub(crate) demanded: Option<(Vec<usize>, String)>,
    /// Columns the table is clustered by: a filter on them may read less than was counted.
    pub(crate) clustered: Vec<usize>,
    /// The table it is billed as; `None` for metadata views.
    pub(crate) owner: Option<Arc<str>>,
    /// A flat figure, as for metadata views.
    pub(crate) flat: Option<u64>,
}

impl Scan {
    /// The pieces that these filters leave.
    pub(crate) fn left(&self, filters: &[Expr]) -> Vec<&Piece> {
        let fits = |piece: &&Piece| {
            filters.iter().all(|filter| prune::may_hold(filter, &self.schema, &piece.spans))
        };
        self.pieces.iter().filter(fits).collect()
    }

    /// Whether a filter names one of the columns.
    pub(crate) fn filters_on(&self, filters: &[Expr], columns: &[usize]) -> bool {
        filters.iter().flat_map(Expr::column_refs).any(|column: &Column| {
            columns.iter().any(|at| self.schema.field(*at).name() == &column.name)
        })
    }
}

#[async_trait]
impl TableProvider for Scan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> EngineResult<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let batches: Vec<RecordBatch> = self
            .left(filters)
            .into_iter()
            .flat_map(|piece| piece.batches.iter().cloned())
            .collect();
        let parallel = state.config().target_partitions().max(1);
        let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new(); parallel.min(batches.len()).max(1)];
        let count = parts.len();
        let share = batches.len().div_ceil(count).max(1);
        for (at, batch) in batches.into_iter().enumerate() {
            if let Some(part) = parts.get_mut(at / share) {
                part.push(batch);
            }
        }
        let source = MemorySourceConfig::try_new_exec(
            &parts,
            Arc::clone(&self.schema),
            projection.cloned(),
        )?;
        Ok(source)
    }
}

/// A batch with another constant column at the end.
pub(crate) fn with_column(
    batch: &RecordBatch,
    schema: &SchemaRef,
    extra: Vec<ArrayRef>,
) -> EngineResult<RecordBatch> {
    let mut columns = batch.columns().to_vec();
    columns.extend(extra);
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
