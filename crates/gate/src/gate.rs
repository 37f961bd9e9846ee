//! The path as a sequence: permit, stages, execution, settlement.
//!
//! Every refusal is written down with the stage that decided, and nothing after that stage is asked.
//! A job whose fate is not known keeps its reservation: money that may have been spent is counted
//! until the warehouse says otherwise. Nothing here retries.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use autopilot_domain::catalog::Catalog;
use autopilot_domain::cost::SpendingPolicy;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::Digest;
use autopilot_domain::units::Bytes;
use tokio::sync::RwLock;

use crate::permit::Permit;
use crate::ports::{
    BudgetLedger, GateDecision, GateJournal, JobState, QueryResult, Verdict, Warehouse,
};
use crate::receipt::{JobId, Origin, Receipt, ReceiptState};
use crate::stages::{ApprovedQuery, Bounds, Cataloged, Draft, PiiDecided, Priced, Reserved};

/// What the path decides by.
#[derive(Debug, Clone)]
pub struct GatePolicy {
    /// Cap of one query, budget of an hour, price.
    pub spending: SpendingPolicy,
    /// Most that one query may be billed even with an approval.
    pub approved_cap: Bytes,
    /// How long an execution may take.
    pub deadline: Duration,
    /// Most rows to fetch.
    pub row_cap: u64,
    /// Whether this connection may be queried at all.
    pub permit: Permit,
    /// Version of this policy, for the receipt.
    pub version: String,
}

/// A result with the receipt of what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governed {
    /// What the warehouse answered.
    pub result: QueryResult,
    /// The settled receipt.
    pub receipt: Receipt,
}

/// The governed path of ONE tenant to one connection.
pub struct Gate {
    pub(crate) warehouse: Arc<dyn Warehouse>,
    pub(crate) ledger: Arc<dyn BudgetLedger>,
    pub(crate) journal: Arc<dyn GateJournal>,
    pub(crate) policy: GatePolicy,
    /// Asked for each query, where a plan says what the policy's spending is now.
    pub(crate) spending: Option<Arc<dyn Fn() -> SpendingPolicy + Send + Sync>>,
    /// Held for reading by queries on their way and for writing by a recovery, which must not take
    /// a query between its reservation and its job for one that never ran.
    pub(crate) turn: RwLock<()>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// A stage said no.
struct Refusal {
    stage: &'static str,
    hash: Option<Digest>,
    failure: Failure,
}

/// A query that may run, its receipt, and the most this call may add to what the ledger counts.
struct Passed {
    approved: ApprovedQuery,
    receipt: Receipt,
    bound: Bytes,
}

/// Names the stage and the text of a failure.
fn at(stage: &'static str, hash: Option<Digest>) -> impl FnOnce(Failure) -> Refusal {
    move |failure| Refusal { stage, hash, failure }
}

impl Gate {
    /// A path over these ports.
    #[must_use]
    pub fn new(
        warehouse: Arc<dyn Warehouse>,
        ledger: Arc<dyn BudgetLedger>,
        journal: Arc<dyn GateJournal>,
        policy: GatePolicy,
    ) -> Self {
        Self { warehouse, ledger, journal, policy, spending: None, turn: RwLock::new(()) }
    }

    /// Takes cap, budget and price of each query from `spending` instead of the policy.
    #[must_use]
    pub fn spending_by(
        mut self,
        spending: impl Fn() -> SpendingPolicy + Send + Sync + 'static,
    ) -> Self {
        self.spending = Some(Arc::new(spending));
        self
    }

    /// The policy as it is now.
    fn policy_now(&self) -> GatePolicy {
        let spending = self.spending.as_ref().map_or(self.policy.spending, |spending| spending());
        GatePolicy { spending, ..self.policy.clone() }
    }

    /// Takes a draft through every stage, executes it and settles it.
    ///
    /// # Errors
    /// The failure of the first stage that refused; the warehouse's failure when the execution
    /// failed; the journal's when it could not commit. A result is only returned once it is settled.
    pub async fn run(&self, draft: Draft, catalog: &Catalog) -> Result<Governed, Failure> {
        let _turn = self.turn.read().await;
        let origin = draft.origin().clone();
        match self.approve(draft, catalog).await {
            Ok(passed) => self.execute(passed).await,
            Err(refusal) => Err(self.refuse(origin, refusal).await),
        }
    }

