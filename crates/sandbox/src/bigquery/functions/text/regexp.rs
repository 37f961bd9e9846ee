//! Regular expressions.
//!
//! Decides group rules and places; the syntax is the engine's, which like RE2 runs in linear time.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex::Regex;

use super::super::number::args::{int, text};
use super::super::{P, Sig};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

/// Patterns kept compiled by a thread.
const KEPT: usize = 64;

const SS: &[P] = &[P::String, P::String];
const SSII: &[P] = &[P::String, P::String, P::Int64, P::Int64];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("REGEXP_CONTAINS", SS, P::Bool, |a| {
        with(a, |re, of| Ok(Value::Bool(re.is_match(of))))
    }),
    Sig::new("REGEXP_EXTRACT", SSII, P::String, extract).optional(2),
    Sig::new("REGEXP_SUBSTR", SSII, P::String, extract).optional(2),
    Sig::new("REGEXP_EXTRACT_ALL", SS, P::Strings, |a| with(a, extract_all)),
    Sig::new("REGEXP_INSTR", SS, P::Int64, |a| with(a, instr)),
    Sig::new("REGEXP_REPLACE", &[P::String, P::String, P::String], P::String, replace),
];

thread_local! {
    static COMPILED: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
}

/// Runs a body with the compiled second argument and the first.
fn with(args: &[Value], body: fn(&Regex, &str) -> Result<Value, Fault>) -> Result<Value, Fault> {
    let (of, pattern) = (text(args, 0)?, text(args, 1)?);
    body(&compiled(pattern)?, of)
}

fn compiled(pattern: &str) -> Result<Regex, Fault> {
    if let Some(known) = COMPILED.with_borrow(|kept| kept.get(pattern).cloned()) {
        return Ok(known);
    }
    let fresh = Regex::new(pattern)
        .map_err(|_| Fault::query(format!("Cannot parse regular expression: {pattern}")))?;
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), fresh.clone());
    });
    Ok(fresh)
}

fn one_group(re: &Regex, name: &str) -> Result<(), Fault> {
    if re.captures_len() > 2 {
        let message = format!(
            "Regular expressions passed into extraction functions must not have more than 1 capturing group ({name})"
        );
        return Err(Fault::query(message));
    }
    Ok(())
}

/// The nth match from a place on, or its one group.
fn extract(args: &[Value]) -> Result<Value, Fault> {
    let (of, re) = (text(args, 0)?, compiled(text(args, 1)?)?);
    one_group(&re, "REGEXP_EXTRACT")?;
    let number = |at: usize, name: &str| match args.get(at) {
        None => Ok(1_usize),
        Some(_) => usize::try_from(int(args, at)?)
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| Fault::query(format!("{name} must be a positive integer"))),
    };
    let (from, nth) = (number(2, "position")?, number(3, "occurrence")?);
    let skipped: usize = of.chars().take(from.saturating_sub(1)).map(char::len_utf8).sum();
    let group = usize::from(re.captures_len() > 1);
    let rest = of.get(skipped..).unwrap_or_default();
    let found = re.captures_iter(rest).nth(nth.saturating_sub(1));
    let found = found.and_then(|found| found.get(group).map(|group| group.as_str().to_owned()));
    Ok(found.map_or(Value::Null, Value::Str))
}

fn extract_all(re: &Regex, of: &str) -> Result<Value, Fault> {
    one_group(re, "REGEXP_EXTRACT_ALL")?;
    let group = usize::from(re.captures_len() > 1);
    let all = re
        .captures_iter(of)
        .map(|found| Value::Str(found.get(group).map_or("", |group| group.as_str()).to_owned()));
    Ok(Value::Array(all.collect()))
}

fn instr(re: &Regex, of: &str) -> Result<Value, Fault> {
    one_group(re, "REGEXP_INSTR")?;
    let group = usize::from(re.captures_len() > 1);
    let found = re.captures(of).and_then(|found| found.get(group));
    let before = found.and_then(|found| of.get(..found.start()));
    let place = before.map_or(0, |before| before.chars().count().saturating_add(1));
    Ok(Value::Int(i64::try_from(place).unwrap_or(i64::MAX)))
}

/// REGEXP_REPLACE: `\1` stands for a group, `\\` for a backslash.
fn replace(args: &[Value]) -> Result<Value, Fault> {
    let re = compiled(text(args, 1)?)?;
    let (of, with) = (text(args, 0)?, text(args, 2)?);
    let mut pieces: Vec<Result<char, usize>> = Vec::new();
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            pieces.push(Ok(c));
            continue;
        }
        match chars.next() {
            Some('\\') => pieces.push(Ok('\\')),
            Some(digit) if digit.is_ascii_digit() => {
                let group = digit.to_digit(10).and_then(|d| usize::try_from(d).ok()).unwrap_or(0);
                if group >= re.captures_len() {
                    return Err(Fault::query(format!(
                        "Invalid REGEXP_REPLACE pattern: group {group}"
                    )));
                }
                pieces.push(Err(group));
            }
            _ => return Err(Fault::query("Invalid REGEXP_REPLACE pattern")),
        }
    }
    let done = re.replace_all(of, |found: &regex::Captures<'_>| {
        let mut text = String::new();
        for piece in &pieces {
            match piece {
                Ok(c) => text.push(*c),
                Err(group) => text.push_str(found.get(*group).map_or("", |group| group.as_str())),
            }
        }
        text
    });
    Ok(Value::Str(done.into_owned()))
}
