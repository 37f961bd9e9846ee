//! The optional TOML file: found, read and flattened into texts.
//!
//! It decides nothing about values. A key that is not a setting, or one that may only stand in the
//! environment, is refused by name. No line of the file enters an error message.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::env::EnvSnapshot;
use super::error::ConfigError;
use super::layers::nearest;
use super::settings::{ALL, Meta, Place};

/// The variable that names the file when `--config` does not.
pub(super) const VARIABLE: &str = "AUTOPILOT_CONFIG";

/// A configuration file as it was read.
#[derive(Clone)]
pub struct ConfigFile {
    path: PathBuf,
    text: String,
}

impl ConfigFile {
    /// A file of this path and content.
    #[must_use]
    pub const fn new(path: PathBuf, text: String) -> Self {
        Self { path, text }
    }

    /// Reads the file that `--config` or else `AUTOPILOT_CONFIG` names; nothing when neither does.
    ///
    /// # Errors
    /// [`ConfigError::FileUnreadable`] with the operating system's reason.
    pub fn locate(
        option: Option<&Path>,
        environment: &EnvSnapshot,
    ) -> Result<Option<Self>, ConfigError> {
        let variable = environment.get(VARIABLE)?.map(PathBuf::from);
        option.map(Path::to_path_buf).or(variable).map(Self::read).transpose()
    }

    fn read(path: PathBuf) -> Result<Self, ConfigError> {
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(error) => Err(ConfigError::FileUnreadable { path, reason: error.to_string() }),
        }
    }

    /// The values by key, each as the text the environment would hold.
    pub(super) fn values(&self) -> Result<BTreeMap<String, String>, ConfigError> {
        let table: toml::Table = self.text.parse().map_err(|error| self.malformed(&error))?;
        let mut values = BTreeMap::new();
        for (key, value) in table {
            let meta = self.setting(&key)?;
            values.insert(key, self.text_of(meta, &value)?);
        }
        Ok(values)
    }

    fn setting(&self, key: &str) -> Result<&'static Meta, ConfigError> {
        let path = || self.path.clone();
        let Some(meta) = ALL.iter().find(|meta| meta.key() == key) else {
            if key.eq_ignore_ascii_case(super::real_query::VARIABLE) {
                let (key, variable) = (key.to_owned(), super::real_query::VARIABLE);
                return Err(ConfigError::EnvironmentOnly { key, path: path(), variable });
            }
            let nearest = nearest(key, ALL.iter().map(|meta| meta.key()));
            return Err(ConfigError::UnknownKey { key: key.to_owned(), path: path(), nearest });
        };
        match meta.place {
            Place::Anywhere => Ok(meta),
            Place::Environment | Place::Secret => Err(ConfigError::EnvironmentOnly {
                key: key.to_owned(),
                path: path(),
                variable: meta.variable,
            }),
        }
    }

    fn text_of(&self, meta: &'static Meta, value: &toml::Value) -> Result<String, ConfigError> {
        match value {
            toml::Value::String(text) => Ok(text.clone()),
            toml::Value::Integer(number) => Ok(number.to_string()),
            toml::Value::Float(number) => Ok(number.to_string()),
            toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => Err(ConfigError::Invalid {
                variable: meta.variable,
                origin: super::layers::Origin::File,
                value: Some(value.type_str().to_owned()),
                accepts: meta.accepts.to_string(),
            }),
        }
    }

    fn malformed(&self, error: &toml::de::Error) -> ConfigError {
        let before = error.span().and_then(|span| self.text.get(..span.start)).unwrap_or("");
        ConfigError::FileMalformed {
            path: self.path.clone(),
            line: before.matches('\n').count() + 1,
            reason: error.message().to_owned(),
        }
    }
}

impl std::fmt::Debug for ConfigFile {
    /// The path only: the text may hold a secret by mistake.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ConfigFile").field(&self.path).finish()
    }
}
