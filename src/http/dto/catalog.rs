//! The catalog, and people's decisions about its columns.
//!
//! Names in decisions are checked for form only; whether they name a column is the store's answer.

use autopilot_domain::catalog::{Catalog, ColumnFacts, ColumnType, Examination, TableFacts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::questions::TableDto;
use crate::http::problem::Problem;
use crate::ports::requests::ColumnDecision;

/// Most decisions in one request.
const MOST_DECISIONS: usize = 500;

/// The tables queries may name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Catalog)]
pub(in crate::http) struct CatalogDto {
    /// The tables, by name.
    tables: Vec<TableFactsDto>,
}

/// One table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TableFacts)]
struct TableFactsDto {
    /// Its full name.
    table: TableDto,
    /// Rows, as the warehouse reports them.
    rows: u64,
    /// Logical bytes, as the warehouse reports them.
    bytes: u64,
    /// The partitioning column.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition_column: Option<String>,
    /// Whether a query must filter on it.
    partition_filter_required: bool,
    /// Columns in the warehouse's order.
    columns: Vec<ColumnDto>,
}

/// One column.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Column)]
struct ColumnDto {
    /// Its name.
    name: String,
    /// BigQuery's name of its type.
    #[serde(rename = "type")]
    column_type: &'static str,
    /// Whether it is an array.
    repeated: bool,
    /// Whether it may be used.
    examination: ExaminationDto,
}

/// Whether a column may be used.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Examination)]
#[serde(rename_all = "snake_case")]
enum ExaminationDto {
    /// Nobody has looked; protected.
    Unexamined,
    /// Examined, holds no personal data.
    Clear,
    /// Examined, holds personal data; protected.
    Personal,
}

/// Decisions to record.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ColumnDecisions)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DecisionsDto {
    /// 1 to 500 decisions.
    decisions: Vec<DecisionDto>,
}

/// A decision about one column.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ColumnDecision)]
#[serde(deny_unknown_fields)]
struct DecisionDto {
    /// The table.
    table: TableDto,
    /// The column.
    column: String,
    /// What was found.
    examination: ExaminationDto,
}

/// What became of the decisions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ColumnDecisionsRecorded)]
pub(in crate::http) struct DecidedDto {
    /// How many were recorded.
    recorded: usize,
    /// Those that name no column of the catalog; they were not recorded.
    unknown: Vec<DecisionDto>,
}

impl DecisionsDto {
    /// The domain's form of the decisions.
    ///
    /// # Errors
    /// INPUT_INVALID that names the field.
    pub(in crate::http) fn checked(self) -> Result<Vec<ColumnDecision>, Problem> {
        if !(1..=MOST_DECISIONS).contains(&self.decisions.len()) {
            return Err(Problem::input(format!(
                "decisions: 1 to {MOST_DECISIONS} decisions are expected."
            )));
        }
        self.decisions
            .into_iter()
            .enumerate()
            .map(|(index, decision)| decision.checked(index))
            .collect()
    }
}

impl DecisionDto {
    fn checked(self, index: usize) -> Result<ColumnDecision, Problem> {
        let printable =
            (1..=300).contains(&self.column.len()) && !self.column.chars().any(char::is_control);
        if !printable {
            let expected = "1 to 300 bytes without control characters are expected";
            return Err(Problem::input(format!("decisions.{index}.column: {expected}.")));
        }
        let table = self.table.checked(&format!("decisions.{index}.table"))?;
        Ok(ColumnDecision { table, column: self.column, examination: self.examination.into() })
    }

    fn of(decision: &ColumnDecision) -> Self {
        Self {
            table: TableDto::of(&decision.table),
            column: decision.column.clone(),
            examination: decision.examination.into(),
        }
    }
}

impl DecidedDto {
    /// Of so many decisions, these named nothing.
    pub(in crate::http) fn of(sent: usize, unknown: &[ColumnDecision]) -> Self {
        let recorded = sent.saturating_sub(unknown.len());
        Self { recorded, unknown: unknown.iter().map(DecisionDto::of).collect() }
    }
}

impl CatalogDto {
    pub(in crate::http) fn of(catalog: &Catalog) -> Self {
        Self { tables: catalog.tables().map(TableFactsDto::of).collect() }
    }
}

impl TableFactsDto {
    fn of(facts: &TableFacts) -> Self {
        Self {
            table: TableDto::of(&facts.table),
            rows: facts.rows,
            bytes: facts.bytes,
            partition_column: facts.partition_column.clone(),
            partition_filter_required: facts.partition_filter_required,
            columns: facts.columns.iter().map(ColumnDto::of).collect(),
        }
    }
}

impl ColumnDto {
    fn of(column: &ColumnFacts) -> Self {
        Self {
            name: column.name.clone(),
            column_type: type_name(column.column_type),
            repeated: column.repeated,
            examination: column.examination.into(),
        }
    }
}

impl From<Examination> for ExaminationDto {
    fn from(examination: Examination) -> Self {
        match examination {
            Examination::Unexamined => Self::Unexamined,
            Examination::Clear => Self::Clear,
            Examination::Personal => Self::Personal,
        }
    }
}

impl From<ExaminationDto> for Examination {
    fn from(examination: ExaminationDto) -> Self {
        match examination {
            ExaminationDto::Unexamined => Self::Unexamined,
            ExaminationDto::Clear => Self::Clear,
            ExaminationDto::Personal => Self::Personal,
        }
    }
}

const fn type_name(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Int64 => "INT64",
        ColumnType::Float64 => "FLOAT64",
        ColumnType::Numeric => "NUMERIC",
        ColumnType::Bignumeric => "BIGNUMERIC",
        ColumnType::String => "STRING",
        ColumnType::Bytes => "BYTES",
        ColumnType::Bool => "BOOL",
        ColumnType::Date => "DATE",
        ColumnType::Time => "TIME",
        ColumnType::Datetime => "DATETIME",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Json => "JSON",
        ColumnType::Geography => "GEOGRAPHY",
        ColumnType::Interval => "INTERVAL",
        ColumnType::Record => "RECORD",
        ColumnType::Other => "OTHER",
    }
}
