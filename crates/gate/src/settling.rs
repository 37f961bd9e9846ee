//! What becomes of an approved query: its execution, its settlement, and what is left to recovery.
//!
//! A job whose fate is not known keeps its reservation: money that may have been spent is counted until
//! the warehouse says otherwise. Nothing here retries, and no result leaves unredacted or unsettled.

use autopilot_domain::failure::Failure;
use autopilot_domain::units::{Bytes, MicroUsd};

use crate::gate::{Gate, Governed};
use crate::ports::JobState;
use crate::receipt::{JobId, Receipt, ReceiptState};
use crate::stages::ApprovedQuery;

/// What the ledger holds for a query.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) job: JobId,
    /// Most this call may add to what the ledger counts.
    pub(crate) bound: Bytes,
    /// Price of one TiB.
    pub(crate) price: MicroUsd,
}

/// A query that may run, its receipt, and what is held for it.
pub(crate) struct Passed {
    pub(crate) approved: ApprovedQuery,
    pub(crate) receipt: Receipt,
    pub(crate) held: Held,
}

impl Gate {
    pub(crate) async fn execute(&self, passed: Passed) -> Result<Governed, Failure> {
        let Passed { approved, receipt, held } = passed;
        let masks = approved.masks().clone();
        match self.warehouse.execute(approved).await {
            Ok(result) => {
                let billed = result.billed;
                self.settle_job(&held, billed).await?;
                Ok(Governed { result: masks.redact(result)?, receipt: settled(receipt, billed) })
            }
            Err(failure) => {
                self.conclude(&held).await;
                Err(failure)
            }
        }
    }

    /// The journal first: it is the truth. A ledger that fails keeps the upper bound until it is
    /// rebuilt, which counts too much and never too little. A job billed more than `bound` was made
    /// by an earlier call: either the ledger still holds that call's bound, or its hour is over.
    async fn settle_job(&self, held: &Held, billed: Bytes) -> Result<(), Failure> {
        self.journal.settled(&held.job, billed, held.price.cost_of(billed)).await?;
        if billed <= held.bound {
            note("ledger settlement", self.ledger.settle(&held.job, billed).await);
        }
        Ok(())
    }

    /// The journal first, again: a ledger that gave back what the journal still counts would be
    /// filled beyond the budget when it is rebuilt.
    async fn release_job(&self, job: &JobId) -> Result<(), Failure> {
        self.journal.released(job).await?;
        self.ledger.release(job).await
    }

    /// After a failure behind the reservation: asks what became of the job, and settles or gives
    /// back only what the warehouse is sure of. Anything else stays reserved for recovery.
    pub(crate) async fn conclude(&self, held: &Held) {
        match self.warehouse.job(&held.job).await {
            Ok(JobState::Done { billed }) => {
                note("settlement", self.settle_job(held, billed).await)
            }
            Ok(JobState::Unknown) => {
                note("release", self.release_job(&held.job).await);
            }
            Ok(JobState::Running) => {}
            Err(failure) => note("job state", Err(failure)),
        }
    }
}

/// The receipt once its job is paid for.
fn settled(receipt: Receipt, billed: Bytes) -> Receipt {
    let price = receipt.decision.price_per_tib;
    Receipt {
        state: ReceiptState::Settled,
        billed_bytes: Some(billed),
        billed_usd: Some(price.cost_of(billed)),
        ..receipt
    }
}

/// Logs a failure that recovery will make good.
fn note(what: &'static str, outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        tracing::warn!(what, class = %failure.class, code = %failure.code, "left to recovery");
    }
}
