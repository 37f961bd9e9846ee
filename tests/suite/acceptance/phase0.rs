//! Rows of phase 0.

use std::process::{Command, Output};

const FLAG: &str = "ALLOW_REAL_QUERY_EXECUTION";

/// Runs `autopilot serve` with nothing in its environment but, perhaps, the flag. It would stop for
/// want of a database if it came that far, so the sentence has to be the flag's.
fn serve(flag: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autopilot"));
    command.env_clear().arg("serve").envs(flag.map(|value| (FLAG, value)));
    command.output().unwrap()
}

#[test]
fn p0_05_boot_refuses_without_the_real_query_flag() {
    let refused =
        [None, Some(""), Some("TRUE"), Some("False"), Some("1"), Some("yes"), Some("true ")];
    for flag in refused {
        let output = serve(flag);
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{flag:?} started: {sentence}");
        for part in [FLAG, "`true`", "`false`", "docs/runtime-flags.md"] {
            assert!(sentence.contains(part), "{flag:?}: {part} is missing in: {sentence}");
        }
        assert!(output.stdout.is_empty(), "{flag:?} printed to standard output");
    }
    for flag in ["true", "false"] {
        let sentence = String::from_utf8(serve(Some(flag)).stderr).unwrap();
        assert!(sentence.contains("AUTOPILOT_DATABASE_URL"), "{flag}: {sentence}");
        assert!(!sentence.contains(FLAG), "{flag} is a value, yet: {sentence}");
    }
}
