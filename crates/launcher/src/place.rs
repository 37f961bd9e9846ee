//! Where the services of one caller live on disk, and proof that the folder is safe to use.
//!
//! Root's servers run as another user, who must be able to enter every folder above the data; a
//! checkout below a 0700 home is not. Then a folder below /var/tmp named after the wanted path is
//! used instead. A folder that somebody else owns, that others may write, or that already holds
//! something else is refused, never adopted.
//!
//! The top folder belongs to the launcher and holds locks, passwords and logs; only `postgres/` and
//! `redis/` below it belong to the servers' user. Root therefore never writes into a folder that
//! the servers' user could tamper with.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files::{open_lock, short_name_of};
use crate::identity::{Identity, own_uid};
use crate::progress::{Progress, Step};

/// World-writable, sticky, kept over reboots; used only through a subfolder whose owner and mode
/// are checked.
const SUBSTITUTE_PARENT: &str = "/var/tmp";

/// The folder of one pair of services.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    root: PathBuf,
}

impl Place {
    /// Creates or verifies the folder for `wanted`. Safe to call from several processes at once.
    pub(crate) fn open(
        wanted: &Path,
        identity: &Identity,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let root = owned_folder(wanted, folder_mode(identity), true)?;
        if identity.can_enter(&root) {
            return Ok(Self { root });
        }
        let used = substitute(&root, folder_mode(identity))?;
        progress.step(Step::UsingFolder(used.clone()));
        let note = root.join("moved-to.txt");
        fs::write(&note, format!("{}\n", used.display())).map_err(Error::folder("write", &note))?;
        Ok(Self { root: used })
    }

    /// Creates or verifies the two folders that belong to the servers' user. Call only while
    /// holding a lock.
    pub(crate) fn make_homes(&self, identity: &Identity) -> Result<(), Error> {
        home(&self.postgres(), identity)?;
        home(&self.redis(), identity)
    }

    /// The top folder, canonical.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Belongs to the servers' user: the cluster and its socket.
    pub(crate) fn postgres(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// The cluster itself (PGDATA).
    pub(crate) fn cluster(&self) -> PathBuf {
        self.postgres().join("data")
    }

    /// Belongs to the servers' user: working folder of Redis.
    pub(crate) fn redis(&self) -> PathBuf {
        self.root.join("redis")
    }

    /// A file of the launcher's own: lock, log, password, state.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The file whose lock says "services of this folder have an owner". Also the mark by which a
    /// folder is known.
    pub(crate) fn lock_file(&self) -> Result<File, Error> {
        open_lock(&self.lock_path())
    }

    /// The path of that file.
    pub(crate) fn lock_path(&self) -> PathBuf {
        self.file(MARK)
    }
}

const MARK: &str = "launcher.lock";

/// Others may pass through root's folder (names are not listed), or the servers' user could not
/// reach its own.
fn folder_mode(identity: &Identity) -> u32 {
    if identity.drops() { 0o711 } else { 0o700 }
}

/// A folder for `wanted` that the servers' user can enter: `wanted` itself, or its substitute below
/// /var/tmp. Unlike a [`Place`] it may hold anything already; used for the cache of binaries.
pub(crate) fn enterable_folder(wanted: &Path, identity: &Identity) -> Result<PathBuf, Error> {
    let root = owned_folder(wanted, 0o755, false)?;
    if identity.can_enter(&root) { Ok(root) } else { substitute(&root, 0o755) }
}

/// Below /var/tmp, one folder per launching user, in it one per wanted path.
fn substitute(wanted: &Path, mode: u32) -> Result<PathBuf, Error> {
    substitute_below(Path::new(SUBSTITUTE_PARENT), wanted, mode)
}

fn substitute_below(parent: &Path, wanted: &Path, mode: u32) -> Result<PathBuf, Error> {
    let base = parent.join(format!("data-team-autopilot-{}", own_uid()));
    let base = strictly_owned_folder(&base, 0o711)?;
    let folder = strictly_owned_folder(&base.join(short_name_of(wanted)), mode)?;
    if mode != 0o755 {
        mark(&folder)?;
    }
    Ok(folder)
}

/// Creates `path` or checks that this user owns it; `exclusive` also refuses a folder that holds
/// anything but the launcher's files. Symbolic links in a path the caller chose are followed: that
/// is the caller's business.
fn owned_folder(path: &Path, mode: u32, exclusive: bool) -> Result<PathBuf, Error> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(Error::folder("create", parent))?;
    create_folder(path, mode)?;
    let path = fs::canonicalize(path).map_err(Error::folder("open", path))?;
    check_owner(&path, own_uid())?;
    if exclusive {
        claim(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(mode))
            .map_err(Error::folder("protect", &path))?;
    }
    Ok(path)
}

