//! Everything the demo starts: private services, the simulator, one organisation, the server.
//!
//! Started in the order of need and stopped in the opposite one. The simulator is a child process
//! that ends with its parent; PostgreSQL and Redis are ended by the launcher's guard, also after a
//! `kill -9`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use autopilot_domain::window::Zone;
use autopilot_launcher::{Options, Services, terminal_progress};
use jiff::civil::Date;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::DemoArgs;
use super::error::DemoError;
use super::narrator::Narrator;
use super::place::{self, Kept};
use crate::bootstrap::{self, RunningServer};
use crate::config::{Config, EnvSnapshot, RealQueryExecution};

/// What the simulator writes about itself once it answers.
#[derive(Debug, Deserialize)]
struct SandboxInfo {
    base_url: String,
    dataset: String,
    key_path: PathBuf,
}

/// The running demo.
pub(super) struct World {
    /// Where the API answers.
    pub(super) base_url: String,
    /// The admin's key.
    pub(super) api_key: String,
    server: RunningServer,
    sandbox: Child,
    services: Option<Services>,
    truth: PathBuf,
}

impl World {
    /// Starts everything.
    pub(super) async fn start(
        args: &DemoArgs,
        zone: &Zone,
        as_of: Date,
        say: &mut Narrator,
    ) -> Result<Self, DemoError> {
        let state = place::open(&args.state)?;
        say.chapter("Starting a private PostgreSQL and Redis");
        let services = start_services(&state).await?;
        say.say(&format!(
            "PostgreSQL {} and Redis answer on 127.0.0.1",
            services.postgres.params().major
        ));
        say.chapter("Starting the warehouse simulator");
        say.wait_for("loading the warehouse");
        let truth = state.join("truth.json");
        let (sandbox, info) = start_sandbox(args, zone, as_of, &state, &truth).await?;
        say.close();
        say.say(&format!(
            "it speaks BigQuery's protocol at {} (data set {})",
            info.base_url, info.dataset
        ));
        say.chapter("Starting the server");
        let kept = provision(&state, &services, zone).await?;
        let config = configuration(args, &services, &kept, &info)?;
        say.wait_for("waiting until this process may own the organisation (a killed one's lease lasts 6 seconds)");
        let server = bootstrap::start(&config, RealQueryExecution::Forbidden).await;
        say.close();
        let server = server.map_err(|error| DemoError::Server(error.to_string()))?;
        say.say(&format!("the API answers at {}", server.base_url()));
        Ok(Self {
            base_url: server.base_url(),
            api_key: kept.api_key,
            server,
            sandbox,
            services: Some(services),
            truth,
        })
    }

    /// The sum of last week's amounts in one currency, from the made-up company's own books.
    pub(super) fn truth(&self, zone: &Zone, currency: &str) -> Option<String> {
        let truth: Value = serde_json::from_slice(&std::fs::read(&self.truth).ok()?).ok()?;
        let week = truth.get("weeks")?.as_array()?.iter().find(|week| {
            let is = |name: &str, value: Value| week.get(name) == Some(&value);
            is("kind", json!("last_seven_days"))
                && is("zone", json!(zone.name()))
                && is("index", json!(0))
        })?;
        let sum = week.pointer(&format!("/kpi/money/{currency}/amount_sum"))?;
        sum.as_str().map(str::to_owned)
    }

    /// Waits for Ctrl-C or SIGTERM.
    pub(super) async fn stay(&self) {
        bootstrap::termination().await;
    }

    /// Stops everything in order.
    pub(super) async fn stop(mut self) {
        self.server.stop().await;
        if let Err(error) = self.sandbox.kill().await {
            tracing::warn!(%error, "the simulator had ended before");
        }
        let services = self.services.take();
        let stopped = tokio::task::spawn_blocking(move || services.map(Services::stop)).await;
        if let Ok(Some(Err(error))) = stopped {
            tracing::warn!(%error, "a private service did not stop in order");
        }
    }
}

async fn start_services(state: &Path) -> Result<Services, DemoError> {
    let options = Options::durable(state.join("services"));
    let started =
        tokio::task::spawn_blocking(move || Services::start(&options, &mut terminal_progress()))
            .await;
    match started {
        Ok(Ok(services)) => Ok(services),
        Ok(Err(error)) => Err(DemoError::Services(error.to_string())),
        Err(_) => {
            Err(DemoError::Services("starting PostgreSQL and Redis ended unexpectedly".to_owned()))
        }
    }
}

