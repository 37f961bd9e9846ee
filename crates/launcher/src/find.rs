//! Finds usable binaries of PostgreSQL and Redis on this machine.
//!
//! Decides the order (PATH, the usual system folders with the highest version first, the cache of
//! fetched packages) and what counts as usable: the program answers `--version` when run as the
//! user the servers will run as, with a version the product supports. It never starts a server and
//! never installs anything.

use std::cmp::Reverse;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::environment::Environment;
use crate::identity::Identity;
use crate::process::output_within;

/// Oldest PostgreSQL whose SQL the product uses.
pub(crate) const OLDEST_POSTGRES: u32 = 15;
/// Oldest Redis with the commands and script features the product uses.
pub(crate) const OLDEST_REDIS: u32 = 6;

/// A program that is what its name says answers at once; a cold disk takes longer.
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// What is launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The PostgreSQL server and `initdb`.
    Postgres,
    /// The Redis server, or Valkey, which speaks the same protocol.
    Redis,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
        })
    }
}

impl Product {
    /// What a person types to get it, as a sentence.
    pub(crate) fn install_by_hand(self) -> &'static str {
        match self {
            Self::Postgres => {
                "Install PostgreSQL 15 or newer, for example `apt-get install postgresql` or \
                 `brew install postgresql`, and run again"
            }
            Self::Redis => {
                "Install Redis 6 or newer, for example `apt-get install redis-server` or \
                 `brew install redis`, and run again"
            }
        }
    }

    /// Names of the server program, the preferred one first.
    pub(crate) fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgres"],
            Self::Redis => &["redis-server", "valkey-server"],
        }
    }

    fn oldest(self) -> u32 {
        match self {
            Self::Postgres => OLDEST_POSTGRES,
            Self::Redis => OLDEST_REDIS,
        }
    }
}

/// A server program that was seen but not yet tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) server: PathBuf,
    /// Folders of shared libraries that came with it.
    pub(crate) libraries: Vec<PathBuf>,
}

/// A server program that ran and has a supported version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) server: PathBuf,
    pub(crate) libraries: Vec<PathBuf>,
    /// Major version.
    pub(crate) major: u32,
}

impl Binaries {
    /// The folder that holds the server program.
    pub(crate) fn folder(&self) -> PathBuf {
        self.server.parent().unwrap_or(Path::new("/")).to_path_buf()
    }

    /// A command for `program`, to run as the service user with the libraries that came along.
    pub(crate) fn command(&self, identity: &Identity, program: &Path) -> std::process::Command {
        command(identity, program, &self.libraries)
    }
}

fn command(identity: &Identity, program: &Path, libraries: &[PathBuf]) -> std::process::Command {
    let mut command = identity.command(program);
    if let (false, Ok(joined)) = (libraries.is_empty(), std::env::join_paths(libraries)) {
        command.env("LD_LIBRARY_PATH", joined);
    }
    command
}

/// The outcome of a search: the first usable program, and what was rejected.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) usable: Option<Binaries>,
    /// Rejected programs, each with its reason; for the error message.
    pub(crate) rejected: Vec<String>,
}

/// Tries `candidates` in order. With `major`, only that major version will do (a cluster on disk
/// demands it), and when only others are there the first of them is returned, so that the caller
/// can name both versions.
pub(crate) fn first_usable(
    product: Product,
    candidates: Vec<Candidate>,
    identity: &Identity,
    major: Option<u32>,
) -> Found {
    let mut found = Found::default();
    for candidate in candidates {
        match verify(product, &candidate, identity) {
            Ok(binaries) if major.is_none_or(|wanted| wanted == binaries.major) => {
                found.usable = Some(binaries);
                return found;
            }
            Ok(binaries) => found.usable = found.usable.or(Some(binaries)),
            Err(reason) => {
                found.rejected.push(format!("{} ({reason})", candidate.server.display()))
            }
        }
    }
    found
}

/// Programs in PATH and the system folders, in the order of preference, each once.
pub(crate) fn on_this_machine(product: Product, environment: &Environment) -> Vec<Candidate> {
    let mut folders = environment.path_folders();
    folders.extend(system_folders(product, environment));
    let mut candidates: Vec<Candidate> = Vec::new();
    for folder in folders {
        let Some(server) = server_in(product, &folder) else { continue };
        if candidates.iter().all(|known| known.server != server) {
            candidates.push(Candidate { server, libraries: Vec::new() });
        }
    }
    candidates
}

/// The server program in `folder`, if everything needed is there.
pub(crate) fn server_in(product: Product, folder: &Path) -> Option<PathBuf> {
    let complete = match product {
        Product::Postgres => is_program(&folder.join("initdb")),
        Product::Redis => true,
    };
    let mut programs = product.programs().iter().map(|name| folder.join(name));
    programs.find(|server| complete && is_program(server))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn system_folders(product: Product, environment: &Environment) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if product == Product::Postgres {
        // Debian keeps every major version apart and off PATH; so do the RPM packages and Homebrew.
        folders.extend(versioned(&environment.system("/usr/lib/postgresql"), "", "bin"));
        folders.extend(versioned(&environment.system("/usr"), "pgsql-", "bin"));
        folders.extend(versioned(&environment.system("/opt/homebrew/opt"), "postgresql@", "bin"));
        folders.extend(versioned(&environment.system("/usr/local/opt"), "postgresql@", "bin"));
        folders.push(environment.system("/usr/local/pgsql/bin"));
    }
    let common = [
        "/usr/local/bin",
        "/usr/bin",
        "/usr/local/sbin",
        "/usr/sbin",
        "/opt/homebrew/bin",
        "/home/linuxbrew/.linuxbrew/bin",
    ];
    folders.extend(common.map(|folder| environment.system(folder)));
    folders
}

