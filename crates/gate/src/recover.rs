//! After a crash or a loss of the ledger: receipts are settled by asking the warehouse.
//!
//! A reservation is given back only when the warehouse says that the job does not exist; a job that
//! runs, or that cannot be asked about, keeps counting. The ledger is rebuilt from the journal last,
//! so that it opens only with everything in it. Doing it twice changes nothing.

use autopilot_domain::failure::Failure;

use crate::gate::Gate;
use crate::ports::JobState;
use crate::receipt::Receipt;

/// What a recovery did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Receipts settled with what the warehouse billed.
    pub settled: u32,
    /// Receipts given back, because the job does not exist.
    pub released: u32,
    /// Receipts that keep counting: the job runs, or the warehouse did not say.
    pub left: u32,
}

impl Gate {
    /// Settles what was left open, then rebuilds the ledger. Waits for queries on their way.
    ///
    /// # Errors
    /// When the journal or the ledger fails. The ledger is not rebuilt then, so one that was not
    /// loaded stays closed.
    pub async fn recover(&self) -> Result<Recovered, Failure> {
        let _turn = self.turn.write().await;
        let mut recovered = Recovered::default();
        for receipt in self.journal.unsettled().await? {
            self.recover_job(&receipt, &mut recovered).await?;
        }
        let window = self.journal.window().await?;
        self.ledger.rebuild(&window).await?;
        Ok(recovered)
    }

    async fn recover_job(
        &self,
        receipt: &Receipt,
        recovered: &mut Recovered,
    ) -> Result<(), Failure> {
        let job = &receipt.job_id;
        let count = match self.warehouse.job(job).await {
            Ok(JobState::Done { billed }) => {
                let cost = receipt.decision.price_per_tib.cost_of(billed);
                self.journal.settled(job, billed, cost).await?;
                &mut recovered.settled
            }
            Ok(JobState::Unknown) => {
                self.journal.released(job).await?;
                &mut recovered.released
            }
            Ok(JobState::Running) => &mut recovered.left,
            Err(failure) => {
                tracing::warn!(code = %failure.code, "a job could not be asked about; it keeps counting");
                &mut recovered.left
            }
        };
        *count = count.saturating_add(1);
        Ok(())
    }
}
