//! The fourth stage: a dry run prices the query and reads it a second time.
//!
//! The warehouse's own parser must see one SELECT over exactly the tables that the safety rules saw;
//! any difference blocks. What is reserved later is the most that can be billed, never the estimate.

use std::collections::BTreeSet;

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::cost::{self, Accuracy};
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::units::Bytes;

use super::{PiiDecided, SafeQuery};
use crate::gate::GatePolicy;
use crate::ports::{DryRun, Warehouse};

/// A query with a price under the cap.
#[derive(Debug)]
pub struct Priced {
    safe: SafeQuery,
    estimated: Bytes,
    upper_bound: Bytes,
    accuracy: Accuracy,
}

impl Priced {
    /// Asks for a dry run and checks it.
    ///
    /// # Errors
    /// The warehouse's own failure, `ESTIMATE_MISMATCH`, or `OVER_QUERY_CAP`.
    pub(crate) async fn ask(
        decided: PiiDecided,
        warehouse: &dyn Warehouse,
        policy: &GatePolicy,
    ) -> Result<Self, Failure> {
        let safe = decided.into_safe();
        let dry_run = warehouse.dry_run(&safe).await?;
        let tables = same_reading(&safe, &dry_run)?;
        let upper_bound = cost::billed_upper_bound(dry_run.processed, tables);
        within_cap(upper_bound, policy)?;
        Ok(Self { safe, estimated: dry_run.processed, upper_bound, accuracy: dry_run.accuracy })
    }

    /// The query, the estimate, the most it can be billed, and the estimate's accuracy.
    pub(super) fn into_parts(self) -> (SafeQuery, Bytes, Bytes, Accuracy) {
        (self.safe, self.estimated, self.upper_bound, self.accuracy)
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

fn within_cap(upper_bound: Bytes, policy: &GatePolicy) -> Result<(), Failure> {
    let cap = policy.spending.query_cap;
    if upper_bound <= cap {
        return Ok(());
    }
    let way_out = if upper_bound <= policy.approved_cap {
        "Read fewer days or fewer columns, or ask for an approval."
    } else {
        "That is more than even an approval allows; read fewer days or fewer columns."
    };
    let sentence =
        format!("The query may be billed {upper_bound}; one query may be billed {cap}. {way_out}");
    Err(Failure::with(FailureClass::QuotaExceeded, ErrorCode::OverQueryCap, sentence))
}
