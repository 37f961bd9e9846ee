//! How a workflow actor gets a step done, and how a tenant's ports are opened.
//!
//! A step runs on the I/O runtime, never on an arbiter. It reads only its run's input and the stored
//! outputs of earlier steps, so that a repeated attempt sees the same world.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::admission::Limits;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::{RunId, StepName, TenantId};
use autopilot_domain::workflow::machine::Try;
use autopilot_domain::workflow::{Definition, WorkflowKind};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::context::OwnerClaim;
use super::runs::{RunStore, StoreError};

/// One attempt of one step.
#[derive(Debug, Clone)]
pub struct StepCall {
    /// The run.
    pub run: RunId,
    /// What the run does.
    pub kind: WorkflowKind,
    /// The run's input.
    pub input: Value,
    /// The step.
    pub step: StepName,
    /// Attempt, retries and mode.
    pub tried: Try,
    /// Stored outputs of the steps that succeeded before.
    pub outputs: BTreeMap<StepName, Value>,
    /// Cancelled when nobody waits for the result any more.
    pub cancel: CancellationToken,
}

/// The step registry of one tenant.
#[async_trait]
pub trait Steps: Send + Sync {
    /// The steps of a kind; `None` when this version cannot run it.
    fn definition(&self, kind: WorkflowKind) -> Option<Definition>;
    /// Does one attempt. The same attempt may be called again after a crash and must then find its
    /// own earlier effects.
    async fn run(&self, call: StepCall) -> Result<Value, Failure>;
    /// Brings money back in order after a takeover: settles or releases open receipts and rebuilds
    /// the rolling hour. Called before any step of a new claim and repeated until it succeeds.
    async fn recover(&self) -> Result<(), Failure>;
}

/// Everything a supervisor needs for one tenant under one claim.
#[derive(Clone)]
pub struct TenantPorts {
    /// The owner's store.
    pub store: Arc<dyn RunStore>,
    /// The step registry.
    pub steps: Arc<dyn Steps>,
}

/// Opens tenants.
#[async_trait]
pub trait Tenants: Send + Sync {
    /// The ports of the claimed tenant.
    async fn open(&self, claim: OwnerClaim) -> Result<TenantPorts, StoreError>;

    /// How many workflows the tenant may have now; `None` when the node's limits hold. Asked at every
    /// look at the tenant's runs: it must answer from memory.
    fn limits(&self, _tenant: TenantId) -> Option<Limits> {
        None
    }
}
