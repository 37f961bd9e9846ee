//! The guard: a small shell process that stops the servers when nobody uses them any more.
//!
//! It reads a pipe whose other end only users of the servers hold. The kernel closes that end when a user dies, by
//! whatever cause, so no signal handler and no parent-death signal is needed (the latter fires when a mere thread
//! ends). It sits in its own process group, ignores Ctrl-C, and holds the folder's lock until the servers are down.
//! It signals only processes that work in the folder it guards.

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
    /// Starts the guard of `place`. From now on the servers of that folder stop when this process ends.
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

/// Starts the guard of shared services: `users` is the reading end of the pipe that every user holds. It outlives
/// this process.
pub(crate) fn start_shared(
    place: &Place,
    users: File,
    lock: File,
    linger: Duration,
) -> Result<(), Error> {
    let mut child = command(place, lock, linger, false).stdin(users).spawn().map_err(no_shell)?;
    thread::spawn(move || child.wait());
    Ok(())
}

fn command(place: &Place, lock: File, linger: Duration, remove_data: bool) -> Command {
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
    command.current_dir("/").process_group(0).stdout(lock).stderr(Stdio::null());
    command.arg("-c").arg(SCRIPT).arg("autopilot-services-guard").arg(linger.as_secs().to_string());
    command.arg(place.root()).arg(if remove_data { "remove" } else { "keep" });
    command
}

fn no_shell(source: std::io::Error) -> Error {
    Error::Program { program: "/bin/sh", source }
}
