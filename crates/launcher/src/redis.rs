//! The private Redis (or Valkey) server: started, watched until ready, stopped, killed, restarted.
//!
//! It listens on 127.0.0.1, needs a random password, keeps nothing on disk and evicts nothing: a
//! restarted Redis is empty. The password is handed over in a private file, because every user can
//! read another process's arguments.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;
use crate::files::{drop_if_there, random_password};
use crate::find::{Binaries, Product};
use crate::identity::Identity;
use crate::launch::{StartFailure, launch, on_some_port};
use crate::params::{HOST, RedisParams};
use crate::place::Place;
use crate::progress::{Progress, Step};
use crate::server::Running;
use crate::wire::redis_answers;

/// A start takes 0.1 s; this allows for a very busy machine.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// What a server is started from.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) identity: Identity,
    pub(crate) binaries: Binaries,
}

/// A Redis server of this process. Dropping it stops the server.
#[derive(Debug)]
pub struct Redis {
    site: Site,
    params: RedisParams,
    running: Running,
}

impl Redis {
    /// Starts the server: with the port and password of `again`, or with new ones.
    pub(crate) fn start(
        site: Site,
        again: Option<RedisParams>,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        progress.step(Step::Starting(Product::Redis));
        let (port, password) = match again {
            Some(params) => (Some(params.port), params.password),
            None => (None, random_password()?),
        };
        let (port, running) = site.launch(port, &password)?;
        let params = RedisParams { host: HOST.to_owned(), port, password };
        Ok(Self { site, params, running })
    }

    /// How to connect. Port and password stay the same over [`Redis::restart`].
    #[must_use]
    pub fn params(&self) -> &RedisParams {
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

    /// Stops the server. No effect when it is stopped.
    ///
    /// # Errors
    /// [`Error::Stop`] when the process outlives even SIGKILL.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.running.stop()
    }

    /// Kills the server like a crash (SIGKILL).
    ///
    /// # Errors
    /// [`Error::Stop`] when the process outlives SIGKILL.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.running.kill()
    }

    /// Starts the server again, empty, on the same port and with the same password, stopping it
    /// first if it runs.
    ///
    /// # Errors
    /// [`Error::PortTaken`] when another program took the port meanwhile, [`Error::Start`] when the
    /// server does not come up, [`Error::Stop`] when it did not stop.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.running.stop()?;
        let (_port, running) = self.site.launch(Some(self.params.port), &self.params.password)?;
        self.running = running;
        Ok(())
    }

    /// Lets the server live on; the guard of its folder stops it.
    pub(crate) fn leave_to_guard(self) -> RedisParams {
        self.running.leave_to_guard();
        self.params
    }
}

impl Site {
    fn launch(&self, port: Option<u16>, password: &SecretString) -> Result<(u16, Running), Error> {
        on_some_port(Product::Redis, port, |port| self.launch_on(port, password))
    }

    fn launch_on(&self, port: u16, password: &SecretString) -> Result<Running, StartFailure> {
        let mut command = self.binaries.command(&self.identity, &self.binaries.server);
        command.current_dir(self.place.redis()).arg(self.write_config(port, password)?);
        let log = self.place.file("redis.log");
        launch(Product::Redis, command, &log, READY_LIMIT, |_pid| redis_answers(port, password))
    }

    /// The file lies in the launcher's folder and belongs to the servers' user.
    fn write_config(&self, port: u16, password: &SecretString) -> Result<PathBuf, Error> {
        let path = self.place.file("redis.conf");
        let text = config(&self.place.redis(), port, password);
        let write = || {
            drop_if_there(fs::remove_file(&path))?;
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(text.as_bytes())?;
            self.identity.give(&path)
        };
        write().map_err(Error::folder("write", &path))?;
        Ok(path)
    }
}

fn config(home: &Path, port: u16, password: &SecretString) -> String {
    let lines = [
        format!("bind {HOST}"),
        format!("port {port}"),
        format!("requirepass {}", password.expose_secret()),
        format!("dir {}", quoted(home)),
        format!("pidfile {}", quoted(&home.join("redis.pid"))),
        "daemonize no".to_owned(),
        "save \"\"".to_owned(),
        "appendonly no".to_owned(),
        "maxmemory-policy noeviction".to_owned(),
    ];
    lines.join("\n") + "\n"
}

/// A path as a quoted word of the configuration file.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether the server that another process started answers to `params`.
pub(crate) fn is_serving(params: &RedisParams) -> bool {
    redis_answers(params.port, &params.password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_keeps_nothing_and_quotes_paths() {
        let text = config(Path::new("/a \"b\"\\c"), 7, &SecretString::from("pw"));
        for line in [
            "bind 127.0.0.1",
            "port 7",
            "requirepass pw",
            "save \"\"",
            "appendonly no",
            "maxmemory-policy noeviction",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} missing");
        }
        assert!(text.contains("dir \"/a \\\"b\\\"\\\\c\"\n"), "{text}");
    }
}
