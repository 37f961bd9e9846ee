//! Questions about processes and ways of ending them.
//!
//! A process id alone proves nothing: ids are used again. A server counts as ours only when its
//! working folder is the folder we gave it, which both servers make their working folder at start.
//! Nothing here signals a process for which that does not hold, except direct children that have
//! not been waited for, whose id cannot be used again.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process, test_kill_process};

/// How often a condition of another process is looked at; there is nothing to be woken by.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long a killed process may take to disappear.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// Signals to send one after the other, each with the time to wait for its effect.
pub(crate) type Escalation = &'static [(Signal, Duration)];

/// Looks at `done` until it holds or `limit` is over.
#[expect(
    clippy::disallowed_methods,
    reason = "a deadline for other processes, in blocking code; nothing is decided by the time"
)]
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// The process id on the first line of `path`.
pub(crate) fn pid_in(path: &Path) -> Option<Pid> {
    let text = fs::read_to_string(path).ok()?;
    let first: i32 = text.lines().next()?.trim().parse().ok()?;
    // Negative numbers mean process groups; 1 is never a server.
    if first > 1 { Pid::from_raw(first) } else { None }
}

/// The process id as the number people know.
pub(crate) fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}

/// Whether `pid` is a process that has not ended; a zombie has.
pub(crate) fn is_running(pid: Pid) -> bool {
    match fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())) {
        // The state follows the program's name, which may itself hold parentheses.
        Ok(stat) => {
            !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['Z', 'X']))
        }
        Err(_none) => !has_proc() && exists(pid),
    }
}

/// Whether some process has this id. True also for one that ended and was not waited for.
fn exists(pid: Pid) -> bool {
    match test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

/// Whether `pid` is a running process whose working folder is `folder` (canonical).
pub(crate) fn lives_in(pid: Pid, folder: &Path) -> bool {
    if !has_proc() {
        return exists(pid);
    }
    fs::read_link(format!("/proc/{pid}/cwd", pid = pid.as_raw_nonzero()))
        .is_ok_and(|cwd| cwd == folder)
}

/// All running processes whose working folder is `folder`. Empty on systems without /proc.
pub(crate) fn residents(folder: &Path) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(Pid::from_raw).filter(|pid| has_proc() && lives_in(*pid, folder)).collect()
}

/// Runs a command that says little and ends soon; `None` when it does not end within `limit`.
pub(crate) fn output_within(
    command: &mut Command,
    limit: Duration,
) -> io::Result<Option<(ExitStatus, String)>> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let ended = wait_until(limit, || !matches!(child.try_wait(), Ok(None)));
    if !ended {
        child.kill()?;
    }
    let mut text = Vec::new();
    if let (true, Some(output)) = (ended, child.stdout.take()) {
        output.take(LONGEST_OUTPUT).read_to_end(&mut text)?;
    }
    let status = child.wait()?;
    Ok(ended.then(|| (status, String::from_utf8_lossy(&text).into_owned())))
}

/// What a pipe holds at least, so that a command within it never waits for its reader.
const LONGEST_OUTPUT: u64 = 4096;

/// Whether the working folder of a process can be asked for.
pub(crate) fn has_proc() -> bool {
    Path::new("/proc/self/cwd").exists()
}

/// Ends a direct child, escalating; `None` when it outlived every signal.
pub(crate) fn end_child(child: &mut Child, escalation: Escalation) -> Option<ExitStatus> {
    for (signal, patience) in escalation {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        // It may have ended in between: the next look finds out.
        let _gone = kill_process(Pid::from_child(child), *signal);
        let mut ended = None;
        wait_until(*patience, || {
            ended = child.try_wait().ok().flatten();
            ended.is_some()
        });
        if ended.is_some() {
            return ended;
        }
    }
    None
}

/// Ends a server that is not our child but lives in `folder`, escalating; false when it outlived
/// every signal.
pub(crate) fn end_resident(pid: Pid, folder: &Path, escalation: Escalation) -> bool {
    for (signal, patience) in escalation {
        if !lives_in(pid, folder) {
            return true;
        }
        // It may have ended in between: the next look finds out.
        let _gone = kill_process(pid, *signal);
        if wait_until(*patience, || !lives_in(pid, folder)) {
            return true;
        }
    }
    !lives_in(pid, folder)
}

/// Waits for the processes left in `folder` after their parent died, then kills those that stay.
/// False when even that did not help.
pub(crate) fn clear_residents(folder: &Path, patience: Duration) -> bool {
    if wait_until(patience, || residents(folder).is_empty()) {
        return true;
    }
    for pid in residents(folder) {
        // It may have ended in between: the next look finds out.
        let _gone = kill_process(pid, Signal::KILL);
    }
    wait_until(KILL_LIMIT, || residents(folder).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path) -> Child {
        Command::new("sleep").arg("60").current_dir(folder).stdin(Stdio::null()).spawn().unwrap()
    }

    #[test]
    fn a_process_of_another_folder_is_never_ended() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut child = sleeper(theirs.path());
        let pid = Pid::from_child(&child);
        assert!(end_resident(
            pid,
            &ours.path().canonicalize().unwrap(),
            &[(Signal::KILL, Duration::ZERO)]
        ));
        assert!(child.try_wait().unwrap().is_none(), "a stranger was killed");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn residents_are_found_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        let mut child = sleeper(&path);
        assert_eq!(residents(&path), [Pid::from_child(&child)]);
        assert!(clear_residents(&path, Duration::ZERO));
        assert!(!child.wait().unwrap().success(), "it was killed");
    }

    #[test]
    fn a_process_that_ended_is_not_running_even_before_it_is_waited_for() {
        let mut child = sleeper(Path::new("/"));
        let pid = Pid::from_child(&child);
        assert!(is_running(pid));
        child.kill().unwrap();
        assert!(
            wait_until(Duration::from_secs(5), || !is_running(pid)),
            "a zombie counts as running"
        );
        child.wait().unwrap();
        assert!(!is_running(pid));
    }

    #[test]
    fn a_pid_file_must_hold_the_number_of_a_process_that_may_be_ours() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        for (text, expected) in [
            ("4242\n/data\n", Some(4242)),
            ("0\n", None),
            ("1\n", None),
            ("-7", None),
            ("x", None),
            ("", None),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(pid_in(&file).map(|pid| pid.as_raw_nonzero().get()), expected, "{text:?}");
        }
    }
}
