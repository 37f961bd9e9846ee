//! What holds for every check: one answer for each line, whatever the line, and honest exit codes.
//! The catalog that `check call` needs is the corpus's.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use serde_json::{Value, json};

use super::{answers, run, start};

const CATALOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/injection/catalog.json");

/// Every check with what it needs, a line it can judge, and the key of its answer.
fn checks() -> [(Vec<&'static str>, Value, &'static str); 4] {
    let call = json!({"tool": "run_sql", "args": {"sql": "SELECT 1 AS n LIMIT 1"}});
    [
        (vec!["sql"], json!({"id": "é", "sql": "SELECT 1 LIMIT 1"}), "verdict"),
        (
            vec!["pii"],
            json!({"id": "é", "table": "t", "column": "c", "type": "STRING", "values": ["x"]}),
            "tier",
        ),
        (
            vec!["call", "--catalog", CATALOG],
            json!({"id": "é", "prompt": "?", "call": call}),
            "outcome",
        ),
        (
            vec!["context"],
            json!({"id": "é", "carrier": "table_name", "value": "a b", "table": null, "column": null}),
            "prompt",
        ),
    ]
}

#[test]
fn a_bad_line_gets_an_error_line_and_stops_nothing() {
    for (arguments, good, key) in checks() {
        let mut with_more = good.clone();
        with_more["colour"] = json!({"deep": [1, 2]});
        let good = good.to_string();
        let bad: [(&[u8], Value); 8] = [
            (b"", Value::Null),
            (b"   ", Value::Null),
            (b"nonsense", Value::Null),
            (b"{\"id\": \"x\", ", Value::Null),
            (b"{\"id\": \"\xff\"}", Value::Null),
            (b"7", Value::Null),
            (b"{\"id\": 7}", json!(7)),
            (b"{\"id\": [1], \"sql\": {}, \"column\": 1, \"carrier\": {}}", json!([1])),
        ];
        let mut input = Vec::new();
        for (line, _) in &bad {
            input.extend_from_slice(line);
            input.extend_from_slice(b"\n");
            input.extend_from_slice(good.as_bytes());
            input.extend_from_slice(b"\r\n");
        }
        input.extend_from_slice(with_more.to_string().as_bytes());
        let answers = answers(&arguments, &input);
        assert_eq!(answers.len(), bad.len() * 2 + 1, "{arguments:?}");
        for (pair, (line, id)) in answers.chunks(2).zip(&bad) {
            let line = String::from_utf8_lossy(line);
            assert!(pair[0]["error"].is_string(), "{arguments:?} {line}: {}", pair[0]);
            assert_eq!(pair[0]["id"], *id, "{arguments:?} {line}");
            assert!(!pair[1][key].is_null() && pair[1]["id"] == "é", "{arguments:?}: {}", pair[1]);
        }
        assert!(!answers[bad.len() * 2][key].is_null(), "{arguments:?}");
    }
}

#[test]
fn no_input_is_no_output() {
    for (arguments, ..) in checks() {
        assert_eq!(answers(&arguments, b""), Vec::<Value>::new(), "{arguments:?}");
    }
}

#[test]
fn an_answer_comes_before_the_next_line_is_sent() {
    for (arguments, good, key) in checks() {
        let mut child = start(&arguments);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        for _ in 0..3 {
            writeln!(stdin, "{good}").unwrap();
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert!(line.contains(key), "{arguments:?}: {line}");
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_check_quietly() {
    for (more, code) in [(&[][..], 0), (&["--fail"][..], 1)] {
        let arguments: Vec<&str> = ["sql"].into_iter().chain(more.iter().copied()).collect();
        let mut child = start(&arguments);
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        let line = b"{\"sql\": \"SELECT 1 LIMIT 1\"}\n".repeat(10_000);
        // The pipe closes while this is being written.
        drop(stdin.write_all(&line));
        drop(stdin);
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "");
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_closed_standard_error_changes_nothing() {
    let mut child = start(&["sql", "--fail"]);
    drop(child.stderr.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"nonsense\n{\"sql\": \"SELECT 1 LIMIT 1\"}\n").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 2);
}

#[test]
fn fail_turns_bad_answers_into_the_exit_code_and_a_few_words() {
    let high =
        json!({"id": 1, "column": "email", "type": "STRING", "values": ["a.b@corp.example"]});
    let call = json!({"id": 1, "call": {"tool": "shell", "args": {}}});
    let drop = json!({"id": 1, "sql": "DROP TABLE t"});
    for ((arguments, good, _), bad) in
        checks().into_iter().zip([drop, high, call, json!({"id": 1})])
    {
        let arguments: Vec<&str> = arguments.into_iter().chain(["--fail"]).collect();
        for (input, code) in [(format!("{good}\n{good}\n"), 0), (format!("{good}\n{bad}\n"), 1)] {
            let output = run(&arguments, input.as_bytes());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
            assert!(said.contains("checked 2 lines"), "{arguments:?}: {said}");
            assert_eq!(said.contains("line 2, id 1: "), code == 1, "{arguments:?}: {said}");
            assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 2);
        }
    }
}

#[test]
fn ten_megabytes_are_answered_and_the_next_line_too() {
    let long = json!({"id": 1, "sql": format!("SELECT '{}'", "a".repeat(10 << 20))});
    let values = vec!["a".repeat(1 << 20); 10];
    let column = json!({"id": 1, "column": "c", "type": "STRING", "values": values});
    let text = json!({"id": 1, "carrier": "table_description", "value": "x ".repeat(5 << 20)});
    for (check, line, key) in
        [("sql", &long, "verdict"), ("pii", &column, "tier"), ("context", &text, "prompt")]
    {
        let input = format!("{line}\n{line}\n");
        let answers = answers(&[check], input.as_bytes());
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|answer| answer[key].is_string()), "{check}");
    }
}

#[test]
fn an_input_that_cannot_be_read_is_said_in_a_sentence() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_autopilot"));
    let folder = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let output = command.env_clear().args(["check", "sql"]).stdin(folder).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.starts_with("autopilot: standard input cannot be read"), "{said}");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in
        [&[][..], &["sqll"], &["sql", "file.jsonl"], &["call"], &["sql", "--catalog", "x"]]
    {
        let output = run(arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}
