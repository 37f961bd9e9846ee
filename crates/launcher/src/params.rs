//! What a caller needs to connect: addresses and passwords of the private services.
//!
//! Passwords are `SecretString`s, so that printing these values for debugging shows none.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

/// The address both services listen on; nothing outside this machine can reach it.
pub(crate) const HOST: &str = "127.0.0.1";

/// The superuser of the private cluster.
pub(crate) const SUPERUSER: &str = "autopilot_super";

/// How to reach the private PostgreSQL as its superuser.
#[derive(Debug, Clone)]
pub struct PostgresParams {
    /// Always `127.0.0.1`.
    pub host: String,
    /// TCP port. It stays the same over restarts, but not over a new start of the same folder.
    pub port: u16,
    /// The superuser's name.
    pub user: String,
    /// The superuser's password (SCRAM-SHA-256).
    pub password: SecretString,
    /// Folder of the Unix socket, when its path is short enough for one. Only the servers' user and
    /// root can enter it.
    pub socket_dir: Option<PathBuf>,
    /// Major version of the server.
    pub major: u32,
    /// Folder of the binaries in use; `psql` and `pg_dump` are not in every one.
    pub bin_dir: PathBuf,
}

impl PostgresParams {
    /// `postgresql://user:password@host:port/database`. The database name is taken as it is: keep
    /// it to letters, digits and underscores.
    #[must_use]
    pub fn url(&self, database: &str) -> SecretString {
        let password = self.password.expose_secret();
        SecretString::from(format!(
            "postgresql://{}:{password}@{}:{}/{database}",
            self.user, self.host, self.port
        ))
    }
}

/// How to reach the private Redis (or Valkey).
#[derive(Debug, Clone)]
pub struct RedisParams {
    /// Always `127.0.0.1`.
    pub host: String,
    /// TCP port. It stays the same over restarts, but not over a new start of the same folder.
    pub port: u16,
    /// The password of the default user.
    pub password: SecretString,
}

impl RedisParams {
    /// `redis://:password@host:port/`.
    #[must_use]
    pub fn url(&self) -> SecretString {
        SecretString::from(format!(
            "redis://:{}@{}:{}/",
            self.password.expose_secret(),
            self.host,
            self.port
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_password() {
        let redis =
            RedisParams { host: HOST.to_owned(), port: 1, password: SecretString::from("canary") };
        assert!(!format!("{redis:?}").contains("canary"));
        assert_eq!(redis.url().expose_secret(), "redis://:canary@127.0.0.1:1/");
    }
}
