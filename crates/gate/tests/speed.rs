//! The engine's speed beside a well-known parser's, both over the benign corpus in one run.
//!
//! Opt-in, since it measures and needs Python with the package `sqlglot` (MIT):
//! `python3 -m pip install --target target/sqlglot sqlglot`, then
//! `PYTHONPATH=$PWD/target/sqlglot cargo test --release -p autopilot-gate --test speed -- --ignored
//! --nocapture`. The parser only parses; the engine also judges.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use autopilot_gate::sql::{Policy, SafetyCatalog, Worker, analyze_on_this_thread};
use serde_json::{Value, json};

/// Most nanoseconds that half of the verdicts may take.
const MEDIAN: u64 = 100_000;
/// How much faster than the parser the engine is meant to be; it is not there yet.
const AIM: u64 = 20;
/// How much faster it has to be at least: what was measured, less what machines differ by.
const FLOOR: u64 = 7;
const ROUNDS: usize = 5;

fn texts() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpora/sql/benign.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let sql = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["sql"].as_str().unwrap().to_owned()
    };
    text.lines().map(sql).collect()
}

/// Best time for each text, in nanoseconds, without the way to the thread.
#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn engine(texts: &[String]) -> Vec<u64> {
    let policy = Policy { routines: vec!["*".to_owned()], ..Policy::default() };
    let texts = texts.to_owned();
    let measure = move || {
        let catalog = SafetyCatalog::default();
        let mut best = vec![u64::MAX; texts.len()];
        for _ in 0..ROUNDS {
            for (text, best) in texts.iter().zip(&mut best) {
                let begun = std::time::Instant::now();
                let verdict = analyze_on_this_thread(text, &policy, &catalog);
                *best = (*best).min(u64::try_from(begun.elapsed().as_nanos()).unwrap());
                drop(verdict);
            }
        }
        best
    };
    Worker::start().unwrap().run(measure).unwrap()
}

/// The parser's best time for each text, in nanoseconds; 0 for a text it does not parse.
fn parser(texts: &[String]) -> (String, Vec<u64>) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/speed/times.py");
    let mut child = Command::new("python3")
        .args([script, &ROUNDS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(json!(texts).to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "is sqlglot installed? the header says how");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let times = answer["nanoseconds"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap());
    (answer["version"].as_str().unwrap().to_owned(), times.collect())
}

fn at(times: &[u64], percent: usize) -> u64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() - 1) * percent / 100]
}

#[test]
#[ignore = "measures; run it in release, with sqlglot installed"]
fn a_verdict_takes_a_small_part_of_what_sqlglot_takes_to_parse() {
    let texts = texts();
    let (version, theirs) = parser(&texts);
    let ours = engine(&texts);
    let pairs = ours.iter().zip(&theirs).filter(|(_, theirs)| **theirs > 0);
    let (ours_parsed, theirs_parsed): (Vec<u64>, Vec<u64>) = pairs.unzip();
    println!("{} statements, {} of them parsed by {version}", texts.len(), theirs_parsed.len());
    for (name, times) in
        [("engine, all", &ours), ("engine", &ours_parsed), ("sqlglot", &theirs_parsed)]
    {
        let us = |nanoseconds: u64| nanoseconds / 1_000;
        let sum: u64 = times.iter().sum();
        let (p50, p90, p99) = (us(at(times, 50)), us(at(times, 90)), us(at(times, 99)));
        println!("{name}: p50 {p50} us, p90 {p90} us, p99 {p99} us, sum {} us", us(sum));
    }
    let sums: [u64; 2] = [ours_parsed.iter().sum(), theirs_parsed.iter().sum()];
    let medians = [at(&ours_parsed, 50), at(&theirs_parsed, 50)];
    let [sum, median] = [sums, medians].map(|[ours, theirs]| theirs / ours);
    let met = if sum.min(median) >= AIM { "met" } else { "missed" };
    println!("faster by {sum} in the sum, by {median} in the median; the aim of {AIM} is {met}");
    assert!(at(&ours, 50) <= MEDIAN, "the median is {} ns", at(&ours, 50));
    assert!(theirs_parsed.len() * 10 > texts.len() * 9, "too few statements to compare");
    assert!(sum.min(median) >= FLOOR);
}
