//! The process environment, taken once.
//!
//! [`snapshot`] is the only place of the product that reads the environment. Everything else gets
//! the snapshot, which a test builds from pairs. Only our own variables are kept, so that nothing
//! else an operator exported can end up in a report. It never writes the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::error::ConfigError;
use super::real_query::VARIABLE as REAL_QUERY;

/// What every variable of the product but [`REAL_QUERY`] begins with.
pub const PREFIX: &str = "AUTOPILOT_";

/// Our variables as they stood when the process started.
///
/// Debug shows names only, because values may be secrets.
#[derive(Clone, Default)]
pub struct EnvSnapshot {
    variables: BTreeMap<String, OsString>,
}

impl EnvSnapshot {
    /// A snapshot of these variables; those that are not ours are dropped.
    pub fn of<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let ours = |(name, value): (N, V)| {
            let name = name.into().to_string_lossy().into_owned();
            is_ours(&name).then(|| (name, value.into()))
        };
        Self { variables: pairs.into_iter().filter_map(ours).collect() }
    }

    /// The variable's value; absent when it is not set.
    ///
    /// # Errors
    /// [`ConfigError::NotText`] when the value is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<&str>, ConfigError> {
        let Some(value) = self.variables.get(name) else { return Ok(None) };
        let not_text = || ConfigError::NotText { name: name.to_owned() };
        value.to_str().map(Some).ok_or_else(not_text)
    }

    /// The names that are set, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }
}

impl std::fmt::Debug for EnvSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Upper and lower case alike, so that `autopilot_listen` is seen and refused rather than ignored.
fn is_ours(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.starts_with(PREFIX) || upper == REAL_QUERY
}

/// Takes the environment of this process.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn snapshot() -> EnvSnapshot {
    EnvSnapshot::of(std::env::vars_os())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_variables_are_kept_and_debug_shows_no_value() {
        let snapshot = EnvSnapshot::of([
            ("AUTOPILOT_DATABASE_URL", "postgres://canary-secret@h/d"),
            ("autopilot_listen", "x"),
            (REAL_QUERY, "false"),
            ("HOME", "somewhere"),
        ]);
        let names: Vec<&str> = snapshot.names().collect();
        assert_eq!(names, [REAL_QUERY, "AUTOPILOT_DATABASE_URL", "autopilot_listen"]);
        assert!(!format!("{snapshot:?}").contains("canary"));
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_text_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let snapshot = EnvSnapshot::of([("AUTOPILOT_LISTEN", OsString::from_vec(vec![0xff]))]);
        assert_eq!(
            snapshot.get("AUTOPILOT_LISTEN"),
            Err(ConfigError::NotText { name: "AUTOPILOT_LISTEN".to_owned() })
        );
        assert_eq!(snapshot.get("AUTOPILOT_CONFIG"), Ok(None));
    }
}
