//! The path as a sequence: permit, stages, a person's word where one is needed, the reservation.
//!
//! Every refusal is written down with the stage that decided, and nothing after that stage is asked.
//! What happens to an approved query stands in `settling`. Nothing here retries.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::catalog::Catalog;
use autopilot_domain::cost::{CostDecision, SpendingPolicy};
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::Digest;
use autopilot_domain::units::{Bytes, MicroUsd};
use tokio::sync::RwLock;

use crate::permit::Permit;
use crate::ports::{
    ApprovalKind, ApprovalRequest, Approvals, BudgetLedger, GateDecision, GateJournal, Policies,
    QueryResult, Verdict, Warehouse,
};
use crate::receipt::{Origin, Receipt};
use crate::safety;
use crate::settling::Passed;
use crate::stages::{
    Bounds, Cataloged, Draft, Estimated, OverCap, PiiDecided, PiiRefusal, Priced, Protected,
    Reserved,
};

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
    /// What texts may be: projects, data sets, routines, limits.
    pub sql: safety::Policy,
    /// Whether this connection may be queried at all.
    pub permit: Permit,
    /// Version of this policy, for the receipt.
    pub version: String,
}

#[async_trait]
impl Policies for GatePolicy {
    /// A policy that never changes.
    async fn policy(&self) -> Result<GatePolicy, Failure> {
        Ok(self.clone())
    }
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
    pub(crate) policies: Arc<dyn Policies>,
    pub(crate) approvals: Option<Arc<dyn Approvals>>,
    /// Held for reading by queries on their way and for writing by a recovery, which must not take
    /// a query between its reservation and its job for one that never ran.
    pub(crate) turn: RwLock<()>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// A stage said no.
pub(crate) struct Refusal {
    pub(crate) stage: &'static str,
    pub(crate) hash: Option<Digest>,
    pub(crate) failure: Failure,
    pub(crate) cost: Option<CostDecision>,
    pub(crate) rules: Vec<&'static str>,
}

/// Names the stage and the text of a failure.
pub(crate) fn at(stage: &'static str, hash: Option<Digest>) -> impl FnOnce(Failure) -> Refusal {
    move |failure| Refusal { stage, hash, failure, cost: None, rules: Vec::new() }
}

impl Gate {
    /// A path over these ports. Nobody can be asked for an approval.
    #[must_use]
    pub fn new(
        warehouse: Arc<dyn Warehouse>,
        ledger: Arc<dyn BudgetLedger>,
        journal: Arc<dyn GateJournal>,
        policies: Arc<dyn Policies>,
    ) -> Self {
        Self { warehouse, ledger, journal, policies, approvals: None, turn: RwLock::new(()) }
    }

    /// The same path with people to ask.
    #[must_use]
    pub fn approved_by(self, approvals: Arc<dyn Approvals>) -> Self {
        Self { approvals: Some(approvals), ..self }
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
        let policy = &self.policy_now().await?;
        let query = self.estimated(draft, catalog, policy).await?;
        let hash = Some(query.safe().hash());
        let priced = self.capped(query, policy).await?;
        let reserved = Reserved::hold(priced, &*self.ledger, policy).await;
        let reserved = reserved.map_err(|(failure, cost)| Refusal {
            cost: cost.map(|cost| *cost),
            ..at("budget", hash)(failure)
        })?;
        self.committed(reserved, policy).await.map_err(at("budget", hash))
    }

    /// The policy as it is now, if it lets this connection be queried.
    pub(crate) async fn policy_now(&self) -> Result<GatePolicy, Refusal> {
        let policy = self.policies.policy().await.map_err(at("permit", None))?;
        let permit = policy.permit;
        permit.check(self.warehouse.kind()).map_err(|failure| Refusal {
            rules: permit.missing().map(|condition| condition.as_str()).into_iter().collect(),
            ..at("permit", None)(failure)
        })?;
        Ok(policy)
    }

    /// Through safety, catalog and columns to a price.
    pub(crate) async fn estimated(
        &self,
        draft: Draft,
        catalog: &Catalog,
        policy: &GatePolicy,
    ) -> Result<Estimated, Refusal> {
        let wish = draft.wish();
        let safe = draft.check(policy.sql.clone()).await.map_err(at("safety", None))?;
        let hash = Some(safe.hash());
        let cataloged = Cataloged::check(safe, catalog).await.map_err(at("catalog", hash))?;
        let decided = self.cleared(cataloged, wish).await.map_err(at("pii", hash))?;
        Estimated::ask(decided, &*self.warehouse).await.map_err(at("price", hash))
    }

