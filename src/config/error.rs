//! Why a configuration is refused, in sentences for the operator who starts the process.
//!
//! Each names the setting, where its value came from and what is accepted. A secret's value never
//! enters an error, nor does a line of the configuration file, which may hold one by mistake.

use std::path::PathBuf;

use super::layers::Origin;

/// A configuration that the process does not start with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An environment variable begins with `AUTOPILOT_` and is not a setting.
    #[error("the environment variable {name} is not a setting{}; see docs/runtime-flags.md", hint(.nearest))]
    UnknownVariable {
        /// The name as it was set.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// A variable of ours holds bytes that are not text.
    #[error("the environment variable {name} is not valid UTF-8; set it to plain text")]
    NotText {
        /// The variable.
        name: String,
    },
    /// The configuration file could not be read.
    #[error("the configuration file {} cannot be read ({reason}); name a readable file with --config or AUTOPILOT_CONFIG", .path.display())]
    FileUnreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: String,
    },
    /// The configuration file is not TOML.
    #[error("the configuration file {} is not valid TOML at line {line}: {reason}", .path.display())]
    FileMalformed {
        /// The file.
        path: PathBuf,
        /// Line of the fault, from 1.
        line: usize,
        /// The parser's reason, without the text of the file.
        reason: String,
    },
    /// A key of the configuration file is not a setting.
    #[error("the key {key} in {} is not a setting{}; see docs/runtime-flags.md", .path.display(), hint(.nearest))]
    UnknownKey {
        /// The key as it stands in the file.
        key: String,
        /// The file.
        path: PathBuf,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A secret or a security switch stands in the configuration file.
    #[error("the key {key} in {} is refused: secrets and security switches are read from the environment only; remove it from the file and set the environment variable {variable}", .path.display())]
    EnvironmentOnly {
        /// The key as it stands in the file.
        key: String,
        /// The file.
        path: PathBuf,
        /// The variable to set instead.
        variable: &'static str,
    },
    /// A value is outside what the setting accepts.
    #[error("{variable} from {origin} is refused{}: it takes {accepts}", quoted(.value))]
    Invalid {
        /// The setting's variable.
        variable: &'static str,
        /// Where the value came from.
        origin: Origin,
        /// The value; absent for secrets.
        value: Option<String>,
        /// What the setting takes.
        accepts: String,
    },
    /// The command needs a setting that has no value.
    #[error("{variable} is not set and this command needs it: {meaning}")]
    Missing {
        /// The setting's variable.
        variable: &'static str,
        /// What the setting is for.
        meaning: &'static str,
    },
    /// Two settings contradict each other.
    #[error("{first} and {second} contradict each other: {rule}")]
    Contradiction {
        /// One variable.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// What has to hold between them.
        rule: &'static str,
    },
    /// The setting belongs to the simulator, which this binary was built without.
    #[error(
        "{variable} is set, but this binary was built without the warehouse simulator; unset it, or use a build with the feature `sandbox`"
    )]
    NoSandbox {
        /// The setting's variable.
        variable: &'static str,
    },
    /// The real-query flag is not in the environment.
    #[error(
        "ALLOW_REAL_QUERY_EXECUTION is not set; set it to `true` (queries may run on real warehouses) or `false` (only on the simulator), see docs/runtime-flags.md"
    )]
    RealQueryUnset,
    /// The real-query flag has a third value.
    #[error(
        "ALLOW_REAL_QUERY_EXECUTION is set to {value:?}, which is neither `true` nor `false`; write one of the two exactly so, see docs/runtime-flags.md"
    )]
    RealQueryInvalid {
        /// The value as it was set.
        value: String,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(" (did you mean {name}?)"))
}

fn quoted(value: &Option<String>) -> String {
    value.as_ref().map_or_else(String::new, |value| format!(" ({value:?})"))
}
