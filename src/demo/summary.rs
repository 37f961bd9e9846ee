//! The machine-readable end of the demo: figures read back through the API, and checks over them.
//!
//! A check compares two things that were read separately; the demo has failed if one of them does
//! not hold.

use serde_json::{Value, json};

use super::queries::{self, Asked};
use super::story::{Outcome, steps, text};

/// What the summary says about the surroundings.
pub(super) struct Frame {
    /// Where the API answers.
    pub(super) base_url: String,
    /// The organisation's zone.
    pub(super) zone: String,
    /// Last complete day.
    pub(super) as_of: String,
    /// The figure a made-up company's own truth holds for the question, if it is one.
    pub(super) truth: Option<String>,
    /// Seconds from start to answer.
    pub(super) seconds: f64,
}

/// Builds the summary; its `ok` says whether every check held.
#[must_use]
pub(super) fn of(frame: &Frame, outcome: &Outcome, asked: &[Asked]) -> Value {
    let answer = step_output(&outcome.run, "compose_answer");
    let receipt = last_receipt(outcome);
    let mut checks = checks(outcome, &answer, &receipt);
    if let Some(truth) = &frame.truth {
        let told = answer.get("value").and_then(Value::as_str).map(plain);
        checks.push((
            "the figure is the one the company's own books hold",
            told == Some(plain(truth)),
        ));
    }
    checks.extend(queries::checks(asked));
    let ok = checks.iter().all(|(_, held)| *held);
    json!({
        "ok": ok,
        "simulator": true,
        "base_url": frame.base_url,
        "timezone": frame.zone,
        "as_of": frame.as_of,
        "seconds": (frame.seconds * 10.0).round() / 10.0,
        "resumed": outcome.resumed,
        "refused_first": outcome.refused_first,
        "workflow": {
            "id": text(&outcome.run, "id"),
            "status": text(&outcome.run, "status"),
            "steps": steps(&outcome.run).map(|step| json!({
                "name": step.get("name"), "status": step.get("status"), "attempt": step.get("attempt"),
            })).collect::<Vec<_>>(),
        },
        "answer": {
            "revenue": answer.get("value"),
            "truth": frame.truth,
            "rows": answer.get("rows"),
            "summary": answer.get("summary"),
            "window": answer.get("window"),
        },
        "cost": {
            "estimated_bytes": receipt.pointer("/decision/estimated_bytes"),
            "billed_bytes": receipt.get("billed_bytes"),
            "usd": receipt.get("billed_usd"),
            "budget_remaining_bytes": receipt.pointer("/decision/hourly_budget_remaining"),
        },
        "receipt": receipt,
        "queries": queries::summary(asked),
        "events": outcome.events,
        "checks": checks.iter().map(|(name, held)| json!({"name": name, "held": held})).collect::<Vec<_>>(),
    })
}

/// A decimal text without the zeros that say nothing.
fn plain(decimal: &str) -> &str {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.')
    } else {
        decimal
    }
}

/// Output of a step, as the API gives it.
fn step_output(run: &Value, name: &str) -> Value {
    let step = steps(run).find(|step| text(step, "name") == name);
    step.and_then(|step| step.get("output").cloned()).unwrap_or(Value::Null)
}

fn last_receipt(outcome: &Outcome) -> Value {
    receipts(outcome).last().cloned().unwrap_or(Value::Null)
}

fn receipts(outcome: &Outcome) -> impl Iterator<Item = &Value> {
    outcome.receipts.get("items").and_then(Value::as_array).into_iter().flatten()
}

fn checks(outcome: &Outcome, answer: &Value, receipt: &Value) -> Vec<(&'static str, bool)> {
    let settled = receipts(outcome).filter(|receipt| text(receipt, "state") == "settled").count();
    let open = receipts(outcome).filter(|receipt| text(receipt, "state") == "reserved").count();
    let provenance = |name: &str| answer.pointer(&format!("/provenance/{name}")).cloned();
    vec![
        ("the workflow succeeded", text(&outcome.run, "status") == "succeeded"),
        (
            "the answer holds a figure or says that there is no data",
            answer.get("summary").is_some(),
        ),
        ("exactly one receipt is settled and none is open", (settled, open) == (1, 0)),
        (
            "the answer's bytes are the receipt's",
            provenance("bytes_billed").is_some()
                && provenance("bytes_billed") == receipt.get("billed_bytes").cloned(),
        ),
        (
            "the answer's query is the receipt's",
            provenance("query_hash").is_some()
                && provenance("query_hash") == receipt.get("canonical_hash").cloned(),
        ),
        ("progress was streamed", outcome.events > 0),
    ]
}
