//! Tables of calls and their answers, written as in SQL, one a line: `LEFT('abc', 2) => 'ab'`.
//!
//! Decides how a line is read; the tables are in the files beside. A failure is written `! message`.
//! No line may be skipped: a table that cannot be read is a failure.

use super::{ANY, GROUPS};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// A reader of literals.
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn eat(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'t str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c)));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn list(&mut self, end: &str) -> Vec<Value> {
        let mut all = Vec::new();
        while !self.eat(end) {
            all.push(self.value());
            self.eat(",");
        }
        all
    }

    fn value(&mut self) -> Value {
        if self.eat("[") {
            return Value::Array(self.list("]"));
        }
        for (start, raw, bytes) in
            [("'", false, false), ("r'", true, false), ("b'", false, true), ("rb'", true, true)]
        {
            if self.eat(start) {
                let text = self.quoted(raw);
                return if bytes {
                    Value::Bytes(text)
                } else {
                    Value::Str(String::from_utf8(text).unwrap())
                };
            }
        }
        let word = self.word();
        match word {
            "NULL" => Value::Null,
            "TRUE" => Value::Bool(true),
            "FALSE" => Value::Bool(false),
            _ if self.eat("=>") => self.value(),
            _ => word.parse().map_or_else(|_| Value::Str(word.to_owned()), Value::Int),
        }
    }

    /// The bytes up to the closing quote.
    fn quoted(&mut self, raw: bool) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let c = self.rest.chars().next().expect("a closing quote");
            self.rest = self.rest.split_at(c.len_utf8()).1;
            match c {
                '\'' => return all,
                '\\' if !raw => self.escape(&mut all),
                _ => all.extend_from_slice(c.to_string().as_bytes()),
            }
        }
    }

    fn escape(&mut self, all: &mut Vec<u8>) {
        let c = self.rest.chars().next().unwrap();
        self.rest = self.rest.split_at(c.len_utf8()).1;
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let (code, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let code = u32::from_str_radix(code, 16).unwrap_or_default();
        match c {
            'n' => all.push(b'\n'),
            't' => all.push(b'\t'),
            'r' => all.push(b'\r'),
            'f' => all.push(0x0C),
            'v' => all.push(0x0B),
            'x' => all.push(u8::try_from(code).unwrap()),
            'u' | 'U' => {
                all.extend_from_slice(char::from_u32(code).unwrap().to_string().as_bytes())
            }
            other => all.push(u8::try_from(other).unwrap()),
        }
    }
}

fn takes(parameter: P, value: &Value) -> bool {
    match (parameter, value) {
        (_, Value::Null)
        | (P::Int64, Value::Int(_))
        | (P::String | P::Part, Value::Str(_))
        | (P::Bytes, Value::Bytes(_)) => true,
        (P::Ints, Value::Array(items)) => items.iter().all(|item| takes(P::Int64, item)),
        _ => false,
    }
}

fn fits(sig: &Sig, args: &[Value]) -> bool {
    let least = sig.params.len() - sig.optional;
    let parameter = |at: usize| sig.params.get(at).or(sig.params.last()).copied().unwrap();
    args.len() >= least
        && (args.len() <= sig.params.len() || sig.variadic)
        && args.iter().enumerate().all(|(at, arg)| takes(parameter(at), arg))
}

/// The answer of a call as the engine would get it.
fn call(name: &str, args: &[Value]) -> Result<Value, String> {
    let all = GROUPS.iter().copied().flatten();
    let sig = all.into_iter().find(|sig| sig.name == name && fits(sig, args));
    let sig = sig.unwrap_or_else(|| panic!("no overload of {name} for {args:?}"));
    if sig.strict && args.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    (sig.body)(args).map_err(|fault| fault.to_string())
}

pub(super) fn check(table: &str) {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        lines += 1;
        let mut reader = Reader { rest: line };
        let name = reader.word();
        assert!(reader.eat("("), "no call in {line}");
        let args = reader.list(")");
        assert!(reader.eat("=>"), "no answer in {line}");
        let wanted = if reader.eat("!") {
            Err(reader.rest.strip_prefix(' ').unwrap_or(reader.rest).to_owned())
        } else {
            Ok(reader.value())
        };
        let got = call(name, &args);
        if got != wanted {
            wrong.push(format!("{line}\n    but got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {lines} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lines > 0, "an empty table");
}

#[test]
fn strings_and_bytes_are_cut_padded_and_split() {
    check(include_str!("tests/slice.txt"));
}

#[test]
fn parts_are_found_from_either_end() {
    check(include_str!("tests/find.txt"));
}

#[test]
fn case_and_normal_forms_follow_unicode() {
    check(include_str!("tests/case.txt"));
}

#[test]
fn code_points_and_encodings_go_both_ways() {
    check(include_str!("tests/encode.txt"));
}

#[test]
fn hosts_and_addresses_are_read_as_bigquery_does() {
    check(include_str!("tests/net.txt"));
}

#[test]
fn regular_expressions_have_the_syntax_of_re2() {
    check(include_str!("tests/syntax.txt"));
}

#[test]
fn regular_expressions_search_extract_and_replace() {
    check(include_str!("tests/regexp.txt"));
}

#[test]
fn every_function_and_overload_stands_in_a_table() {
    let tables = [
        include_str!("tests/slice.txt"),
        include_str!("tests/find.txt"),
        include_str!("tests/case.txt"),
        include_str!("tests/encode.txt"),
        include_str!("tests/net.txt"),
        include_str!("tests/suffix.txt"),
        include_str!("tests/syntax.txt"),
        include_str!("tests/regexp.txt"),
    ];
    let lines = || tables.iter().flat_map(|table| table.lines()).filter(|l| l.contains("=>"));
    for sig in GROUPS.iter().copied().flatten() {
        let called = lines().any(|line| {
            let mut reader = Reader { rest: line };
            reader.word() == sig.name && reader.eat("(") && {
                let args = reader.list(")");
                fits(sig, &args) && !args.iter().any(Value::is_null)
            }
        });
        assert!(called, "no line calls {} with {:?}", sig.name, sig.params);
    }
}

#[test]
fn contains_substr_of_other_types_is_refused_by_name() {
    let sig = ANY.iter().copied().flatten().find(|sig| sig.name == "CONTAINS_SUBSTR").unwrap();
    let refused =
        (sig.body)(&[Value::Int(1), Value::Str("1".into())], &[Type::Int64, Type::String]);
    let message = refused.unwrap_err().to_string();
    assert!(message.starts_with("CONTAINS_SUBSTR of INT64 is not supported"), "{message}");
}
