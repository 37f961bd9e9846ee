//! docs/checks.md names every rule of the engine, and no other, each with a sentence.
//! Rules are found in the source by their form: a quoted family, a dot and a name.

use std::collections::{BTreeMap, BTreeSet};

use super::file;
use crate::tidy::sources;

const FAMILIES: [&str; 10] = [
    "block", "catalog", "enforce", "function", "lineage", "parse", "require", "shape", "table",
    "text",
];

/// `family.name` of a known family.
fn is_rule(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b == b'_' || b.is_ascii_lowercase());
    text.split_once('.').is_some_and(|(family, name)| FAMILIES.contains(&family) && plain(name))
}

fn rules_of(text: &str) -> BTreeSet<&str> {
    text.split('"').filter(|part| is_rule(part)).collect()
}

/// Sentences by rule.
fn rows_of(page: &str) -> BTreeMap<&str, &str> {
    page.lines()
        .filter_map(|line| {
            let (rule, sentence) =
                line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")?;
            is_rule(rule).then_some((rule, sentence))
        })
        .collect()
}

#[test]
fn every_rule_is_explained_and_no_other() {
    let page = file("docs/checks.md");
    let rows = rows_of(&page);
    let is_engine = |path: &str| {
        let inside = ["crates/gate/src/safety/", "crates/gate/src/stages/"];
        inside.iter().any(|folder| path.starts_with(folder)) && !path.contains("tests")
    };
    let files = sources::all().iter().filter(|file| file.is_rust() && is_engine(&file.path));
    let rules: BTreeSet<&str> = files.flat_map(|file| rules_of(&file.text)).collect();
    assert!(rules.len() > 100, "{} rules were found", rules.len());
    let explained: BTreeSet<&str> = rows.keys().copied().collect();
    let missing: Vec<_> = rules.difference(&explained).collect();
    let stale: Vec<_> = explained.difference(&rules).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing {missing:?}, stale {stale:?}");
    for (rule, sentence) in rows {
        assert!(sentence.ends_with('.') && sentence.len() > 20, "{rule}: {sentence}");
    }
}

#[test]
fn a_rule_is_told_from_other_texts() {
    let text =
        r#"need(x, "shape.from", "A. b"); ("text.word") "block.*" "lib.rs" "table.1" ".table""#;
    assert_eq!(rules_of(text), BTreeSet::from(["shape.from", "text.word"]));
    let page = "| `shape.from` | A sentence. |\n| `id` | x |\n`table.name`\n";
    assert_eq!(rows_of(page), BTreeMap::from([("shape.from", "A sentence.")]));
}
