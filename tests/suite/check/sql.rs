//! `autopilot check sql` over small inputs; what the engine decides is tested with the engine.
//! The two whole corpora are run there as well.

use serde_json::json;

use super::answers_to;

#[test]
fn a_verdict_carries_rules_reasons_and_the_text_that_may_be_sent() {
    let answers = answers_to(
        &["sql"],
        &[
            json!({"id": 1, "sql": "SELECT a FROM d.t -- all of it"}),
            json!({"id": 2, "sql": "SELECT COUNT(*) FROM d.t"}),
            json!({"id": 3, "sql": "SELECT 1; DROP TABLE x"}),
            json!({"id": 4, "sql": "SELECT a FROM p.d.t LIMIT 1", "policy": {"projects": ["q"]}}),
            json!({"id": 5, "sql": "SELECT d.f(1) AS x LIMIT 1"}),
            json!({"id": 6, "sql": "SELECT d.f(1) AS x LIMIT 1", "policy": {"routines": ["d.*"]}}),
        ],
    );
    let found: Vec<_> = answers
        .iter()
        .map(|answer| (&answer["id"], &answer["verdict"], &answer["rules"], &answer["sql"]))
        .collect();
    let limited = json!("SELECT a FROM d.t LIMIT 10000");
    let call = json!("SELECT d.f(1) AS x LIMIT 1");
    for (found, expected) in found.into_iter().zip([
        (json!(1), "rewrite", json!(["require.limit"]), limited),
        (json!(2), "allow", json!([]), json!("SELECT COUNT(*) FROM d.t")),
        (json!(3), "block", json!(["block.multi_statement"]), json!(null)),
        (json!(4), "block", json!(["table.project"]), json!(null)),
        (json!(5), "block", json!(["function.routine"]), json!(null)),
        (json!(6), "allow", json!([]), call),
    ]) {
        let (id, verdict, rules, sql) = &expected;
        assert_eq!(found, (id, &json!(verdict), rules, sql));
    }
    for answer in answers {
        let rules = answer["rules"].as_array().unwrap().len();
        for key in ["reasons", "next"] {
            assert_eq!(answer[key].as_array().unwrap().len(), rules, "{answer}");
        }
    }
}
