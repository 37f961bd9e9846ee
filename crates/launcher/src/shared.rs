//! One PostgreSQL and Redis per target folder, shared by many short-lived processes (nextest runs each test in its
//! own).
//!
//! Decides who starts them (the first to hold the starting lock), who repairs them (whoever finds one dead), and when
//! they stop: each user holds the writing end of a named pipe, the guard reads it, and when no writer has been left
//! for some seconds it stops them. A killed user leaves the pipe like any other. Data of stopped services is thrown
//! away. It never waits for a lock whose holder may be dead: the kernel releases locks and pipes.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

use crate::cluster;
use crate::environment::Environment;
use crate::error::Error;
use crate::files::{drop_if_there, open_lock};
use crate::guard;
use crate::identity::Identity;
use crate::params::{PostgresParams, RedisParams};
use crate::place::Place;
use crate::postgres::{self, Durability, Postgres};
use crate::process::wait_until;
use crate::progress::{Progress, Step};
use crate::redis::{self, Redis};
use crate::services::Both;
use crate::state::State;

/// Folder below the target folder.
const FOLDER: &str = "private-services";
/// The first process may have to fetch binaries meanwhile.
const BUSY_LIMIT: Duration = Duration::from_secs(600);
/// A guard that is on its way out needs up to this long to stop the servers.
const LEAVING_LIMIT: Duration = Duration::from_secs(60);

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

    /// Joins the services, starting or repairing them if need be. Blocks for a second or two when they start.
    ///
    /// # Errors
    /// [`Error::SharedBusy`] when another process held the starting lock for ten minutes; otherwise as
    /// [`crate::Services::start`].
    pub fn acquire_with(
        options: &SharedOptions,
        progress: &mut dyn Progress,
    ) -> Result<Lease, Error> {
        let identity = Identity::of_this_process()?;
        let place = Place::open(&options.target_dir.join(FOLDER), &identity, progress)?;
        let _turn = take_turn(&place, progress)?;
        place.make_homes(&identity)?;
        let (membership, state) = match join_or_start_guard(&place, options, progress)? {
            Joined::Guarded(membership) => (membership, State::read(&place)),
            // Without a guard the servers are left over from a crash; they are kept only if somebody may be using them.
            Joined::Unguarded(membership) => {
                (membership, State::read(&place).filter(|_state| postgres::is_serving(&place)))
            }
        };
        let starter = Starter { place: &place, identity: &identity, options };
        let state = match state {
            Some(state) => starter.repair(state, progress)?,
            None => starter.start_afresh(progress)?,
        };
        progress.step(Step::Ready);
        Ok(Lease { state, _membership: membership })
    }
}

/// The right to use the shared services. They stay up at least until it is dropped.
#[derive(Debug)]
pub struct Lease {
    state: State,
    /// The writing end of the users' pipe.
    _membership: File,
}

impl Lease {
    /// How to reach PostgreSQL.
    #[must_use]
    pub fn postgres(&self) -> &PostgresParams {
        &self.state.postgres
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
    let mut outcome = None;
    let mut told = false;
    wait_until(BUSY_LIMIT, || {
        outcome = match lock.try_lock() {
            Ok(()) => Some(Ok(())),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(error)) => Some(Err(Error::folder("lock", &path)(error))),
        };
        if outcome.is_none() && !told {
            told = true;
            progress.step(Step::WaitingForFolder);
        }
        outcome.is_some()
    });
    match outcome {
        Some(result) => result.map(|()| lock),
        None => Err(busy(place, BUSY_LIMIT)),
    }
}

fn busy(place: &Place, waited: Duration) -> Error {
    Error::SharedBusy { path: place.root().to_path_buf(), seconds: waited.as_secs() }
}

/// How membership was obtained.
enum Joined {
    /// A guard was there.
    Guarded(File),
    /// There was none; now there is.
    Unguarded(File),
}

/// Becomes a user of the services, under the guard that is there or a new one. A guard on its way out is waited for.
fn join_or_start_guard(
    place: &Place,
    options: &SharedOptions,
    progress: &mut dyn Progress,
) -> Result<Joined, Error> {
    let mut outcome = None;
    let mut told = false;
    wait_until(LEAVING_LIMIT, || {
        outcome = join(place).transpose().map(|joined| joined.map(Joined::Guarded));
        if outcome.is_none() {
            outcome = start_guard(place, options.linger)
                .transpose()
                .map(|joined| joined.map(Joined::Unguarded));
        }
        if outcome.is_none() && !told {
            told = true;
            progress.step(Step::WaitingForFolder);
        }
        outcome.is_some()
    });
    outcome.unwrap_or_else(|| Err(busy(place, LEAVING_LIMIT)))
}

/// Joins under an existing guard. `None` when there is none, or when it has decided to leave.
///
/// The order matters: first hold the pipe, then look for the mark. The guard removes the mark first and then looks at
/// the pipe, so one of the two always sees the other.
fn join(place: &Place) -> Result<Option<File>, Error> {
    let pipe = place.file(PIPE);
    match open_pipe(&pipe, OFlags::WRONLY) {
        Ok(mut users) => {
            users.write_all(b"joined\n").map_err(Error::folder("write", &pipe))?;
            Ok(place.file(ACCEPTING).exists().then_some(users))
        }
        // NXIO: nobody reads the pipe, so there is no guard.
        Err(error) if [rustix::io::Errno::NXIO, rustix::io::Errno::NOENT].contains(&error) => {
            Ok(None)
        }
        Err(error) => Err(Error::folder("open", &pipe)(error.into())),
    }
}

const PIPE: &str = "users.pipe";
const ACCEPTING: &str = "accepting";

fn open_pipe(path: &Path, access: OFlags) -> rustix::io::Result<File> {
    rustix::fs::open(path, access | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
        .map(File::from)
}

/// Starts a guard and joins under it. `None` while an old one still holds the folder's lock.
fn start_guard(place: &Place, linger: Duration) -> Result<Option<File>, Error> {
    let lock = place.lock_file()?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(Error::folder("lock", place.root())(error)),
    }
    let pipe = place.file(PIPE);
    make_pipe(&pipe)?;
    let failed = |error: rustix::io::Errno| Error::folder("open", &pipe)(error.into());
    let reading = open_pipe(&pipe, OFlags::RDONLY).map_err(failed)?;
    let mut users = open_pipe(&pipe, OFlags::WRONLY).map_err(failed)?;
    // The guard must wait in `read` while there are users, which a non-blocking pipe would not let it.
    rustix::fs::fcntl_setfl(&reading, OFlags::empty()).map_err(failed)?;
    let mark = place.file(ACCEPTING);
    fs::write(&mark, "").map_err(Error::folder("write", &mark))?;
    guard::start_shared(place, reading, lock, linger)?;
    users.write_all(b"joined\n").map_err(Error::folder("write", &pipe))?;
    Ok(Some(users))
}

/// Makes the named pipe, or keeps the one that is there: users of a killed guard still hold it.
fn make_pipe(path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Ok(());
    }
    drop_if_there(fs::remove_file(path)).map_err(Error::folder("remove", path))?;
    let made = Command::new("mkfifo").arg("-m").arg("600").arg(path).status();
    let made = made.map_err(|source| Error::Program { program: "mkfifo", source })?;
    if made.success() {
        return Ok(());
    }
    Err(Error::FolderUnfit {
        path: path.to_path_buf(),
        reason: "its file system has no named pipes",
    })
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
