//! The canonical lexer against an independent splitter, on any text.
//!
//! What the lexer admits is one statement to the splitter too; the text it writes holds the same
//! tokens; and that text is its own canonical form.

#![no_main]

use autopilot_fuzz::splitter::{only_statement, same};
use autopilot_gate::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(canonical) = fuzzing::canonical(text) else { return };
    let read = only_statement(text).expect("the text is more than one statement");
    let written =
        only_statement(&canonical).expect("the canonical text is more than one statement");
    assert!(same(&read, &written), "other tokens: {canonical}");
    assert_eq!(fuzzing::canonical(&canonical), Some(canonical), "not its own canonical form");
});
