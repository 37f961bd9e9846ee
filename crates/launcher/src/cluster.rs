//! The database cluster on disk: created once, recognised later, cleaned of what a crash left.
//!
//! Decides when `initdb` runs and that a half-made cluster is never mistaken for one (it is made
//! under another name and renamed). An existing cluster is only used by the major version that made
//! it and with its own password file; nothing here ever deletes one, except [`discard`], which only
//! the throw-away cluster of the tests is given to.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;
use crate::files::{drop_if_there, open_log, random_hex, random_password};
use crate::find::{Binaries, Product};
use crate::identity::Identity;
use crate::params::SUPERUSER;
use crate::place::Place;
use crate::process::{
    clear_residents, end_resident, has_proc, lives_in, number, pid_in, residents, wait_until,
};
use crate::progress::{Progress, Step};
use crate::server::{POSTGRES_STOP, REDIS_STOP};

/// Creating a cluster takes about a second; this allows for a very busy machine.
const INITDB_LIMIT: Duration = Duration::from_secs(180);
/// Backends notice within moments that their parent is gone.
const BACKENDS_LIMIT: Duration = Duration::from_secs(5);
const UNFINISHED: &str = "unfinished-";

/// The major version that created the cluster in `place`, if there is one.
pub(crate) fn existing_major(place: &Place) -> Option<u32> {
    fs::read_to_string(place.cluster().join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Opens the cluster, or creates it; returns the superuser's password.
pub(crate) fn open_or_create(
    place: &Place,
    identity: &Identity,
    binaries: &Binaries,
    progress: &mut dyn Progress,
) -> Result<SecretString, Error> {
    match existing_major(place) {
        Some(created_by) if created_by != binaries.major => {
            Err(Error::ClusterVersion { path: place.cluster(), created_by, found: binaries.major })
        }
        Some(_same) => {
            clear_stale_pid_file(place)?;
            read_password(place)
        }
        None => {
            progress.step(Step::CreatingCluster);
            create(place, identity, binaries)
        }
    }
}

fn password_file(place: &Place) -> PathBuf {
    place.file("superuser.password")
}

fn read_password(place: &Place) -> Result<SecretString, Error> {
    let text = fs::read_to_string(password_file(place)).unwrap_or_default();
    let password = text.trim();
    if password.is_empty() {
        return Err(Error::PasswordLost { path: place.root().to_path_buf() });
    }
    Ok(SecretString::from(password))
}

fn create(place: &Place, identity: &Identity, binaries: &Binaries) -> Result<SecretString, Error> {
    remove_unfinished(place)?;
    let password = random_password()?;
    write_password(place, identity, &password)?;
    let unfinished = place.postgres().join(format!("{UNFINISHED}{}", random_hex(6)?));
    run_initdb(place, identity, binaries, &unfinished)?;
    fs::rename(&unfinished, place.cluster()).map_err(Error::folder("name", &unfinished))?;
    Ok(password)
}

/// The file belongs to the servers' user, because `initdb` reads it; root can read it anyway.
fn write_password(
    place: &Place,
    identity: &Identity,
    password: &SecretString,
) -> Result<(), Error> {
    let path = password_file(place);
    let write = || {
        drop_if_there(fs::remove_file(&path))?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        writeln!(file, "{}", password.expose_secret())?;
        identity.give(&path)
    };
    write().map_err(Error::folder("write", &path))
}

fn run_initdb(
    place: &Place,
    identity: &Identity,
    binaries: &Binaries,
    into: &Path,
) -> Result<(), Error> {
    let log = place.file("initdb.log");
    let output = open_log(&log)?;
    let failed = |problem| Error::Start { product: Product::Postgres, problem, log: log.clone() };
    let mut command = binaries.command(identity, &binaries.folder().join("initdb"));
    command.current_dir(place.postgres()).arg("--pgdata").arg(into);
    command.args([
        "--no-sync",
        "--no-instructions",
        "--locale=C",
        "--encoding=UTF8",
        "--username",
        SUPERUSER,
    ]);
    command
        .args(["--auth-host=scram-sha-256", "--auth-local=trust"])
        .arg("--pwfile")
        .arg(password_file(place));
    command.stdout(output.try_clone().map_err(Error::folder("write", &log))?).stderr(output);
    let mut child = command
        .spawn()
        .map_err(|_error| failed("could not create its cluster: initdb did not start"))?;
    let mut status = None;
    wait_until(INITDB_LIMIT, || {
        status = child.try_wait().ok().flatten();
        status.is_some()
    });
    match status {
        Some(status) if status.success() => Ok(()),
        Some(_failure) => Err(failed("could not create its cluster: initdb failed")),
        None => {
            // Already reported as a failure; the folder it writes to is removed by the next
            // creation.
            let _killed = child.kill().and_then(|()| child.wait());
            Err(failed("could not create its cluster in three minutes"))
        }
    }
}

fn remove_unfinished(place: &Place) -> Result<(), Error> {
    let home = place.postgres();
    for entry in fs::read_dir(&home).map_err(Error::folder("list", &home))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            drop_if_there(fs::remove_dir_all(entry.path()))
                .map_err(Error::folder("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Stops servers of this folder that nobody owns any more: their owner and its guard were both
/// killed. Call only while holding the folder's lock.
pub(crate) fn stop_leftovers(place: &Place, progress: &mut dyn Progress) -> Result<(), Error> {
    let servers = [
        (Product::Postgres, place.cluster().join("postmaster.pid"), place.cluster(), POSTGRES_STOP),
        (Product::Redis, place.redis().join("redis.pid"), place.redis(), REDIS_STOP),
    ];
    for (product, pid_file, home, escalation) in servers {
        let Some(pid) = pid_in(&pid_file).filter(|pid| lives_in(*pid, &home)) else { continue };
        progress.step(Step::CleaningUp);
        if !end_resident(pid, &home, escalation) {
            return Err(Error::Stop { product, pid: number(pid) });
        }
    }
    stop_unfinished(place)
}

/// Ends what has no process id file yet: servers still starting and `initdb`, whose working folder
/// is their home.
fn stop_unfinished(place: &Place) -> Result<(), Error> {
    for (product, home) in [(Product::Postgres, place.postgres()), (Product::Redis, place.redis())]
    {
        if let (false, Some(pid)) =
            (clear_residents(&home, Duration::ZERO), residents(&home).first())
        {
            return Err(Error::Stop { product, pid: number(*pid) });
        }
    }
    Ok(())
}

/// After a crash the old process id stays in the cluster, and PostgreSQL refuses to start while any
/// process has that id, be it a stranger or a zombie nobody waits for. With /proc we know better:
/// once no process works in the cluster, nothing of the old server is left.
fn clear_stale_pid_file(place: &Place) -> Result<(), Error> {
    let pid_file = place.cluster().join("postmaster.pid");
    if !has_proc() || !pid_file.exists() {
        return Ok(());
    }
    if clear_residents(&place.cluster(), BACKENDS_LIMIT) {
        return drop_if_there(fs::remove_file(&pid_file))
            .map_err(Error::folder("remove", &pid_file));
    }
    let log = place.file("postgres.log");
    Err(Error::Start {
        product: Product::Postgres,
        problem: "left processes behind that do not end",
        log,
    })
}

/// Waits until the processes of a killed server are gone, so that the next start finds the cluster
/// free.
pub(crate) fn await_backends(place: &Place) -> bool {
    clear_residents(&place.cluster(), BACKENDS_LIMIT)
}

/// Removes the cluster: for the tests' throw-away services only.
pub(crate) fn discard(place: &Place) -> Result<(), Error> {
    let cluster = place.cluster();
    await_backends(place);
    drop_if_there(fs::remove_dir_all(&cluster)).map_err(Error::folder("remove", &cluster))
}
