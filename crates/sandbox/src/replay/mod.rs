//! Replays recordings of the real service against the engine.
//!
//! Decides whether an answer matches: rows, schema, error reason, and processed and billed bytes. A
//! recording is claimed unless the engine itself refuses a construct of it by name; neither its text
//! nor its id is ever looked at.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

mod compare;
mod parameters;

use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::bigquery::fault::{Fault, Kind};
use crate::bigquery::session::{Bytes, Outcome, Request, Warehouse};
use crate::bigquery::store::Dataset;

/// Share of the plain SELECT recordings that must be claimed, in percent.
const LEAST_CLAIMED: usize = 75;

/// What a replay found.
#[derive(Debug, Default)]
pub struct Report {
    /// Claimed recordings that match.
    pub matched: usize,
    /// Claimed recordings.
    pub claimed: usize,
    /// Plain SELECT recordings.
    pub plain: usize,
    /// Claimed ones of them.
    pub plain_claimed: usize,
    /// All recordings of the file.
    pub total: usize,
    /// One line for each mismatch.
    pub mismatches: Vec<String>,
    /// Constructs that were refused, for each recording that is not claimed.
    pub refused: Vec<String>,
}

impl Report {
    /// Whether everything claimed matches and enough is claimed.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.matched == self.claimed
            && self.plain_claimed.saturating_mul(100) >= self.plain.saturating_mul(LEAST_CLAIMED)
    }

    /// The last line of a replay.
    #[must_use]
    pub fn line(&self) -> String {
        format!("matched {} of {} claimed, {} total", self.matched, self.claimed, self.total)
    }
}

/// Replays a file of recordings, one JSON object on each line.
///
/// # Errors
/// A file that cannot be read or is not of that format, with the line.
pub async fn file(path: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {}", path.display(), error.kind()))?;
    let mut report = Report::default();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let recording: Json = serde_json::from_str(&strict(line))
            .map_err(|_| format!("line {} is not a JSON object", at.saturating_add(1)))?;
        one(&recording, &mut report).await;
    }
    Ok(report)
}

