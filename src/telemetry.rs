//! Log lines: their layout, their level, and where they go.
//!
//! Standard error only; standard output belongs to what a command prints. Fields never hold secrets,
//! SQL texts of failures or row values; that is the duty of whoever logs.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// Sets the process's logging up; a second call changes nothing.
pub fn init(log: &Log) {
    let filter = EnvFilter::new(format!(
        "{},sqlparser=warn,hyper=warn,h2=warn,tokio_postgres=warn",
        log.level
    ));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second initialisation is refused by the library, which is what is wanted here.
    let _already_set = match log.format {
        LogFormat::Json => builder.json().finish().try_init(),
        LogFormat::Text => builder.finish().try_init(),
    };
}