    /// Past the columns, with an approval of this text if one stands; asks for one if that is wanted.
    async fn cleared(&self, cataloged: Cataloged, wish: Protected) -> Result<PiiDecided, Failure> {
        let safe = cataloged.safe();
        let (origin, canonical_hash) = (safe.origin().clone(), safe.hash());
        let (kind, text) = (ApprovalKind::PersonalData, safe.sql().to_owned());
        let agreed = match wish {
            Protected::Ask => self.agreed(kind, &origin, canonical_hash).await?.is_some(),
            Protected::Refuse | Protected::Redact => false,
        };
        match PiiDecided::check(cataloged, wish, agreed) {
            Ok(decided) => Ok(decided),
            Err(PiiRefusal { failure, columns }) if wish == Protected::Ask => {
                let (bytes, usd) = (Bytes(0), MicroUsd(0));
                let request =
                    ApprovalRequest { kind, origin, canonical_hash, text, bytes, usd, columns };
                Err(self.ask(request, failure).await)
            }
            Err(PiiRefusal { failure, columns: _ }) => Err(failure),
        }
    }

    /// Under its cap, or under what a person agreed to; asks if a person could agree.
    async fn capped(&self, query: Estimated, policy: &GatePolicy) -> Result<Priced, Refusal> {
        let (origin, canonical_hash) = (query.safe().origin().clone(), query.safe().hash());
        let kind = ApprovalKind::QueryCost;
        let over = query.upper_bound() > policy.spending.query_cap;
        let agreed = if over { self.agreed(kind, &origin, canonical_hash).await } else { Ok(None) };
        let agreed = agreed.map_err(at("price", Some(canonical_hash)))?;
        let OverCap { query, failure, approvable } = match query.within(policy, agreed) {
            Ok(priced) => return Ok(priced),
            Err(over) => *over,
        };
        let bytes = query.upper_bound();
        let usd = policy.spending.price_per_tib.cost_of(bytes);
        let cost = Some(self.cost_of(&query, policy).await);
        let (columns, text) = (Vec::new(), query.safe().sql().to_owned());
        let request = ApprovalRequest { kind, origin, canonical_hash, text, bytes, usd, columns };
        let failure = if approvable { self.ask(request, failure).await } else { failure };
        Err(Refusal { cost, ..at("price", Some(canonical_hash))(failure) })
    }

    /// What a query would cost by what the hour holds; the hour counts as full when nobody can tell.
    pub(crate) async fn cost_of(&self, query: &Estimated, policy: &GatePolicy) -> CostDecision {
        let used = self.ledger.used().await.ok().flatten();
        query.decision(policy, used.unwrap_or(policy.spending.hourly_budget), None)
    }

    async fn committed(&self, reserved: Reserved, policy: &GatePolicy) -> Result<Passed, Failure> {
        let held = reserved.held();
        let bounds = Bounds { deadline: policy.deadline, row_cap: policy.row_cap };
        let (journal, warehouse) = (&*self.journal, &*self.warehouse);
        match reserved.commit(journal, warehouse, &policy.version, bounds).await {
            Ok((approved, receipt)) => Ok(Passed { approved, receipt, held }),
            Err(failure) => {
                self.conclude(&held).await;
                Err(failure)
            }
        }
    }

    /// Writes a refusal down. That it could not be written does not make it less of a refusal.
    pub(crate) async fn refuse(&self, origin: Origin, refusal: Refusal) -> Failure {
        let Refusal { stage, hash: canonical_hash, failure, cost, rules } = refusal;
        let asked = failure.awaits_decision();
        let decision = GateDecision {
            origin,
            verdict: if asked { Verdict::Asked } else { Verdict::Blocked },
            stage,
            canonical_hash,
            failure: Some(failure.clone()),
            cost,
            rules,
        };
        if let Err(unwritten) = self.journal.decided(&decision).await {
            tracing::error!(stage, code = %unwritten.code, "a refusal could not be written down");
        }
        failure
    }
}
