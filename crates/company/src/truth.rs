//! What is true about a company, counted anew from its rows.
//!
//! The truth never looks at how rows were made: it reads the finished tables, adds money as
//! integers and takes days from the zone's rules. Only expectations (what a column holds, what kind
//! of table it is) and the days of the planted faults come from tables of their own.

mod columns;
mod expect;
mod faults;
mod kpi;
mod relations;
mod rows;
mod windows;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{ClockChange, Company, CompanyError, Planted, Size};

pub use columns::{ColumnTruth, TableTruth, Top};
pub use expect::{Label, Pii, TableClass, Tier};
pub use faults::{Fault, FaultKind, Late, MissingDays};
pub use kpi::{Kpi, Money};
pub use relations::Relation;
pub use windows::{Window, WindowKind};

/// Everything that is true about a company. Amounts are decimal texts, instants RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Version of this form.
    pub format: String,
    /// The seed.
    pub seed: u64,
    /// The size.
    pub size: Size,
    /// Last day of the history; complete in the company's zone.
    pub as_of: Date,
    /// First day of the history.
    pub first_day: Date,
    /// The company's zone.
    pub zone: String,
    /// When the data was copied: rows that arrived later are not in it.
    pub extracted_at: Timestamp,
    /// Whether instructions are hidden in it.
    pub hostile: bool,
    /// Changes of the clocks inside the history, oldest first.
    pub clock_changes: Vec<ClockChange>,
    /// The tables, in the company's order.
    pub tables: Vec<TableTruth>,
    /// Figures per week, in the company's zone and in UTC, newest first within each kind and zone.
    pub weeks: Vec<Window>,
    /// Figures of the newest 28 days, one by one, in the company's zone and in UTC, newest first.
    pub days: Vec<Window>,
    /// The planted faults, newest first.
    pub faults: Vec<Fault>,
    /// Days of the history without a row, per table with a day column.
    pub missing_days: Vec<MissingDays>,
    /// Shares of rows that were loaded late.
    pub late: Vec<Late>,
    /// References between tables.
    pub relations: Vec<Relation>,
    /// Hidden instructions, with where they are.
    pub planted: Vec<Planted>,
}

impl Truth {
    pub(crate) fn of(company: &Company) -> Result<Self, CompanyError> {
        let (weeks, days) = windows::windows(company)?;
        let extracted_at = Timestamp::from_microsecond(company.extracted_at);
        Ok(Self {
            format: "reference-company/1".to_owned(),
            seed: company.options.seed,
            size: company.options.size,
            as_of: company.options.as_of,
            first_day: company.first_day,
            zone: company.zone.clone(),
            extracted_at: extracted_at.map_err(|_| CompanyError::OutOfRange)?,
            hostile: company.options.hostile,
            clock_changes: company.changes.clone(),
            tables: company.tables.iter().map(columns::table).collect(),
            weeks,
            days,
            faults: faults::faults(company),
            missing_days: faults::missing_days(company),
            late: faults::late(company),
            relations: relations::relations(company),
            planted: company.planted.clone(),
        })
    }

    /// The truth as indented JSON with a line break behind it.
    ///
    /// # Errors
    /// Never for a truth made by this crate; a serializer's error otherwise.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// The truth about the table of that exact name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableTruth> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The figures of a window: `index` 0 is the newest.
    #[must_use]
    pub fn window(&self, kind: WindowKind, zone: &str, index: u64) -> Option<&Window> {
        self.weeks
            .iter()
            .chain(&self.days)
            .find(|week| (week.kind, week.index) == (kind, index) && week.zone == zone)
    }
}

/// Decimal texts by currency.
type ByCurrency = BTreeMap<String, String>;

#[cfg(test)]
mod tests;
