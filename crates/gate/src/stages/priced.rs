//! The fourth and fifth stage: a dry run prices the query and reads it a second time; then its own cap.
//!
//! The warehouse's own parser must see one SELECT over exactly the tables that the safety rules saw;
//! any difference blocks. What is reserved later is the most that can be billed, never the estimate.
//! An estimate alone lets nothing run: only a query under its cap, or under what a person agreed to,
//! goes on.

use std::collections::BTreeSet;

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::cost::{self, Accuracy, CostDecision};
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::narrower::{self, Narrower};
use autopilot_domain::units::Bytes;

use super::{PiiDecided, SafeQuery};
use crate::gate::GatePolicy;
use crate::ports::{DryRun, Warehouse};

/// A query whose cost is known.
#[derive(Debug)]
pub struct Estimated {
    safe: SafeQuery,
    estimated: Bytes,
    upper_bound: Bytes,
    accuracy: Accuracy,
}

/// A query under its cap, or under what a person agreed to.
#[derive(Debug)]
pub struct Priced {
    query: Estimated,
    agreed: Option<Bytes>,
}

/// A query over its cap.
#[derive(Debug)]
pub(crate) struct OverCap {
    pub(crate) query: Estimated,
    pub(crate) failure: Failure,
    /// Whether an approval would help.
    pub(crate) approvable: bool,
}

impl Estimated {
    /// Asks for a dry run and checks it.
    ///
    /// # Errors
    /// The warehouse's own failure, or `ESTIMATE_MISMATCH`.
    pub(crate) async fn ask(
        decided: PiiDecided,
        warehouse: &dyn Warehouse,
    ) -> Result<Self, Failure> {
        let safe = decided.into_safe();
        let dry_run = warehouse.dry_run(&safe).await?;
        let tables = same_reading(&safe, &dry_run)?;
        let upper_bound = cost::billed_upper_bound(dry_run.processed, tables);
        Ok(Self { safe, estimated: dry_run.processed, upper_bound, accuracy: dry_run.accuracy })
    }

    /// The query.
    pub(crate) const fn safe(&self) -> &SafeQuery {
        &self.safe
    }

    /// Most that it can be billed.
    pub(crate) const fn upper_bound(&self) -> Bytes {
        self.upper_bound
    }

    /// What it would cost, given what the hour already holds, with what would be narrower.
    pub(crate) fn decision(
        &self,
        policy: &GatePolicy,
        used: Bytes,
        agreed: Option<Bytes>,
    ) -> CostDecision {
        let Self { safe: _, estimated, upper_bound, accuracy } = self;
        let spending = &policy.spending;
        let decision = cost::decide(spending, *estimated, *upper_bound, *accuracy, used, agreed);
        if decision.allowed {
            return decision;
        }
        let ways = self.narrower(&decision, policy);
        decision.narrowed(&ways)
    }

    /// Ways to read less, where the decision says no.
    pub(crate) fn narrower(&self, decision: &CostDecision, policy: &GatePolicy) -> Vec<Narrower> {
        let room = decision.room(policy.spending.query_cap);
        narrower::suggest(&self.safe.reading().reads, self.upper_bound, room)
    }

    /// Holds the query to its cap, or to what a person agreed to.
    ///
    /// # Errors
    /// The query itself with `OVER_QUERY_CAP`.
    pub(crate) fn within(
        self,
        policy: &GatePolicy,
        agreed: Option<Bytes>,
    ) -> Result<Priced, Box<OverCap>> {
        let (bound, cap) = (self.upper_bound, policy.spending.query_cap);
        let most = agreed.map_or(cap, |agreed| agreed.min(policy.approved_cap).max(cap));
        if bound <= most {
            return Ok(Priced { query: self, agreed });
        }
        let approvable = bound <= policy.approved_cap;
        let failure = over_cap(bound, cap, approvable);
        Err(Box::new(OverCap { query: self, failure, approvable }))
    }
}

impl Priced {
    /// The query with its estimate, and what a person agreed to.
    pub(super) fn into_parts(self) -> (Estimated, Option<Bytes>) {
        (self.query, self.agreed)
    }
}

impl Estimated {
    /// The query.
    pub(super) fn into_safe(self) -> SafeQuery {
        self.safe
    }
}

/// Number of distinct tables, if both parsers agree.
fn same_reading(safe: &SafeQuery, dry_run: &DryRun) -> Result<u64, Failure> {
    let ours: BTreeSet<_> = safe.reading().tables.iter().collect();
    let theirs: BTreeSet<_> = dry_run.referenced_tables.iter().collect();
    if dry_run.statement_type != "SELECT" || ours != theirs {
        return Err(Failure::of(FailureClass::ValidationFailed, ErrorCode::EstimateMismatch));
    }
    Ok(u64::try_from(ours.len()).unwrap_or(u64::MAX))
}

fn over_cap(upper_bound: Bytes, cap: Bytes, approvable: bool) -> Failure {
    let way_out = if approvable {
        "Read fewer days or fewer columns, or ask for an approval."
    } else {
        "That is more than even an approval allows; read fewer days or fewer columns."
    };
    let sentence =
        format!("The query may be billed {upper_bound}; one query may be billed {cap}. {way_out}");
    Failure::with(FailureClass::QuotaExceeded, ErrorCode::OverQueryCap, sentence)
}
