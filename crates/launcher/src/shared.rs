//! One PostgreSQL and Redis per target folder, shared by many short-lived processes (nextest runs
//! each test in its own).
//!
//! Decides who starts them (the first to hold the starting lock), who repairs them (whoever finds
//! one dead), and when they stop: each user holds the writing end of a named pipe, the guard reads
//! it, and when no writer has been left for some seconds it stops them and removes their data. A
//! killed user leaves the pipe like any other. It never waits for a lock whose holder may be dead:
//! the kernel releases locks and pipes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cluster;
use crate::environment::Environment;
use crate::error::Error;
use crate::files::open_lock;
use crate::identity::Identity;
use crate::lock::{GUARD_LIMIT, try_lock, wait_for};
use crate::params::{PostgresParams, RedisParams};
use crate::place::Place;
use crate::postgres::{self, Durability, Postgres};
use crate::progress::{Progress, Step};
use crate::redis::{self, Redis};
use crate::services::Both;
use crate::state::State;
use crate::users::{Membership, join_or_start_guard};

/// Folder below the target folder.
const FOLDER: &str = "private-services";
/// The first process may have to fetch binaries meanwhile.
const BUSY_LIMIT: Duration = Duration::from_secs(600);

/// How to acquire shared services.
#[derive(Debug, Clone)]
pub struct SharedOptions {
    /// Cargo's target folder, or any folder that all users agree on.
    pub target_dir: PathBuf,
    /// How long the services stay after their last user left; whole seconds.
    pub linger: Duration,
    /// PostgreSQL's `max_connections`.
    pub max_connections: u16,
    /// Where programs are looked for and fetched to.
    pub environment: Environment,
}

impl SharedOptions {
    /// Services that linger for 10 seconds and take 200 connections.
    #[must_use]
    pub fn new(target_dir: impl Into<PathBuf>) -> Self {
        let environment = Environment::of_this_process();
        Self {
            target_dir: target_dir.into(),
            linger: Duration::from_secs(10),
            max_connections: 200,
            environment,
        }
    }
}

/// The shared services of a target folder.
#[derive(Debug)]
pub struct SharedServices;

impl SharedServices {
    /// Joins the services of `target_dir`, starting them if nobody has.
    ///
    /// # Errors
    /// As [`SharedServices::acquire_with`].
    pub fn acquire(target_dir: impl Into<PathBuf>) -> Result<Lease, Error> {
        Self::acquire_with(&SharedOptions::new(target_dir), &mut crate::Silent)
    }

    /// Joins the services, starting or repairing them if need be. Blocks for a second or two when
    /// they start.
    ///
    /// # Errors
    /// [`Error::SharedBusy`] when another process held the starting lock for ten minutes; otherwise
    /// as [`crate::Services::start`].
    pub fn acquire_with(
        options: &SharedOptions,
        progress: &mut dyn Progress,
    ) -> Result<Lease, Error> {
        let identity = Identity::of_this_process()?;
        let place = Place::open(&options.target_dir.join(FOLDER), &identity, progress)?;
        let _turn = take_turn(&place, progress)?;
        let joined =
            wait_for(GUARD_LIMIT, progress, || join_or_start_guard(&place, options.linger))?;
        let membership = joined.ok_or_else(|| busy(&place, GUARD_LIMIT))?;
        // Only now: a guard on its way out removes them.
        place.make_homes(&identity)?;
        // Without a guard the servers are left over from a crash; they are kept only if somebody
        // may be using them.
        let in_use = membership.guarded_before || postgres::is_serving(&place);
        let state = State::read(&place).filter(|_state| in_use);
        let starter = Starter { place: &place, identity: &identity, options };
        let state = match state {
            Some(state) => starter.repair(state, progress)?,
            None => starter.start_afresh(progress)?,
        };
        progress.step(Step::Ready);
        Ok(Lease { state, folder: place.root().to_path_buf(), _membership: membership })
    }
}

/// The right to use the shared services. They stay up at least until it is dropped.
#[derive(Debug)]
pub struct Lease {
    state: State,
    folder: PathBuf,
    _membership: Membership,
}

impl Lease {
    /// How to reach PostgreSQL.
    #[must_use]
    pub fn postgres(&self) -> &PostgresParams {
        &self.state.postgres
    }

    /// The folder of the services: logs are in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How to reach Redis.
    #[must_use]
    pub fn redis(&self) -> &RedisParams {
        &self.state.redis
    }
}

/// Waits for the starting lock: one process at a time decides and starts.
fn take_turn(place: &Place, progress: &mut dyn Progress) -> Result<File, Error> {
    let path = place.file("starting.lock");
    let lock = open_lock(&path)?;
    let mine = wait_for(BUSY_LIMIT, progress, || Ok(try_lock(&lock, &path)?.then_some(())))?;
    mine.map(|()| lock).ok_or_else(|| busy(place, BUSY_LIMIT))
}

fn busy(place: &Place, waited: Duration) -> Error {
    Error::SharedBusy { path: place.root().to_path_buf(), seconds: waited.as_secs() }
}

/// Starts what is not running. Used only while holding the starting lock.
struct Starter<'a> {
    place: &'a Place,
    identity: &'a Identity,
    options: &'a SharedOptions,
}

impl Starter<'_> {
    /// Services that are there: whichever server died is started again where its users expect it.
    fn repair(&self, state: State, progress: &mut dyn Progress) -> Result<State, Error> {
        let (postgres, redis) = (postgres::is_serving(self.place), redis::is_serving(&state.redis));
        if postgres && redis {
            return Ok(state);
        }
        let sites = self.sites(progress)?;
        if !postgres {
            Postgres::start(sites.0, Some(state.postgres.port), progress)?.leave_to_guard();
        }
        if !redis {
            Redis::start(sites.1, Some(state.redis.clone()), progress)?.leave_to_guard();
        }
        Ok(state)
    }

    /// No services, or remains that nobody can be using: everything new.
    fn start_afresh(&self, progress: &mut dyn Progress) -> Result<State, Error> {
        State::remove(self.place)?;
        cluster::stop_leftovers(self.place, progress)?;
        cluster::discard(self.place)?;
        let sites = self.sites(progress)?;
        let postgres = Postgres::start(sites.0, None, progress)?;
        let redis = Redis::start(sites.1, None, progress)?;
        let state = State { postgres: postgres.params().clone(), redis: redis.params().clone() };
        state.write(self.place)?;
        postgres.leave_to_guard();
        redis.leave_to_guard();
        Ok(state)
    }

    fn sites(&self, progress: &mut dyn Progress) -> Result<(postgres::Site, redis::Site), Error> {
        let major = cluster::existing_major(self.place);
        let binaries = Both::obtain(&self.options.environment, self.identity, major, progress)?;
        Ok(binaries.sites(
            self.place,
            self.identity,
            Durability::Fast,
            self.options.max_connections,
        ))
    }
}
