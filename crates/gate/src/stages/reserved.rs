//! The last stages: room in the rolling hour, then the committed receipt, then the approval.
//!
//! An [`ApprovedQuery`] exists only after the ledger holds the bytes, the journal holds a receipt,
//! and the decision is written. A receipt that an earlier call of the same attempt left opens no new
//! job: its hour began earlier, so what a new job costs would leave the window too soon. It only lets
//! a job be adopted that the warehouse knows. When the ledger cannot tell, nothing is spent.

use std::time::Duration;

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::cost::CostDecision;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::units::Bytes;

use super::{Priced, SafeQuery};
use crate::gate::GatePolicy;
use crate::ports::{
    BudgetLedger, GateDecision, GateJournal, JobState, Reservation, Verdict, Warehouse,
};
use crate::receipt::{JobId, Origin, Receipt, ReceiptState};
use crate::settling::Held;

/// The limits an execution gets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How long it may take.
    pub(crate) deadline: Duration,
    /// Most rows to fetch.
    pub(crate) row_cap: u64,
}

/// A query whose upper bound the ledger holds.
#[derive(Debug)]
pub struct Reserved {
    safe: SafeQuery,
    decision: CostDecision,
}

impl Reserved {
    /// Takes room in the rolling hour.
    ///
    /// # Errors
    /// `OVER_HOURLY_BUDGET` with the decision when there is not enough left, `SPENDING_CLOSED` when the
    /// ledger fails or does not hold the window.
    pub(crate) async fn hold(
        priced: Priced,
        ledger: &dyn BudgetLedger,
        policy: &GatePolicy,
    ) -> Result<Self, (Failure, Option<Box<CostDecision>>)> {
        let (query, agreed) = priced.into_parts();
        let (bound, budget) = (query.upper_bound(), policy.spending.hourly_budget);
        match ledger.reserve(&query.safe().origin().job_id(), bound, budget).await {
            Ok(Reservation::Granted { used_before }) => {
                let decision = query.decision(policy, used_before, agreed);
                Ok(Self { safe: query.into_safe(), decision })
            }
            Ok(Reservation::Refused { used }) => {
                let decision = query.decision(policy, used, agreed);
                Err((over_budget(&decision), Some(Box::new(decision))))
            }
            Ok(Reservation::NotLoaded) => Err((closed(ErrorCode::SpendingClosed.meaning()), None)),
            Err(failure) => {
                tracing::warn!(code = %failure.code, "the budget ledger failed; nothing is spent");
                Err((closed(ErrorCode::SpendingClosed.meaning()), None))
            }
        }
    }

    /// What the ledger holds for it.
    pub(crate) fn held(&self) -> Held {
        Held {
            job: self.safe.origin().job_id(),
            bound: self.decision.reserved_bytes,
            price: self.decision.price_per_tib,
        }
    }

    /// Commits the receipt and the decision; only then the query is approved.
    ///
    /// # Errors
    /// The journal's or the warehouse's own failure, or `SPENDING_CLOSED` when the attempt was used
    /// before and there is no job of the same text to adopt. The query must not run then.
    pub(crate) async fn commit(
        self,
        journal: &dyn GateJournal,
        warehouse: &dyn Warehouse,
        version: &str,
        bounds: Bounds,
    ) -> Result<(ApprovedQuery, Receipt), Failure> {
        let Self { safe, decision } = self;
        let wanted = new_receipt(&safe, decision, version);
        let receipt = match open_receipt(journal, &wanted.job_id).await? {
            Some(earlier) => adoptable(earlier, &wanted, warehouse).await?,
            None => fresh(wanted, journal, warehouse).await?,
        };
        journal.decided(&allowed(&safe, &receipt)).await?;
        // A byte limit of zero may be read as "no limit"; one byte refuses whatever is billed.
        let maximum_bytes_billed = receipt.decision.reserved_bytes.max(Bytes(1));
        let Bounds { deadline, row_cap } = bounds;
        Ok((ApprovedQuery { safe, maximum_bytes_billed, deadline, row_cap }, receipt))
    }
}

async fn open_receipt(journal: &dyn GateJournal, job: &JobId) -> Result<Option<Receipt>, Failure> {
    Ok(journal.unsettled().await?.into_iter().find(|receipt| receipt.job_id == *job))
}

