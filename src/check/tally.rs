//! What `--fail` counts: which answers stop a pipeline, and the few lines a person reads there.
//!
//! Every answer belongs to one word, and an answer that is not known stops the pipeline. What came
//! from the input is printed escaped, so that it cannot steer a terminal.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::Value;

/// Named one by one; the rest is only counted.
const NAMED: usize = 50;

/// Answers by kind. Counts nothing unless asked to.
#[derive(Debug)]
pub(super) struct Tally {
    asked: bool,
    lines: usize,
    kinds: BTreeMap<String, usize>,
    stopping: usize,
}

impl Tally {
    pub(super) const fn new(asked: bool) -> Self {
        Self { asked, lines: 0, kinds: BTreeMap::new(), stopping: 0 }
    }

    /// Counts one answer, and names it on standard error if it stops the pipeline.
    pub(super) fn count(&mut self, answer: &str) {
        if !self.asked {
            return;
        }
        self.lines = self.lines.saturating_add(1);
        let answer: Value = serde_json::from_str(answer).unwrap_or_default();
        let (kind, stops) = kind_of(&answer);
        let count = self.kinds.entry(kind.to_owned()).or_default();
        *count = count.saturating_add(1);
        if stops {
            self.stopping = self.stopping.saturating_add(1);
            if self.stopping <= NAMED {
                let id = shown(answer.get("id"));
                say(&format!("line {}, id {id}: {kind}{}", self.lines, why(&answer)));
            }
        }
    }

    /// The exit code, after a last line about all.
    pub(super) fn conclude(&self) -> ExitCode {
        if !self.asked {
            return ExitCode::SUCCESS;
        }
        let kinds: Vec<String> =
            self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let kinds =
            if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
        let hidden = self.stopping.saturating_sub(NAMED);
        if hidden > 0 {
            say(&format!("and {hidden} more"));
        }
        let lines = if self.lines == 1 { "line" } else { "lines" };
        say(&format!("autopilot: checked {} {lines}{kinds}", self.lines));
        if self.stopping == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Writes to standard error. That nobody reads it there changes nothing about the check.
pub(super) fn say(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// The word for an answer, and whether it stops a pipeline.
fn kind_of(answer: &Value) -> (&str, bool) {
    if answer.get("error").is_some() {
        return ("error", true);
    }
    let word = ["verdict", "outcome", "tier"].iter().find_map(|key| answer.get(key)?.as_str());
    match word {
        Some(word @ ("allow" | "rewrite" | "allowed" | "low" | "none")) => (word, false),
        Some(word) => (word, true),
        None if answer.get("prompt").is_some() => ("built", false),
        None => ("unknown", true),
    }
}

/// Rules, reasons and advice, as far as the answer has them.
fn why(answer: &Value) -> String {
    let texts = |key: &str| -> Vec<&str> {
        let of = answer.get(key);
        let list = of.and_then(Value::as_array).into_iter().flatten();
        list.chain(of).filter_map(Value::as_str).collect()
    };
    let mut why = String::new();
    for key in ["blocked_by", "label", "rules"] {
        let words = texts(key);
        if !words.is_empty() {
            why = format!("{why} ({})", words.join(", "));
        }
    }
    for key in ["error", "reason", "reasons", "next"] {
        for sentence in texts(key) {
            why = format!("{why}\n    {}", escaped(sentence));
        }
    }
    why
}

fn shown(id: Option<&Value>) -> String {
    escaped(&id.unwrap_or(&Value::Null).to_string()).chars().take(200).collect()
}

/// The text without anything that a terminal obeys.
fn escaped(text: &str) -> String {
    let one = |c: char| {
        let odd = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if odd { c.escape_unicode().to_string() } else { c.to_string() }
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_stops_a_pipeline_unless_it_is_known_to_be_fine() {
        for (answer, kind, stops) in [
            (json!({"id": 1, "verdict": "allow"}), "allow", false),
            (json!({"id": 1, "verdict": "rewrite"}), "rewrite", false),
            (json!({"id": 1, "verdict": "block"}), "block", true),
            (json!({"id": 1, "verdict": "approval"}), "approval", true),
            (json!({"id": 1, "outcome": "allowed"}), "allowed", false),
            (json!({"id": 1, "outcome": "blocked"}), "blocked", true),
            (json!({"id": 1, "tier": "high"}), "high", true),
            (json!({"id": 1, "tier": "low"}), "low", false),
            (json!({"id": 1, "tier": "none"}), "none", false),
            (json!({"id": 1, "prompt": "x"}), "built", false),
            (json!({"id": 1, "error": "x", "verdict": "allow"}), "error", true),
            (json!({"id": 1}), "unknown", true),
            (json!(null), "unknown", true),
        ] {
            assert_eq!(kind_of(&answer), (kind, stops), "{answer}");
        }
    }

    #[test]
    fn what_a_person_reads_cannot_steer_the_terminal() {
        let answer = json!({"rules": ["a.b"], "reasons": ["x\u{1b}[2J\u{202e}y"], "next": ["z"]});
        assert_eq!(why(&answer), " (a.b)\n    x\\u{1b}[2J\\u{202e}y\n    z");
        assert_eq!(shown(Some(&json!("a\u{9b}\n"))), "\"a\\u{9b}\\n\"");
    }
}
