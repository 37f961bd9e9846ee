//! The PII detector on any column: no panic, a verdict within its bounds, and never a value.
//!
//! Input: a line each for table, column and type, then one for each value. A reason may hold words of
//! the detector's own source and numbers below a thousand, so that a value has no way into it.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use autopilot_domain::pii::{Column, Detector, Label, Samples, Tier, TypeClass, column_type};
use libfuzzer_sys::fuzz_target;

static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::new);

/// The words a reason may be built from.
static KNOWN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let sources = [
        include_str!("../../crates/domain/src/pii/decide.rs"),
        include_str!("../../crates/domain/src/pii/mod.rs"),
        include_str!("../../crates/domain/src/pii/national/mod.rs"),
    ];
    sources.into_iter().flat_map(words).collect()
});

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let table = lines.next().unwrap_or_default();
    let name = lines.next().unwrap_or_default();
    let column_type = column_type(lines.next().unwrap_or_default());
    let values: Vec<&str> = lines.collect();
    let column =
        Column { table, column: name, column_type, samples: Samples::new(values.iter().copied()) };
    let finding = DETECTOR.examine(&column);

    assert!((0.0..=1.0).contains(&finding.confidence), "{}", finding.confidence);
    assert_eq!(finding.label == Label::None, finding.tier == Tier::None);
    assert!(finding.label == Label::None || TypeClass::of(column_type).may_hold(finding.label));
    assert_eq!(finding, DETECTOR.examine(&column), "not the same twice");
    for word in words(&finding.reason) {
        let number = word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit());
        assert!(number || KNOWN.contains(word), "a foreign word in: {}", finding.reason);
    }
    let shown = format!("{:?}", column.samples);
    let expected = format!("Samples({} values, not shown)", column.samples.len());
    assert_eq!(shown, expected);

    // The same text as a line of `autopilot check pii`, which it mostly is not.
    let answer = DETECTOR.check_line(text);
    assert!(!answer.contains('\n') && answer.starts_with('{') && answer.ends_with('}'));
});
