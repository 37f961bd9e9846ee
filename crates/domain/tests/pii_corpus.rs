//! Runs the detector over the column corpora and holds it to the bars of their README.
//!
//! A column counts as found only with the right label; a column called high counts against
//! precision unless its label is right and the corpus accepts the high tier.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a test may end by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;

use autopilot_domain::pii;
use serde_json::Value;

const CORE: [&str; 6] = ["email", "phone", "card", "ssn", "iban", "ip"];

struct Row {
    line: Value,
    verdict: Value,
}

impl Row {
    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value.get(key).and_then(Value::as_str).unwrap_or_default()
    }
    fn expected(&self, key: &str) -> &str {
        Self::text(&self.line, key)
    }
    fn got(&self, key: &str) -> &str {
        Self::text(&self.verdict, key)
    }
    fn accepts(&self, tier: &str) -> bool {
        self.line["accept"].as_array().unwrap().iter().any(|t| t == tier)
    }
    fn label_right(&self) -> bool {
        self.expected("label") == self.got("label")
    }
}

fn corpus(file: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpora/pii").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let detector = pii::Detector::new();
    text.lines()
        .map(|line| Row {
            line: serde_json::from_str(line).unwrap(),
            verdict: serde_json::from_str(&detector.check_line(line)).unwrap(),
        })
        .collect()
}

/// Right and all, as a share; nothing of nothing is perfect.
fn ratio(right: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { right as f64 / all as f64 }
}

#[derive(Default)]
struct Score {
    precision: BTreeMap<String, (usize, usize)>,
    recall: BTreeMap<String, (usize, usize)>,
    tier: (usize, usize),
    low: (usize, usize),
    negatives_high: Vec<String>,
    wrong: Vec<String>,
}

fn score(rows: &[Row]) -> Score {
    let mut score = Score::default();
    for row in rows {
        let count = |pair: &mut (usize, usize), right: bool| {
            pair.0 += usize::from(right);
            pair.1 += 1;
        };
        let high = row.got("tier") == "high";
        let accepted = row.accepts(row.got("tier"));
        count(&mut score.tier, accepted);
        if high {
            let right = row.label_right() && row.accepts("high");
            count(score.precision.entry(row.got("label").to_owned()).or_default(), right);
        }
        if row.expected("tier") == "high" {
            let right = row.label_right() && high;
            count(score.recall.entry(row.expected("label").to_owned()).or_default(), right);
        }
        if row.expected("tier") == "low" {
            count(&mut score.low, row.label_right() && row.got("tier") != "none");
        }
        if row.expected("kind").starts_with("neg_") && high {
            score.negatives_high.push(row.expected("id").to_owned());
        }
        let found_low = row.expected("tier") != "low" || row.label_right();
        let found_high = row.expected("tier") != "high" || (row.label_right() && high);
        if !accepted || !found_low || !found_high {
            score.wrong.push(format!(
                "{} {}.{} {} ({}): expected {}/{}, got {}/{}: {}",
                row.expected("id"),
                row.expected("table"),
                row.expected("column"),
                row.expected("type"),
                row.expected("kind"),
                row.expected("label"),
                row.expected("tier"),
                row.got("label"),
                row.got("tier"),
                row.got("reason"),
            ));
        }
    }
    score
}

fn hold_to_the_bars(file: &str) {
    let score = score(&corpus(file));
    println!("{file}: tiers {:?} low {:?}", score.tier, score.low);
    println!("precision {:?}\nrecall {:?}", score.precision, score.recall);
    for wrong in &score.wrong {
        println!("{wrong}");
    }
    assert_eq!(score.negatives_high, Vec::<String>::new(), "negatives called high");
    for label in CORE {
        let (right, all) = score.precision.get(label).copied().unwrap_or_default();
        assert!(ratio(right, all) >= 0.97, "{label}: precision {right} of {all}");
        let (right, all) = score.recall.get(label).copied().unwrap_or_default();
        assert!(ratio(right, all) >= 0.97, "{label}: recall {right} of {all}");
    }
    let (right, all) = score.recall.get("national_id").copied().unwrap_or_default();
    assert!(ratio(right, all) >= 0.9, "national_id: recall {right} of {all}");
    assert!(ratio(score.low.0, score.low.1) >= 0.75, "low tier {:?}", score.low);
    assert!(ratio(score.tier.0, score.tier.1) >= 0.95, "tiers {:?}", score.tier);
}

#[test]
fn the_hand_written_columns_meet_the_bars() {
    hold_to_the_bars("columns.jsonl");
}

#[test]
fn the_made_columns_of_twelve_locales_meet_the_bars() {
    hold_to_the_bars("locales.jsonl");
}

/// Measures, and so is run by hand: `cargo test --release --test pii_corpus -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement; meaningful in a release build on a quiet machine only"]
#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn five_thousand_values_a_second_are_examined() {
    let mut values = 0;
    let mut lines = Vec::new();
    for file in ["columns.jsonl", "locales.jsonl"] {
        for row in corpus(file) {
            values += row.line["values"].as_array().unwrap().len();
            lines.push(row.line.to_string());
        }
    }
    let detector = pii::Detector::new();
    let start = std::time::Instant::now();
    for line in &lines {
        std::hint::black_box(detector.check_line(line));
    }
    let rate = values as f64 / start.elapsed().as_secs_f64();
    println!("{values} values, {rate:.0} a second");
    assert!(rate >= 5_000.0, "{rate:.0} values a second");
}
