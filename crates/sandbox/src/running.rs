//! A running simulator on a thread of its own, and how to stop it.
//! It never listens anywhere but on loopback, and opens no other connection.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use actix_web::{App, HttpServer, rt, web};
use serde_json::Value;

use crate::bigquery::session::Warehouse;
use crate::data::{self, CompanyOptions, Progress, Source};
use crate::drills::Drills;
use crate::key::{EMAIL, Tokens, service_account};
use crate::options::{SandboxOptions, StartError};
use crate::rest::{Jobs, Log, Streams, World, configure};

/// The largest body of a call, in bytes: BigQuery takes 10 MB of rows or SQL, and JSON may escape it.
const PAYLOAD: usize = 64 << 20;

/// A running simulator; it stops when this is dropped.
pub struct RunningSandbox {
    base_url: String,
    project: String,
    dataset: String,
    admin_secret: String,
    handle: actix_web::dev::ServerHandle,
}

impl RunningSandbox {
    /// Where it answers, without a path.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The project clients must name.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The data set that holds the tables.
    #[must_use]
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The published service-account key, with this simulator's token address.
    #[must_use]
    pub fn service_account_key(&self) -> Value {
        service_account(&self.project, EMAIL, &format!("{}/token", self.base_url))
    }

    /// What the admin calls need in the header `x-admin-secret`.
    #[must_use]
    pub fn admin_secret(&self) -> &str {
        &self.admin_secret
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        // The returned future only waits for the end; the order to stop is given by the call.
        drop(self.handle.stop(false));
    }
}

/// Loads the data and listens. `progress` hears how far each table is. Blocks until it answers.
///
/// # Errors
/// What is wrong with the address or the data, as a sentence.
pub fn start(
    options: SandboxOptions,
    mut progress: impl FnMut(Progress),
) -> Result<RunningSandbox, StartError> {
    if !options.listen.ip().is_loopback() {
        return Err(StartError::NotLoopback(options.listen));
    }
    let trouble = |error: std::io::Error| StartError::Listen {
        address: options.listen,
        reason: error.kind().to_string(),
    };
    let listener = TcpListener::bind(options.listen).map_err(trouble)?;
    let address = listener.local_addr().map_err(trouble)?;
    let base_url = format!("http://{address}");
    let admin_secret = uuid::Uuid::new_v4().simple().to_string();
    let warehouse = Warehouse::new(options.project.clone())
        .map_err(|error| StartError::Engine(error.kind().to_string()))?;
    let now = crate::bigquery::session::now();
    data::load(&options.data, &options.dataset, &warehouse, now, &mut progress)?;
    if let (Some(file), Source::Company(company)) = (&options.truth, &options.data) {
        write_truth(file, company)?;
    }
    let drills = Drills::with_latency(options.latency);
    if let Some(file) = &options.drills {
        drills.load(file)?;
    }
    let world = web::Data::new(World {
        warehouse: Arc::new(warehouse),
        jobs: Arc::new(Jobs::default()),
        tokens: Tokens::new(format!("{base_url}/token"))?,
        drills,
        log: Log::default(),
        streams: Streams::default(),
        admin_secret: admin_secret.clone(),
    });
    let handle = spawn(listener, world).map_err(trouble)?;
    Ok(RunningSandbox {
        base_url,
        project: options.project,
        dataset: options.dataset,
        admin_secret,
        handle,
    })
}

/// Writes what is true about a company beside its tables.
fn write_truth(file: &Path, company: &CompanyOptions) -> Result<(), StartError> {
    let trouble = |error: std::io::Error| StartError::Table {
        file: file.display().to_string(),
        reason: error.kind().to_string(),
    };
    std::fs::write(file, data::truth(company)?).map_err(trouble)
}

fn spawn(
    listener: TcpListener,
    world: web::Data<World>,
) -> std::io::Result<actix_web::dev::ServerHandle> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
        rt::System::new().block_on(async move {
            let factory = move || {
                App::new()
                    .app_data(world.clone())
                    .app_data(web::PayloadConfig::new(PAYLOAD))
                    .configure(configure)
            };
            let server = HttpServer::new(factory)
                .workers(2)
                // A client that hangs up must end its call, and with it its query.
                .h1_allow_half_closed(false)
                .disable_signals()
                .shutdown_timeout(1)
                .listen(listener)
                .map(HttpServer::run);
            match server {
                Ok(server) => {
                    let _told = sender.send(Ok(server.handle()));
                    if let Err(error) = server.await {
                        tracing::error!(kind = ?error.kind(), "the simulator's server ended");
                    }
                }
                Err(error) => {
                    let _told = sender.send(Err(error));
                }
            }
        });
    })?;
    receiver.recv().map_err(|_| std::io::Error::from(std::io::ErrorKind::BrokenPipe))?
}