async fn start_sandbox(
    args: &DemoArgs,
    zone: &Zone,
    as_of: Date,
    state: &Path,
    truth: &Path,
) -> Result<(Child, SandboxInfo), DemoError> {
    let trouble = |error: std::io::Error| DemoError::Sandbox(error.kind().to_string());
    let info = state.join("sandbox.json");
    for old in [info.as_path(), truth] {
        match std::fs::remove_file(old) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(trouble(error));
            }
            _ => {}
        }
    }
    let mut command = Command::new(std::env::current_exe().map_err(trouble)?);
    command.args(["sandbox", "--port", "0", "--die-with-stdin", "--info-file"]).arg(&info);
    command.arg("--data").arg(&args.data);
    if super::MADE_UP.contains(&args.data.as_str()) {
        command.args(["--as-of", &as_of.to_string(), "--timezone", zone.name(), "--truth"]);
        command.arg(truth);
    }
    if args.slow > 0 {
        command.arg("--latency-ms").arg((args.slow * 1_000).to_string());
    }
    let log = std::fs::File::create(state.join("sandbox.log")).map_err(trouble)?;
    let errors = log.try_clone().map_err(trouble)?;
    command.stdin(Stdio::piped()).stdout(log).stderr(errors).kill_on_drop(true);
    let mut child = command.spawn().map_err(trouble)?;
    loop {
        if let Some(status) = child.try_wait().map_err(trouble)? {
            let log = std::fs::read_to_string(state.join("sandbox.log")).unwrap_or_default();
            let last = log.lines().last().unwrap_or("it said nothing").to_owned();
            return Err(DemoError::Sandbox(format!("{last} ({status})")));
        }
        if let Ok(text) = std::fs::read(&info) {
            let info = serde_json::from_slice(&text)
                .map_err(|_| DemoError::Sandbox("its info file is damaged".to_owned()))?;
            return Ok((child, info));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn provision(state: &Path, services: &Services, zone: &Zone) -> Result<Kept, DemoError> {
    let server = |error: bootstrap::BootError| DemoError::Server(error.to_string());
    let admin = services.postgres.params().url("postgres");
    bootstrap::ensure_database(&admin, DATABASE).await.map_err(server)?;
    let migrator = services.postgres.params().url(DATABASE);
    let kept = place::load(state)?;
    let password = match &kept {
        Some(kept) => kept.app_password.clone(),
        None => bootstrap::random_password(),
    };
    bootstrap::install(&migrator, PREFIX, &password.clone().into()).await.map_err(server)?;
    if let Some(kept) = kept {
        if kept.zone != zone.name() {
            let sentence = format!(
                "the demo's organisation lives in {}; use --timezone {} or another --state DIR",
                kept.zone, kept.zone
            );
            return Err(DemoError::Argument(sentence));
        }
        return Ok(kept);
    }
    let made = bootstrap::create_org(&migrator, PREFIX, "Demo shop", zone).await.map_err(server)?;
    let kept = Kept {
        org_id: made.tenant.to_string(),
        api_key: made.api_key,
        zone: zone.name().to_owned(),
        app_password: password,
    };
    place::save(state, &kept)?;
    Ok(kept)
}

const DATABASE: &str = "autopilot";
const PREFIX: &str = "ap";

fn configuration(
    args: &DemoArgs,
    services: &Services,
    kept: &Kept,
    info: &SandboxInfo,
) -> Result<Config, DemoError> {
    let postgres = services.postgres.params();
    let app = format!(
        "postgresql://{PREFIX}_app:{}@{}:{}/{DATABASE}",
        kept.app_password, postgres.host, postgres.port
    );
    let migrator = postgres.url(DATABASE);
    let redis = services.redis.params().url();
    let pairs = [
        ("AUTOPILOT_LISTEN", format!("127.0.0.1:{}", args.port)),
        // One person's own machine: scripts may try the API as fast as they like.
        ("AUTOPILOT_USER_CALLS_PER_MINUTE", "1000000".to_owned()),
        ("AUTOPILOT_ORG_CALLS_PER_MINUTE", "1000000".to_owned()),
        ("AUTOPILOT_DATABASE_URL", app),
        ("AUTOPILOT_MIGRATOR_DATABASE_URL", migrator.expose_secret().to_owned()),
        ("AUTOPILOT_REDIS_URL", redis.expose_secret().to_owned()),
        ("AUTOPILOT_SANDBOX_ENDPOINT", info.base_url.clone()),
        ("AUTOPILOT_SANDBOX_KEY_FILE", info.key_path.display().to_string()),
        ("AUTOPILOT_SANDBOX_DATASET", info.dataset.clone()),
        // Low enough that a query over two tables needs an approval.
        ("AUTOPILOT_QUERY_CAP_BYTES", super::queries::CAP.to_owned()),
    ];
    Config::load(&EnvSnapshot::of(pairs), None)
        .map_err(|error| DemoError::Server(error.to_string()))
}
