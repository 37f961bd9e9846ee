//! Threads, memory and the optimizer: where plans run.
//!
//! Queries run on threads of their own with large stacks, since plans are followed one call deep for
//! each operator, and within a memory pool, so that a greedy one fails and the server lives.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result as EngineResult;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::execution::context::SessionState;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionConfig;
use tokio::runtime::Runtime;

use super::fault_of;
use crate::bigquery::fault::{Fault, Kind};

/// Stack of an engine thread, in bytes; only touched pages are ever resident.
const STACK: usize = 512 << 20;
/// Memory that all queries may take together, in bytes.
const MEMORY: usize = 1 << 30;

/// The optimizer, the memory pool and the threads.
pub(crate) struct Engine {
    state: SessionState,
    threads: Option<Runtime>,
}

impl Engine {
    pub(crate) fn start() -> std::io::Result<Self> {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(STACK)
            .thread_name("warehouse")
            .enable_all()
            .build()?;
        let config = SessionConfig::new()
            .with_target_partitions(1)
            .with_batch_size(8192)
            .set_bool("datafusion.optimizer.skip_failed_rules", false)
            .set_bool("datafusion.execution.parquet.pushdown_filters", false);
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(MEMORY)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(std::io::Error::other)?;
        let state = SessionStateBuilder::new()
            .with_default_features()
            .with_config(config)
            .with_runtime_env(environment)
            .build();
        Ok(Self { state, threads: Some(threads) })
    }

    /// Runs work on an engine thread; dropping the future stops the work.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        let broken = || Fault::new(Kind::ResourcesExceeded, "The query could not be executed");
        let threads = self.threads.as_ref().ok_or_else(broken)?;
        let abandoned = Arc::new(AtomicBool::new(false));
        let _guard = Waiting(Arc::clone(&abandoned));
        let mut set = tokio::task::JoinSet::new();
        set.spawn_on(ABANDONED.scope(abandoned, work), threads.handle());
        match set.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(_)) | None => Err(broken()),
        }
    }

    pub(crate) fn optimize(&self, plan: &LogicalPlan) -> Result<LogicalPlan, Fault> {
        self.state.optimize(plan).map_err(|error| fault_of(&error))
    }

    pub(crate) async fn collect(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>, Fault> {
        let planner = self.state.query_planner();
        let physical = planner.create_physical_plan(&plan, &self.state).await;
        let physical = physical.map_err(|error| fault_of(&error))?;
        let physical = interruptible(physical).map_err(|error| fault_of(&error))?;
        collect(physical, self.state.task_ctx()).await.map_err(|error| fault_of(&error))
    }
}

tokio::task_local! {
    /// Whether nobody waits for the running statement any more.
    static ABANDONED: Arc<AtomicBool>;
}

/// Marks a statement as abandoned when the one who waits for it goes away.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether work may go on: a long batch of one operator has no other place to stop.
///
/// # Errors
/// Nobody waits for it any more.
pub(super) fn go_on() -> Result<(), Fault> {
    match ABANDONED.try_with(|abandoned| abandoned.load(Ordering::Relaxed)) {
        Ok(true) => Err(Fault::new(Kind::ResourcesExceeded, "The query was abandoned")),
        Ok(false) | Err(_) => Ok(()),
    }
}

/// A plan that pauses after some batches of each operator that makes many rows of few.
fn interruptible(plan: Arc<dyn ExecutionPlan>) -> EngineResult<Arc<dyn ExecutionPlan>> {
    const MAKERS: [&str; 4] = ["CrossJoinExec", "NestedLoopJoinExec", "HashJoinExec", "UnnestExec"];
    let wrapped = plan.transform_up(|node| {
        if !MAKERS.contains(&node.name()) {
            return Ok(Transformed::no(node));
        }
        let paused: Arc<dyn ExecutionPlan> = Arc::new(CooperativeExec::new(node));
        Ok(Transformed::yes(paused))
    });
    wrapped.map(|wrapped| wrapped.data)
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Waiting for the threads is not allowed where other threads' futures run.
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}
