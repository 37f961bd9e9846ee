//! Learning the warehouse, thin: names, types and sizes from free metadata calls.
//!
//! Reads no rows and spends nothing. Columns enter the catalog as unexamined, which protects them;
//! a decision a person has made is kept by the store.

use autopilot_domain::canonical;
use autopilot_domain::catalog::{TableFacts, TableRef};
use autopilot_domain::failure::Failure;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::registry::{TenantSteps, output, step_input, to_output, unknown_step};
use crate::ports::StepCall;

/// The steps in order.
pub const STEPS: [&str; 3] = ["list_tables", "describe_tables", "store_catalog"];

/// What the workflow ends with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiled {
    /// Tables in the catalog.
    pub tables: usize,
    /// Their columns.
    pub columns: usize,
    /// Their rows, as the warehouse reports them.
    pub rows: u64,
    /// Hash of the metadata that was read.
    pub metadata_hash: autopilot_domain::ids::Digest,
}

/// Does one step.
///
/// # Errors
/// What the warehouse or the store answered, as a class.
pub async fn run(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    match call.step.as_str() {
        "list_tables" => to_output(&tenant.warehouse.list_tables().await?),
        "describe_tables" => describe(tenant, call).await,
        "store_catalog" => store(tenant, call).await,
        _ => Err(unknown_step(&call.step)),
    }
}

async fn describe(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    let tables: Vec<TableRef> = output(call, "list_tables")?;
    let mut facts = Vec::with_capacity(tables.len());
    for table in &tables {
        facts.push(tenant.warehouse.describe(table).await?);
    }
    to_output(&facts)
}

async fn store(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    let facts: Vec<TableFacts> = output(call, "describe_tables")?;
    tenant.store.upsert_tables(&facts).await.map_err(|error| error.failure())?;
    to_output(&Profiled {
        tables: facts.len(),
        columns: facts.iter().map(|table| table.columns.len()).sum(),
        rows: facts.iter().map(|table| table.rows).fold(0, u64::saturating_add),
        metadata_hash: canonical::digest(&facts).map_err(|_| step_input())?,
    })
}
