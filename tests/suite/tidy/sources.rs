//! The files the rules look at, read once per test process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Folders that hold no source: build output, version control, the demo's state.
const SKIPPED: [&str; 4] = ["target", ".git", ".autopilot", "node_modules"];

/// A text file of the repository.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    /// Relative to the repository, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn is_markdown(&self) -> bool {
        self.path.ends_with(".md")
    }

    /// Whether it is part of a product or a driver, not of a test.
    pub(crate) fn is_product(&self) -> bool {
        let below = |folder: &str| {
            self.path.starts_with(folder) || self.path.contains(&format!("/{folder}"))
        };
        let of_tests = below("tests/") || self.path.ends_with("/tests.rs");
        self.is_rust() && below("src/") && !of_tests
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file of the repository.
pub(crate) fn all() -> &'static [SourceFile] {
    static FILES: OnceLock<Vec<SourceFile>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        walk(&root(), &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    })
}

fn walk(folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if !SKIPPED.iter().any(|skipped| name == *skipped) {
                walk(&path, files);
            }
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path: relative, text });
        }
    }
}

#[test]
fn the_walk_finds_the_tree() {
    let paths: Vec<&str> = all().iter().map(|file| file.path.as_str()).collect();
    for known in ["Cargo.toml", "src/config.rs", "crates/domain/src/units.rs", "docs/non-goals.md"]
    {
        assert!(paths.contains(&known), "{known} was not found");
    }
    assert!(paths.iter().all(|path| !path.starts_with("target/")));
    let product: Vec<&SourceFile> = all().iter().filter(|file| file.is_product()).collect();
    assert!(product.iter().any(|file| file.path.starts_with("crates/gate/src/")));
    assert!(product.iter().all(|file| !file.path.contains("tests/")));
}
