//! The step registry of one tenant: which kinds exist, and who does each step.
//!
//! A step gets its run's input and the stored outputs before it, nothing else. Unknown steps are a
//! failure, never a silent success: a definition and its steps are deployed together.

use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::StepName;
use autopilot_domain::workflow::{Definition, StepDef, WorkflowKind};
use autopilot_gate::Gate;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ports::{Clock, RunStore, StepCall, Steps, Warehouse};

use super::{answer_question, profile_warehouse, run_query};

/// The registry of one tenant under one claim.
pub struct TenantSteps {
    /// The owner's store.
    pub store: Arc<dyn RunStore>,
    /// The tenant's connection, for metadata and cancelling; queries go through `gate`.
    pub warehouse: Arc<dyn Warehouse>,
    /// The governed path.
    pub gate: Gate,
    /// Business time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Steps for TenantSteps {
    fn definition(&self, kind: WorkflowKind) -> Option<Definition> {
        definition(kind)
    }

    async fn run(&self, call: StepCall) -> Result<Value, Failure> {
        let done = match call.kind {
            WorkflowKind::ProfileWarehouse => profile_warehouse::run(self, &call).await,
            WorkflowKind::AnswerQuestion => answer_question::run(self, &call).await,
            WorkflowKind::RunQuery | WorkflowKind::EstimateQuery => {
                run_query::run(self, &call).await
            }
            WorkflowKind::GenerateDashboards | WorkflowKind::GenerateMemo => {
                Err(unknown_step(&call.step))
            }
        };
        if done.as_ref().is_err_and(|failure| failure.code == ErrorCode::SpendingClosed) {
            self.reopen_spending().await;
        }
        done
    }

    async fn recover(&self) -> Result<(), Failure> {
        self.gate.recover().await.map(drop)
    }
}

impl TenantSteps {
    /// Rebuilds the rolling hour from receipts, so that the next attempt finds it (Redis may have
    /// come back empty); while that fails, spending stays closed.
    async fn reopen_spending(&self) {
        if let Err(failure) = self.gate.recover().await {
            tracing::warn!(code = %failure.code, "the rolling hour could not be rebuilt yet");
        }
    }
}

/// The steps of a kind; `None` for kinds this version cannot run.
#[must_use]
pub fn definition(kind: WorkflowKind) -> Option<Definition> {
    match kind {
        WorkflowKind::ProfileWarehouse => chain(kind, &profile_warehouse::STEPS),
        WorkflowKind::AnswerQuestion => chain(kind, &answer_question::STEPS),
        WorkflowKind::RunQuery => chain(kind, &run_query::RUN),
        WorkflowKind::EstimateQuery => chain(kind, &run_query::ESTIMATE),
        WorkflowKind::GenerateDashboards | WorkflowKind::GenerateMemo => None,
    }
}

/// A definition whose steps each read the one before.
fn chain(kind: WorkflowKind, names: &[&str]) -> Option<Definition> {
    let mut steps: Vec<StepDef> = Vec::new();
    for name in names {
        let depends_on = steps.last().map(|step| step.name.clone()).into_iter().collect();
        let name = name.parse().ok()?;
        steps.push(StepDef { name, depends_on, skippable: false, can_sample: false });
    }
    Definition::new(kind, steps).ok()
}

/// The stored output of an earlier step, read back.
pub(super) fn output<T: DeserializeOwned>(call: &StepCall, step: &str) -> Result<T, Failure> {
    let stored = call.outputs.iter().find(|(name, _)| name.as_str() == step);
    let value = stored.map(|(_, value)| value.clone()).ok_or_else(step_input)?;
    serde_json::from_value(value).map_err(|_| step_input())
}

/// A step's output as JSON.
pub(super) fn to_output<T: serde::Serialize>(value: &T) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|_| step_input())
}

pub(super) fn step_input() -> Failure {
    Failure::of(FailureClass::ValidationFailed, ErrorCode::StepInputInvalid)
}

pub(super) fn unknown_step(step: &StepName) -> Failure {
    let sentence = format!("This version has no step named {step}.");
    Failure::with(FailureClass::ValidationFailed, ErrorCode::StepInputInvalid, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_can_run_has_a_definition_in_order() {
        let runnable: Vec<_> =
            WorkflowKind::ALL.into_iter().filter(|k| definition(*k).is_some()).collect();
        use WorkflowKind as K;
        let expected = [K::ProfileWarehouse, K::AnswerQuestion, K::RunQuery, K::EstimateQuery];
        assert_eq!(runnable, expected);
        let names: Vec<_> = definition(WorkflowKind::AnswerQuestion)
            .unwrap()
            .steps()
            .iter()
            .map(|step| step.name.to_string())
            .collect();
        assert_eq!(names, answer_question::STEPS);
    }
}
