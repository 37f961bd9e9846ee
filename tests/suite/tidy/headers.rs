//! Every Rust file opens with what it is for; a file of the product in at least two lines.

use super::sources::SourceFile;
use super::{Finding, assert_none, sources};

fn findings(files: &[SourceFile]) -> Vec<Finding> {
    files.iter().filter(|file| file.is_rust()).filter_map(check).collect()
}

fn check(file: &SourceFile) -> Option<Finding> {
    let header = file.text.lines().take_while(|line| line.starts_with("//!"));
    let written = header.filter(|line| line.trim_start_matches("//!").trim().len() > 10).count();
    let wanted = if file.is_product() { 2 } else { 1 };
    (written < wanted).then(|| Finding {
        path: file.path.clone(),
        line: 1,
        subject: String::new(),
        message: format!("opens with {written} lines of `//!`, wants {wanted} or more"),
    })
}

#[test]
fn every_module_says_what_it_is_for() {
    assert_none("a module without its header", &findings(sources::all()));
}

#[test]
fn a_missing_header_is_found() {
    let found = |path: &str, text: &str| findings(&[SourceFile::new(path, text)]).len();
    let two = "//! Decides a thing or two.\n//! Must never do the other.\nfn f() {}\n";
    assert_eq!(found("src/a.rs", two), 0);
    assert_eq!(found("src/a.rs", "//! Decides a thing or two.\nfn f() {}\n"), 1);
    assert_eq!(found("src/a.rs", "//! Decides a thing or two.\n//!\n//! P.\n"), 1);
    assert_eq!(found("src/a.rs", &format!("\n{two}")), 1);
    assert_eq!(found("tests/suite/a.rs", "//! Decides a thing or two.\n"), 0);
    assert_eq!(found("tests/suite/a.rs", "fn f() {}\n"), 1);
}
