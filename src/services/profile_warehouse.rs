//! Learning the warehouse, thin: names, types and sizes from free metadata calls.
//!
//! Reads no rows and spends nothing. Columns enter the catalog as unexamined, which protects them;
//! a decision a person has made is kept by the store.

use autopilot_domain::canonical;
use autopilot_domain::catalog::{TableFacts, TableRef};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
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
    /// Tables that the warehouse lists and does not describe: gone meanwhile, denied, or of a name that
    /// no address can hold. They are not in the catalog, so no query can use them.
    #[serde(default)]
    pub skipped: Vec<TableRef>,
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
        match tenant.warehouse.describe(table).await {
            Ok(found) => facts.push(found),
            // One table must not keep the others from being known.
            Err(failure) if concerns_one_table(&failure) => {
                tracing::warn!(code = %failure.code, "a table that is listed could not be described");
            }
            Err(failure) => return Err(failure),
        }
    }
    to_output(&facts)
}

/// Whether a failure says something about this table and nothing about the connection.
fn concerns_one_table(failure: &Failure) -> bool {
    let codes =
        [ErrorCode::WarehouseNotFound, ErrorCode::WarehouseDenied, ErrorCode::WarehouseRejected];
    codes.contains(&failure.code)
}

async fn store(tenant: &TenantSteps, call: &StepCall) -> Result<Value, Failure> {
    let facts: Vec<TableFacts> = output(call, "describe_tables")?;
    let mut skipped: Vec<TableRef> = output(call, "list_tables")?;
    skipped.retain(|table| !facts.iter().any(|facts| facts.table == *table));
    if facts.is_empty() && !skipped.is_empty() {
        return Err(Failure::of(FailureClass::PermissionDenied, ErrorCode::WarehouseDenied));
    }
    tenant.store.upsert_tables(&facts).await.map_err(|error| error.failure())?;
    to_output(&Profiled {
        tables: facts.len(),
        skipped,
        columns: facts.iter().map(|table| table.columns.len()).sum(),
        rows: facts.iter().map(|table| table.rows).fold(0, u64::saturating_add),
        metadata_hash: canonical::digest(&facts).map_err(|_| step_input())?,
    })
}
