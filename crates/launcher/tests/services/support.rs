//! Folders, clients and child processes for the tests.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// How often a condition is looked at, at most: for a minute and more, since a guard waits seconds
/// and the machine may be busy.
const LOOKS: u32 = 4_000;

/// A folder that root's servers can enter too, whatever the umask is.
pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}

/// Looks at `done` until it holds; what is waited for happens in other processes and wakes nobody.
pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let happened = (0..LOOKS).any(|_look| {
        let holds = done();
        if !holds {
            std::thread::sleep(Duration::from_millis(20));
        }
        holds
    });
    assert!(happened, "never happened: {what}");
}

/// Runs SQL and returns the first column of the first row, or the error.
pub(crate) fn sql(url: &str, text: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let driver = tokio::spawn(connection);
        let messages = client.simple_query(text).await?;
        drop(client);
        driver.await.unwrap()?;
        let row = messages.iter().find_map(|message| {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                row.get(0)
            } else {
                None
            }
        });
        Ok(row.map(str::to_owned))
    })
}

/// Sends one inline command after the password; returns the answer's first line, `None` when nobody
/// answers.
pub(crate) fn redis(url: &str, command: &str) -> Option<String> {
    let (password, address) = url.strip_prefix("redis://:")?.strip_suffix('/')?.split_once('@')?;
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "AUTH {password}\r\n{command}\r\nQUIT\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.lines().nth(1).map(str::to_owned)
}

/// How to reach a pair of services, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) folder: PathBuf,
    pub(crate) postgres: String,
    pub(crate) redis: String,
}

impl Known {
    pub(crate) fn of(
        folder: &Path,
        postgres: &autopilot_launcher::PostgresParams,
        redis: &autopilot_launcher::RedisParams,
    ) -> Self {
        Self {
            folder: folder.to_path_buf(),
            postgres: postgres.url("postgres").expose_secret().to_owned(),
            redis: redis.url().expose_secret().to_owned(),
        }
    }

    pub(crate) fn both_answer(&self) -> bool {
        sql(&self.postgres, "SELECT 1").is_ok()
            && redis(&self.redis, "PING").as_deref() == Some("+PONG")
    }

    pub(crate) fn both_are_gone(&self) -> bool {
        processes_in(&self.folder.join("postgres/data")).is_empty()
            && processes_in(&self.folder.join("redis")).is_empty()
    }

    /// The guard of this folder.
    pub(crate) fn guard(&self) -> u32 {
        let folder = self.folder.display().to_string();
        let is_guard = |pid: &u32| {
            let words = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            words.contains("autopilot-services-guard")
                && words.split('\0').any(|word| word == folder)
        };
        pids().into_iter().find(is_guard).expect("no guard")
    }

    pub(crate) fn postmaster(&self) -> u32 {
        let text = fs::read_to_string(self.folder.join("postgres/data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    pub(crate) fn redis_server(&self) -> u32 {
        fs::read_to_string(self.folder.join("redis/redis.pid")).unwrap().trim().parse().unwrap()
    }
}

fn pids() -> Vec<u32> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The processes whose working folder is `folder`.
pub(crate) fn processes_in(folder: &Path) -> Vec<u32> {
    let works_there =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder);
    pids().into_iter().filter(works_there).collect()
}

/// `kill -9`.
pub(crate) fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

/// Freezes a process.
pub(crate) fn stop(pid: u32) {
    signal(pid, Signal::STOP);
}

fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// A process of its own that owns or shares services, or is stuck while starting them.
pub(crate) struct Owner {
    child: Child,
    /// Its standard input; it stops when this is closed.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Owner {
    /// Starts one that does `what` (see `child::child_process`) in `folder`; does not wait for it.
    pub(crate) fn spawn(what: &str, folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "child::child_process", "--ignored", "--nocapture"])
            .process_group(0);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{what} {}", folder.display()).unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input: Some(input), output }
    }

    /// Waits for the line that begins with `word` and returns the rest of it.
    pub(crate) fn hear(&mut self, word: &str) -> String {
        let mark = format!("child: {word} ");
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the child ended before it said {word:?}"
            );
            if let Some((_, rest)) = line.split_once(&mark) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Waits until its services are up.
    pub(crate) fn known(&mut self) -> Known {
        Known {
            folder: self.hear("folder").into(),
            postgres: self.hear("postgres"),
            redis: self.hear("redis"),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets it end as it wants to.
    pub(crate) fn leave(mut self) {
        self.input = None;
        assert!(self.child.wait().unwrap().success());
    }

    /// `kill -9` to its whole process group, as a terminal or a test runner would.
    pub(crate) fn kill(mut self) {
        let group = Pid::from_child(&self.child);
        rustix::process::kill_process_group(group, Signal::KILL).unwrap();
        self.child.wait().unwrap();
    }
}
