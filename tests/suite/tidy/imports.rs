//! Crates that only one part of the tree may name, and what the pure core may not touch.
//!
//! Where the compiler already forbids it (a crate without the dependency) nothing is listed here.

use super::exceptions;
use super::sources::SourceFile;
use super::{Finding, assert_none, paths, sources};

/// A path's beginning, and the folders or files that may name it. The launcher has a module of its own
/// by the name of `redis`; the demo calls the API it has started.
const CONFINED: [(&[&str], &[&str]); 17] = [
    (&["sqlparser"], &["crates/gate/", "crates/sandbox/"]),
    (&["datafusion"], &["crates/sandbox/"]),
    (&["actix"], &["src/actors/"]),
    (&["awc"], &["src/connectors/egress", "src/demo/", "tests/", "load/"]),
    (&["tokio_postgres"], &["src/store/", "crates/launcher/tests/", "tests/", "load/"]),
    (&["deadpool_postgres"], &["src/store/", "tests/", "load/"]),
    (&["redis"], &["src/store/", "crates/launcher/", "tests/", "load/"]),
    (&["bb8"], &["src/store/", "tests/", "load/"]),
    (&["bb8_redis"], &["src/store/", "tests/", "load/"]),
    (&["gcp_bigquery_client"], &["src/connectors/bigquery", "crates/sandbox/tests/", "tests/"]),
    (&["std", "env", "var"], ENVIRONMENT),
    (&["std", "env", "var_os"], ENVIRONMENT),
    (&["std", "env", "vars"], ENVIRONMENT),
    (&["std", "env", "vars_os"], ENVIRONMENT),
    (&["env", "var"], ENVIRONMENT),
    (&["env", "var_os"], ENVIRONMENT),
    (&["env", "vars_os"], ENVIRONMENT),
];

const ENVIRONMENT: &[&str] = &["src/config/env.rs"];

/// What the domain crate never names: it reads nothing, waits for nothing and starts nothing.
const IMPURE: [&[&str]; 9] = [
    &["std", "fs"],
    &["std", "net"],
    &["std", "env"],
    &["std", "io"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "SystemTime"],
    &["std", "time", "Instant"],
    &["std", "sync"],
];

fn findings(files: &[SourceFile]) -> Vec<Finding> {
    files.iter().filter(|file| file.is_rust()).flat_map(check).collect()
}

fn check(file: &SourceFile) -> Vec<Finding> {
    let finding = |line, subject: String, message| Finding {
        path: file.path.clone(),
        line,
        subject,
        message,
    };
    let named = match paths::of(file) {
        Ok(named) => named,
        Err(error) => return vec![finding(1, String::new(), format!("is not Rust: {error}"))],
    };
    let breach = |named: &paths::Named| {
        let (subject, message) = confined(file, named).or_else(|| impure(file, named))?;
        Some(finding(named.line, subject, message))
    };
    named.iter().filter_map(breach).collect()
}

fn confined(file: &SourceFile, named: &paths::Named) -> Option<(String, String)> {
    let (prefix, places) = CONFINED.iter().find(|(prefix, _)| begins(named, prefix))?;
    let subject = prefix.join("::");
    let fine = places.iter().any(|place| file.path.starts_with(place));
    (!fine).then(|| (subject.clone(), format!("names `{subject}`, which only {places:?} may")))
}

fn impure(file: &SourceFile, named: &paths::Named) -> Option<(String, String)> {
    let prefix = IMPURE.iter().find(|prefix| begins(named, prefix))?;
    let subject = prefix.join("::");
    let pure = file.path.starts_with("crates/domain/src/");
    pure.then(|| (subject.clone(), format!("names `{subject}` in the pure core")))
}

fn begins(named: &paths::Named, prefix: &[&str]) -> bool {
    named.segments.len() >= prefix.len() && named.segments.iter().zip(prefix).all(|(a, b)| a == b)
}

#[test]
fn confined_crates_stay_where_they_belong() {
    let findings = exceptions::keep(&exceptions::IMPORTS, findings(sources::all()));
    assert_none("a crate or function is named outside its place", &findings);
}

#[test]
fn a_confined_crate_elsewhere_is_found() {
    for (path, text, subject) in [
        ("src/services/a.rs", "use sqlparser::ast::Statement;", "sqlparser"),
        ("src/connectors/bigquery/a.rs", "use sqlparser as quiet;", "sqlparser"),
        ("src/http/a.rs", "use actix::prelude::*;", "actix"),
        ("src/bootstrap.rs", "#[actix::main] async fn main() {}", "actix"),
        ("src/http/a.rs", "type C = tokio_postgres::Client;", "tokio_postgres"),
        ("src/actors/a.rs", "use bb8_redis::redis;", "bb8_redis"),
        ("src/main.rs", "fn f() { println!(\"{:?}\", std::env::var(\"X\")); }", "std::env::var"),
        ("src/cli.rs", "use std::env::{self, vars_os};", "std::env::vars_os"),
        ("src/cli.rs", "use std::env; fn f() { env::var(\"X\"); }", "env::var"),
        ("crates/domain/src/a.rs", "use std::fs;", "std::fs"),
        (
            "crates/domain/src/a.rs",
            "fn f() { std::time::SystemTime::now(); }",
            "std::time::SystemTime",
        ),
    ] {
        let found = findings(&[SourceFile::new(path, text)]);
        let subjects: Vec<&str> = found.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(subjects, [subject], "{path}: {text}");
    }
}

#[test]
fn a_confined_crate_in_its_place_is_not() {
    for (path, text) in [
        ("crates/gate/src/a.rs", "use sqlparser::ast::Statement;"),
        ("src/actors/kernel/a.rs", "use actix::prelude::*;"),
        ("src/http/a.rs", "use actix_web::web; use serde_json::json;"),
        ("src/store/a.rs", "use tokio_postgres::Client; use redis::Script;"),
        ("src/config/env.rs", "fn f() { std::env::vars_os(); }"),
        ("src/cli.rs", "fn f() { std::env::temp_dir(); let var = env!(\"X\"); }"),
        ("crates/domain/src/a.rs", "use std::time::Duration;"),
    ] {
        assert_eq!(findings(&[SourceFile::new(path, text)]), [], "{path}: {text}");
    }
}
