//! Locks on files of a folder, and who holds them.
//!
//! All locks are the kernel's (`flock`): they end with the last process that has the file open, so
//! a holder that was killed never blocks anybody, and the guard keeps its owner's lock by having
//! the same open file. The number written into a lock file only serves to name the holder and to
//! tell a live one from one whose guard is still cleaning up.

use std::fs::{File, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::place::Place;
use crate::process::{is_running, number, pid_in, wait_until};
use crate::progress::{Progress, Step};

/// A guard needs up to this long to stop the servers of an owner that was killed.
pub(crate) const GUARD_LIMIT: Duration = Duration::from_secs(60);

/// Tries to lock `file`; false when another process has the lock.
pub(crate) fn try_lock(file: &File, path: &Path) -> Result<bool, Error> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(Error::folder("lock", path)(error)),
    }
}

/// Repeats `attempt` until it gives something or fails; `None` when `limit` is over. Tells that it
/// waits, once.
pub(crate) fn wait_for<T>(
    limit: Duration,
    progress: &mut dyn Progress,
    mut attempt: impl FnMut() -> Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    let mut outcome = attempt();
    if matches!(outcome, Ok(None)) {
        progress.step(Step::WaitingForFolder);
        wait_until(limit, || {
            outcome = attempt();
            !matches!(outcome, Ok(None))
        });
    }
    outcome
}

/// Makes this process the owner of the folder, waiting for the guard of an owner that died.
///
/// A live owner is refused at once. The caller keeps the returned file open for as long as it is
/// the owner.
pub(crate) fn own(place: &Place, progress: &mut dyn Progress) -> Result<File, Error> {
    let path = place.lock_path();
    let in_use = |holder: String| Error::FolderInUse { path: place.root().to_path_buf(), holder };
    let owned = wait_for(GUARD_LIMIT, progress, || {
        let lock = place.lock_file()?;
        if try_lock(&lock, &path)? {
            return Ok(Some(lock));
        }
        live_holder(&path).map_or(Ok(None), |holder| Err(in_use(holder)))
    })?;
    let mut lock = owned.ok_or_else(|| in_use("unknown".to_owned()))?;
    name_holder(&mut lock, std::process::id()).map_err(Error::folder("write", &path))?;
    Ok(lock)
}

/// Writes the holder's process id into a lock file that is held.
pub(crate) fn name_holder(lock: &mut File, pid: u32) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{pid}")
}

/// The process named in the lock file, if it is alive.
fn live_holder(lock_file: &Path) -> Option<String> {
    pid_in(lock_file).filter(|pid| is_running(*pid)).map(|pid| number(pid).to_string())
}
