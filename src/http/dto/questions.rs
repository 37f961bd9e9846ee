//! The question a workflow can be started with, and its checks at the edge.
//!
//! Names must be plain enough to be planned later; anything else is refused here, with the field's
//! name, before a row is written.

use autopilot_domain::catalog::TableRef;
use autopilot_domain::question::{Metric, Period, Question, Source};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::workflows::KindDto;
use crate::http::problem::Problem;

/// A workflow to be started.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Submit)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SubmitQuestion {
    /// `answer_question`.
    #[expect(dead_code, reason = "read before, by itself; kept so that it is a known field")]
    kind: KindDto,
    /// The question.
    pub(in crate::http) input: QuestionDto,
}

/// A request to learn the warehouse.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SubmitProfile)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SubmitProfile {
    /// `profile_warehouse`.
    #[expect(dead_code, reason = "read before, by itself; kept so that it is a known field")]
    kind: KindDto,
    /// Takes nothing.
    pub(in crate::http) input: NoInput,
}

/// An input without fields: `{}`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NoInput)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NoInput {}

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Question)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct QuestionDto {
    /// What is asked for.
    metric: MetricDto,
    /// Over which period.
    period: PeriodDto,
    /// Last complete day of the period, e.g. `1998-06-30`; yesterday when absent.
    as_of: Option<String>,
    /// Where the figures stand; found by names and types when absent.
    source: Option<SourceDto>,
    /// ISO 4217 code, e.g. `EUR`; needed when the table says each row's currency.
    currency: Option<String>,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = Metric)]
#[serde(rename_all = "snake_case")]
enum MetricDto {
    /// Sum of the amounts of all orders.
    Revenue,
}

/// Over which periods.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = Period)]
#[serde(rename_all = "snake_case")]
enum PeriodDto {
    /// The last seven complete days.
    LastCompleteWeek,
}

/// The columns a metric is computed from.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Source)]
#[serde(deny_unknown_fields)]
struct SourceDto {
    /// The table.
    table: TableDto,
    /// The column that says on which day a row counts.
    day_column: String,
    /// The column whose values are added up.
    amount_column: String,
}

/// The full name of a table.
#[derive(Debug, Clone, Deserialize, serde::Serialize, ToSchema)]
#[schema(as = Table)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct TableDto {
    /// Cloud project.
    project: String,
    /// Data set.
    dataset: String,
    /// Table.
    table: String,
}

impl TableDto {
    pub(in crate::http) fn of(table: &TableRef) -> Self {
        let TableRef { project, dataset, table } = table.clone();
        Self { project, dataset, table }
    }

    /// The domain's form; `field` is how the caller knows this table.
    pub(in crate::http) fn checked(self, field: &str) -> Result<TableRef, Problem> {
        plain(&format!("{field}.project"), &self.project)?;
        plain(&format!("{field}.dataset"), &self.dataset)?;
        plain(&format!("{field}.table"), &self.table)?;
        Ok(TableRef { project: self.project, dataset: self.dataset, table: self.table })
    }
}

impl QuestionDto {
    /// The domain's form of the question.
    ///
    /// # Errors
    /// INPUT_INVALID that names the field.
    pub(in crate::http) fn checked(self) -> Result<Question, Problem> {
        Ok(Question {
            metric: match self.metric {
                MetricDto::Revenue => Metric::Revenue,
            },
            period: match self.period {
                PeriodDto::LastCompleteWeek => Period::LastCompleteWeek,
            },
            as_of: self.as_of.as_deref().map(day).transpose()?,
            source: self.source.map(SourceDto::checked).transpose()?,
            currency: self.currency.map(currency).transpose()?,
        })
    }
}

impl SourceDto {
    fn checked(self) -> Result<Source, Problem> {
        plain("input.source.day_column", &self.day_column)?;
        plain("input.source.amount_column", &self.amount_column)?;
        let table = self.table.checked("input.source.table")?;
        Ok(Source {
            table,
            day_column: self.day_column,
            amount_column: self.amount_column,
            currency: None,
        })
    }
}

/// Three capital letters.
fn currency(code: String) -> Result<String, Problem> {
    if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err(Problem::input("input.currency: three capital letters, such as EUR, are expected."))
}

/// A day of the warehouse's calendar, with a year to spare at its end for windows.
fn day(text: &str) -> Result<Date, Problem> {
    let well_formed = text.len() == 10;
    let day =
        text.parse::<Date>().ok().filter(|day| well_formed && (2..=9998).contains(&day.year()));
    day.ok_or_else(|| Problem::input("input.as_of: a day between 0002-01-01 and 9998-12-31, such as 1998-06-30, is expected."))
}

/// 1 to 300 letters, digits, underscores and dashes: what the planner will accept in a name.
fn plain(field: &str, name: &str) -> Result<(), Problem> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=300).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Problem::input(format!(
        "{field}: 1 to 300 letters, digits, underscores or dashes are expected."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: serde_json::Value) -> Result<Question, String> {
        let parsed: QuestionDto =
            serde_json::from_value(input).map_err(|error| error.to_string())?;
        parsed.checked().map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn names_and_days_are_checked_before_anything_is_stored() {
        let base = |as_of: &str, column: &str| {
            serde_json::json!({"metric": "revenue", "period": "last_complete_week", "as_of": as_of,
                "source": {"table": {"project": "p-1", "dataset": "d", "table": "t"},
                "day_column": "day", "amount_column": column}})
        };
        assert!(check(base("1998-06-30", "amount")).is_ok());
        for (as_of, column) in [
            ("1998-06-31", "amount"),
            ("0001-01-01", "amount"),
            ("-009999-01-01", "amount"),
            ("1998-06-30T00:00:00", "amount"),
            ("1998-06-30", ""),
            ("1998-06-30", "a\u{0}b"),
            ("1998-06-30", "a` FROM x --"),
            ("1998-06-30", &"a".repeat(301)),
        ] {
            assert!(check(base(as_of, column)).is_err(), "{as_of} {column:?}");
        }
        let of = |currency: &str| {
            let input = serde_json::json!({"metric": "revenue", "period": "last_complete_week",
                "currency": currency});
            check(input).is_ok()
        };
        assert_eq!(["EUR", "eur", "E'R", ""].map(of), [true, false, false, false]);
    }
}
