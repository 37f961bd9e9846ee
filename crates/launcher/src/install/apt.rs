//! Binaries out of Debian packages, without installing them.
//!
//! apt names the packages that are missing and downloads them (checking its own signatures);
//! `dpkg-deb` unpacks them into the cache. No maintainer script runs, so no system service appears,
//! let alone starts. Only the packages that carry the server and its libraries are taken: unpacking
//! another C library beside the system's would break it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::command::{Failed, run};
use crate::find::Product;
use crate::identity::own_uid;

const LIMIT: Duration = Duration::from_secs(300);

/// Libraries that must be the system's own, or that a server runs without (LLVM serves PostgreSQL's
/// JIT only).
const NEVER: [&str; 7] =
    ["libc6", "libc-bin", "libgcc-s1", "libstdc++6", "libllvm", "libperl", "libpq-dev"];

/// Unpacks the server and the libraries it needs into `scratch`.
pub(crate) fn unpack(product: Product, scratch: &Path) -> Result<(), String> {
    let packages = match missing_packages(product, scratch) {
        Err(_reason) if own_uid() == 0 => {
            // A fresh container has no package lists; only root can fetch them.
            apt(scratch, "apt-get", &["update"])?;
            missing_packages(product, scratch)
        }
        other => other,
    }?;
    let mut arguments = vec!["download"];
    arguments.extend(packages.iter().map(String::as_str));
    apt(scratch, "apt-get", &arguments)?;
    for archive in archives_in(scratch)? {
        let mut extract = Command::new("dpkg-deb");
        extract.arg("--extract").arg(&archive).arg(scratch.join("tree"));
        run(&mut extract, scratch, LIMIT).map_err(in_words)?;
        fs::remove_file(&archive).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn apt(scratch: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    command
        .env("LC_ALL", "C")
        .args(["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"])
        .args(arguments);
    run(&mut command, scratch, LIMIT).map_err(in_words)
}

fn in_words(failed: Failed) -> String {
    match failed {
        Failed::Missing => "apt is not installed".to_owned(),
        Failed::Ran(reason) => reason,
    }
}

/// The packages to unpack: the server's own, always, and the libraries this machine lacks.
fn missing_packages(product: Product, scratch: &Path) -> Result<Vec<String>, String> {
    let own = server_packages(product, scratch)?;
    let mut arguments = vec!["--simulate", "--no-install-recommends", "install"];
    arguments.extend(own.iter().map(String::as_str));
    let plan = apt(scratch, "apt-get", &arguments)?;
    let libraries = planned(&plan).into_iter().filter(|name| is_wanted_library(name));
    let mut packages = own.clone();
    packages.extend(libraries.filter(|name| !own.contains(name)));
    Ok(packages)
}

/// Debian's `postgresql` only depends on the package of the current major version, and
/// `redis-server` only links to a program in `redis-tools`.
fn server_packages(product: Product, scratch: &Path) -> Result<Vec<String>, String> {
    match product {
        Product::Redis => Ok(vec!["redis-server".to_owned(), "redis-tools".to_owned()]),
        Product::Postgres => {
            let depends = apt(scratch, "apt-cache", &["depends", "postgresql"])?;
            let server = versioned_server(&depends).ok_or("apt knows no PostgreSQL server")?;
            let client = server.replacen("postgresql-", "postgresql-client-", 1);
            Ok(vec![server, client])
        }
    }
}

/// The name in the line `  Depends: postgresql-15`.
fn versioned_server(depends: &str) -> Option<String> {
    let names = depends.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    let is_server = |name: &&str| {
        name.strip_prefix("postgresql-").is_some_and(|rest| rest.parse::<u32>().is_ok())
    };
    names.map(str::trim).find(is_server).map(str::to_owned)
}

/// The names in the lines `Inst NAME (...)` of a simulated installation.
fn planned(plan: &str) -> Vec<String> {
    let names =
        plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    names.map(str::to_owned).collect()
}

fn is_wanted_library(name: &str) -> bool {
    name.starts_with("lib") && !NEVER.iter().any(|never| name.starts_with(never))
}

fn archives_in(scratch: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(scratch).map_err(|error| error.to_string())?;
    let paths = entries.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == "deb")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_major_version_is_read_from_the_metapackage() {
        let depends = "postgresql\n  Depends: postgresql-17\n  Suggests: postgresql-doc\n  Depends: postgresql-common\n";
        assert_eq!(versioned_server(depends).as_deref(), Some("postgresql-17"));
        assert_eq!(versioned_server("postgresql\n  Depends: postgresql-common\n"), None);
    }

    #[test]
    fn a_plan_yields_the_libraries_but_never_the_c_library() {
        let plan = "NOTE: This is only a simulation!\nInst libc6 [2.36-9] (2.36-10 Debian [amd64])\n\
                    Inst libjemalloc2 (5.3.0-1 Debian [amd64])\nInst perl (5.36 Debian)\nInst libllvm14 (1:14 Debian)\n\
                    Inst libpq5 [15.18-0] (15.20-0 Debian-Security [amd64])\nConf libjemalloc2 (5.3.0-1)\n";
        let wanted: Vec<String> =
            planned(plan).into_iter().filter(|name| is_wanted_library(name)).collect();
        assert_eq!(wanted, ["libjemalloc2", "libpq5"]);
    }
}
