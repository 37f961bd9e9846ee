//! Which of three layers a setting's value comes from: environment over file over default.
//!
//! A name that looks like ours and is not a setting stops the start, because a mistyped limit that
//! is silently ignored is worse than a process that says so. Values are parsed here, once.

use std::collections::BTreeMap;
use std::fmt;

use super::env::EnvSnapshot;
use super::error::ConfigError;
use super::file::{self, ConfigFile};
use super::real_query;
use super::settings::{ALL, Meta, Setting};

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The declared default.
    Default,
    /// The configuration file.
    File,
    /// The environment.
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "the configuration file",
            Self::Environment => "the environment",
        })
    }
}

/// The layers, their names checked.
pub(super) struct Layers<'a> {
    environment: &'a EnvSnapshot,
    file: BTreeMap<String, String>,
}

impl<'a> Layers<'a> {
    /// Refuses unknown names in both layers.
    pub(super) fn new(
        environment: &'a EnvSnapshot,
        file: Option<&ConfigFile>,
    ) -> Result<Self, ConfigError> {
        environment.names().try_for_each(check_name)?;
        let file = file.map(ConfigFile::values).transpose()?.unwrap_or_default();
        Ok(Self { environment, file })
    }

    /// The text that counts, and its origin.
    pub(super) fn text(&self, meta: &Meta) -> Result<Option<(String, Origin)>, ConfigError> {
        if let Some(text) = self.environment.get(meta.variable)? {
            return Ok(Some((text.to_owned(), Origin::Environment)));
        }
        let from_file = self.file.get(&meta.key()).map(|text| (text.clone(), Origin::File));
        Ok(from_file.or_else(|| meta.default.map(|text| (text.to_owned(), Origin::Default))))
    }

    /// The value of a setting that may be absent.
    pub(super) fn optional<T>(&self, setting: &Setting<T>) -> Result<Option<T>, ConfigError> {
        let meta = &setting.meta;
        let Some((text, origin)) = self.text(meta)? else { return Ok(None) };
        let invalid = || ConfigError::Invalid {
            variable: meta.variable,
            origin,
            value: (!meta.is_secret()).then(|| text.clone()),
            accepts: meta.accepts.to_string(),
        };
        setting.parser.parse(&text).map(Some).ok_or_else(invalid)
    }

    /// The value of a setting that has a default.
    pub(super) fn value<T>(&self, setting: &Setting<T>) -> Result<T, ConfigError> {
        let Meta { variable, meaning, .. } = setting.meta;
        self.optional(setting)?.ok_or(ConfigError::Missing { variable, meaning })
    }
}

fn known_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|meta| meta.variable).chain([file::VARIABLE, real_query::VARIABLE])
}

fn check_name(name: &str) -> Result<(), ConfigError> {
    if known_names().any(|known| known == name) {
        return Ok(());
    }
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix(super::env::PREFIX).unwrap_or(&upper);
    let nearest = nearest(&upper, known_names().map(str::to_owned))
        .or_else(|| nearest(bare, known_names().map(str::to_owned)));
    Err(ConfigError::UnknownVariable { name: name.to_owned(), nearest })
}

/// The candidate most like `name`, if one is near enough to be what was meant: at most a third of
/// the letters differ.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let distance = |known: &String| strsim::damerau_levenshtein(name, known);
    let best = candidates.min_by_key(distance)?;
    (distance(&best) * 3 <= best.len()).then_some(best)
}
