//! The configuration as an operator meets it: what is accepted, what is refused and in which words.
//!
//! All over [`EnvSnapshot`]s built here; no test reads or changes the process environment.

mod documentation;
mod names;
mod secrets;
mod values;

use std::path::PathBuf;

use autopilot::config::{Config, ConfigError, ConfigFile, EnvSnapshot, Meta, Place, SETTINGS};

fn environment(pairs: &[(&str, &str)]) -> EnvSnapshot {
    EnvSnapshot::of(pairs.iter().copied())
}

fn file(text: &str) -> ConfigFile {
    ConfigFile::new(PathBuf::from("autopilot.toml"), text.to_owned())
}

fn load_environment(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(&environment(pairs), None)
}

fn load_file(text: &str) -> Result<Config, ConfigError> {
    Config::load(&EnvSnapshot::default(), Some(&file(text)))
}

/// The settings this build accepts: the simulator's only where it is built in.
fn available() -> impl Iterator<Item = &'static &'static Meta> {
    SETTINGS.iter().filter(|meta| cfg!(feature = "sandbox") || meta.place != Place::Environment)
}

/// A setting that is only accepted together with another one.
fn companion(variable: &str) -> Option<(&'static str, &'static str)> {
    match variable {
        "AUTOPILOT_SANDBOX_ENDPOINT" => Some(("AUTOPILOT_SANDBOX_KEY_FILE", "companion.json")),
        "AUTOPILOT_SANDBOX_KEY_FILE" => {
            Some(("AUTOPILOT_SANDBOX_ENDPOINT", "http://127.0.0.1:4242"))
        }
        _ => None,
    }
}
