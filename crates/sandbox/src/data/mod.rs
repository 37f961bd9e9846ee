//! The rows a simulator starts with: a folder of files, a reference company, or the built-in shop.
//!
//! Decides names, types and partitions of what is loaded. A source is read whole before the first
//! table is put into the warehouse: a source with one bad file must never be loaded in part.

mod cell;
mod column;
mod company;
mod csv;
mod folder;
mod names;
mod parquet;
mod schema;
mod settings;
mod split;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use datafusion::arrow::array::RecordBatch;

use crate::bigquery::session::{Warehouse, now};
use crate::bigquery::store::{Dataset, Table, TableDef};
use crate::cdnow;
use crate::options::StartError;

pub use autopilot_company::{Options as CompanyOptions, Size as CompanySize};

/// Partitions a table may have, as in BigQuery.
const PARTITIONS: u32 = 10_000;

/// Where the rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The purchases of the CDNOW shop, built in.
    Cdnow,
    /// A folder of CSV and Parquet files; each is a table.
    Folder(PathBuf),
    /// A reference company.
    Company(CompanyOptions),
}

/// How far a table is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The file or, without one, the table.
    pub name: String,
    /// Rows read.
    pub rows: u64,
    /// All rows, if that is known before the end.
    pub total: Option<u64>,
    /// Share of this table that is done, 0 to 100.
    pub percent: u8,
}

/// What a source holds.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) description: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// In the source's order.
    pub(crate) tables: Vec<Table>,
}

/// A table as it would be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Name inside the data set.
    pub name: String,
    /// Name and BigQuery type of each column.
    pub columns: Vec<(String, String)>,
    /// Rows.
    pub rows: u64,
    /// Logical bytes as BigQuery counts them.
    pub bytes: u64,
    /// Partitions that hold rows; 0 for a table without partitioning.
    pub partitions: usize,
}

/// Loads a source into a new or existing data set; `now` is the rows' arrival in microseconds since
/// 1970. Tables of the same names are replaced.
///
/// # Errors
/// The file and the line that cannot be loaded; then nothing was.
pub(crate) fn load(
    source: &Source,
    dataset: &str,
    warehouse: &Warehouse,
    now: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StartError> {
    let loaded = read(source, now, progress)?;
    let engine = |fault: crate::bigquery::fault::Fault| StartError::Engine(fault.message);
    if warehouse.store.dataset(dataset).is_none() {
        let mut made = Dataset::at(now.div_euclid(1000));
        made.description = loaded.description;
        made.labels = loaded.labels;
        warehouse.store.create_dataset(dataset, made).map_err(engine)?;
    }
    for table in loaded.tables {
        warehouse.store.put(dataset, table).map_err(engine)?;
    }
    Ok(())
}

/// Reads a source.
///
/// # Errors
/// The file and the line that cannot be loaded.
pub(crate) fn read(
    source: &Source,
    now: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, StartError> {
    match source {
        Source::Cdnow => {
            let files = cdnow::FILES.map(|(file, text)| (file.to_owned(), text.as_bytes()));
            folder::built_in(&files, now, progress)
        }
        Source::Folder(path) => folder::read(path, now, progress),
        Source::Company(options) => company::read(options, now, progress),
    }
}

/// Reads a source as [`crate::start`] would and tells what is in it.
///
/// # Errors
/// The file and the line that cannot be loaded.
pub fn inspect(
    source: &Source,
    mut progress: impl FnMut(Progress),
) -> Result<Vec<Found>, StartError> {
    let found = |table: &Table| Found {
        name: table.def.name.clone(),
        columns: table.def.columns.iter().map(|c| (c.name.clone(), c.of.to_string())).collect(),
        rows: table.rows(),
        bytes: table.bytes(),
        partitions: if table.def.partitioning.is_some() { table.chunks().len() } else { 0 },
    };
    Ok(read(source, now(), &mut progress)?.tables.iter().map(found).collect())
}

/// What is true about a reference company, as JSON; the form is told in docs/reference-company.md.
///
/// # Errors
/// A zone that is not known, or a history that leaves the calendar.
pub fn truth(options: &CompanyOptions) -> Result<String, StartError> {
    company::truth(options)
}

/// A table with its rows spread over its partitions; `file` is named when they do not fit.
fn filled(
    file: &str,
    def: TableDef,
    batches: &[RecordBatch],
    now: i64,
) -> Result<Table, StartError> {
    let refuse = |reason: String| StartError::Table { file: file.to_owned(), reason };
    let table = Table::empty(def).with_rows(batches, now).map_err(|fault| refuse(fault.message))?;
    let partitions = table.chunks().len();
    if partitions > PARTITIONS as usize {
        return Err(refuse(format!(
            "the rows lie in {partitions} partitions, more than {PARTITIONS}; use a longer unit or step"
        )));
    }
    Ok(table)
}