    async fn approve(&self, draft: Draft, catalog: &Catalog) -> Result<Passed, Refusal> {
        let Self { warehouse, ledger, journal, policy: _, spending: _, turn: _ } = self;
        let policy = &self.policy_now();
        policy.permit.check(warehouse.kind()).map_err(at("permit", None))?;
        let safe = draft.check().await.map_err(at("safety", None))?;
        let job = safe.origin().job_id();
        let hash = Some(safe.hash());
        let cataloged = Cataloged::check(safe, catalog).await.map_err(at("catalog", hash))?;
        let decided = PiiDecided::check(cataloged).map_err(at("pii", hash))?;
        let priced = Priced::ask(decided, &**warehouse, policy).await.map_err(at("price", hash))?;
        let reserved =
            Reserved::hold(priced, &**ledger, policy).await.map_err(at("budget", hash))?;
        let bound = reserved.bound();
        let bounds = Bounds { deadline: policy.deadline, row_cap: policy.row_cap };
        match reserved.commit(&**journal, &**warehouse, &policy.version, bounds).await {
            Ok((approved, receipt)) => Ok(Passed { approved, receipt, bound }),
            Err(failure) => {
                self.conclude(&job, bound).await;
                Err(at("budget", hash)(failure))
            }
        }
    }

    /// Writes a refusal down. That it could not be written does not make it less of a refusal.
    async fn refuse(&self, origin: Origin, refusal: Refusal) -> Failure {
        let Refusal { stage, hash: canonical_hash, failure } = refusal;
        let verdict = Verdict::Blocked;
        let decision =
            GateDecision { origin, verdict, stage, canonical_hash, failure: Some(failure.clone()) };
        if let Err(unwritten) = self.journal.decided(&decision).await {
            tracing::error!(stage, code = %unwritten.code, "a refusal could not be written down");
        }
        failure
    }

    async fn execute(&self, passed: Passed) -> Result<Governed, Failure> {
        let Passed { approved, receipt, bound } = passed;
        match self.warehouse.execute(approved).await {
            Ok(result) => {
                let receipt = self.settle(receipt, result.billed, bound).await?;
                Ok(Governed { result, receipt })
            }
            Err(failure) => {
                self.conclude(&receipt.job_id, bound).await;
                Err(failure)
            }
        }
    }

    async fn settle(
        &self,
        receipt: Receipt,
        billed: Bytes,
        bound: Bytes,
    ) -> Result<Receipt, Failure> {
        self.settle_job(&receipt.job_id, billed, bound).await?;
        Ok(Receipt {
            state: ReceiptState::Settled,
            billed_bytes: Some(billed),
            billed_usd: Some(self.policy.spending.price_per_tib.cost_of(billed)),
            ..receipt
        })
    }

    /// The journal first: it is the truth. A ledger that fails keeps the upper bound until it is
    /// rebuilt, which counts too much and never too little. A job billed more than `bound` was made
    /// by an earlier call: either the ledger still holds that call's bound, or its hour is over.
    async fn settle_job(&self, job: &JobId, billed: Bytes, bound: Bytes) -> Result<(), Failure> {
        let cost = self.policy.spending.price_per_tib.cost_of(billed);
        self.journal.settled(job, billed, cost).await?;
        if billed <= bound {
            note("ledger settlement", self.ledger.settle(job, billed).await);
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
    async fn conclude(&self, job: &JobId, bound: Bytes) {
        match self.warehouse.job(job).await {
            Ok(JobState::Done { billed }) => {
                note("settlement", self.settle_job(job, billed, bound).await)
            }
            Ok(JobState::Unknown) => {
                note("release", self.release_job(job).await);
            }
            Ok(JobState::Running) => {}
            Err(failure) => note("job state", Err(failure)),
        }
    }
}

/// Logs a failure that recovery will make good.
fn note(what: &'static str, outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        tracing::warn!(what, class = %failure.class, code = %failure.code, "left to recovery");
    }
}
