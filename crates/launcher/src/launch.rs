//! Brings a server process up on a port and watches it until it is ready.
//!
//! Decides which ports are tried and tells a taken port from any other failure. Ports lie below the
//! range from which the system gives ports to outgoing connections: a client that keeps trying a
//! stopped server's port could otherwise be given that very port and keep the server from coming
//! back.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::error::Error;
use crate::files::{open_log, random_number};
use crate::find::Product;
use crate::process::wait_until;
use crate::server::Running;

/// How often a start is tried on another port when the chosen one was taken in between.
const ATTEMPTS: u32 = 5;
/// Linux gives outgoing connections ports from 32768 on, macOS from 49152 on.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// Why a server did not come up on a port.
#[derive(Debug)]
pub(crate) enum StartFailure {
    /// Another program holds the port.
    PortTaken,
    /// Anything else.
    Other(Error),
}

impl From<Error> for StartFailure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// A TCP port of 127.0.0.1 that is free at this moment. Another process may take it before the
/// server does.
pub(crate) fn free_port() -> Result<u16, Error> {
    for _ in 0..200 {
        let port = FIRST_PORT + random_number()? % PORTS;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    any_port().map_err(Error::folder("listen on", Path::new("127.0.0.1")))
}

fn any_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Starts on `port` if one is given, else on free ports until one works.
pub(crate) fn on_some_port(
    product: Product,
    port: Option<u16>,
    mut start: impl FnMut(u16) -> Result<Running, StartFailure>,
) -> Result<(u16, Running), Error> {
    let mut last = 0;
    for _ in 0..if port.is_some() { 1 } else { ATTEMPTS } {
        last = port.map_or_else(free_port, Ok)?;
        match start(last) {
            Ok(running) => return Ok((last, running)),
            Err(StartFailure::PortTaken) => {}
            Err(StartFailure::Other(error)) => return Err(error),
        }
    }
    Err(Error::PortTaken { product, port: last })
}

/// Starts `command`, its output appended to `log`, and waits until `ready` (asked with the process
/// id) says so.
pub(crate) fn launch(
    product: Product,
    mut command: Command,
    log: &Path,
    limit: Duration,
    mut ready: impl FnMut(u32) -> bool,
) -> Result<Running, StartFailure> {
    let failed = |problem| Error::Start { product, problem, log: log.to_path_buf() };
    let output = open_log(log)?;
    let before = output.metadata().map_err(Error::folder("read", log))?.len();
    let errors = output.try_clone().map_err(Error::folder("write", log))?;
    let child = command
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|_error| failed("could not be started"))?;
    let mut running = Running::new(child, product);
    let (mut alive, mut is_ready) = (true, false);
    wait_until(limit, || {
        alive = running.is_alive();
        is_ready = alive && running.pid().is_some_and(&mut ready);
        !alive || is_ready
    });
    match (alive, is_ready) {
        (true, true) => Ok(running),
        (true, false) => Err(failed("did not become ready in time").into()),
        (false, _) if says_port_taken(log, before) => Err(StartFailure::PortTaken),
        (false, _) => Err(failed("ended while starting").into()),
    }
}

/// Whether the log, from byte `start` on, complains about an address in use. The words are stable:
/// the locale is C.
fn says_port_taken(log: &Path, start: u64) -> bool {
    let read = || {
        let mut file = File::open(log)?;
        file.seek(SeekFrom::Start(start))?;
        let mut text = Vec::new();
        file.take(64 * 1024).read_to_end(&mut text)?;
        io::Result::Ok(text)
    };
    read().is_ok_and(|text| String::from_utf8_lossy(&text).contains("Address already in use"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_taken_port_is_tried_again_elsewhere_unless_it_was_asked_for() {
        let mut tried = Vec::new();
        let taken = |port: u16| {
            tried.push(port);
            Err(StartFailure::PortTaken)
        };
        let error = on_some_port(Product::Redis, None, taken).unwrap_err();
        assert_eq!(tried.len(), 5);
        assert!(
            tried.iter().all(|port| (FIRST_PORT..FIRST_PORT + PORTS).contains(port)),
            "{tried:?}"
        );
        assert!(matches!(error, Error::PortTaken { port, .. } if port == tried[4]), "{error}");
        let mut count = 0;
        let error = on_some_port(Product::Redis, Some(7), |_port| {
            count += 1;
            Err(StartFailure::PortTaken)
        });
        assert!(matches!(error, Err(Error::PortTaken { port: 7, .. })));
        assert_eq!(count, 1);
    }

    #[test]
    fn how_a_start_failed_is_read_from_this_start_only() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let limit = Duration::from_secs(10);
        let taken = launch(
            Product::Redis,
            shell("echo 'bind: Address already in use'"),
            &log,
            limit,
            |_pid| false,
        );
        assert!(matches!(taken, Err(StartFailure::PortTaken)), "{taken:?}");
        let other = launch(Product::Redis, shell("exit 3"), &log, limit, |_pid| false);
        assert!(
            matches!(
                other,
                Err(StartFailure::Other(Error::Start { problem: "ended while starting", .. }))
            ),
            "{other:?}"
        );
        assert_eq!(fs::read_to_string(&log).unwrap(), "bind: Address already in use\n");
    }

    #[test]
    fn a_server_that_is_never_ready_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut pid = 0;
        let late = launch(
            Product::Redis,
            shell("exec sleep 60"),
            &log,
            Duration::from_millis(50),
            |child| {
                pid = child;
                false
            },
        );
        assert!(matches!(late, Err(StartFailure::Other(Error::Start { .. }))), "{late:?}");
        assert!(!Path::new(&format!("/proc/{pid}/cwd")).exists());
    }
}