/// The line with Python's bare `NaN` and `Infinity`, which JSON does not know, as texts.
fn strict(line: &str) -> String {
    let mut strict = String::with_capacity(line.len());
    let mut rest = line;
    let (mut inside, mut escaped) = (false, false);
    while let Some(c) = rest.chars().next() {
        let bare = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| rest.starts_with(word));
        if let (Some(word), false) = (bare, inside) {
            strict.push_str(&format!("\"{word}\""));
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        inside ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        strict.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    strict
}

enum Answer {
    Rows(Outcome, Bytes),
    Fault(Fault),
    /// The setup failed although the engine knows every construct of it.
    Broken(Fault),
}

async fn one(recording: &Json, report: &mut Report) {
    let id = recording["id"].as_str().unwrap_or("without an id").to_owned();
    let query = recording["query"].as_str().unwrap_or_default();
    report.total = report.total.saturating_add(1);
    let plain = is_plain_select(query);
    report.plain = report.plain.saturating_add(usize::from(plain));
    let verdict = match answer(recording, query).await {
        Ok(answer) => judge(&recording["expected"], query, &answer),
        Err(refused) => {
            report.refused.push(format!("{id}: {refused}"));
            return;
        }
    };
    report.claimed = report.claimed.saturating_add(1);
    report.plain_claimed = report.plain_claimed.saturating_add(usize::from(plain));
    match verdict {
        Ok(()) => report.matched = report.matched.saturating_add(1),
        Err(difference) => report.mismatches.push(format!("{id}: {difference}")),
    }
}

/// One statement that begins with SELECT or WITH, whatever stands in comments before it.
fn is_plain_select(query: &str) -> bool {
    let Ok(words) = crate::bigquery::syntax::first_words(query) else { return true };
    words.statements == 1 && ["SELECT", "WITH", "("].contains(&words.first.as_str())
}

/// Runs the setup and the query; the error is the construct that is not claimed.
async fn answer(recording: &Json, query: &str) -> Result<Answer, String> {
    if !is_plain_select(query) {
        return Err("anything but one SELECT".to_owned());
    }
    let extra = &recording["extra"];
    let default_dataset = configuration(extra)?;
    let warehouse =
        Arc::new(Warehouse::new("simulated-project").map_err(|error| error.to_string())?);
    let named = |text: &str| {
        text.replace("${DATASET}", "simulated-project.recorded")
            .replace("${DATASET_ID}", "recorded")
            .replace("${PROJECT}", "simulated-project")
    };
    let setup = named(recording["setup"].as_str().unwrap_or_default());
    let empty = crate::bigquery::syntax::first_words(&setup);
    let empty = empty.is_ok_and(|words| words.statements == 0);
    // Where a recording set nothing up and names no data set, the service lists none.
    if !empty || default_dataset.is_some() {
        let made = warehouse.store.create_dataset("recorded", Dataset::at(0));
        made.map_err(|fault| fault.to_string())?;
    }
    if !empty {
        let request = Request { sql: setup, ..Request::default() };
        match run(&warehouse, request).await {
            Answer::Rows(..) => {}
            Answer::Fault(fault) if fault.kind == Kind::Unsupported => {
                return Err(format!("setup: {fault}"));
            }
            Answer::Fault(fault) | Answer::Broken(fault) => return Ok(Answer::Broken(fault)),
        }
    }
    let parameters = parameters::read(extra["parameters.json"].as_str().unwrap_or("{}"))?;
    let request = Request { sql: named(query), parameters, default_dataset, ..Request::default() };
    match run(&warehouse, request).await {
        Answer::Fault(fault) if fault.kind == Kind::Unsupported => Err(fault.to_string()),
        answer => Ok(answer),
    }
}

/// The default data set; the error names a setting that is not the engine's to follow.
fn configuration(extra: &Json) -> Result<Option<String>, String> {
    let mut default = None;
    for (name, text) in extra.as_object().into_iter().flatten() {
        match name.as_str() {
            "parameters.json" => {}
            "job_config.json" => {
                let settings: Json = serde_json::from_str(text.as_str().unwrap_or_default())
                    .map_err(|_| "a configuration that is not JSON".to_owned())?;
                for (setting, value) in settings.as_object().into_iter().flatten() {
                    match setting.as_str() {
                        "labels" | "use_query_cache" | "priority" | "job_timeout_ms" => {}
                        // BigQuery's own dialect, which is the only one here.
                        "use_legacy_sql" if value.as_bool() == Some(false) => {}
                        "default_dataset" => {
                            default = value.as_str().map(|_| "recorded".to_owned())
                        }
                        other => return Err(format!("a job with {other}")),
                    }
                }
            }
            other => return Err(format!("a recording with {}", other.trim_end_matches(".json"))),
        }
    }
    Ok(default)
}

async fn run(warehouse: &Arc<Warehouse>, request: Request) -> Answer {
    let prepared = match warehouse.prepare(request).await {
        Ok(prepared) => prepared,
        Err(fault) => return Answer::Fault(fault),
    };
    let bytes = prepared.facts.bytes;
    match warehouse.run(prepared).await {
        Ok(outcome) => Answer::Rows(outcome, bytes),
        Err(fault) => Answer::Fault(fault),
    }
}

fn judge(expected: &Json, query: &str, answer: &Answer) -> Result<(), String> {
    match (expected.get("error").filter(|error| !error.is_null()), answer) {
        (_, Answer::Broken(fault)) => Err(format!("setup failed: {fault}")),
        (Some(error), Answer::Fault(fault)) => {
            let (wanted, got) = (error["reason"].as_str().unwrap_or_default(), reason(fault.kind));
            if wanted == got {
                Ok(())
            } else {
                Err(format!("error {got} ({fault}), recorded {wanted}"))
            }
        }
        (Some(error), Answer::Rows(..)) => {
            Err(format!("answered, recorded error {}", error["message_sample"]))
        }
        (None, Answer::Fault(fault)) => Err(format!("failed: {fault}")),
        (None, Answer::Rows(outcome, bytes)) => {
            compare::schema(&expected["schema"], outcome)?;
            compare::rows(&expected["rows"], outcome, query)?;
            compare::bytes(&expected["bigquery"], *bytes)
        }
    }
}

/// BigQuery's name of a fault's kind.
const fn reason(kind: Kind) -> &'static str {
    match kind {
        Kind::InvalidQuery => "invalidQuery",
        Kind::Invalid => "invalid",
        Kind::NotFound => "notFound",
        Kind::AccessDenied => "accessDenied",
        Kind::Duplicate => "duplicate",
        Kind::ResourceInUse => "resourceInUse",
        Kind::ResourcesExceeded => "resourcesExceeded",
        Kind::Unsupported => "notImplemented",
    }
}
