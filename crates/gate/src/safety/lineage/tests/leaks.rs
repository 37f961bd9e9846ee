//! Queries that carry a protected column out, and harmless ones that look like them.
//! A leak must be refused by the policy itself unless its row names the rule that blocks it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::catalog::{all_clear, all_protected, catalog};
use super::follow_all;

#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    sql: String,
    #[serde(default)]
    rule: Option<String>,
}

fn read(lines: &str) -> Vec<Case> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn leaks() -> Vec<Case> {
    read(include_str!("../leaks.jsonl"))
}

fn harmless() -> Vec<Case> {
    read(include_str!("../harmless.jsonl"))
}

/// The rule each text meets.
fn rules(texts: Vec<String>) -> Vec<String> {
    follow_all(texts, catalog()).iter().map(|answer| answer.rule().to_owned()).collect()
}

#[test]
fn every_leak_is_caught() {
    let cases = leaks();
    assert!(cases.len() >= 150);
    let met = rules(cases.iter().map(|case| case.sql.clone()).collect());
    let wrong: Vec<_> = cases
        .iter()
        .zip(&met)
        .filter(|(case, rule)| case.rule.as_deref().unwrap_or("pii") != rule.as_str())
        .map(|(case, rule)| format!("{} {rule}: {}", case.id, case.sql))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn harmless_queries_pass() {
    let cases = harmless();
    assert!(cases.len() >= 80);
    let texts: Vec<String> = cases.iter().map(|case| case.sql.clone()).collect();
    let answers = follow_all(texts, catalog());
    let refused: Vec<_> = cases
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.rule() != "allowed")
        .map(|(case, answer)| format!("{} {}: {}\n  {answer:?}", case.id, answer.rule(), case.sql))
        .collect();
    println!("harmless queries refused: {} of {}", refused.len(), cases.len());
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn without_protected_columns_every_leak_is_allowed() {
    // So that a leak is caught for its column, and not for anything else in its text.
    let cases: Vec<Case> = leaks().into_iter().filter(|case| case.rule.is_none()).collect();
    let texts: Vec<String> = cases.iter().map(|case| case.sql.clone()).collect();
    let answers = follow_all(texts, all_clear());
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(answer.rule(), "allowed", "{} {}", case.id, case.sql);
    }
}

#[test]
fn with_every_column_protected_only_counts_and_constants_pass() {
    let cases = harmless();
    let texts: Vec<String> = cases.iter().map(|case| case.sql.clone()).collect();
    for (case, answer) in cases.iter().zip(follow_all(texts, all_protected())) {
        let revealing = answer.lineage().outputs.iter().any(|output| output.revealing);
        assert!(!(revealing && answer.rule() == "allowed"), "{} {}", case.id, case.sql);
        if answer.rule() == "allowed" {
            let bare = case.sql.contains("COUNT") || !case.sql.contains("acme.crm");
            assert!(bare, "{} {}", case.id, case.sql);
        }
    }
}

/// One more layer around a query.
fn wrap(layer: u8, inner: &str) -> String {
    match layer {
        0 => format!("WITH w AS ({inner}) SELECT * FROM w"),
        1 => format!("SELECT * FROM ({inner})"),
        2 => format!("SELECT t.* FROM ({inner}) AS t"),
        3 => format!("({inner}) UNION ALL ({inner})"),
        4 => format!("SELECT TO_JSON_STRING(z) AS j FROM ({inner}) AS z"),
        5 => format!("SELECT ARRAY(SELECT AS STRUCT * FROM ({inner})) AS a"),
        6 => format!("WITH a AS ({inner}), b AS (SELECT x.* FROM a AS x) SELECT b FROM b"),
        7 => format!("SELECT * FROM (SELECT 1 AS one) CROSS JOIN ({inner})"),
        _ => format!("SELECT DISTINCT * FROM ({inner})"),
    }
}

/// Pipe syntax and bare FROM stand in parentheses only.
fn wrappable(case: &Case) -> bool {
    case.rule.is_none() && !case.sql.contains("|>")
}

#[test]
fn every_layer_around_every_leak_is_caught() {
    let cases: Vec<Case> = leaks().into_iter().filter(wrappable).collect();
    for layer in 0..=8 {
        let texts: Vec<String> = cases.iter().map(|case| wrap(layer, &case.sql)).collect();
        let met = rules(texts.clone());
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (rule, text) in met.iter().zip(&texts) {
            assert_ne!(rule, "allowed", "{text}");
            *seen.entry(rule).or_default() += 1;
        }
        // A wrapping that no parser takes would prove nothing.
        let share = seen.get("pii").copied().unwrap_or_default();
        assert!(share * 10 >= texts.len() * 9, "layer {layer}: {seen:?}");
    }
}

/// Words of both sets, to make texts that mostly are no SQL from.
fn words() -> Vec<String> {
    let texts = leaks().into_iter().chain(harmless()).map(|case| case.sql);
    let spaced = texts.map(|text| text.replace('(', " ( ").replace(')', " ) ").replace(',', " , "));
    spaced.flat_map(|text| text.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn spliced_texts_are_answered() {
    let words = words();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let cases: Vec<Case> = leaks().into_iter().chain(harmless()).collect();
    let pick =
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let mut texts = Vec::new();
    for _ in 0..6_000 {
        let (case, at, word) = proptest::strategy::Strategy::new_tree(&pick, &mut runner)
            .map(|tree| proptest::strategy::ValueTree::current(&tree))
            .unwrap();
        let mut parts: Vec<&str> = cases[case.index(cases.len())].sql.split(' ').collect();
        let place = at.index(parts.len());
        parts[place] = &words[word.index(words.len())];
        texts.push(parts.join(" "));
    }
    let met = rules(texts);
    let followed = met.iter().filter(|rule| ["pii", "allowed"].contains(&rule.as_str())).count();
    assert!(followed > 300, "{followed}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_leak_stays_caught_under_any_layers(
        index in any::<prop::sample::Index>(),
        layers in prop::collection::vec(0_u8..=8, 1..4),
    ) {
        let cases: Vec<Case> = leaks().into_iter().filter(wrappable).collect();
        let mut text = cases[index.index(cases.len())].sql.clone();
        for layer in layers {
            text = wrap(layer, &text);
        }
        let met = rules(vec![text.clone()]);
        prop_assert_ne!(met[0].as_str(), "allowed", "{}", text);
    }
}
