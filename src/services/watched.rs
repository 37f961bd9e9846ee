//! Named failure points around the commits and calls of the governed path.
//!
//! A wrapper that passes everything through unchanged; only where a failure point is armed (never in
//! a lean build) does it stop the process or the task at exactly that place.

use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::catalog::{TableFacts, TableRef};
use autopilot_domain::failure::Failure;
use autopilot_domain::units::{Bytes, MicroUsd};
use autopilot_gate::ports::{
    ConnectionKind, DryRun, GateDecision, GateJournal, JobState, QueryResult, Warehouse,
    WindowEntry,
};
use autopilot_gate::receipt::{JobId, Receipt};
use autopilot_gate::stages::{ApprovedQuery, SafeQuery};

use crate::failpoint;

/// A journal or warehouse with failure points around it.
pub struct Watched<T: ?Sized>(pub Arc<T>);

#[async_trait]
impl GateJournal for Watched<dyn GateJournal> {
    async fn reserved(&self, receipt: &Receipt) -> Result<(), Failure> {
        failpoint::hit("gate_reserve.before");
        let done = self.0.reserved(receipt).await;
        failpoint::hit("gate_reserve.after");
        done
    }

    async fn settled(&self, job: &JobId, billed: Bytes, cost: MicroUsd) -> Result<(), Failure> {
        failpoint::hit("gate_settle.before");
        let done = self.0.settled(job, billed, cost).await;
        failpoint::hit("gate_settle.after");
        done
    }

    async fn released(&self, job: &JobId) -> Result<(), Failure> {
        self.0.released(job).await
    }

    async fn decided(&self, decision: &GateDecision) -> Result<(), Failure> {
        self.0.decided(decision).await
    }

    async fn unsettled(&self) -> Result<Vec<Receipt>, Failure> {
        self.0.unsettled().await
    }

    async fn window(&self) -> Result<Vec<WindowEntry>, Failure> {
        self.0.window().await
    }
}

#[async_trait]
impl Warehouse for Watched<dyn Warehouse> {
    fn kind(&self) -> ConnectionKind {
        self.0.kind()
    }

    async fn dry_run(&self, query: &SafeQuery) -> Result<DryRun, Failure> {
        self.0.dry_run(query).await
    }

    async fn execute(&self, query: ApprovedQuery) -> Result<QueryResult, Failure> {
        failpoint::hit("gate_execute.before");
        let done = self.0.execute(query).await;
        failpoint::hit("gate_execute.after");
        done
    }

    async fn job(&self, job: &JobId) -> Result<JobState, Failure> {
        self.0.job(job).await
    }

    async fn cancel(&self, job: &JobId) -> Result<(), Failure> {
        self.0.cancel(job).await
    }

    async fn list_tables(&self) -> Result<Vec<TableRef>, Failure> {
        self.0.list_tables().await
    }

    async fn describe(&self, table: &TableRef) -> Result<TableFacts, Failure> {
        self.0.describe(table).await
    }
}
