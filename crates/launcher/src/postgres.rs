//! The private PostgreSQL server: started, watched until ready, stopped, killed, restarted.
//!
//! It listens on 127.0.0.1 with SCRAM passwords and, when the path is short enough, on a socket in
//! a folder only its own user can enter. Ready means that the server itself has said so in its pid
//! file, never that a port answers.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use secrecy::SecretString;

use crate::cluster;
use crate::error::Error;
use crate::find::{Binaries, Product};
use crate::identity::Identity;
use crate::launch::{StartFailure, launch, on_some_port};
use crate::params::{HOST, PostgresParams, SUPERUSER};
use crate::place::Place;
use crate::process::{lives_in, pid_in};
use crate::progress::{Progress, Step};
use crate::server::Running;
use crate::wire::postgres_answers;

/// A start takes 0.1 s; recovery after a crash of a large cluster takes longer.
const READY_LIMIT: Duration = Duration::from_secs(300);
/// Longest folder for a Unix socket: the system limits the whole path to 104 or 108 bytes.
const LONGEST_SOCKET_FOLDER: usize = 85;

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing is synced to disk: for tests. What was committed survives a crash of the server
    /// (tests kill it and look), which is why `synchronous_commit` stays on; a crash of the machine
    /// may cost everything.
    Fast,
    /// PostgreSQL's defaults: a committed transaction survives. For the demo and for benchmarks.
    Durable,
}

/// What a server is started from.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) identity: Identity,
    pub(crate) binaries: Binaries,
    pub(crate) durability: Durability,
    pub(crate) max_connections: u16,
}

/// A PostgreSQL server of this process. Dropping it stops the server.
#[derive(Debug)]
pub struct Postgres {
    site: Site,
    params: PostgresParams,
    running: Running,
}

impl Postgres {
    /// Opens or creates the cluster and starts the server, on `port` if one is given.
    pub(crate) fn start(
        site: Site,
        port: Option<u16>,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let password =
            cluster::open_or_create(&site.place, &site.identity, &site.binaries, progress)?;
        progress.step(Step::Starting(Product::Postgres));
        let (port, running) = site.launch(port)?;
        let params = site.params(port, password);
        Ok(Self { site, params, running })
    }

    /// How to connect. The port stays the same over [`Postgres::restart`].
    #[must_use]
    pub fn params(&self) -> &PostgresParams {
        &self.params
    }

    /// Process id of the server, `None` when it is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.running.pid()
    }

    /// Whether the server process is alive.
    pub fn is_running(&mut self) -> bool {
        self.running.is_alive()
    }

    /// Stops the server: clients are disconnected, data is written out. No effect when it is
    /// stopped.
    ///
    /// # Errors
    /// [`Error::Stop`] when the process outlives even SIGKILL.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.running.stop()
    }

    /// Kills the server like a crash (SIGKILL) and waits until its backends are gone too.
    ///
    /// # Errors
    /// [`Error::Stop`] when a process outlives SIGKILL.
    pub fn kill(&mut self) -> Result<(), Error> {
        let pid = self.running.pid().unwrap_or_default();
        self.running.kill()?;
        if cluster::await_backends(&self.site.place) {
            return Ok(());
        }
        Err(Error::Stop { product: Product::Postgres, pid })
    }

    /// Starts the server again on the same port and data, stopping it first if it runs.
    ///
    /// # Errors
    /// [`Error::PortTaken`] when another program took the port meanwhile, [`Error::Start`] when the
    /// server does not come up, [`Error::Stop`] when it did not stop.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.running.stop()?;
        cluster::open_or_create(
            &self.site.place,
            &self.site.identity,
            &self.site.binaries,
            &mut crate::Silent,
        )?;
        let (_port, running) = self.site.launch(Some(self.params.port))?;
        self.running = running;
        Ok(())
    }

    /// Lets the server live on; the guard of its folder stops it.
    pub(crate) fn leave_to_guard(self) -> PostgresParams {
        self.running.leave_to_guard();
        self.params
    }
}

impl Site {
    fn params(&self, port: u16, password: SecretString) -> PostgresParams {
        PostgresParams {
            host: HOST.to_owned(),
            port,
            user: SUPERUSER.to_owned(),
            password,
            socket_dir: self.socket_folder(),
            major: self.binaries.major,
            bin_dir: self.binaries.folder(),
        }
    }

    /// The folder for the socket; `None` when its path is too long or holds what the setting cannot
    /// express.
    fn socket_folder(&self) -> Option<PathBuf> {
        let folder = self.place.postgres();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
        let usable = folder
            .to_str()
            .is_some_and(|text| text.len() <= LONGEST_SOCKET_FOLDER && text.chars().all(plain));
        usable.then_some(folder)
    }

    fn launch(&self, port: Option<u16>) -> Result<(u16, Running), Error> {
        on_some_port(Product::Postgres, port, |port| self.launch_on(port))
    }

    fn launch_on(&self, port: u16) -> Result<Running, StartFailure> {
        let log = self.place.file("postgres.log");
        launch(Product::Postgres, self.command(port), &log, READY_LIMIT, |pid| {
            is_ready(&self.place, pid)
        })
    }

    fn command(&self, port: u16) -> Command {
        let mut command = self.binaries.command(&self.identity, &self.binaries.server);
        command.current_dir(self.place.postgres()).arg("-D").arg(self.place.cluster());
        let socket =
            self.socket_folder().map(|folder| folder.display().to_string()).unwrap_or_default();
        let mut settings = vec![
            format!("listen_addresses={HOST}"),
            format!("port={port}"),
            format!("unix_socket_directories={socket}"),
            format!("max_connections={}", self.max_connections),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
        ];
        if self.durability == Durability::Fast {
            settings.extend(["fsync=off", "full_page_writes=off"].map(str::to_owned));
        }
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        command
    }
}

/// Whether the server with this process id has written `ready` into its pid file.
fn is_ready(place: &Place, pid: u32) -> bool {
    PidFile::read(place).is_some_and(|file| file.pid == pid && file.ready)
}

/// What the server says of itself in `postmaster.pid`: line 1 is its process id, line 4 its port,
/// line 8 its status.
struct PidFile {
    pid: u32,
    port: u16,
    ready: bool,
}

impl PidFile {
    fn read(place: &Place) -> Option<Self> {
        let text = fs::read_to_string(place.cluster().join("postmaster.pid")).ok()?;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid = lines.first()?.parse().ok()?;
        let port = lines.get(3)?.parse().ok()?;
        Some(Self { pid, port, ready: lines.get(7) == Some(&"ready") })
    }
}

/// Whether the server of `place`, which another process may have started, is alive and takes
/// connections.
pub(crate) fn is_serving(place: &Place) -> bool {
    let pid = pid_in(&place.cluster().join("postmaster.pid"));
    let alive = pid.is_some_and(|pid| lives_in(pid, &place.cluster()));
    // A process that is stopped or just being killed is there but does not answer.
    alive && PidFile::read(place).is_some_and(|file| file.ready && postgres_answers(file.port))
}
