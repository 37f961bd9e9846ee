//! The switch that lets queries reach a real warehouse.
//!
//! It has two values and no default: an operator says which, or `serve` does not start. It is read
//! from the environment only and is no part of [`super::Config`], so that no file can turn it on and
//! commands that run no query never ask for it.

use super::env::EnvSnapshot;
use super::error::ConfigError;

/// The variable, without the product's prefix.
pub const VARIABLE: &str = "ALLOW_REAL_QUERY_EXECUTION";

/// Whether queries may run on real warehouses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealQueryExecution {
    /// On real warehouses and on the simulator.
    Allowed,
    /// On the simulator only.
    Forbidden,
}

impl RealQueryExecution {
    /// Reads the flag.
    ///
    /// # Errors
    /// [`ConfigError::RealQueryUnset`] when it is absent, [`ConfigError::RealQueryInvalid`] for
    /// anything but `true` and `false`, case included.
    pub fn required(environment: &EnvSnapshot) -> Result<Self, ConfigError> {
        match environment.get(VARIABLE)? {
            Some("true") => Ok(Self::Allowed),
            Some("false") => Ok(Self::Forbidden),
            Some(other) => Err(ConfigError::RealQueryInvalid { value: other.to_owned() }),
            None => Err(ConfigError::RealQueryUnset),
        }
    }

    /// The value as the variable spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "true",
            Self::Forbidden => "false",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<RealQueryExecution, ConfigError> {
        RealQueryExecution::required(&EnvSnapshot::of([(VARIABLE, value)]))
    }

    #[test]
    fn exactly_two_values_are_accepted() {
        assert_eq!(read("true"), Ok(RealQueryExecution::Allowed));
        assert_eq!(read("false"), Ok(RealQueryExecution::Forbidden));
        for value in ["", "TRUE", "False", "1", "0", "yes", "no", " true", "true ", "true\n"] {
            assert_eq!(
                read(value),
                Err(ConfigError::RealQueryInvalid { value: value.to_owned() }),
                "{value:?}"
            );
        }
    }

    #[test]
    fn unset_is_refused_with_the_name_both_values_and_the_page() {
        let error = RealQueryExecution::required(&EnvSnapshot::default()).unwrap_err();
        assert_eq!(error, ConfigError::RealQueryUnset);
        let sentence = error.to_string();
        for part in [VARIABLE, "`true`", "`false`", "docs/runtime-flags.md"] {
            assert!(sentence.contains(part), "{part} is missing in: {sentence}");
        }
    }

    #[test]
    fn a_lower_case_name_does_not_count() {
        let snapshot = EnvSnapshot::of([("allow_real_query_execution", "true")]);
        assert_eq!(RealQueryExecution::required(&snapshot), Err(ConfigError::RealQueryUnset));
    }
}
