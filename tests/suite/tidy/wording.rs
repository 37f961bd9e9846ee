//! No file carries a note to finish later or the path of somebody's machine.
//!
//! The patterns are put together from parts, so that this file does not hold them itself.

use super::sources::SourceFile;
use super::{Finding, assert_none, sources};

/// Notes to finish later, as whole words.
fn markers() -> [String; 4] {
    [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["HA", "CK"]].map(|parts| parts.concat())
}

/// Beginnings of paths that exist on one machine only; a name has to follow.
fn machine_paths() -> [String; 5] {
    [["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"], ["/Us", "ers/"], ["C:\\Us", "ers\\"]]
        .map(|parts| parts.concat())
}

/// Homebrew's prefix on Linux, the same on every machine.
const HOMEBREW: &str = "/home/linuxbrew/.linuxbrew";

fn findings(files: &[SourceFile]) -> Vec<Finding> {
    let (markers, paths) = (markers(), machine_paths());
    let check = |file: &SourceFile| -> Vec<Finding> {
        let lines = file.text.lines().enumerate();
        lines.filter_map(|(at, line)| breach(file, at + 1, line, &markers, &paths)).collect()
    };
    files.iter().filter(|file| file.path != "Cargo.lock").flat_map(check).collect()
}

fn breach(
    file: &SourceFile,
    number: usize,
    line: &str,
    markers: &[String],
    paths: &[String],
) -> Option<Finding> {
    let marker = markers.iter().find(|marker| has_word(line, marker));
    let path = paths.iter().find(|path| followed_by_name(line, path));
    let found = marker.or(path)?;
    Some(Finding {
        path: file.path.clone(),
        line: number,
        subject: found.clone(),
        message: format!("holds `{found}`"),
    })
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

/// Whether `start` begins a path of its own and a name follows it: `/srv/x/` holds no path of `/x/`.
fn followed_by_name(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + start.len()..).and_then(|text| text.chars().next());
        let own = before.is_none_or(|c| !c.is_alphanumeric() && !"._-~}*".contains(c));
        let well_known = line.get(at..).is_some_and(|rest| rest.starts_with(HOMEBREW));
        own && !well_known && after.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_')
    })
}

#[test]
fn nothing_is_left_to_finish_and_no_machine_is_named() {
    assert_none("a note to finish later, or a machine's path", &findings(sources::all()));
}

#[test]
fn a_marker_and_a_machine_path_are_found() {
    let found = |line: &str| findings(&[SourceFile::new("docs/a.md", line)]).len();
    for marker in markers() {
        assert_eq!(found(&format!("// {marker}: later")), 1, "{marker}");
        assert_eq!(found(&format!("a {}s b", marker.to_lowercase())), 0, "{marker}");
        assert_eq!(found(&format!("{marker}_LIST")), 0, "{marker}");
    }
    for path in machine_paths() {
        assert_eq!(found(&format!("see \"{path}name\"")), 1, "{path}");
        assert_eq!(found(&format!("{path}name")), 1, "{path}");
        assert_eq!(found(&format!("/srv{path}name")), 0, "{path}");
        assert_eq!(found(&format!("below {path}, say")), 0, "{path}");
    }
    assert_eq!(found(&format!("\"{HOMEBREW}/bin\"")), 0);
}
