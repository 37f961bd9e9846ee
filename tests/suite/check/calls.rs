//! `autopilot check call`: the whole corpus through the binary, and catalogs that cannot be used.
//! Which judge stops which call is tested with the judges.

use serde_json::{Value, json};

use super::{answers_to, file, run};

#[test]
fn the_corpus_is_answered_as_it_expects() {
    let catalog = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/injection/catalog.json");
    let rows: Vec<Value> = file("tests/corpora/injection/direct.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let lines: Vec<Value> = rows
        .iter()
        .map(|row| {
            let call = if row["attack"] == true { "hijacked_call" } else { "safe_call" };
            let call = &row[call];
            json!({"id": row["id"], "prompt": row["prompt"], "call": call})
        })
        .collect();
    let answers = answers_to(&["call", "--catalog", catalog], &lines);
    for (row, answer) in rows.iter().zip(answers) {
        assert_eq!((&answer["id"], &answer["outcome"]), (&row["id"], &row["expect"]["outcome"]));
        let judges = row["expect"]["blocked_by_any_of"].as_array();
        let named = judges.is_some_and(|judges| judges.contains(&answer["blocked_by"]));
        assert!(named || answer["blocked_by"].is_null() && judges.is_none(), "{answer}");
    }
}

#[test]
fn a_catalog_that_cannot_be_used_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.json");
    let name = path.to_str().unwrap();
    for (text, said) in [
        (None, "No such file"),
        (Some("not json"), "it is not a catalog"),
        (Some("{}"), "missing field `tables`"),
        (Some(r#"{"tables": {"d.t": {"columns": {}}}}"#), "\"d.t\" is not project.dataset.table"),
        (
            Some(r#"{"tables": {"p.d.t": {"columns": {"a": {"type": "STRING", "pii": "x"}}}}}"#),
            "it is not a catalog",
        ),
        (
            Some(r#"{"tables": {"p.d.t": {"partition": "day", "columns": {}}}}"#),
            "p.d.t has no column \"day\"",
        ),
    ] {
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let output = run(&["call", "--catalog", name], b"{}\n");
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{sentence}");
        assert!(output.stdout.is_empty());
        let begin = format!("autopilot: the catalog {name} cannot be read: ");
        assert!(sentence.starts_with(&begin) && sentence.contains(said), "{sentence}");
    }
}
