//! Queries that people write, and what one would cost.
//!
//! A text is bounded here and judged by the governed path; nothing of it is looked at on the way.

use autopilot_domain::narrower::Narrower;
use autopilot_gate::Estimate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::approvals::reason;
use super::receipts::CostDto;
use super::workflows::KindDto;
use crate::http::problem::Problem;
use crate::services::run_query::{PersonalData, Wish};

/// Longest text, in bytes.
const LONGEST_SQL: usize = 64 * 1024;

/// A query to be run.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SubmitQuery)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SubmitQuery {
    /// `run_query`.
    #[expect(dead_code, reason = "read before, by itself; kept so that it is a known field")]
    kind: KindDto,
    /// The query.
    pub(in crate::http) input: QueryDto,
}

/// A query.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct QueryDto {
    /// One GoogleSQL SELECT, at most 64 KiB.
    #[schema(min_length = 1, max_length = 65_536)]
    sql: String,
    /// Why, for whoever approves; at most 500 characters.
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// What to do about protected columns; `redact` when absent.
    #[serde(default)]
    personal_data: PersonalDataDto,
}

/// What to do about protected columns.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[schema(as = PersonalData)]
#[serde(rename_all = "snake_case")]
enum PersonalDataDto {
    /// Redact them in the result; any other use is refused.
    #[default]
    Redact,
    /// Refuse the query.
    Refuse,
    /// Ask an admin to approve this very text; the workflow waits.
    RequestApproval,
}

impl QueryDto {
    pub(in crate::http) fn checked(self) -> Result<Wish, Problem> {
        if self.sql.trim().is_empty() || self.sql.len() > LONGEST_SQL {
            return Err(Problem::input("sql: a text of 1 to 65,536 bytes is expected."));
        }
        // A database cannot hold it, and no query needs it.
        if self.sql.contains('\0') {
            return Err(Problem::input("sql: a text without NUL characters is expected."));
        }
        let personal_data = match self.personal_data {
            PersonalDataDto::Redact => PersonalData::Redact,
            PersonalDataDto::Refuse => PersonalData::Refuse,
            PersonalDataDto::RequestApproval => PersonalData::RequestApproval,
        };
        Ok(Wish { sql: self.sql, reason: reason(self.reason)?, personal_data })
    }
}

/// What a query would cost, and what would stand in its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Estimate)]
pub(in crate::http) struct EstimateDto {
    /// The workflow that priced it.
    workflow_id: Uuid,
    /// The text that would be sent.
    sql: String,
    /// SHA-256 of that text.
    canonical_hash: String,
    /// Rules that changed your text into this one.
    rules: Vec<String>,
    /// Tables it reads.
    tables: Vec<String>,
    /// Price, cap and budget.
    cost: CostDto,
    /// Ways to read less, where it would not run.
    narrower: Vec<NarrowerDto>,
    /// `clear` or `redacted`.
    personal_data: &'static str,
    /// Columns of the result that would be redacted.
    redacted_columns: u32,
    /// Version of the policy that decided.
    policy_version: String,
}

/// One way to read less.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Narrower)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum NarrowerDto {
    /// Read at most this share of the days that the query reads now.
    FewerDays {
        /// The table.
        table: String,
        /// The column to filter on.
        column: String,
        /// Most of the present days, in percent.
        percent: u64,
    },
    /// Leave columns out.
    FewerColumns {
        /// The table.
        table: String,
        /// Which, largest first.
        leave_out: Vec<String>,
        /// About the bytes they cost.
        saves_bytes: u64,
    },
    /// Read a sample of the blocks.
    Sample {
        /// The table.
        table: String,
        /// Most blocks, in percent.
        percent: u64,
    },
}

impl From<Narrower> for NarrowerDto {
    fn from(way: Narrower) -> Self {
        match way {
            Narrower::FewerDays { table, column, percent } => {
                Self::FewerDays { table, column, percent }
            }
            Narrower::FewerColumns { table, leave_out, saves } => {
                Self::FewerColumns { table, leave_out, saves_bytes: saves.0 }
            }
            Narrower::Sample { table, percent } => Self::Sample { table, percent },
        }
    }
}

impl EstimateDto {
    pub(in crate::http) fn of(workflow_id: Uuid, estimate: Estimate) -> Self {
        Self {
            workflow_id,
            sql: estimate.sql,
            canonical_hash: estimate.canonical_hash.to_string(),
            rules: estimate.rules,
            tables: estimate.tables,
            cost: estimate.decision.into(),
            narrower: estimate.narrower.into_iter().map(Into::into).collect(),
            personal_data: estimate.pii.outcome.as_str(),
            redacted_columns: estimate.pii.redacted,
            policy_version: estimate.policy_version,
        }
    }
}
