//! Private servers, a fresh installation on them, and the service as a process of its own.
//! Nothing of it outlives the program.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use autopilot::store::admin;
use autopilot::store::provision::{self, NewOrg};
use autopilot_launcher::{AfterStop, Options, Services, terminal_progress};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::error::LoadError;

/// Prefix of the database roles.
pub(crate) const PREFIX: &str = "ap";
const PASSWORD: &str = "load-only";

/// Servers and the addresses of a fresh installation on them.
pub(crate) struct Installation {
    services: Services,
    /// The migrator's address.
    pub(crate) migrator_url: String,
    /// The service's own address.
    pub(crate) app_url: String,
    /// Redis.
    pub(crate) redis_url: String,
}

impl Installation {
    /// Starts durable servers and installs the product on them.
    pub(crate) async fn start() -> Result<Self, LoadError> {
        let folder: PathBuf =
            std::env::temp_dir().join(format!("autopilot-load-{}", Uuid::new_v4().simple()));
        let options = Options { after_stop: AfterStop::Remove, ..Options::durable(folder) };
        let start = move || Services::start(&options, &mut terminal_progress());
        let services = tokio::task::spawn_blocking(start).await;
        let services = services
            .map_err(|_| LoadError::Missing("the launcher"))?
            .map_err(|error| LoadError::Services(error.to_string()))?;
        let postgres = services.postgres.params();
        let migrator_url = postgres.url("postgres").expose_secret().to_owned();
        let (host, port) = (&postgres.host, postgres.port);
        let app_url = format!("postgresql://{PREFIX}_app:{PASSWORD}@{host}:{port}/postgres");
        let redis_url = services.redis.params().url().expose_secret().to_owned();
        let mut client = admin::connect(&migrator_url).await?;
        let report = provision::install(&mut client, PREFIX, &PASSWORD.to_owned().into()).await?;
        if !report.is_clean() {
            return Err(LoadError::Migration(report.to_string()));
        }
        Ok(Self { services, migrator_url, app_url, redis_url })
    }

    /// A connection of the migrator.
    pub(crate) async fn migrator(&self) -> Result<Client, LoadError> {
        Ok(admin::connect(&self.migrator_url).await?)
    }

    /// A new organisation.
    pub(crate) async fn org(&self, client: &mut Client, name: &str) -> Result<NewOrg, LoadError> {
        let zone = "UTC".parse().map_err(|_| LoadError::Missing("the zone"))?;
        Ok(provision::create_org(client, PREFIX, name, &zone).await?)
    }

    /// Starts the service and waits until it says that it is ready.
    pub(crate) async fn serve(&self, settings: &[(&str, &str)]) -> Result<Serving, LoadError> {
        let binary = std::env::current_exe().map_err(|_| LoadError::Missing("this program"))?;
        let binary = binary.with_file_name("autopilot");
        if !binary.exists() {
            return Err(LoadError::Missing(
                "the program `autopilot` beside this one (build it first)",
            ));
        }
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .env("AUTOPILOT_LISTEN", "127.0.0.1:0")
            .env("AUTOPILOT_DATABASE_URL", &self.app_url)
            .env("AUTOPILOT_REDIS_URL", &self.redis_url)
            .env("AUTOPILOT_LOG_LEVEL", "warn")
            .env("ALLOW_REAL_QUERY_EXECUTION", "false")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|_| LoadError::Missing("a process"))?;
        let output = child.stdout.take().ok_or(LoadError::Missing("its output"))?;
        let mut lines = BufReader::new(output).lines();
        let mut base = None;
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(address) = line.strip_prefix("listening on ") {
                base = Some(address.to_owned());
                break;
            }
        }
        let base = base.ok_or(LoadError::Missing("the service's address"))?;
        // What it logs is an error and belongs to the reader; a pipe that nobody reads would stop it.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("service: {line}");
            }
        });
        let serving = Serving { child, base, http: reqwest::Client::new() };
        serving.ready().await?;
        Ok(serving)
    }

    /// Stops the servers.
    pub(crate) async fn stop(self) {
        let stopped = tokio::task::spawn_blocking(move || self.services.stop()).await;
        if let Ok(Err(error)) = stopped {
            eprintln!("autopilot-load: {error}");
        }
    }
}

/// The service as a process.
pub(crate) struct Serving {
    child: Child,
    /// Where it answers.
    pub(crate) base: String,
    /// Connections to it.
    pub(crate) http: reqwest::Client,
}

impl Serving {
    async fn ready(&self) -> Result<(), LoadError> {
        for _ in 0..2_000 {
            let answer = self.http.get(format!("{}/readyz", self.base)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err(LoadError::Missing("readiness after ten seconds"))
    }

    /// Memory of the process, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64, LoadError> {
        let missing = || LoadError::Missing("the process's memory (Linux only)");
        let id = self.child.id().ok_or_else(missing)?;
        let status =
            std::fs::read_to_string(format!("/proc/{id}/status")).map_err(|_| missing())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
        kilobytes.map(|count| count * 1024).ok_or_else(missing)
    }

    /// Ends the process in order.
    pub(crate) async fn stop(mut self) {
        // Killed rather than asked: nothing is measured after it.
        if self.child.kill().await.is_err() {
            eprintln!("autopilot-load: the service had ended before it was stopped");
        }
    }
}
