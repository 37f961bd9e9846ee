//! Typed answers: the figure with its unit, its window and where it comes from.
//!
//! An answer holds only figures that came through the governed path, each with the hash of the query
//! that produced it. Money is a decimal string exactly as the warehouse gave it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::Digest;
use crate::question::{Metric, PlannedQuery, Source};
use crate::units::{Bytes, MicroUsd};
use crate::window::DayWindow;

/// Version of this contract; raised when a field changes its meaning.
pub const CONTRACT_VERSION: u32 = 1;

/// Where an answer's figures come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Hash of the canonical text of the query.
    pub query_hash: Digest,
    /// The warehouse job that computed it.
    pub job_id: String,
    /// Where the figures stand.
    pub source: Source,
    /// Bytes billed.
    pub bytes_billed: Bytes,
    /// Price of the billed bytes.
    pub cost_usd: MicroUsd,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Version of this contract.
    pub contract_version: u32,
    /// One sentence with the figure, the window and the zone.
    pub summary: String,
    /// What was asked for.
    pub metric: Metric,
    /// The figure, exactly as the warehouse gave it; absent when there is no data.
    pub value: Option<String>,
    /// Rows behind the figure.
    pub rows: u64,
    /// The days it covers.
    pub window: DayWindow,
    /// The instants at which the window begins and ends.
    pub window_instants: (Timestamp, Timestamp),
    /// Where it comes from.
    pub provenance: Provenance,
    /// What a reader should know before using the figure.
    pub warnings: Vec<String>,
}

/// Builds the answer from the figures the governed path brought.
///
/// # Errors
/// When the window's instants cannot be computed.
pub fn compose(
    planned: &PlannedQuery,
    value: Option<String>,
    rows: u64,
    provenance: Provenance,
    warnings: Vec<String>,
) -> Result<Answer, crate::window::WindowError> {
    let window = &planned.window;
    let days = format!(
        "the seven days from {} to before {} ({})",
        window.from,
        window.until_exclusive,
        window.zone.name()
    );
    let summary = match &value {
        Some(value) => format!("Revenue over {days} was {value} from {rows} rows."),
        None => format!("No data for this period: {days}."),
    };
    Ok(Answer {
        contract_version: CONTRACT_VERSION,
        summary,
        metric: Metric::Revenue,
        value,
        rows,
        window: window.clone(),
        window_instants: window.instants()?,
        provenance,
        warnings,
    })
}
