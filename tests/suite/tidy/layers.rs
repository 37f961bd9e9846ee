//! Imports point down only: http, actors, services, ports, then the gate and domain crates.
//!
//! Stores and connectors implement ports and are named by the composition (bootstrap, the demo, the
//! command line) alone. A folder of `src/` without a row in the table is a finding: a new layer
//! states what it may name.

use super::sources::SourceFile;
use super::{Finding, assert_none, paths, sources};

/// What a module of `src/` may name of its own crate.
enum MayName {
    /// Itself and these.
    Only(&'static [&'static str]),
    /// Anything: it puts the parts together.
    Everything,
}

const TABLE: [(&str, MayName); 15] = [
    ("lib", MayName::Everything),
    ("main", MayName::Everything),
    ("bootstrap", MayName::Everything),
    ("cli", MayName::Everything),
    ("demo", MayName::Everything),
    ("check", MayName::Only(&[])),
    ("config", MayName::Only(&[])),
    ("telemetry", MayName::Only(&["config"])),
    ("failpoint", MayName::Only(&["config"])),
    ("ports", MayName::Only(&[])),
    ("services", MayName::Only(&["ports", "config", "failpoint"])),
    ("actors", MayName::Only(&["services", "ports", "config", "failpoint"])),
    ("http", MayName::Only(&["actors", "services", "ports", "config", "telemetry"])),
    ("store", MayName::Only(&["ports", "config", "failpoint"])),
    ("connectors", MayName::Only(&["ports", "config", "failpoint"])),
];

fn findings(files: &[SourceFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with("src/"))
        .flat_map(check)
        .collect()
}

fn check(file: &SourceFile) -> Vec<Finding> {
    let layer = layer_of(&file.path);
    let finding = |line, subject: &str, message| Finding {
        path: file.path.clone(),
        line,
        subject: subject.to_owned(),
        message,
    };
    let Some((_, may_name)) = TABLE.iter().find(|(name, _)| *name == layer) else {
        let message = format!("`{layer}` has no row in the table of layers; say what it may name");
        return vec![finding(1, layer, message)];
    };
    let allowed = match may_name {
        MayName::Everything => return Vec::new(),
        MayName::Only(allowed) => *allowed,
    };
    let named = match paths::of(file) {
        Ok(named) => named,
        Err(error) => return vec![finding(1, "", format!("is not Rust: {error}"))],
    };
    let breach = |named: &paths::Named| {
        let inside = named.within_crate()?;
        let target = inside.first().map_or("*", String::as_str);
        let fine = target == layer || allowed.contains(&target) || is_local(named, target);
        let message = format!("`{layer}` names `{target}`; it may name itself and {allowed:?}");
        (!fine).then(|| finding(named.line, target, message))
    };
    named.iter().filter_map(breach).collect()
}

/// Items of the crate root, such as exported macros, belong to no layer; a glob of it hides layers.
fn is_local(named: &paths::Named, target: &str) -> bool {
    let absolute = named.segments.first().is_some_and(|first| first == "crate");
    absolute
        && target != "*"
        && TABLE.iter().all(|(layer, _)| *layer != target)
        && target.starts_with(|c: char| c.is_ascii_uppercase())
}

fn layer_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

#[test]
fn imports_point_down() {
    assert_none("imports point down only", &findings(sources::all()));
}

#[test]
fn an_upward_import_is_found() {
    for (path, text, target) in [
        ("src/services/cache.rs", "use crate::store::Pool;", "store"),
        ("src/services/cache.rs", "use super::super::actors::X;", "actors"),
        ("src/ports/clock.rs", "use crate::{services::cache, ports::b};", "services"),
        ("src/actors/a.rs", "fn f() { crate::http::route() }", "http"),
        ("src/actors/a.rs", "fn f() { assert!(crate::connectors::on()) }", "connectors"),
        ("src/http/a.rs", "use crate::store::Pool;", "store"),
        ("src/store/a.rs", "use crate::services::X;", "services"),
        ("src/store/a.rs", "use crate::connectors::X;", "connectors"),
        ("src/connectors/a.rs", "use autopilot::bootstrap::start;", "bootstrap"),
        ("src/config/env.rs", "use crate::ports::Clock;", "ports"),
        ("src/ports/mod.rs", "use crate::*;", "*"),
        ("src/novel/mod.rs", "", "novel"),
    ] {
        let found = findings(&[SourceFile::new(path, text)]);
        let subjects: Vec<&str> = found.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(subjects, [target], "{path}: {text}");
    }
}

#[test]
fn a_downward_import_is_not() {
    for (path, text) in [
        ("src/http/a.rs", "use crate::actors::{self, kernel::X}; use crate::ports::*;"),
        ("src/actors/a/b.rs", "use super::super::c; use super::*; use crate::services::X;"),
        ("src/store/a.rs", "use crate::ports::X; use autopilot_domain::ids::Y; use tokio::io;"),
        ("src/bootstrap.rs", "use crate::{store::A, connectors::B};"),
        ("src/services/a.rs", "mod tests { use super::*; }"),
        ("crates/gate/src/lib.rs", "use crate::anything::X;"),
    ] {
        assert_eq!(findings(&[SourceFile::new(path, text)]), [], "{path}: {text}");
    }
}