/// For paths below a folder anybody may write: no symbolic link, own user, not writable by others.
fn strictly_owned_folder(path: &Path, mode: u32) -> Result<PathBuf, Error> {
    create_folder(path, mode)?;
    check_owner(path, own_uid())?;
    Ok(path.to_path_buf())
}

fn create_folder(path: &Path, mode: u32) -> Result<(), Error> {
    match DirBuilder::new().mode(mode).create(path) {
        // The umask may have taken bits away that the servers' user needs.
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(Error::folder("protect", path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::folder("create", path)(error)),
    }
}

fn check_owner(path: &Path, uid: u32) -> Result<(), Error> {
    let found = fs::symlink_metadata(path).map_err(Error::folder("open", path))?;
    let unfit = |reason| Err(Error::FolderUnfit { path: path.to_path_buf(), reason });
    if !found.is_dir() {
        return unfit("it is not a folder");
    }
    if found.uid() != uid {
        return unfit("it belongs to another user");
    }
    if found.mode() & 0o022 != 0 {
        return unfit("other users may write to it");
    }
    Ok(())
}

/// Refuses a folder with foreign content, then marks it as the launcher's. The emptiness is looked
/// at before the mark: several processes may be here at once, and each marks before it writes
/// anything else.
fn claim(path: &Path) -> Result<(), Error> {
    let mut entries = fs::read_dir(path).map_err(Error::folder("list", path))?;
    if entries.next().is_some() && !path.join(MARK).exists() {
        return Err(Error::FolderUnfit {
            path: path.to_path_buf(),
            reason: "it already holds other files",
        });
    }
    mark(path)
}

fn mark(path: &Path) -> Result<(), Error> {
    open_lock(&path.join(MARK)).map(drop)
}

fn home(path: &Path, identity: &Identity) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => identity.give(path).map_err(Error::folder("hand over", path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            check_owner(path, identity.uid())
        }
        Err(error) => Err(Error::folder("create", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn place(wanted: &Path) -> Result<Place, Error> {
        Place::open(wanted, &Identity::of_this_process().unwrap(), &mut Silent)
    }

    #[test]
    fn a_folder_with_other_files_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        let mode = fs::metadata(folder.path()).unwrap().mode();
        assert!(matches!(place(folder.path()), Err(Error::FolderUnfit { .. })));
        assert_eq!(fs::metadata(folder.path()).unwrap().mode(), mode);
        assert!(!folder.path().join(MARK).exists());
    }

    #[test]
    fn a_used_folder_is_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = place(&folder.path().join("a/b")).unwrap();
        fs::write(first.file("state.json"), "{}").unwrap();
        assert_eq!(place(&folder.path().join("a/b")).unwrap().root(), first.root());
    }

    #[test]
    fn a_substitute_planted_as_a_symbolic_link_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let base = parent.path().join(format!("data-team-autopilot-{}", own_uid()));
        std::os::unix::fs::symlink(elsewhere.path(), &base).unwrap();
        let refused = substitute_below(parent.path(), Path::new("/wanted"), 0o700);
        assert!(
            matches!(refused, Err(Error::FolderUnfit { reason: "it is not a folder", .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn a_substitute_that_others_may_write_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = substitute_below(parent.path(), Path::new("/wanted"), 0o700).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let refused = substitute_below(parent.path(), Path::new("/wanted"), 0o700);
        assert!(matches!(refused, Err(Error::FolderUnfit { .. })), "{refused:?}");
    }

    #[test]
    fn root_moves_the_data_out_of_a_folder_the_servers_user_cannot_enter() {
        if own_uid() != 0 {
            eprintln!("nothing to test: only root drops to another user");
            return;
        }
        // Like a checkout in root's home.
        let only_root = Permissions::from_mode(0o700);
        let closed = tempfile::Builder::new().permissions(only_root).tempdir().unwrap();
        let wanted = closed.path().join("data");
        let identity = Identity::of_this_process().unwrap();
        let place = place(&wanted).unwrap();
        place.make_homes(&identity).unwrap();
        assert!(place.root().starts_with(SUBSTITUTE_PARENT), "{:?}", place.root());
        assert!(identity.can_enter(&place.postgres()));
        assert!(
            fs::read_to_string(wanted.join("moved-to.txt"))
                .unwrap()
                .contains(&place.root().display().to_string())
        );
        assert_eq!(fs::symlink_metadata(place.postgres()).unwrap().uid(), identity.uid());
        fs::remove_dir_all(place.root()).unwrap();
    }
}
