//! Rows as domain values, and back.
//!
//! A row that does not fit is a defect or an intruder: it becomes `Corrupt`, never a guess.

use autopilot_domain::failure::Failure;
use autopilot_domain::ids::{Digest, RunId, StepName};
use autopilot_domain::units::{Bytes, MicroUsd};
use autopilot_domain::workflow::{StepResult, StepStatus, WorkflowKind};
use autopilot_gate::receipt::{JobId, Origin, Receipt, ReceiptState};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::FromSqlOwned;
use uuid::Uuid;

use crate::ports::StoreError;

/// A column's value.
pub fn get<T: FromSqlOwned>(row: &Row, column: &str) -> Result<T, StoreError> {
    row.try_get(column).map_err(|_| StoreError::Corrupt("a column does not have the expected type"))
}

/// Something stored does not fit the code.
pub const fn corrupt() -> StoreError {
    StoreError::Corrupt("a stored value is outside its range")
}

/// A count that must not be negative.
pub fn unsigned(row: &Row, column: &str) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| corrupt())
}

/// A count for the store.
pub fn signed(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(|_| corrupt())
}

fn small(row: &Row, column: &str) -> Result<u32, StoreError> {
    u32::try_from(get::<i32>(row, column)?).map_err(|_| corrupt())
}

/// A small count for the store.
pub fn small_signed(count: u32) -> Result<i32, StoreError> {
    i32::try_from(count).map_err(|_| corrupt())
}

/// A SHA-256 column.
pub fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| corrupt())
}

/// A JSON column as a typed value.
pub fn json<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|_| corrupt())
}

/// A typed value as a JSON column.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|_| corrupt())
}

/// A workflow kind column.
pub fn kind(row: &Row) -> Result<WorkflowKind, StoreError> {
    get::<String>(row, "kind")?.parse().map_err(|_| corrupt())
}

/// A step name column.
pub fn step_name(row: &Row) -> Result<StepName, StoreError> {
    get::<String>(row, "step_name")?.parse().map_err(|_| corrupt())
}

/// A stored result.
pub fn step(row: &Row) -> Result<StepResult, StoreError> {
    let status = match get::<String>(row, "status")?.as_str() {
        "success" => StepStatus::Success,
        "failed" => StepStatus::Failed,
        "skipped" => StepStatus::Skipped,
        _ => return Err(corrupt()),
    };
    let error: Option<Failure> =
        get::<Option<serde_json::Value>>(row, "error")?.map(json).transpose()?;
    // Stored as a failure, which it is to a program that knows nothing of waiting.
    let waits = error.as_ref().is_some_and(Failure::awaits_decision);
    let status = if waits { StepStatus::Suspended } else { status };
    let output_hash: Option<Vec<u8>> = get(row, "output_hash")?;
    Ok(StepResult {
        step_name: step_name(row)?,
        status,
        attempt: autopilot_domain::ids::Attempt(small(row, "attempt")?),
        round: small(row, "round")?,
        retry_count: small(row, "retry_count")?,
        step_key: digest(&get::<Vec<u8>>(row, "step_key")?)?,
        output: get(row, "output")?,
        output_hash: output_hash.as_deref().map(digest).transpose()?,
        started_at: get(row, "started_at")?,
        finished_at: get(row, "finished_at")?,
        error,
    })
}

/// A round column.
pub fn round(row: &Row) -> Result<u32, StoreError> {
    small(row, "round")
}

/// A stored receipt.
pub fn receipt(row: &Row) -> Result<Receipt, StoreError> {
    let state = match get::<String>(row, "state")?.as_str() {
        "reserved" => ReceiptState::Reserved,
        "settled" => ReceiptState::Settled,
        "released" => ReceiptState::Released,
        _ => return Err(corrupt()),
    };
    let amount = |column| {
        get::<Option<i64>>(row, column)?
            .map(|n| u64::try_from(n).map_err(|_| corrupt()))
            .transpose()
    };
    Ok(Receipt {
        job_id: JobId(get(row, "job_id")?),
        origin: Origin {
            run: RunId::new(get::<Uuid>(row, "run_id")?),
            step: step_name(row)?,
            attempt: autopilot_domain::ids::Attempt(small(row, "attempt")?),
        },
        canonical_hash: digest(&get::<Vec<u8>>(row, "canonical_hash")?)?,
        policy_version: get(row, "policy_version")?,
        decision: json(get(row, "decision")?)?,
        pii: get::<Option<serde_json::Value>>(row, "pii")?
            .map(json)
            .transpose()?
            .unwrap_or_default(),
        state,
        billed_bytes: amount("billed_bytes")?.map(Bytes),
        billed_usd: amount("billed_usd")?.map(MicroUsd),
    })
}
