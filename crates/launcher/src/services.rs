//! A private PostgreSQL and Redis owned by one process: for the demo, and for tests that break them
//! on purpose.
//!
//! Decides who may use a data folder (one live process at a time) and in which order things come
//! up: lock, guard, leftovers of a crash, servers. When it returns, both answer; when it fails,
//! nothing of it runs. The data folder and its password survive and are used again by the next
//! start.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::cluster;
use crate::environment::Environment;
use crate::error::Error;
use crate::files::drop_if_there;
use crate::find::{Binaries, Product};
use crate::guard::Guard;
use crate::identity::Identity;
use crate::install;
use crate::lock::own;
use crate::place::Place;
use crate::postgres::{self, Durability, Postgres};
use crate::progress::{Progress, Step};
use crate::redis::{self, Redis};

/// What becomes of the data when the services stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterStop {
    /// The next start of the same folder finds the data again.
    Keep,
    /// The data is removed.
    Remove,
}

/// How to start [`Services`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder for data, logs and passwords. It is created; one that holds other files is refused.
    /// Use [`Services::folder`] for the folder in use, which is another one when the servers' user
    /// cannot enter this.
    pub data_dir: PathBuf,
    /// What a crash of the machine may cost.
    pub durability: Durability,
    /// PostgreSQL's `max_connections`.
    pub max_connections: u16,
    /// What becomes of the data afterwards.
    pub after_stop: AfterStop,
    /// Where programs are looked for and fetched to.
    pub environment: Environment,
}

impl Options {
    /// Durable services in `data_dir` that keep their data, with 200 connections.
    #[must_use]
    pub fn durable(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durability: Durability::Durable,
            max_connections: 200,
            after_stop: AfterStop::Keep,
            environment: Environment::of_this_process(),
        }
    }

    /// Fast services in `data_dir` that remove their data when stopped: for fault tests.
    #[must_use]
    pub fn throw_away(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            durability: Durability::Fast,
            after_stop: AfterStop::Remove,
            ..Self::durable(data_dir)
        }
    }
}

/// A running PostgreSQL and Redis. They stop when this value is dropped, and also when the process
/// dies.
#[derive(Debug)]
pub struct Services {
    /// The PostgreSQL server.
    pub postgres: Postgres,
    /// The Redis server.
    pub redis: Redis,
    guard: Option<Guard>,
    /// Held as long as the servers may run; the guard holds it too.
    _lock: File,
    place: Place,
    after_stop: AfterStop,
}

impl Services {
    /// Starts both services in the folder of `options`, creating or reusing what is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when binaries are missing and cannot be fetched,
    /// [`Error::FolderInUse`] when another live process uses the folder, and the other variants as
    /// they say. Nothing keeps running after an error.
    pub fn start(options: &Options, progress: &mut dyn Progress) -> Result<Self, Error> {
        let identity = Identity::of_this_process()?;
        let place = Place::open(&options.data_dir, &identity, progress)?;
        let lock = own(&place, progress)?;
        place.make_homes(&identity)?;
        let major = cluster::existing_major(&place);
        let binaries = Both::obtain(&options.environment, &identity, major, progress)?;
        cluster::stop_leftovers(&place, progress)?;
        let guard = Guard::start(&place, &lock, options.after_stop == AfterStop::Remove)?;
        let site = binaries.sites(&place, &identity, options.durability, options.max_connections);
        let postgres = Postgres::start(site.0, None, progress)?;
        let redis = Redis::start(site.1, None, progress)?;
        progress.step(Step::Ready);
        Ok(Self {
            postgres,
            redis,
            guard: Some(guard),
            _lock: lock,
            place,
            after_stop: options.after_stop,
        })
    }

    /// The folder in use: logs are in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.place.root()
    }

    /// Stops both services and, if so chosen, removes their data. Dropping does the same but cannot
    /// report failure.
    ///
    /// # Errors
    /// [`Error::Stop`] when a server outlives SIGKILL, [`Error::Folder`] when the data cannot be
    /// removed.
    pub fn stop(mut self) -> Result<(), Error> {
        self.shut_down()
    }

    fn shut_down(&mut self) -> Result<(), Error> {
        let Some(guard) = self.guard.take() else { return Ok(()) };
        // Dropping the guard instead of dismissing it makes it try by its own means.
        self.redis.stop()?;
        self.postgres.stop()?;
        guard.dismiss();
        match self.after_stop {
            AfterStop::Keep => Ok(()),
            AfterStop::Remove => remove_folder(&self.place),
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down() {
            tracing::warn!(code = error.code(), %error, "the private services did not stop cleanly");
        }
    }
}

/// The lock file goes with the folder. A process that waits for it meanwhile gets an error that names
/// the folder: throw-away folders are not meant to be waited for.
fn remove_folder(place: &Place) -> Result<(), Error> {
    drop_if_there(fs::remove_dir_all(place.root())).map_err(Error::folder("remove", place.root()))
}

/// Binaries of both products.
#[derive(Debug)]
pub(crate) struct Both {
    postgres: Binaries,
    redis: Binaries,
}

impl Both {
    /// Finds or fetches both; `major` is the version of the cluster on disk.
    pub(crate) fn obtain(
        environment: &Environment,
        identity: &Identity,
        major: Option<u32>,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let postgres = install::obtain(Product::Postgres, environment, identity, major, progress)?;
        let redis = install::obtain(Product::Redis, environment, identity, None, progress)?;
        Ok(Self { postgres, redis })
    }

    /// What the two servers are started from.
    pub(crate) fn sites(
        self,
        place: &Place,
        identity: &Identity,
        durability: Durability,
        max_connections: u16,
    ) -> (postgres::Site, redis::Site) {
        let (place, identity) = (place.clone(), identity.clone());
        let redis =
            redis::Site { place: place.clone(), identity: identity.clone(), binaries: self.redis };
        (
            postgres::Site {
                place,
                identity,
                binaries: self.postgres,
                durability,
                max_connections,
            },
            redis,
        )
    }
}
