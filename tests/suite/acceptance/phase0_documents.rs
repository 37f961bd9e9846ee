//! Rows of phase 0 that are about documents: decisions and non-goals, signed and kept.
//!
//! What a page must hold is asserted of the pages and, so that the check can fail, of broken ones.

use std::path::{Path, PathBuf};

/// The decisions that the plan asks for.
const REQUIRED: [&str; 6] = [
    "001-orchestrator",
    "002-tenancy",
    "003-warehouse",
    "004-metabase",
    "005-timezone",
    "006-actors",
];

/// Roles that sign.
const APPROVERS: [&str; 3] = ["engineering lead", "security lead", "product owner"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// The value of a line `- Name: value`.
fn line<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    page.lines().find_map(|line| line.strip_prefix("- ")?.strip_prefix(name)?.strip_prefix(": "))
}

/// What a signed page lacks.
fn unsigned(page: &str, status: &str) -> Vec<String> {
    let mut lacks = Vec::new();
    if line(page, "Status") != Some(status) {
        lacks.push(format!("the status {status}"));
    }
    if line(page, "Approver").is_none_or(|role| !APPROVERS.contains(&role)) {
        lacks.push("an approver".to_owned());
    }
    if line(page, "Date").is_none_or(|date| date.parse::<jiff::civil::Date>().is_err()) {
        lacks.push("a date".to_owned());
    }
    lacks
}

/// What a decision's page lacks.
fn lacks(page: &str) -> Vec<String> {
    let mut lacks = unsigned(page, "accepted");
    for part in ["Context", "Decision", "Consequences", "When to revisit"] {
        let body = page.split_once(&format!("\n## {part}\n")).map(|(_, rest)| rest);
        let body = body.map(|rest| rest.split("\n## ").next().unwrap_or_default());
        if body.is_none_or(|body| body.trim().len() < 40) {
            lacks.push(format!("the part {part}"));
        }
    }
    lacks
}

#[test]
fn p0_01_every_decision_is_written_and_signed_off() {
    let folder = docs().join("adr");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "README.md" {
            continue;
        }
        let page = std::fs::read_to_string(folder.join(&name)).unwrap();
        assert_eq!(lacks(&page), [""; 0], "{name}");
        assert!(index.contains(&format!("({name})")), "{name} is not in the index");
        found.push(name);
    }
    for required in REQUIRED {
        assert!(found.contains(&format!("{required}.md")), "{required} is missing");
    }
}

#[test]
fn a_decision_without_a_signature_or_a_part_is_found() {
    let whole = std::fs::read_to_string(docs().join("adr/001-orchestrator.md")).unwrap();
    for (from, to) in [
        ("- Status: accepted", "- Status: proposed"),
        ("- Approver: engineering lead", "- Approver: somebody"),
        ("- Date: 2026-", "- Date: soon-"),
        ("\n## Consequences\n", "\n## Something\n"),
    ] {
        assert!(whole.contains(from), "{from}");
        assert_eq!(lacks(&whole.replace(from, to)).len(), 1, "{to}");
    }
}

/// The rows of a table of two columns, without its head.
fn rows(page: &str) -> Vec<(&str, &str)> {
    let cells = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    cells.skip(1).collect()
}

#[test]
fn p0_02_what_is_out_of_scope_is_listed_and_approved() {
    let page = std::fs::read_to_string(docs().join("non-goals.md")).unwrap();
    assert_eq!(unsigned(&page, "approved"), [""; 0]);
    let rows = rows(&page);
    assert!(rows.len() >= 10, "{}", rows.len());
    for (what, instead) in &rows {
        assert!(what.len() > 10 && instead.len() > 10, "{what}: no word on what happens instead");
    }
    for topic in
        ["Warehouses other than BigQuery", "BI tools other than Metabase", "DDL", "Streaming"]
    {
        assert!(rows.iter().any(|(what, _)| what.contains(topic)), "{topic}");
    }
    // What the code itself can show: no other warehouse or BI tool is connected.
    let connectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/connectors");
    let known = ["bigquery", "metabase", "egress", "llm", "mod.rs"];
    for entry in std::fs::read_dir(connectors).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".rs");
        assert!(known.contains(&name.as_str()) || known.contains(&stem), "{name} is a non-goal");
    }
    let lock = include_str!("../../../Cargo.lock");
    for other in ["snowflake", "databricks", "redshift", "looker", "tableau", "stripe"] {
        assert!(!lock.contains(&format!("name = \"{other}")), "{other} is a non-goal");
    }
}
