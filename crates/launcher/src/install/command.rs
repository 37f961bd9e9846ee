//! Runs a package manager with a time limit and turns its failure into a few words.
//!
//! Its output is never shown whole: it can be pages long and hold addresses with credentials. The
//! one line kept is shortened and cleaned of them.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::process::wait_until;

/// How a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failed {
    /// There is no such program.
    Missing,
    /// It ran and failed; the reason in a few words.
    Ran(String),
}

/// Runs `command` in `folder`, where its output is kept in two files meanwhile. Returns what it
/// printed.
pub(crate) fn run(command: &mut Command, folder: &Path, limit: Duration) -> Result<String, Failed> {
    let (out, err) = (folder.join(".stdout"), folder.join(".stderr"));
    let file = |path: &Path| File::create(path).map_err(|error| Failed::Ran(error.to_string()));
    command
        .current_dir(folder)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(file(&out)?)
        .stderr(file(&err)?);
    let mut child = command.spawn().map_err(|error| not_started(&error))?;
    let status = wait(&mut child, limit)
        .ok_or_else(|| Failed::Ran(format!("gave no result in {} s", limit.as_secs())))?;
    let (printed, complaint) = (read(&out), read(&err));
    if status.code() == Some(127) {
        return Err(Failed::Missing);
    }
    if !status.success() {
        return Err(Failed::Ran(reason(&complaint)));
    }
    Ok(printed)
}

fn not_started(error: &io::Error) -> Failed {
    if error.kind() == io::ErrorKind::NotFound {
        Failed::Missing
    } else {
        Failed::Ran(error.to_string())
    }
}

fn read(path: &Path) -> String {
    let text = fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    // The files lie where the package is unpacked and must not become part of it; a leftover does
    // no harm.
    let _leftover = fs::remove_file(path);
    text
}

/// Waits for the end; when the limit is over, kills the command with all it started.
fn wait(child: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let mut status = None;
    let ended = wait_until(limit, || {
        status = child.try_wait().ok().flatten();
        status.is_some()
    });
    if !ended {
        // It may end by itself in this moment.
        let _gone = kill_process_group(Pid::from_child(child), Signal::KILL);
        let _status = child.wait();
    }
    status
}

/// Words by which the package managers tell that there is no network; pip follows them with a last
/// line that sounds as if the package did not exist.
const UNREACHABLE: [&str; 5] = [
    "Failed to establish a new connection",
    "Temporary failure",
    "Name or service not known",
    "ENOTFOUND",
    "EAI_AGAIN",
];

const MARKS: [&str; 4] = ["ERROR:", "npm error", "npm ERR!", "E:"];

/// The line that tells most: the first one marked as an error, else the last one.
fn reason(complaint: &str) -> String {
    if UNREACHABLE.iter().any(|words| complaint.contains(words)) {
        return "its server could not be reached".to_owned();
    }
    let lines = || complaint.lines().map(str::trim).filter(|line| !line.is_empty());
    let marked = lines().find_map(|line| MARKS.iter().find_map(|mark| line.strip_prefix(mark)));
    let line = marked.or_else(|| lines().next_back()).unwrap_or("it failed without a message");
    let words: Vec<&str> = line.split_whitespace().filter(|word| !word.contains("://")).collect();
    words.join(" ").chars().filter(|letter| !letter.is_control()).take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, Failed> {
        let folder = tempfile::tempdir().unwrap();
        let outcome = run(Command::new("/bin/sh").args(["-c", script]), folder.path(), limit);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "output files were left in the package"
        );
        outcome
    }

    #[test]
    fn output_failure_and_absence_are_told_apart() {
        let limit = Duration::from_secs(20);
        assert_eq!(shell("echo fine; echo noise >&2", limit), Ok("fine\n".to_owned()));
        assert_eq!(
            shell("echo 'E: no such package' >&2; echo later >&2; exit 1", limit),
            Err(Failed::Ran("no such package".to_owned()))
        );
        assert_eq!(shell("exit 127", limit), Err(Failed::Missing));
        let folder = tempfile::tempdir().unwrap();
        let missing = run(&mut Command::new("/no/such/program"), folder.path(), limit);
        assert_eq!(missing, Err(Failed::Missing));
    }

    #[test]
    fn a_command_that_hangs_is_killed_with_its_children() {
        let outcome =
            shell("rm -f .stdout .stderr; sleep 60 & sleep 60", Duration::from_millis(300));
        assert_eq!(outcome, Err(Failed::Ran("gave no result in 0 s".to_owned())));
    }

    #[test]
    fn a_machine_without_network_is_told_so() {
        let pip = "WARNING: Retrying: NewConnectionError(': Failed to establish a new connection: \
                   [Errno -3] Temporary failure in name resolution')\n\
                   ERROR: Could not find a version that satisfies the requirement x==1\n";
        assert_eq!(reason(pip), "its server could not be reached");
    }

    #[test]
    fn addresses_are_left_out_of_reasons() {
        assert_eq!(
            reason("ERROR: no match for x at https://user:secret@mirror/simple now\n"),
            "no match for x at now"
        );
        assert_eq!(reason(""), "it failed without a message");
        assert_eq!(reason(&"x".repeat(500)).len(), 160);
    }
}
