//! One query of a step through the governed path, cancelled when nobody waits for it any more.
//!
//! A cancelled job is told to stop, and the path still sees it end, so that its money is settled.

use autopilot_domain::catalog::Catalog;
use autopilot_domain::failure::Failure;
use autopilot_gate::receipt::Origin;
use autopilot_gate::{Draft, Governed};

use super::registry::TenantSteps;
use crate::ports::StepCall;

/// Who wants the query of this attempt.
pub(super) fn origin(call: &StepCall) -> Origin {
    Origin { run: call.run, step: call.step.clone(), attempt: call.tried.attempt }
}

/// Runs a draft of this attempt.
///
/// # Errors
/// What the path answered.
pub(super) async fn run(
    tenant: &TenantSteps,
    call: &StepCall,
    draft: Draft,
    catalog: &Catalog,
) -> Result<Governed, Failure> {
    let job = draft.origin().job_id();
    let governed = tenant.gate.run(draft, catalog);
    tokio::pin!(governed);
    tokio::select! {
        answer = &mut governed => answer,
        () = call.cancel.cancelled() => {
            if let Err(failure) = tenant.warehouse.cancel(&job).await {
                tracing::warn!(job.id = %job.0, code = %failure.code, "cancelling a job failed");
            }
            governed.await
        }
    }
}
