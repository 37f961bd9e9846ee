//! The guard: a small shell process that stops the servers when nobody uses them any more.
//!
//! It reads a pipe whose other end only users of the servers hold. The kernel closes that end when
//! a user dies, by whatever cause, so no signal handler and no parent-death signal is needed (the
//! latter fires when a mere thread ends). It sits in its own process group, ignores Ctrl-C, and
//! holds the folder's lock until the servers are down. It signals only processes that work in the
//! folder it guards.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::place::Place;

const SCRIPT: &str = include_str!("guard.sh");

/// The guard of services that one process owns.
#[derive(Debug)]
pub(crate) struct Guard {
    child: Child,
    /// The only writing end; closed on exec, so that no other child of this process keeps it open.
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// Starts the guard of `place`. From now on the servers of that folder stop when this process
    /// ends.
    pub(crate) fn start(place: &Place, lock: &File, remove_data: bool) -> Result<Self, Error> {
        let held = lock.try_clone().map_err(Error::folder("lock", place.root()))?;
        let mut command = command(place, held, Duration::ZERO, remove_data);
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(no_shell)?;
        let pipe = child.stdin.take();
        Ok(Self { child, pipe })
    }

    /// Tells the guard that the servers are down, and waits for its end.
    pub(crate) fn dismiss(mut self) {
        if let Some(pipe) = self.pipe.as_mut() {
            // A guard that was killed cannot be told, and need not be.
            let _told = pipe.write_all(b"stopped\n");
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.pipe = None;
        // Nothing to do about a guard that cannot be waited for: it ends by itself.
        let _ended = self.child.wait();
    }
}

/// Starts the guard of shared services: `users` is the reading end of the pipe that every user
/// holds. It outlives this process. Returns its process id.
pub(crate) fn start_shared(
    place: &Place,
    users: File,
    lock: &File,
    linger: Duration,
) -> Result<u32, Error> {
    let held = lock.try_clone().map_err(Error::folder("lock", place.root()))?;
    let mut child = command(place, held, linger, true).stdin(users).spawn().map_err(no_shell)?;
    let pid = child.id();
    thread::spawn(move || child.wait());
    Ok(pid)
}

fn command(place: &Place, lock: File, linger: Duration, remove_data: bool) -> Command {
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
    // Through the environment, so that a list of processes shows a name and a folder instead of a
    // whole script.
    command.env("GUARD_SCRIPT", SCRIPT).arg("-c").arg("eval \"$GUARD_SCRIPT\"");
    command.current_dir("/").process_group(0).stdout(lock).stderr(Stdio::null());
    command.arg("autopilot-services-guard").arg(linger.as_secs().to_string());
    command.arg(place.root()).arg(if remove_data { "remove" } else { "keep" });
    command
}

fn no_shell(source: std::io::Error) -> Error {
    Error::Program { program: "/bin/sh", source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use crate::identity::Identity;
    use crate::process::wait_until;
    use crate::progress::Silent;

    /// A program named `rm` that does its work, then holds the users' pipe as somebody who joins in
    /// this moment would.
    fn rm_that_is_overtaken(folder: &Path, pipe: &Path) {
        let program = folder.join("rm");
        let pipe = pipe.display();
        let script = format!(
            "#!/bin/sh\n/bin/rm \"$@\"\ncd {folder} || exit\n[ -e held ] && exit 0\n\
             sh -c ': >held; echo joined; exec cat release' >{pipe} 2>/dev/null &\n\
             while [ ! -e held ]; do sleep 0.01; done\n",
            folder = folder.display()
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_user_who_joins_while_the_guard_decides_to_leave_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::of_this_process().unwrap();
        let place = Place::open(&folder.path().join("data"), &identity, &mut Silent).unwrap();
        let (pipe, release) = (place.file("users.pipe"), folder.path().join("release"));
        for fifo in [&pipe, &release] {
            assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
        }
        rm_that_is_overtaken(folder.path(), &pipe);
        let accepting = place.file("accepting");
        fs::write(&accepting, "").unwrap();
        let mut command = command(&place, place.lock_file().unwrap(), Duration::ZERO, false);
        command.env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()));
        // The only user leaves at once, so the guard wants to leave too.
        let user = std::thread::spawn({
            let pipe = pipe.clone();
            move || drop(fs::OpenOptions::new().write(true).open(pipe).unwrap())
        });
        let mut guard = command.stdin(File::open(&pipe).unwrap()).spawn().unwrap();
        user.join().unwrap();
        let limit = Duration::from_secs(20);
        assert!(wait_until(limit, || folder.path().join("held").exists() && accepting.exists()));
        assert!(guard.try_wait().unwrap().is_none(), "the guard left a user behind");
        // The user leaves; now nothing holds the guard.
        drop(fs::OpenOptions::new().write(true).open(&release).unwrap());
        assert!(wait_until(limit, || guard.try_wait().unwrap().is_some()));
        assert!(!accepting.exists());
        fs::remove_dir_all(place.root()).unwrap();
    }
}
