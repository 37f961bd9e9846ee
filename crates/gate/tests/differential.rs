//! The engine against the GoogleSQL parser: what one admits, the other must read as the same query.
//!
//! Opt-in, since it needs Python with the package `zetasql` (Apache-2.0, about 11 s to start):
//! `AUTOPILOT_ORACLE_PYTHON=/path/to/python cargo test -p autopilot-gate --test differential --
//! --ignored --nocapture`. The texts are the corpora's own rows with lexical tricks spliced in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use autopilot_gate::sql::{Policy, SafetyCatalog, Worker};
use serde_json::{Value, json};

/// Pieces that lexers are known to read differently, and ones that carry a second statement.
const PIECES: [&str; 66] = [
    "'",
    "\"",
    "`",
    "\\",
    "--",
    "#",
    "/*",
    "*/",
    "\r",
    "\n",
    "\r\n",
    ";",
    "; DROP TABLE x",
    "r'",
    "b\"",
    "rb'",
    "R\"",
    "'''",
    "\"\"\"",
    "0x1F",
    "1e5",
    ".5",
    "5.",
    "@p",
    "<<",
    ">>",
    "|>",
    "||",
    "$$",
    "\u{a0}",
    "\u{2028}",
    "''",
    "\\'",
    "\\\\",
    "\\x41",
    "\\u00e9",
    "\\777",
    "X'41'",
    "N'a'",
    " -- x\r",
    " # ",
    " /* ' */ ",
    "/*/",
    "-",
    "- -",
    "!",
    "!=",
    "<>",
    "=>",
    "->",
    ":",
    "::",
    "{",
    "?",
    "[",
    "]",
    "(",
    ")",
    ",",
    " AS ",
    " WITH OFFSET ",
    "ARRAY<INT64>[1]",
    "STRUCT()",
    " SELECT ",
    " UNION ALL SELECT 1",
    " LIMIT 1",
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n.max(1)).unwrap()).unwrap()
    }
}

struct Oracle {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/oracle.py");
        let mut child = Command::new(setting("AUTOPILOT_ORACLE_PYTHON", "python3"))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, questions, answers }
    }

    fn ask(&mut self, original: &str, canonical: &str) -> Value {
        let question = json!({"original": original, "canonical": canonical});
        writeln!(self.questions, "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The settings are read when the test is built, since nothing but the configuration reads them later.
fn setting(name: &str, usual: &str) -> String {
    let given = match name {
        "AUTOPILOT_ORACLE_PYTHON" => option_env!("AUTOPILOT_ORACLE_PYTHON"),
        "AUTOPILOT_ORACLE_ROUNDS" => option_env!("AUTOPILOT_ORACLE_ROUNDS"),
        "AUTOPILOT_ORACLE_SEED" => option_env!("AUTOPILOT_ORACLE_SEED"),
        _ => None,
    };
    given.unwrap_or(usual).to_owned()
}

fn seeds() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpora/sql");
    let mut seeds = Vec::new();
    for name in ["benign", "hostile", "rewrite"] {
        let text = std::fs::read_to_string(format!("{folder}/{name}.jsonl")).unwrap();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let sql = row["sql"].as_str().unwrap();
            if sql.len() < 600 && row.get("expand").is_none() {
                seeds.push(sql.to_owned());
            }
        }
    }
    seeds
}

/// A row with up to four pieces put in, taken from another row, or cut out.
fn mutated(seeds: &[String], dice: &mut Dice) -> String {
    let mut text: Vec<char> = seeds[dice.below(seeds.len())].chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(text.len().saturating_add(1));
        match dice.below(8) {
            0 => {
                let end = at.saturating_add(dice.below(6)).min(text.len());
                text.drain(at..end);
            }
            1 => {
                let other: Vec<char> = seeds[dice.below(seeds.len())].chars().collect();
                let from = dice.below(other.len());
                let to = from.saturating_add(dice.below(30)).min(other.len());
                text.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                text.splice(at..at, PIECES[dice.below(PIECES.len())].chars());
            }
        }
    }
    text.into_iter().collect()
}

/// Without the LIMIT that the engine put behind the text, which the original does not have.
fn without_limit(sql: &str, rewritten: bool) -> &str {
    if !rewritten {
        return sql;
    }
    sql.strip_suffix(" |> LIMIT 10000").or_else(|| sql.strip_suffix(" LIMIT 10000")).unwrap_or(sql)
}

#[test]
#[ignore = "needs Python with the package zetasql"]
fn what_is_admitted_is_the_same_single_query_to_googlesql() {
    let worker = Worker::start().unwrap();
    let policy = Policy { routines: vec!["*".to_owned()], ..Policy::default() };
    let rounds: usize = setting("AUTOPILOT_ORACLE_ROUNDS", "20000").parse().unwrap();
    let mut dice = Dice(setting("AUTOPILOT_ORACLE_SEED", "88172645463325252").parse().unwrap());
    let seeds = seeds();
    let mut oracle = Oracle::start();
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for round in 0..rounds {
        let text = seeds.get(round).cloned().unwrap_or_else(|| mutated(&seeds, &mut dice));
        let verdict = worker.analyze(text.clone(), policy.clone(), SafetyCatalog::default());
        let Some(sql) = verdict.sql else {
            *counts.entry("blocked").or_default() += 1;
            continue;
        };
        let rewritten = verdict.outcome.as_str() == "rewrite";
        let answer = oracle.ask(&text, without_limit(&sql, rewritten));
        let sent = if rewritten {
            oracle.ask(&sql, &sql)["canonical"].clone()
        } else {
            json!(["ASTQueryStatement"])
        };
        let kind = judged(&answer, &sent);
        *counts.entry(kind).or_default() += 1;
        if !["same", "oracle refuses both"].contains(&kind) {
            wrong.push(format!("{kind}: {text:?}\n   -> {sql:?}\n   {answer} {sent}"));
        }
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judged(answer: &Value, sent: &Value) -> &'static str {
    let one = json!(["ASTQueryStatement"]);
    let refused = |value: &Value| value.is_null();
    match (&answer["original"], &answer["canonical"]) {
        (original, canonical) if refused(original) && refused(canonical) => "oracle refuses both",
        (_, canonical) if !refused(canonical) && *canonical != one => "HIDDEN STATEMENT",
        (original, _) if refused(original) => "made valid",
        (_, canonical) if refused(canonical) => "made invalid",
        _ if answer["same"] != true => "other meaning",
        _ if *sent != one => "limit makes invalid",
        _ => "same",
    }
}
