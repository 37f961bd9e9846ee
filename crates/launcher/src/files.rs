//! Small file operations shared by the other modules: private files, atomic replacement, random
//! secrets.
//!
//! Every file written here is readable by its owner alone. Nothing here follows a path into a
//! folder that a less privileged user can write.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::error::Error;

/// Replaces `path` with `text` in one step: a reader sees the old content or the new, never half.
/// Mode 0600.
pub(crate) fn replace_private(path: &Path, text: &str) -> Result<(), Error> {
    let staged = path.with_extension(format!("new-{}", std::process::id()));
    let write = || -> io::Result<()> {
        drop_if_there(fs::remove_file(&staged))?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&staged, path)
    };
    write().map_err(Error::folder("write", path))
}

/// Opens `path` for appending, created with mode 0600.
pub(crate) fn open_log(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::folder("write", path))
}

/// Opens the lock file at `path`, created with mode 0600 and never truncated.
pub(crate) fn open_lock(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(Error::folder("open", path))
}

/// Success also when the thing to remove was not there.
pub(crate) fn drop_if_there(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A password of 192 random bits in hexadecimal, safe in URLs and configuration files.
pub(crate) fn random_password() -> Result<SecretString, Error> {
    random_hex(24).map(SecretString::from)
}

/// `bytes` random bytes, in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> Result<String, Error> {
    let mut buffer = vec![0_u8; bytes];
    fill_random(&mut buffer)?;
    Ok(hex::encode(buffer))
}

/// A random number.
pub(crate) fn random_number() -> Result<u16, Error> {
    let mut buffer = [0_u8; 2];
    fill_random(&mut buffer)?;
    Ok(u16::from_le_bytes(buffer))
}

/// Fills `buffer` from the operating system's generator.
fn fill_random(buffer: &mut [u8]) -> Result<(), Error> {
    let path = Path::new("/dev/urandom");
    let read = File::open(path).and_then(|mut source| source.read_exact(buffer));
    read.map_err(Error::folder("read", path))
}

/// A short name that is always the same for the same path (64 bits of its SHA-256).
pub(crate) fn short_name_of(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
