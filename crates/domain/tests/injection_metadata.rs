//! Runs texts that someone may have put into a warehouse's metadata through the context builder, and
//! calls of a planner that was taken over through the tool schema.
//!
//! The checks are written here anew, apart from the product's own, so that both can be wrong but not
//! in the same way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a test may end by panicking"
)]

use std::path::{Path, PathBuf};

use autopilot_domain::prompt::{self, tool};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpora/injection")
}

fn lines(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Prompt and identifiers for one line.
fn built(line: &Value) -> (String, Vec<String>) {
    let answer = prompt::check_line(&line.to_string());
    assert!(!answer.contains('\n'));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["id"], line["id"]);
    let shown = answer["identifiers"].as_array().unwrap();
    let shown = shown.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    (answer["prompt"].as_str().unwrap().to_owned(), shown)
}

/// The lines between the two marks, after checking that there is exactly one such block.
fn block(prompt: &str) -> Vec<&str> {
    let marks: Vec<&str> = prompt.lines().filter(|line| line.starts_with("CATALOG-")).collect();
    let [begin, end] = marks.as_slice() else { panic!("{} marks: {prompt}", marks.len()) };
    let mark = begin.strip_prefix("CATALOG-BEGIN ").unwrap();
    assert_eq!(*end, format!("CATALOG-END {mark}"));
    assert!(mark.len() >= 16);
    let inner: Vec<&str> =
        prompt.lines().skip_while(|l| l != begin).skip(1).take_while(|l| l != end).collect();
    assert!(inner.iter().all(|line| !line.contains(mark)));
    inner
}

fn unwanted_sign(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '`'
            | '\u{e0000}'..='\u{e01ef}')
}

fn assert_safe(id: &str, prompt: &str, identifiers: &[String]) {
    for name in identifiers {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        assert!(plain && (1..=64).contains(&name.len()), "{id}: {name}");
    }
    assert!(!prompt.chars().any(unwanted_sign), "{id}: {prompt:?}");
    let lower = prompt.to_lowercase();
    for token in [
        "{{",
        "}}",
        "{%",
        "%}",
        "${",
        "<|",
        "|>",
        "[inst]",
        "[/inst]",
        "<<sys>>",
        "</",
        "<tool_call>",
        "://",
        "www.",
        "javascript:",
        "human:",
        "assistant:",
        "system:",
        "user:",
    ] {
        assert!(!lower.contains(token), "{id}: {token} in {prompt}");
    }
    for line in block(prompt) {
        if let Some((_, description)) = line.split_once(" - ") {
            assert!(description.chars().count() <= 200, "{id}: {line}");
        }
        let shaped = line.starts_with("data set - ")
            || line.starts_with("t1 table \"")
            || line.starts_with("  c1 STRING \"");
        assert!(shaped, "{id}: {line}");
    }
}

#[test]
fn every_metadata_line_meets_its_expectation() {
    let lines = lines("metadata.jsonl");
    assert_eq!(lines.len(), 60);
    for line in &lines {
        let id = text(line, "id");
        let (prompt, identifiers) = built(line);
        let expect = &line["expect"];
        assert_safe(id, &prompt, &identifiers);
        if expect["must_be_absent_from_prompt"] == true {
            assert!(!prompt.contains(text(line, "value")), "{id}: {prompt}");
        }
        for part in expect["must_keep"].as_array().into_iter().flatten() {
            assert!(prompt.contains(part.as_str().unwrap()), "{id}: {part} not in {prompt}");
        }
    }
}

#[test]
fn every_attack_is_harmless_in_every_carrier() {
    for attack in lines("metadata.jsonl").iter().filter(|line| line["attack"] == true) {
        for carrier in [
            "table_name",
            "column_name",
            "column_description",
            "table_description",
            "dataset_label",
        ] {
            let mut line = attack.clone();
            line["carrier"] = json!(carrier);
            let (prompt, identifiers) = built(&line);
            assert_safe(text(&line, "id"), &prompt, &identifiers);
        }
    }
}

#[test]
fn row_values_have_no_way_into_a_prompt() {
    for carrier in ["top_value", "sample_value", "row", "min_value", "result", "", "Column_Name"] {
        let line =
            json!({"id": 1, "carrier": carrier, "value": "zebra crossing", "table": "orders"});
        assert!(!built(&line).0.contains("zebra"), "{carrier}");
    }
}

#[test]
fn a_harmless_text_survives_as_a_description() {
    for line in lines("metadata.jsonl").iter().filter(|line| line["attack"] == false) {
        let mut line = line.clone();
        line["carrier"] = json!("table_description");
        let (prompt, _) = built(&line);
        for part in line["expect"]["must_keep"].as_array().into_iter().flatten() {
            assert!(prompt.contains(part.as_str().unwrap()), "{part} not in {prompt}");
        }
    }
}

#[test]
fn a_bad_line_gives_an_error_and_nothing_of_its_text() {
    for line in
        ["", "zebra", "{\"id\": 7}", "[1,2]", "{\"id\": 7, \"carrier\": 1, \"value\": \"zebra\"}"]
    {
        let answer = prompt::check_line(line);
        let parsed: Value = serde_json::from_str(&answer).unwrap();
        assert!(parsed["error"].is_string() && !answer.contains("zebra"), "{answer}");
    }
}

#[test]
fn calls_outside_the_tool_schema_are_refused_and_harmless_ones_are_read() {
    let mut refused = 0;
    for line in lines("direct.jsonl") {
        let id = text(&line, "id").to_owned();
        if line["attack"] == false {
            assert!(tool::parse(&line["safe_call"]).is_ok(), "{id}");
            continue;
        }
        let call = &line["hijacked_call"];
        let args = call["args"].as_object().unwrap();
        let exact = call["tool"] == "run_sql" && args.len() == 1 && args.contains_key("sql");
        assert_eq!(tool::parse(call).is_ok(), exact, "{id}");
        let gates = line["expect"]["blocked_by_any_of"].as_array().unwrap();
        if gates.as_slice() == [json!(tool::ToolRefusal::GATE)] {
            assert!(tool::parse(call).is_err(), "{id}");
            refused += 1;
        }
    }
    assert!(refused > 0, "the corpus has calls that only this gate stops");
}
