//! Starts a private PostgreSQL and Redis, prints how to connect, and runs until its standard input
//! ends.
//!
//! `cargo run -p autopilot-launcher --example up -- DATA_DIR [fast]`, stopped with Ctrl-D or
//! Ctrl-C. It prints passwords, so it is an example and not a tool.

use std::error::Error;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use autopilot_launcher::{Durability, Options, Services, terminal_progress};
use secrecy::ExposeSecret;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().map(PathBuf::from).ok_or("usage: up DATA_DIR [fast]")?;
    let mut options = Options::durable(folder);
    if arguments.next().is_some_and(|word| word == "fast") {
        options.durability = Durability::Fast;
    }
    let services = Services::start(&options, &mut terminal_progress())?;
    println!("folder {}", services.folder().display());
    println!("postgres {}", services.postgres.params().url("postgres").expose_secret());
    println!("redis {}", services.redis.params().url().expose_secret());
    println!("pids {:?} {:?}", services.postgres.pid(), services.redis.pid());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    services.stop()?;
    Ok(())
}
