//! Who uses shared services: everybody who holds the writing end of their named pipe.
//!
//! Decides whether a guard is there to join, and starts one otherwise. The kernel closes the pipe
//! of a user that dies, so the guard cannot miss a departure; the order of steps in [`join`] makes
//! sure it cannot miss an arrival either. Call only while holding the starting lock.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::error::Error;
use crate::files::drop_if_there;
use crate::guard;
use crate::lock::{name_holder, try_lock};
use crate::place::Place;

const PIPE: &str = "users.pipe";
/// A file that is there while the guard takes new users.
const ACCEPTING: &str = "accepting";

/// A user's place at the pipe; closing it means leaving.
#[derive(Debug)]
pub(crate) struct Membership {
    _pipe: File,
    /// Whether a guard was there before this user.
    pub(crate) guarded_before: bool,
}

/// Becomes a user, under the guard that is there or a new one. `None` while an old guard is on its
/// way out.
pub(crate) fn join_or_start_guard(
    place: &Place,
    linger: Duration,
) -> Result<Option<Membership>, Error> {
    if let Some(pipe) = join(place)? {
        return Ok(Some(Membership { _pipe: pipe, guarded_before: true }));
    }
    let pipe = start_guard(place, linger)?;
    Ok(pipe.map(|pipe| Membership { _pipe: pipe, guarded_before: false }))
}

/// Joins under an existing guard. `None` when there is none, or when it has decided to leave.
///
/// The order matters: first hold the pipe, then look for the mark. The guard removes the mark first
/// and then looks at the pipe, so at least one of the two sees the other.
fn join(place: &Place) -> Result<Option<File>, Error> {
    let path = place.file(PIPE);
    match open_pipe(&path, OFlags::WRONLY) {
        Ok(mut pipe) => {
            announce(&mut pipe, &path)?;
            Ok(place.file(ACCEPTING).exists().then_some(pipe))
        }
        // NXIO: nobody reads the pipe, so there is no guard.
        Err(Errno::NXIO | Errno::NOENT) => Ok(None),
        Err(error) => Err(Error::folder("open", &path)(error.into())),
    }
}

/// Starts a guard and joins under it. `None` while an old one still holds the folder's lock.
fn start_guard(place: &Place, linger: Duration) -> Result<Option<File>, Error> {
    let mut lock = place.lock_file()?;
    if !try_lock(&lock, &place.lock_path())? {
        return Ok(None);
    }
    let path = place.file(PIPE);
    make_pipe(&path)?;
    let failed = |error: Errno| Error::folder("open", &path)(error.into());
    let reading = open_pipe(&path, OFlags::RDONLY).map_err(failed)?;
    let mut pipe = open_pipe(&path, OFlags::WRONLY).map_err(failed)?;
    // The guard must wait in `read` while there are users, which a non-blocking pipe would not let
    // it. (One common shell, dash, changes the pipe back by itself; others do not.)
    rustix::fs::fcntl_setfl(&reading, OFlags::empty()).map_err(failed)?;
    let mark = place.file(ACCEPTING);
    fs::write(&mark, "").map_err(Error::folder("write", &mark))?;
    let guard = guard::start_shared(place, reading, &lock, linger)?;
    name_holder(&mut lock, guard).map_err(Error::folder("write", &place.lock_path()))?;
    announce(&mut pipe, &path)?;
    Ok(Some(pipe))
}

/// Without this line the guard would count a user who came and left between two looks as never
/// having come.
fn announce(pipe: &mut File, path: &Path) -> Result<(), Error> {
    match pipe.write_all(b"joined\n") {
        // The guard died in this moment: nobody reads the pipe any more, and the mark or the lock
        // will tell.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::folder("write", path)),
    }
}

fn open_pipe(path: &Path, access: OFlags) -> rustix::io::Result<File> {
    rustix::fs::open(path, access | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
        .map(File::from)
}

/// Makes the named pipe, or keeps the one that is there: users of a killed guard still hold it.
fn make_pipe(path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Ok(());
    }
    drop_if_there(fs::remove_file(path)).map_err(Error::folder("remove", path))?;
    let made = Command::new("mkfifo").arg("-m").arg("600").arg(path).status();
    let made = made.map_err(|source| Error::Program { program: "mkfifo", source })?;
    if made.success() {
        return Ok(());
    }
    let reason = "its file system has no named pipes";
    Err(Error::FolderUnfit { path: path.to_path_buf(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use crate::progress::Silent;

    #[test]
    fn a_guard_is_joined_only_while_it_is_there_and_takes_users() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::of_this_process().unwrap();
        let place = Place::open(&folder.path().join("data"), &identity, &mut Silent).unwrap();
        let pipe = place.file(PIPE);
        fs::write(place.file(ACCEPTING), "").unwrap();
        assert!(join(&place).unwrap().is_none(), "there is no pipe yet");
        make_pipe(&pipe).unwrap();
        assert!(join(&place).unwrap().is_none(), "nobody reads the pipe");
        let _guard = open_pipe(&pipe, OFlags::RDONLY).unwrap();
        assert!(join(&place).unwrap().is_some());
        fs::remove_file(place.file(ACCEPTING)).unwrap();
        assert!(join(&place).unwrap().is_none(), "the guard is on its way out");
        fs::remove_dir_all(place.root()).unwrap();
    }
}
