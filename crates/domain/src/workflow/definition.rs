//! What a workflow is made of: named steps in an order that respects their dependencies.
//!
//! A definition is checked once when it is built; everything behind it may rely on unique names and
//! on every dependency standing earlier in the list. It knows nothing about how a step does its work.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::StepName;

/// The kinds of workflow a tenant can start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowKind {
    /// Learn the warehouse: tables, columns, statistics, PII.
    ProfileWarehouse,
    /// Build or rebuild the dashboards.
    GenerateDashboards,
    /// Write the weekly memo.
    GenerateMemo,
    /// Answer one question.
    AnswerQuestion,
    /// Run one query that a person wrote.
    RunQuery,
    /// Price one query that a person wrote, without running it.
    EstimateQuery,
}

impl WorkflowKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::ProfileWarehouse,
        Self::GenerateDashboards,
        Self::GenerateMemo,
        Self::AnswerQuestion,
        Self::RunQuery,
        Self::EstimateQuery,
    ];

    /// The kind as it is stored and written in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProfileWarehouse => "profile_warehouse",
            Self::GenerateDashboards => "generate_dashboards",
            Self::GenerateMemo => "generate_memo",
            Self::AnswerQuestion => "answer_question",
            Self::RunQuery => "run_query",
            Self::EstimateQuery => "estimate_query",
        }
    }
}

impl fmt::Display for WorkflowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text names no workflow kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a workflow kind; known are profile_warehouse, generate_dashboards, generate_memo, answer_question, run_query and estimate_query"
)]
pub struct UnknownKind;

impl FromStr for WorkflowKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// One step of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDef {
    /// Unique within the definition.
    pub name: StepName,
    /// Steps whose outputs this one reads; all stand earlier in the definition.
    pub depends_on: Vec<StepName>,
    /// Whether a person may choose to go on without it.
    pub skippable: bool,
    /// Whether a timeout has a cheaper way to try again (reading a sample).
    pub can_sample: bool,
}

/// A checked list of steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    kind: WorkflowKind,
    steps: Vec<StepDef>,
}

/// A definition breaks one of its rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDefinition {
    /// There is no step.
    #[error("a workflow needs at least one step")]
    Empty,
    /// Two steps share a name.
    #[error("the step {0} stands twice")]
    Duplicate(StepName),
    /// A dependency is unknown or stands later.
    #[error("the step {step} depends on {dependency}, which does not stand before it")]
    Dependency {
        /// The step whose dependency is wrong.
        step: StepName,
        /// The dependency.
        dependency: StepName,
    },
}

impl Definition {
    /// Checks the rules and builds the definition.
    ///
    /// # Errors
    /// When there is no step, a name stands twice, or a dependency does not stand earlier.
    pub fn new(kind: WorkflowKind, steps: Vec<StepDef>) -> Result<Self, InvalidDefinition> {
        let mut seen = BTreeSet::new();
        for step in &steps {
            if let Some(missing) = step.depends_on.iter().find(|name| !seen.contains(*name)) {
                return Err(InvalidDefinition::Dependency {
                    step: step.name.clone(),
                    dependency: missing.clone(),
                });
            }
            if !seen.insert(&step.name) {
                return Err(InvalidDefinition::Duplicate(step.name.clone()));
            }
        }
        if steps.is_empty() { Err(InvalidDefinition::Empty) } else { Ok(Self { kind, steps }) }
    }

    /// Which kind of workflow this is.
    #[must_use]
    pub const fn kind(&self) -> WorkflowKind {
        self.kind
    }

    /// The steps in execution order.
    #[must_use]
    pub fn steps(&self) -> &[StepDef] {
        &self.steps
    }
}
