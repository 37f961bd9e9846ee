//! The file through which processes that share services learn how to connect.
//!
//! It holds passwords, so it is private to its owner, and it is replaced in one step, so no reader
//! sees half of it. A file of another layout counts as absent: the services are then started
//! afresh.

use std::fs;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files::{drop_if_there, replace_private};
use crate::params::{HOST, PostgresParams, RedisParams, SUPERUSER};
use crate::place::Place;

/// Raised when the layout changes.
const LAYOUT: u32 = 1;
const NAME: &str = "state.json";

/// How to reach the shared services.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) postgres: PostgresParams,
    pub(crate) redis: RedisParams,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    layout: u32,
    postgres_port: u16,
    postgres_password: String,
    postgres_major: u32,
    postgres_socket: Option<PathBuf>,
    postgres_binaries: PathBuf,
    redis_port: u16,
    redis_password: String,
}

impl State {
    /// The state of running or crashed services, if there is any.
    pub(crate) fn read(place: &Place) -> Option<Self> {
        let text = fs::read_to_string(place.file(NAME)).ok()?;
        let disk: OnDisk =
            serde_json::from_str(&text).ok().filter(|disk: &OnDisk| disk.layout == LAYOUT)?;
        let postgres = PostgresParams {
            host: HOST.to_owned(),
            port: disk.postgres_port,
            user: SUPERUSER.to_owned(),
            password: SecretString::from(disk.postgres_password),
            socket_dir: disk.postgres_socket,
            major: disk.postgres_major,
            bin_dir: disk.postgres_binaries,
        };
        let password = SecretString::from(disk.redis_password);
        Some(Self {
            postgres,
            redis: RedisParams { host: HOST.to_owned(), port: disk.redis_port, password },
        })
    }

    /// Publishes the state.
    pub(crate) fn write(&self, place: &Place) -> Result<(), Error> {
        let disk = OnDisk {
            layout: LAYOUT,
            postgres_port: self.postgres.port,
            postgres_password: self.postgres.password.expose_secret().to_owned(),
            postgres_major: self.postgres.major,
            postgres_socket: self.postgres.socket_dir.clone(),
            postgres_binaries: self.postgres.bin_dir.clone(),
            redis_port: self.redis.port,
            redis_password: self.redis.password.expose_secret().to_owned(),
        };
        let path = place.file(NAME);
        let text = serde_json::to_string_pretty(&disk)
            .map_err(|error| Error::folder("write", &path)(error.into()))?;
        replace_private(&path, &text)
    }

    /// Withdraws the state.
    pub(crate) fn remove(place: &Place) -> Result<(), Error> {
        let path = place.file(NAME);
        drop_if_there(fs::remove_file(&path)).map_err(Error::folder("remove", &path))
    }
}
