//! `autopilot check context` over small inputs; how texts are cleaned is tested with the builder.
//! The marks around the catalog are drawn anew for each line.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answers_to;

#[test]
fn names_are_made_safe_and_row_values_stay_out() {
    let answers = answers_to(
        &["context"],
        &[
            json!({"id": 1, "carrier": "column_name", "value": "pay`; DROP", "table": "orders"}),
            json!({"id": 2, "carrier": "top_value", "value": "zebra", "table": "t", "column": "c"}),
            json!({"id": 3, "carrier": "table_description", "value": "Umsätze je Tag", "table": "t"}),
        ],
    );
    for answer in &answers {
        for name in answer["identifiers"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            assert!(
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                "{name}"
            );
        }
    }
    let prompts: Vec<&str> = answers.iter().map(|one| one["prompt"].as_str().unwrap()).collect();
    assert!(!prompts[0].contains('`') && !prompts[1].contains("zebra"), "{prompts:?}");
    assert!(prompts[2].contains("Umsätze je Tag"), "{prompts:?}");
}

#[test]
fn the_same_line_never_stands_between_the_same_marks() {
    let line = json!({"id": 1, "carrier": "table_name", "value": "orders"});
    let answers = answers_to(&["context"], &vec![line; 20]);
    let prompts: BTreeSet<&str> =
        answers.iter().map(|answer: &Value| answer["prompt"].as_str().unwrap()).collect();
    assert_eq!(prompts.len(), 20);
}
