//! `autopilot check pii` over small inputs; what the detector finds is tested with the detector.
//! No answer may hold a value.

use serde_json::json;

use super::{answers_to, run};

#[test]
fn a_column_gets_its_label_and_tier() {
    let mails = ["anna.berg@corp.example", "j.roe@mail.example", "li.wei@post.example"];
    let answers = answers_to(
        &["pii"],
        &[
            json!({"id": 1, "table": "users", "column": "email", "type": "STRING", "values": mails}),
            json!({"id": 2, "table": "orders", "column": "amount", "type": "NUMERIC", "values": ["1.5", "2"]}),
            json!({"id": 3, "column": "plan", "type": "STRING"}),
        ],
    );
    let found = answers.iter().map(|answer| (&answer["id"], &answer["label"], &answer["tier"]));
    let expected = [(1, "email", "high"), (2, "none", "none"), (3, "none", "none")];
    for (found, (id, label, tier)) in found.zip(expected) {
        assert_eq!(found, (&json!(id), &json!(label), &json!(tier)));
    }
    assert!(answers.iter().all(|answer| answer["confidence"].is_number()), "{answers:?}");
}

#[test]
fn no_value_leaves_the_check() {
    let line =
        json!({"id": 1, "column": "email", "type": "STRING", "values": ["zebra@corp.example"]});
    let bad = r#"{"id": 2, "column": "email", "type": 7, "values": ["zebra@corp.example"]}"#;
    let output = run(&["pii", "--fail"], format!("{line}\n{bad}\nzebra\n").as_bytes());
    for stream in [output.stdout, output.stderr] {
        let text = String::from_utf8(stream).unwrap();
        assert!(!text.is_empty() && !text.contains("zebra"), "{text}");
    }
}
