//! Says what is wrong with a JSON body or a query string without repeating what was sent.
//!
//! The parser's own texts quote values and unknown names of the request. Only three things are taken
//! from them: the position, names that stand in our own types, and what was expected instead.

use serde::de::IgnoredAny;
use serde_json::error::{Category, Error};

/// One sentence about a body that could not be read.
pub(super) fn describe(error: &Error, body: &[u8]) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    // The parser also calls well-formed JSON a syntax error where a name of ours was expected.
    let well_formed = || serde_json::from_slice::<IgnoredAny>(body).is_ok();
    match error.classify() {
        Category::Data => about_field(
            &tell(without_place(&error.to_string())),
            error.column(),
            error,
            &place,
            body,
        ),
        Category::Syntax if well_formed() => {
            about_field(&tell(""), error.column().saturating_sub(1), error, &place, body)
        }
        Category::Syntax | Category::Io => format!("The body is not valid JSON ({place})."),
        Category::Eof => format!("The body ends before its JSON does ({place})."),
    }
}

fn without_place(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(told, _)| told)
}

fn about_field(told: &Told, column: usize, error: &Error, place: &str, body: &[u8]) -> String {
    let mut path = path_at(body, error.line(), column);
    if told.about_key {
        path.pop();
    }
    let field = if path.is_empty() { "the body".to_owned() } else { path.join(".") };
    format!("{field}: {} ({place}).", told.text)
}

/// One sentence about a query string that could not be read.
pub(super) fn describe_query(error: &str) -> String {
    let text = error.trim_start_matches("Query deserialize error: ").trim_end_matches('.');
    format!("The query string: {}.", tell(text).text)
}

struct Told {
    text: String,
    /// The parser stopped at a key, whose name came from outside and must not be shown.
    about_key: bool,
}

fn tell(error: &str) -> Told {
    // The expectation is ours and stands last; a quoted value may itself hold the separator.
    let expected = error.rsplit_once(", expected ").map(|(_, expected)| expected);
    let about_key = error.starts_with("unknown field");
    let ours = error.starts_with("missing field") || error.starts_with("duplicate field");
    let text = match expected {
        _ if ours => error.to_owned(),
        Some(expected) if about_key => {
            format!("a field stands here that is not known; expected {expected}")
        }
        Some(expected) => format!("expected {expected}"),
        None => "not of the expected form".to_owned(),
    };
    Told { text, about_key }
}

/// A container the scan is in, with where in it the scan stands.
enum Frame {
    Object { key: Option<String>, at_key: bool },
    Array { index: usize },
}

/// The keys and indexes that lead to a position. The parser accepted everything before it.
fn path_at(body: &[u8], line: usize, column: usize) -> Vec<String> {
    let mut frames = Vec::new();
    let mut bytes = body.iter().copied().take(offset_of(body, line, column));
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' => frames.push(Frame::Object { key: None, at_key: true }),
            b'[' => frames.push(Frame::Array { index: 0 }),
            b'}' | b']' => drop(frames.pop()),
            b'"' => {
                let text = string(&mut bytes);
                if let Some(Frame::Object { key, at_key: true }) = frames.last_mut() {
                    *key = Some(text);
                }
            }
            b':' => turn(&mut frames, false),
            b',' => turn(&mut frames, true),
            _ => {}
        }
    }
    frames.into_iter().filter_map(name).collect()
}

fn turn(frames: &mut [Frame], next_entry: bool) {
    match frames.last_mut() {
        Some(Frame::Object { at_key, .. }) => *at_key = next_entry,
        Some(Frame::Array { index }) if next_entry => *index += 1,
        Some(Frame::Array { .. }) | None => {}
    }
}

fn name(frame: Frame) -> Option<String> {
    match frame {
        Frame::Object { key, .. } => key,
        Frame::Array { index } => Some(index.to_string()),
    }
}

fn offset_of(body: &[u8], line: usize, column: usize) -> usize {
    let before: usize = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    before.saturating_add(column)
}

/// Reads to the closing quote; escapes are skipped, since our own field names hold none.
fn string(bytes: &mut impl Iterator<Item = u8>) -> String {
    let mut text = String::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => drop(bytes.next()),
            other => text.push(char::from(other)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dto::questions::SubmitQuestion;

    fn told(body: &str) -> String {
        describe(&serde_json::from_str::<SubmitQuestion>(body).unwrap_err(), body.as_bytes())
    }

    #[test]
    fn the_field_the_position_and_the_expectation_are_named() {
        let wrong = "{\"kind\": \"answer_question\",\n \"input\": {\"metric\": [7], \"period\": \"last_complete_week\"}}";
        let text = told(wrong);
        assert!(text.starts_with("input.metric: not of the expected form"), "{text}");
        assert!(text.contains("line 2, column "), "{text}");
        let text = told(r#"{"kind": "answer_question", "input": {"metric": "revenue"}}"#);
        assert!(text.starts_with("input: missing field `period`"), "{text}");
        let text = told(
            r#"{"kind": "answer_question", "input": {"metric": "revenue", "period": "x", "source": {"table": {"project": []}}}}"#,
        );
        assert!(text.starts_with("input.period: expected "), "{text}");
    }

    #[test]
    fn nothing_that_was_sent_comes_back() {
        for body in [
            r#"{"kind": "s3cret", "input": {}}"#,
            r#"{"s3cret": 1}"#,
            r#"{"kind": "answer_question", "input": {"s3cret": 1}}"#,
            r#"{"kind": "answer_question", "input": {"metric": "s3cret, expected `s3cret`", "period": "a"}}"#,
            r#"{"kind": "answer_question", "input": "s3cret at line 9"}"#,
            r#"{"kind": "answer_question", "input": {"metric": "revenue", "period": "last_complete_week", "source": "s3cret"}}"#,
            r#"["s3cret"]"#,
            r#""s3cret""#,
            r#"{"kind": s3cret"#,
            r#"{"kind": "s3cret"#,
        ] {
            let text = told(body);
            assert!(!text.contains("s3cret"), "{body} -> {text}");
        }
        for error in
            ["unknown field `s3cret`, expected `limit` or `before`", "invalid digit s3cret"]
        {
            assert!(!describe_query(error).contains("s3cret"));
        }
    }
}