/// Folders `<parent>/<prefix>N/<below>`, the highest N first.
fn versioned(parent: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let number = |name: &str| name.strip_prefix(prefix)?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((number(entry.file_name().to_str()?)?, entry.path().join(below))))
        .collect();
    found.sort_by_key(|(major, _)| Reverse(*major));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Runs `--version` as the servers' user; the reason on failure is short enough for an error
/// message.
pub(crate) fn verify(
    product: Product,
    candidate: &Candidate,
    identity: &Identity,
) -> Result<Binaries, String> {
    let mut probe = command(identity, &candidate.server, &candidate.libraries);
    let answer = output_within(probe.arg("--version"), VERSION_LIMIT)
        .map_err(|error| format!("cannot be run: {error}"))?;
    let (_status, text) =
        answer.filter(|(status, _text)| status.success()).ok_or("does not answer --version")?;
    let major = major_version(&text).ok_or("gives no version")?;
    if major < product.oldest() {
        return Err(format!("version {major} is too old"));
    }
    Ok(Binaries { server: candidate.server.clone(), libraries: candidate.libraries.clone(), major })
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian ...)` or `Redis server v=7.0.15
/// sha=...`.
fn major_version(answer: &str) -> Option<u32> {
    answer.split_whitespace().find_map(|word| {
        let number = word.strip_prefix("v=").unwrap_or(word);
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use tempfile::TempDir;

    /// Writes a program that answers --version with `answer`.
    fn program(folder: &Path, name: &str, answer: &str) {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn postgres(folder: &Path, major: u32) {
        program(folder, "initdb", "initdb");
        program(
            folder,
            "postgres",
            &format!("postgres (PostgreSQL) {major}.4 (Debian {major}.4-1)"),
        );
    }

    /// A machine in a temporary folder that the servers' user can enter also when the test runs as
    /// root.
    fn machine() -> (TempDir, Environment) {
        let root = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let environment = Environment {
            path: OsString::from(root.path().join("on-path")),
            cache: root.path().join("cache"),
            system_root: root.path().to_path_buf(),
            may_install: false,
        };
        (root, environment)
    }

    fn found(product: Product, environment: &Environment, major: Option<u32>) -> Found {
        let candidates = on_this_machine(product, environment);
        first_usable(product, candidates, &Identity::of_this_process().unwrap(), major)
    }

    #[test]
    fn path_comes_before_the_system_folders_and_they_before_nothing() {
        let (root, environment) = machine();
        let debian = root.path().join("usr/lib/postgresql");
        postgres(&debian.join("9/bin"), 9);
        postgres(&debian.join("16/bin"), 16);
        postgres(&debian.join("17/bin"), 17);
        let newest = found(Product::Postgres, &environment, None).usable.unwrap();
        assert_eq!((newest.folder(), newest.major), (debian.join("17/bin"), 17));
        postgres(&root.path().join("on-path"), 15);
        let preferred = found(Product::Postgres, &environment, None).usable.unwrap();
        assert_eq!((preferred.folder(), preferred.major), (root.path().join("on-path"), 15));
    }

    #[test]
    fn a_cluster_on_disk_decides_the_major_version() {
        let (root, environment) = machine();
        postgres(&root.path().join("usr/lib/postgresql/16/bin"), 16);
        postgres(&root.path().join("usr/lib/postgresql/17/bin"), 17);
        assert_eq!(found(Product::Postgres, &environment, Some(16)).usable.unwrap().major, 16);
        assert_eq!(found(Product::Postgres, &environment, Some(15)).usable.unwrap().major, 17);
    }

    #[test]
    fn old_broken_or_incomplete_programs_are_passed_over_with_a_reason() {
        let (root, environment) = machine();
        let on_path = root.path().join("on-path");
        program(&on_path, "postgres", "postgres (PostgreSQL) 17.0");
        assert!(
            found(Product::Postgres, &environment, None).usable.is_none(),
            "no initdb beside it"
        );
        postgres(&on_path, 12);
        let outcome = found(Product::Postgres, &environment, None);
        assert!(outcome.usable.is_none());
        assert!(
            outcome
                .rejected
                .iter()
                .any(|place| place.ends_with("postgres (version 12 is too old)")),
            "{outcome:?}"
        );
        program(&on_path, "redis-server", "no version here");
        let outcome = found(Product::Redis, &environment, None);
        assert!(
            outcome.rejected.iter().any(|place| place.ends_with("redis-server (gives no version)")),
            "{outcome:?}"
        );
    }

    #[test]
    fn root_passes_over_a_program_that_the_servers_user_cannot_run() {
        if !Identity::of_this_process().unwrap().drops() {
            eprintln!("nothing to test: only root drops to another user");
            return;
        }
        let (root, environment) = machine();
        let on_path = root.path().join("on-path");
        postgres(&on_path, 17);
        fs::set_permissions(&on_path, fs::Permissions::from_mode(0o700)).unwrap();
        let outcome = found(Product::Postgres, &environment, None);
        assert!(outcome.usable.is_none());
        assert!(outcome.rejected[0].contains("postgres (cannot be run"), "{outcome:?}");
    }

    #[test]
    fn valkey_serves_as_redis() {
        let (root, environment) = machine();
        program(
            &root.path().join("usr/bin"),
            "valkey-server",
            "Valkey server v=9.1.2 sha=00000000:1 bits=64",
        );
        assert_eq!(found(Product::Redis, &environment, None).usable.unwrap().major, 9);
    }

    #[test]
    fn versions_are_read_from_the_servers_own_words() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(
            major_version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0"),
            Some(7)
        );
        assert_eq!(major_version("command not found"), None);
    }
}
