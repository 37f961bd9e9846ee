//! Every relative link of a Markdown page leads to a file, and its fragment to a heading.

use std::path::{Path, PathBuf};

use super::sources::SourceFile;
use super::{Finding, assert_none, sources};

fn findings(files: &[SourceFile], exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_markdown()) {
        for (line, target) in links(&file.text) {
            if let Some(message) = broken(file, &target, files, &exists) {
                let path = file.path.clone();
                findings.push(Finding { path, line, subject: target, message });
            }
        }
    }
    findings
}

fn broken(
    file: &SourceFile,
    target: &str,
    files: &[SourceFile],
    exists: &impl Fn(&Path) -> bool,
) -> Option<String> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (page, fragment) = target.split_once('#').unwrap_or((target, ""));
    let path = if page.is_empty() { PathBuf::from(&file.path) } else { beside(&file.path, page) };
    if !exists(&path) {
        return Some(format!("links to `{target}`, which does not exist"));
    }
    let linked = files.iter().find(|other| Path::new(&other.path) == path);
    let missing =
        |text: &str| !fragment.is_empty() && !headings(text).contains(&fragment.to_owned());
    let missing = linked.is_some_and(|linked| linked.is_markdown() && missing(&linked.text));
    missing.then(|| format!("links to `{target}`, where no such heading stands"))
}

/// `target` as seen from `page`, with `..` resolved.
fn beside(page: &str, target: &str) -> PathBuf {
    let mut path = PathBuf::from(page);
    path.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(path.pop()),
            "." | "" => {}
            name => path.push(name),
        }
    }
    path
}

/// Line and target of each inline link outside of code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in outside_code(text) {
        let prose = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for part in prose.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            found.push((line, target.to_owned()));
        }
    }
    found
}

fn outside_code(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            lines.push((at + 1, line));
        }
    }
    lines
}

/// Headings as fragments: lower case, blanks to dashes, punctuation gone.
fn headings(text: &str) -> Vec<String> {
    let heading = |(_, line): (usize, &str)| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len()).then(|| {
            let kept = title.trim().to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.collect::<String>().replace(' ', "-")
        })
    };
    outside_code(text).into_iter().filter_map(heading).collect()
}

#[test]
fn relative_links_lead_somewhere() {
    let findings = findings(sources::all(), |path| sources::root().join(path).exists());
    assert_none("a broken link", &findings);
}

#[test]
fn a_broken_link_is_found() {
    let pages = [
        SourceFile::new(
            "docs/a.md",
            "# A page\n[ok](b.md) [ok](b.md#two-words) [ok](../README.md) [ok](#a-page)\n\
             [web](https://example.com/x) `[code](gone.md)`\n```\n[fenced](gone.md)\n```\n\
             [bad](c.md)\n[bad](b.md#three)\n[bad](/b.md) and [bad](../docs/adr/)\n",
        ),
        SourceFile::new("docs/b.md", "## Two words!\n"),
        SourceFile::new("README.md", ""),
    ];
    let exists = |path: &Path| pages.iter().any(|page| Path::new(&page.path) == path);
    let found = findings(&pages, exists);
    let shown: Vec<(usize, &str)> =
        found.iter().map(|one| (one.line, one.subject.as_str())).collect();
    assert_eq!(shown, [(7, "c.md"), (8, "b.md#three"), (9, "../docs/adr/")]);
}
