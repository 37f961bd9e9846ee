//! Log lines: their layout, their level, where they go, and what never stands in them.
//!
//! Standard error only; standard output belongs to what a command prints. Fields never hold secrets,
//! SQL texts of failures or row values: that is the duty of whoever logs, and every line passes the
//! redaction all the same, with panics and upstream texts in it.

pub mod metrics;
pub mod redact;

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// Sets the process's logging up, panics included; a second call changes nothing.
pub fn init(log: &Log) {
    let subscriber = subscriber(log.format, log.level, io::stderr);
    // A second initialisation is refused by the library, which is what is wanted here.
    if tracing::Dispatch::from(subscriber).try_init().is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// What writes log lines of this layout, redacted, to `writer`.
pub fn subscriber<W>(
    format: LogFormat,
    level: tracing::Level,
    writer: W,
) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter =
        EnvFilter::new(format!("{level},sqlparser=warn,hyper=warn,h2=warn,tokio_postgres=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Redacting(writer));
    match format {
        LogFormat::Json => Box::new(builder.json().finish()),
        LogFormat::Text => Box::new(builder.finish()),
    }
}

/// A panic is a log line like any other: with its place, and without known forms of secrets.
pub fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, text = text.unwrap_or("(no text)"), "a panic");
}

/// Writers whose lines pass the redaction.
struct Redacting<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Redacting<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { to: self.0.make_writer(), held: Vec::new() }
    }
}

/// One event's text: held until it is whole, so that nothing hides across two writes.
struct Line<W: Write> {
    to: W,
    held: Vec<u8>,
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.to.write_all(redact::mask(&String::from_utf8_lossy(&held)).as_bytes())?;
        self.to.flush()
    }
}

impl<W: Write> Drop for Line<W> {
    fn drop(&mut self) {
        if !self.held.is_empty() {
            // There is nowhere left to report it to.
            let _lost = self.flush();
        }
    }
}
