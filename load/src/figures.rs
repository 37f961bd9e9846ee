//! What is measured, and the limits it is held against.
//! A limit that is missed is named with both figures.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One run's figures; times in microseconds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// One read on a pooled connection.
    pub(crate) bare_read_us: f64,
    /// The same read through the tenant door.
    pub(crate) tenant_transaction_us: f64,
    /// One INSERT, committed.
    pub(crate) bare_insert_us: f64,
    /// A step's commit.
    pub(crate) step_commit_us: f64,
    /// Workflows of six steps, one after another.
    pub(crate) six_step_workflows_per_second: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tenant, step) = self.ratios();
        writeln!(f, "bare read            {:>9.0} us", self.bare_read_us)?;
        writeln!(f, "tenant transaction   {:>9.0} us  {tenant:.1} x", self.tenant_transaction_us)?;
        writeln!(f, "bare insert          {:>9.0} us", self.bare_insert_us)?;
        writeln!(f, "step commit          {:>9.0} us  {step:.1} x", self.step_commit_us)?;
        write!(f, "six-step workflows   {:>9.1} /s", self.six_step_workflows_per_second)
    }
}

impl Figures {
    fn ratios(&self) -> (f64, f64) {
        (self.tenant_transaction_us / self.bare_read_us, self.step_commit_us / self.bare_insert_us)
    }
}

/// One measured value; its unit is part of its name.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    /// Whether load/thresholds.toml has a limit for it.
    limited: bool,
}

impl Figure {
    /// A figure that only informs.
    pub(crate) fn new(name: &str, value: f64) -> Self {
        Self { name: name.to_owned(), value, limited: false }
    }

    /// A figure that may be at most what load/thresholds.toml says under its name.
    pub(crate) fn limited(name: &str, value: f64) -> Self {
        Self { name: name.to_owned(), value, limited: true }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<40} {:>12.2}", self.name, self.value)
    }
}

/// The limits of the edge's figures, by name.
#[derive(Debug, Deserialize)]
pub(crate) struct EdgeLimits {
    edge: BTreeMap<String, f64>,
}

impl EdgeLimits {
    /// The committed ones.
    pub(crate) fn committed() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../thresholds.toml"))
    }

    /// The limits that the figures miss, as sentences; a figure that has none of its name misses it.
    pub(crate) fn missed(&self, figures: &[Figure]) -> Vec<String> {
        let limited = figures.iter().filter(|figure| figure.limited);
        limited
            .filter_map(|Figure { name, value, .. }| match self.edge.get(name) {
                Some(limit) if value <= limit => None,
                Some(limit) => Some(format!("{name} is {value:.2}, at most {limit:.2} is allowed")),
                None => Some(format!("{name} has no limit")),
            })
            .collect()
    }
}

/// Of load/thresholds.toml what this program is held to; the other tables are other programs'.
#[derive(Debug, Deserialize)]
struct Tables {
    store: Thresholds,
}

/// The limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thresholds {
    tenant_transaction_over_bare_read: f64,
    step_commit_over_bare_insert: f64,
    six_step_workflows_per_second: f64,
}

impl Thresholds {
    /// The committed ones.
    pub(crate) fn committed() -> Result<Self, toml::de::Error> {
        toml::from_str::<Tables>(include_str!("../thresholds.toml")).map(|tables| tables.store)
    }

    /// The limits that the figures miss, as sentences.
    pub(crate) fn missed(&self, figures: &Figures) -> Vec<String> {
        let (tenant, step) = figures.ratios();
        let mut missed = Vec::new();
        let mut at_most = |name: &str, value: f64, limit: f64| {
            // Written so that a figure that is no number is a miss.
            if value.is_nan() || value > limit {
                missed.push(format!("{name} is {value:.2}, at most {limit:.2} is allowed"));
            }
        };
        at_most(
            "tenant transaction over bare read",
            tenant,
            self.tenant_transaction_over_bare_read,
        );
        at_most("step commit over bare insert", step, self.step_commit_over_bare_insert);
        at_most(
            "six-step workflows (limit over measured)",
            self.six_step_workflows_per_second / figures.six_step_workflows_per_second,
            1.0,
        );
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(tenant: f64, per_second: f64) -> Figures {
        Figures {
            bare_read_us: 100.0,
            tenant_transaction_us: tenant,
            bare_insert_us: 100.0,
            step_commit_us: 300.0,
            six_step_workflows_per_second: per_second,
        }
    }

    #[test]
    fn the_committed_limits_parse_and_a_missed_one_is_named() {
        let limits = Thresholds::committed().unwrap();
        assert!(limits.missed(&figures(300.0, 50.0)).is_empty());
        assert!(
            limits
                .missed(&figures(100_000.0, 50.0))
                .iter()
                .any(|line| line.starts_with("tenant transaction"))
        );
        assert_eq!(limits.missed(&figures(300.0, 0.1)).len(), 1);
        assert_eq!(limits.missed(&figures(f64::NAN, 50.0)).len(), 1);
        let slow = Figures { step_commit_us: 100_000.0, ..figures(300.0, 50.0) };
        assert!(limits.missed(&slow).iter().any(|line| line.starts_with("step commit")));
    }

    #[test]
    fn a_figure_above_its_limit_without_one_or_without_a_value_is_a_miss() {
        let limits = EdgeLimits::committed().unwrap();
        let missed = |name: &str, value: f64| limits.missed(&[Figure::limited(name, value)]).len();
        assert_eq!(missed("get_over_select", 1.0), 0);
        assert_eq!(missed("get_over_select", 1_000.0), 1);
        assert_eq!(missed("get_over_select", f64::NAN), 1);
        assert_eq!(missed("no_such_figure", 1.0), 1);
        assert!(limits.missed(&[Figure::new("no_such_figure", 1.0)]).is_empty());
    }
}
