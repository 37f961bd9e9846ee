//! The safety engine tested by itself before it is trusted with a real warehouse.
//!
//! Two embedded sets: texts that must be blocked, each by a rule of its family, and texts that must
//! pass. One wrong answer, and the test has not passed. It is bound to the sets and to the policy, so
//! that what was shown for one version says nothing about another.

use autopilot_domain::ids::Digest;
use sha2::{Digest as _, Sha256};

use crate::safety::{Outcome, Policy, SafetyCatalog, Worker};

const HOSTILE: &str = include_str!("selftest/hostile.txt");
const BENIGN: &str = include_str!("selftest/benign.txt");

/// What the self-test found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfTest {
    /// Hash of the sets and the policy they were tried with.
    pub policy_hash: Digest,
    /// Texts that had to be blocked.
    pub hostile: usize,
    /// Texts that had to pass.
    pub benign: usize,
    /// One sentence for each wrong answer; never the text.
    pub wrong: Vec<String>,
}

impl SelfTest {
    /// Whether every answer was right and there was something to answer.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.wrong.is_empty() && self.hostile > 0 && self.benign > 0
    }
}

/// One text and what must come of it.
struct Case {
    number: usize,
    /// The family of the rule, for a text that must be blocked.
    family: Option<&'static str>,
    sql: &'static str,
}

/// `family | text` or, of the benign set, just the text; `\n` stands for a line's end. Lines that begin
/// with `#` are left out.
fn cases(set: &'static str, hostile: bool) -> impl Iterator<Item = Case> {
    let lines =
        set.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.map(move |(index, line)| {
        let (family, sql) = match line.split_once(" | ") {
            Some((family, sql)) if hostile => (Some(family), sql),
            _ => (None, line),
        };
        Case { number: index.saturating_add(1), family, sql }
    })
}

/// Runs the self-test with the usual policy. It takes a thread and a fraction of a second.
///
/// # Errors
/// When no thread could be had; then nothing is known, and nothing has passed.
pub fn run() -> std::io::Result<SelfTest> {
    let worker = Worker::start()?;
    Ok(judged(|sql, policy| {
        let verdict = worker.analyze(sql, policy.clone(), SafetyCatalog::default());
        let rule = verdict.rules.first().map(|hit| hit.id);
        match verdict.outcome {
            Outcome::Block => Err(rule.unwrap_or_default()),
            Outcome::Allow | Outcome::Rewrite | Outcome::Approval => Ok(()),
        }
    }))
}

/// The same with any engine: it answers the rule that blocks, or nothing.
fn judged(engine: impl Fn(String, &Policy) -> Result<(), &'static str>) -> SelfTest {
    let policy = Policy::default();
    let mut found =
        SelfTest { policy_hash: policy_hash(&policy), hostile: 0, benign: 0, wrong: Vec::new() };
    for Case { number, family, sql } in cases(HOSTILE, true) {
        found.hostile += 1;
        let family = family.unwrap_or("?");
        match engine(sql.replace("\\n", "\n"), &policy) {
            Err(rule) if rule.split('.').next() == Some(family) => {}
            Err(rule) => {
                found.wrong.push(format!("hostile {number}: blocked by {rule}, not by {family}"));
            }
            Ok(()) => found.wrong.push(format!("hostile {number}: it passed")),
        }
    }
    for Case { number, family: _, sql } in cases(BENIGN, false) {
        found.benign += 1;
        if let Err(rule) = engine(sql.replace("\\n", "\n"), &policy) {
            found.wrong.push(format!("benign {number}: blocked by {rule}"));
        }
    }
    found
}

fn policy_hash(policy: &Policy) -> Digest {
    let mut hash = Sha256::new();
    for part in [HOSTILE, BENIGN, format!("{policy:?}").as_str()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    Digest(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_of_this_program_passes_its_own_test() {
        let found = run().unwrap();
        assert_eq!(found.wrong, [] as [String; 0]);
        assert!(found.passed() && found.hostile >= 60 && found.benign >= 30, "{found:?}");
    }

    #[test]
    fn an_engine_that_lets_one_text_pass_or_blocks_one_does_not_pass() {
        let all: Vec<_> = cases(HOSTILE, true).collect();
        let families = |sql: &str| all.iter().find(|case| case.sql.replace("\\n", "\n") == sql);
        let right = |sql: String, _: &Policy| match families(&sql).and_then(|case| case.family) {
            Some(family) => Err(family),
            None => Ok(()),
        };
        assert!(judged(right).passed());
        let blind_to = |number: usize| {
            judged(move |sql, _| {
                let case = cases(HOSTILE, true).find(|case| case.sql.replace("\\n", "\n") == sql);
                match case.filter(|case| case.number != number).and_then(|case| case.family) {
                    Some(family) => Err(family),
                    None => Ok(()),
                }
            })
        };
        for case in &all {
            assert!(!blind_to(case.number).passed(), "hostile {}", case.number);
        }
        assert!(!judged(|_, _| Err("block.ddl")).passed());
        assert!(!judged(|_, _| Ok(())).passed());
    }
}
