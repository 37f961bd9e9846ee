//! The whole engine on any text: what it gives out is stable, single, and what was meant.
//!
//! A verdict's text, read again, is allowed as it is; it is one statement to the splitter and holds
//! the tokens of the given text, with nothing but a LIMIT behind them. A text whose columns may be
//! shown with protected columns may also be shown without any.

#![no_main]

use std::sync::LazyLock;

use autopilot_domain::catalog::Catalog;
use autopilot_fuzz::catalog::catalog;
use autopilot_fuzz::splitter::{only_statement, same};
use autopilot_gate::fuzzing;
use autopilot_gate::sql::{Outcome, Policy, SafetyCatalog, Worker, analyze_on_this_thread};
use libfuzzer_sys::fuzz_target;

static WORKER: LazyLock<Worker> = LazyLock::new(|| Worker::start().expect("a thread"));
static PROTECTED: LazyLock<Catalog> = LazyLock::new(|| catalog(true));
static CLEAR: LazyLock<Catalog> = LazyLock::new(|| catalog(false));

fuzz_target!(|text: &str| {
    let owned = text.to_owned();
    // The answer is lost if the work died, which must not happen.
    WORKER.run(move || check(&owned)).expect("the engine died");
});

fn check(text: &str) {
    let policy = Policy { routines: vec!["*".to_owned()], ..Policy::default() };
    let facts = SafetyCatalog::default();
    let verdict = analyze_on_this_thread(text, &policy, &facts);
    let Some(sql) = &verdict.sql else {
        assert_eq!(verdict.outcome, Outcome::Block);
        assert!(verdict.hash.is_none() && !verdict.rules.is_empty());
        return;
    };
    let again = analyze_on_this_thread(sql, &policy, &facts);
    assert_eq!(again.outcome, Outcome::Allow, "{:?}", again.rules);
    assert_eq!(again.sql.as_ref(), Some(sql));
    assert_eq!((again.hash, &again.tables), (verdict.hash, &verdict.tables));

    let read = only_statement(text).expect("the text is more than one statement");
    let mut written = only_statement(sql).expect("the answer is more than one statement");
    if verdict.outcome == Outcome::Rewrite {
        let piped = sql.ends_with("|> LIMIT 10000");
        written.truncate(written.len().saturating_sub(if piped { 4 } else { 2 }));
    }
    assert!(same(&read, &written), "other tokens: {sql}");

    if fuzzing::shows_nothing_protected(sql, &PROTECTED) == Some(true) {
        assert_eq!(fuzzing::shows_nothing_protected(sql, &CLEAR), Some(true));
    }
}
