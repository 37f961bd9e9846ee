//! A JSON document, and how BigQuery writes one.
//!
//! Decides the canonical text of the JSON type: no blanks, members sorted by the bytes of their keys,
//! the first of two equal keys kept. It must never change a number that it was given.

use std::fmt::Write as _;

use super::number::float_text;
use super::parse::{Wide, parse};
use crate::bigquery::fault::Fault;

/// A number as the JSON type keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    /// Above the range of [`Number::Int`].
    Unsigned(u64),
    Float(f64),
    /// As it was written, inside a STRING that holds JSON.
    Raw(String),
}

/// A value of the JSON type, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Array(Vec<Self>),
    /// Members in the order in which they are written.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// The document behind a stored JSON value.
    pub(crate) fn stored(text: &str) -> Result<Self, Fault> {
        parse(text, Wide::Round).map_err(|why| Fault::query(format!("Invalid JSON: {why}")))
    }

    pub(crate) const fn is_container(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }

    /// A member by its key.
    pub(crate) fn member(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Without blanks.
    pub(crate) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// Over several lines, two blanks for each level.
    pub(crate) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    /// A scalar as plain text: a string without its quotes; `None` for null and containers.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Self::Null | Self::Array(_) | Self::Object(_) => None,
            Self::Text(text) => Some(text.clone()),
            Self::Bool(_) | Self::Number(_) => Some(self.compact()),
        }
    }

    fn write(&self, out: &mut String, level: Option<usize>) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number.text()),
            Self::Text(text) => quote(text, out),
            Self::Array(items) => {
                let parts = items.iter().map(|item| (None, item));
                write_parts(out, ('[', ']'), parts, level);
            }
            Self::Object(members) => {
                let parts = members.iter().map(|(key, value)| (Some(key.as_str()), value));
                write_parts(out, ('{', '}'), parts, level);
            }
        }
    }
}

fn write_parts<'a>(
    out: &mut String,
    (open, close): (char, char),
    parts: impl ExactSizeIterator<Item = (Option<&'a str>, &'a Json)>,
    level: Option<usize>,
) {
    let empty = parts.len() == 0;
    let inner = level.map(|level| level.saturating_add(1));
    out.push(open);
    for (at, (key, value)) in parts.enumerate() {
        if at > 0 {
            out.push(',');
        }
        line(out, inner);
        if let Some(key) = key {
            quote(key, out);
            out.push_str(if level.is_some() { ": " } else { ":" });
        }
        value.write(out, inner);
    }
    if !empty {
        line(out, level);
    }
    out.push(close);
}

fn line(out: &mut String, level: Option<usize>) {
    if let Some(level) = level {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    }
}

/// A string with its quotes; only `"`, `\` and the control characters are escaped.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => {
                // Writing to a String cannot fail.
                let _: std::fmt::Result = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl Number {
    /// Whether two numbers are the same, whichever way they are kept.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(_), _) | (_, Self::Float(_)) => {
                self.text().parse::<f64>().ok() == other.text().parse::<f64>().ok()
            }
            _ => self.text() == other.text(),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Unsigned(number) => number.to_string(),
            Self::Float(number) => float_text(*number),
            Self::Raw(text) => text.clone(),
        }
    }
}

/// Members as the JSON type keeps them: sorted, the first of equal keys kept.
pub(crate) fn sorted(mut members: Vec<(String, Json)>) -> Json {
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.dedup_by(|(later, _), (first, _)| later == first);
    Json::Object(members)
}
