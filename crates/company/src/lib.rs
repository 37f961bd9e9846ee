//! A reference company, made from a seed: the demo warehouse's data, and what is true about it.
//!
//! Everything is a function of [`Options`]: the same options give the same bytes on every platform.
//! Nothing here reads a clock, a file or the environment, and no value is a real person's. What the
//! tables hold and which traps are planted is told in `docs/reference-company.md`.

mod calendar;
mod check;
mod hostile;
mod num;
mod person;
mod plan;
mod rng;
mod scale;
mod sheet;
mod table;
mod tables;
pub mod truth;
mod world;

use std::collections::BTreeMap;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

pub use calendar::ClockChange;
pub use hostile::{Carrier, Planted};
pub use scale::Size;
pub use table::{Column, Partition, PartitionUnit, Table, Values};
pub use truth::Truth;

/// What makes one company differ from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Any number; another seed is another company.
    pub seed: u64,
    /// How much data.
    pub size: Size,
    /// The last day of the history; it is complete.
    pub as_of: Date,
    /// IANA name of the company's zone; without one, that of New York or Berlin whose clocks
    /// changed last.
    pub zone: Option<String>,
    /// Whether instructions are hidden in names, descriptions, labels and values.
    pub hostile: bool,
}

impl Options {
    /// A small company in a zone that is chosen by the date, without hidden instructions.
    #[must_use]
    pub const fn small(seed: u64, as_of: Date) -> Self {
        Self { seed, size: Size::Small, as_of, zone: None, hostile: false }
    }
}

/// A company cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompanyError {
    /// The zone is not in the IANA data base.
    #[error("the time zone {0:?} is not known; use an IANA name such as Europe/Berlin")]
    UnknownZone(String),
    /// The history leaves the calendar.
    #[error("the history of a company that ends at that date leaves the calendar")]
    OutOfRange,
}

/// A company: its tables, and the metadata of the data set they lie in.
#[derive(Debug, Clone, PartialEq)]
pub struct Company {
    /// What it was made of.
    pub options: Options,
    /// The zone it keeps its days in.
    pub zone: String,
    /// First day of the history.
    pub first_day: Date,
    /// When the data was copied, in microseconds since 1970: no row arrived later.
    pub extracted_at: i64,
    /// What the warehouse says about the data set.
    pub description: String,
    /// Labels of the data set.
    pub labels: BTreeMap<String, String>,
    /// The tables, in a fixed order.
    pub tables: Vec<Table>,
    /// The instructions hidden in a hostile company; none in another.
    pub planted: Vec<Planted>,
    faults: plan::Plan,
    changes: Vec<ClockChange>,
}

impl Company {
    /// Makes the company.
    ///
    /// # Errors
    /// When the zone is unknown or the history leaves the calendar.
    pub fn generate(options: Options) -> Result<Self, CompanyError> {
        let world = world::World::of(&options)?;
        let changes = world.calendar.changes()?;
        let mut company = Self {
            zone: world.calendar.zone.clone(),
            first_day: world.calendar.first,
            extracted_at: world.calendar.extracted(),
            description: "Orders, users and product use of a shop that sells to companies."
                .to_owned(),
            labels: BTreeMap::from([("team".to_owned(), "analytics".to_owned())]),
            tables: tables::all(&world),
            planted: Vec::new(),
            faults: world.plan,
            changes,
            options,
        };
        if company.options.hostile {
            hostile::plant(&mut company);
        }
        Ok(company)
    }

    /// The table of that exact name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// What is true about the company, counted anew from its rows.
    ///
    /// # Errors
    /// When a week's bounds leave the calendar.
    pub fn truth(&self) -> Result<Truth, CompanyError> {
        Truth::of(self)
    }

    /// SHA-256 over every name, description and value, in hexadecimal: two companies with the same
    /// digest are the same.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut text = |text: &str| {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(text);
        };
        text(&self.zone);
        text(&self.description);
        for table in &self.tables {
            text(&table.name);
            text(&table.description);
            text(&format!("{:?}{:?}{:?}", table.partition, table.clustering, table.labels));
            for column in &table.columns {
                text(&column.name);
                text(&column.description);
                text(column.values.type_name());
                text(&digest_of(&column.values));
            }
        }
        hex::encode(hash.finalize())
    }
}

/// The digest of one column's values; a NULL differs from every value.
fn digest_of(values: &Values) -> String {
    fn rows<T>(hash: &mut Sha256, rows: &[Option<T>], bytes: impl Fn(&T) -> Vec<u8>) {
        for row in rows {
            let bytes = row.as_ref().map(&bytes);
            let length = bytes.as_ref().map_or(u64::MAX, |bytes| num::count(bytes.len()));
            hash.update(length.to_le_bytes());
            hash.update(bytes.unwrap_or_default());
        }
    }
    let mut hash = Sha256::new();
    match values {
        Values::Int64(list) | Values::Timestamp(list) => {
            rows(&mut hash, list, |v| v.to_le_bytes().to_vec())
        }
        Values::Float64(list) => rows(&mut hash, list, |v| v.to_bits().to_le_bytes().to_vec()),
        Values::Numeric(list) => rows(&mut hash, list, |v| v.to_le_bytes().to_vec()),
        Values::Bool(list) => rows(&mut hash, list, |v| vec![u8::from(*v)]),
        Values::String(list) | Values::Json(list) => {
            rows(&mut hash, list, |v| v.as_bytes().to_vec())
        }
        Values::Date(list) => rows(&mut hash, list, |v| v.to_le_bytes().to_vec()),
        Values::StringArray(list) => {
            for array in list {
                hash.update(num::count(array.len()).to_le_bytes());
                let items: Vec<Option<&String>> = array.iter().map(Some).collect();
                rows(&mut hash, &items, |v| v.as_bytes().to_vec());
            }
        }
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests;