/// The open receipt of an earlier call, if it is for the same text and its job exists.
async fn adoptable(
    earlier: Receipt,
    wanted: &Receipt,
    warehouse: &dyn Warehouse,
) -> Result<Receipt, Failure> {
    if earlier.canonical_hash != wanted.canonical_hash {
        return Err(closed(
            "This attempt was already used for another query; a new one is needed.",
        ));
    }
    match warehouse.job(&earlier.job_id).await? {
        JobState::Running | JobState::Done { .. } => Ok(earlier),
        JobState::Unknown => {
            Err(closed("This attempt stopped before its job was made; a new one is needed."))
        }
    }
}

/// Commits a receipt. If it is not open afterwards, an earlier call's was settled or released: a
/// settled one has a job to adopt, and after a released one a new job would be counted nowhere.
async fn fresh(
    wanted: Receipt,
    journal: &dyn GateJournal,
    warehouse: &dyn Warehouse,
) -> Result<Receipt, Failure> {
    journal.reserved(&wanted).await?;
    if open_receipt(journal, &wanted.job_id).await?.is_some() {
        return Ok(wanted);
    }
    match warehouse.job(&wanted.job_id).await? {
        JobState::Done { .. } => Ok(wanted),
        JobState::Unknown | JobState::Running => {
            Err(closed("The reservation of this attempt was given back; a new one is needed."))
        }
    }
}

fn new_receipt(safe: &SafeQuery, decision: CostDecision, version: &str) -> Receipt {
    Receipt {
        job_id: safe.origin().job_id(),
        origin: safe.origin().clone(),
        canonical_hash: safe.hash(),
        policy_version: version.to_owned(),
        decision,
        pii: safe.pii(),
        state: ReceiptState::Reserved,
        billed_bytes: None,
        billed_usd: None,
    }
}

fn allowed(safe: &SafeQuery, receipt: &Receipt) -> GateDecision {
    GateDecision {
        origin: safe.origin().clone(),
        verdict: Verdict::Allowed,
        stage: "approved",
        canonical_hash: Some(safe.hash()),
        failure: None,
        cost: Some(receipt.decision.clone()),
        rules: safe.rules().to_vec(),
    }
}

fn closed(sentence: &str) -> Failure {
    Failure::with(FailureClass::TransientError, ErrorCode::SpendingClosed, sentence)
}

fn over_budget(decision: &CostDecision) -> Failure {
    let CostDecision { reserved_bytes: wanted, bytes_remaining: left, budget, .. } = decision;
    let sentence =
        format!("The query may be billed {wanted}, and {left} of the hour's {budget} are left.");
    let narrower = decision.suggestion.as_deref().unwrap_or_default();
    let sentence = format!("{sentence} {narrower}");
    let sentence = sentence.trim_end();
    Failure::with(FailureClass::QuotaExceeded, ErrorCode::OverHourlyBudget, sentence)
}

/// A query that passed every stage; what [`crate::ports::Warehouse::execute`] takes.
///
/// ```
/// fn text(query: &autopilot_gate::stages::ApprovedQuery) -> &str {
///     query.sql()
/// }
/// ```
///
/// It cannot be made elsewhere, nor changed:
///
/// ```compile_fail,E0451
/// use autopilot_domain::units::Bytes;
/// use autopilot_gate::stages::ApprovedQuery;
/// fn widen(real: ApprovedQuery) -> ApprovedQuery {
///     ApprovedQuery { maximum_bytes_billed: Bytes(u64::MAX), ..real }
/// }
/// ```
///
/// nor copied, so that one approval is one execution:
///
/// ```compile_fail,E0277
/// fn copies<T: Clone>() {}
/// copies::<autopilot_gate::stages::ApprovedQuery>();
/// ```
#[derive(Debug)]
pub struct ApprovedQuery {
    safe: SafeQuery,
    maximum_bytes_billed: Bytes,
    deadline: Duration,
    row_cap: u64,
}

impl ApprovedQuery {
    /// The canonical text: exactly what was checked and priced.
    #[must_use]
    pub fn sql(&self) -> &str {
        self.safe.sql()
    }

    /// Who wants it.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        self.safe.origin()
    }

    /// The job id it must run under.
    #[must_use]
    pub fn job_id(&self) -> JobId {
        self.safe.origin().job_id()
    }

    /// The byte limit that must be sent with it; at least 1.
    #[must_use]
    pub const fn maximum_bytes_billed(&self) -> Bytes {
        self.maximum_bytes_billed
    }

    /// What must be redacted in its result.
    pub(crate) const fn masks(&self) -> &crate::masks::Masks {
        self.safe.masks()
    }

    /// How long it may take before it is cancelled.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Most rows to fetch.
    #[must_use]
    pub const fn row_cap(&self) -> u64 {
        self.row_cap
    }
}
