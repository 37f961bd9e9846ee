//! What a query would cost and what would stand in its way, without running or reserving anything.
//!
//! An estimate takes the very stages of the path, so that it says what the path would say. It is
//! written down like a decision, and it asks nobody.

use autopilot_domain::catalog::Catalog;
use autopilot_domain::cost::CostDecision;
use autopilot_domain::failure::Failure;
use autopilot_domain::narrower::Narrower;
use serde::{Deserialize, Serialize};

use crate::gate::{Gate, GatePolicy};
use crate::ports::{GateDecision, Verdict};
use crate::receipt::{Origin, PiiFacts};
use crate::stages::{Draft, Estimated, Protected};

/// What a query would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The text that would be sent.
    pub sql: String,
    /// SHA-256 of that text.
    pub canonical_hash: autopilot_domain::ids::Digest,
    /// Rules that changed the text that was asked into this one.
    pub rules: Vec<String>,
    /// Tables it reads, by their full names.
    pub tables: Vec<String>,
    /// Price, cap and budget.
    pub decision: CostDecision,
    /// Ways to read less, where it would not run.
    pub narrower: Vec<Narrower>,
    /// What would be done about protected columns.
    pub pii: PiiFacts,
    /// Version of the policy that decided.
    pub policy_version: String,
}

impl Gate {
    /// Prices a draft without running it.
    ///
    /// # Errors
    /// The failure of the first stage that refused; the journal's when it could not commit.
    pub async fn estimate(&self, draft: Draft, catalog: &Catalog) -> Result<Estimate, Failure> {
        let origin = draft.origin().clone();
        // A question to a person belongs to a query that is to run.
        let wish = match draft.wish() {
            Protected::Ask | Protected::Refuse => Protected::Refuse,
            Protected::Redact => Protected::Redact,
        };
        let asked = async {
            let policy = self.policy_now().await?;
            let query = self.estimated(draft.protected(wish), catalog, &policy).await?;
            Ok((policy, query))
        };
        let (policy, query) = match asked.await {
            Ok(answer) => answer,
            Err(refusal) => return Err(self.refuse(origin, refusal).await),
        };
        let decision = self.cost_of(&query, &policy).await;
        self.journal.decided(&estimated(origin, &query, &decision)).await?;
        Ok(told(&query, decision, &policy))
    }
}

fn estimated(origin: Origin, query: &Estimated, decision: &CostDecision) -> GateDecision {
    GateDecision {
        origin,
        verdict: Verdict::Estimated,
        stage: "price",
        canonical_hash: Some(query.safe().hash()),
        failure: None,
        cost: Some(decision.clone()),
        rules: query.safe().rules().to_vec(),
    }
}

fn told(query: &Estimated, decision: CostDecision, policy: &GatePolicy) -> Estimate {
    let safe = query.safe();
    let narrower = if decision.allowed { Vec::new() } else { query.narrower(&decision, policy) };
    Estimate {
        sql: safe.sql().to_owned(),
        canonical_hash: safe.hash(),
        rules: safe.rules().iter().map(|rule| (*rule).to_owned()).collect(),
        tables: safe.reading().tables.iter().map(ToString::to_string).collect(),
        decision,
        narrower,
        pii: safe.pii(),
        policy_version: policy.version.clone(),
    }
}
