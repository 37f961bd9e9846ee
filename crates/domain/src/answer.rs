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
    let counted = if rows == 1 { "row" } else { "rows" };
    let unit = planned.source.currency.as_ref().map_or(String::new(), |of| format!(" {}", of.code));
    let summary = match &value {
        Some(value) => format!("Revenue over {days} was {value}{unit} from {rows} {counted}."),
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::catalog::TableRef;

    fn answer(value: Option<&str>, rows: u64) -> Answer {
        let table = TableRef { project: "p".into(), dataset: "d".into(), table: "t".into() };
        let source = Source {
            table,
            day_column: "day".into(),
            amount_column: "amount".into(),
            currency: None,
        };
        let window = DayWindow {
            from: date(2026, 3, 24),
            until_exclusive: date(2026, 3, 31),
            zone: "Europe/Berlin".parse().unwrap(),
        };
        let planned = PlannedQuery { sql: "SELECT 1".into(), window, source: source.clone() };
        let provenance = Provenance {
            query_hash: Digest([7; 32]),
            job_id: "autopilot_1".into(),
            source,
            bytes_billed: Bytes(10),
            cost_usd: MicroUsd(1),
        };
        compose(&planned, value.map(str::to_owned), rows, provenance, vec!["note".into()]).unwrap()
    }

    #[test]
    fn the_figure_stands_in_the_answer_as_the_warehouse_gave_it() {
        let answer = answer(Some("12345678901234567890.120"), 42);
        assert_eq!(answer.value.as_deref(), Some("12345678901234567890.120"));
        assert_eq!(
            answer.summary,
            "Revenue over the seven days from 2026-03-24 to before 2026-03-31 (Europe/Berlin) \
             was 12345678901234567890.120 from 42 rows."
        );
        assert_eq!((answer.contract_version, answer.warnings.len()), (CONTRACT_VERSION, 1));
    }

    #[test]
    fn no_data_is_said_and_is_not_a_zero() {
        let answer = answer(None, 0);
        assert_eq!(answer.value, None);
        assert!(answer.summary.starts_with("No data for this period: "), "{}", answer.summary);
    }

    #[test]
    fn the_instants_follow_the_clock_change_within_the_window() {
        let (from, until) = answer(None, 0).window_instants;
        assert_eq!(from.to_string(), "2026-03-23T23:00:00Z");
        assert_eq!(until.to_string(), "2026-03-30T22:00:00Z");
    }

    #[test]
    fn an_answer_survives_being_stored() {
        let answer = answer(Some("1"), 1);
        let text = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), answer);
        assert!(answer.summary.ends_with("from 1 row."), "{}", answer.summary);
    }
}
