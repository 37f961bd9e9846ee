//! What the warehouse holds: data sets, tables, views, and the rows of each partition.
//!
//! Decides where a row is stored and how many logical bytes it counts for. It knows nothing of SQL
//! or HTTP. A reader holds a snapshot: a later write never changes what a running query sees.

mod bytes;
mod chunk;
mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use chunk::{Chunk, PartitionKey};
pub(crate) use table::{ColumnDef, Content, Granularity, Partitioning, Table, TableDef};

use super::fault::{Fault, Kind};

/// A data set and its tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dataset {
    pub(crate) description: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    tables: BTreeMap<String, Arc<Table>>,
}

impl Dataset {
    /// An empty data set made at this time, in milliseconds since 1970.
    pub(crate) fn at(created: i64) -> Self {
        Self { created, ..Self::default() }
    }

    /// Its tables and views by name.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }
}

/// Everything one simulated project holds. Data sets are reachable by name only.
#[derive(Debug, Default)]
pub(crate) struct Store {
    datasets: RwLock<BTreeMap<String, Dataset>>,
}

impl Store {
    /// Names of all data sets, in order.
    pub(crate) fn datasets(&self) -> Vec<String> {
        self.read(|all| all.keys().cloned().collect())
    }

    /// A snapshot of a data set.
    pub(crate) fn dataset(&self, name: &str) -> Option<Dataset> {
        self.read(|all| all.get(name).cloned())
    }

    /// A snapshot of a table.
    pub(crate) fn table(&self, dataset: &str, table: &str) -> Option<Arc<Table>> {
        self.read(|all| all.get(dataset)?.tables.get(table).cloned())
    }

    /// Creates a data set.
    ///
    /// # Errors
    /// `Duplicate` when it exists.
    pub(crate) fn create_dataset(&self, name: &str, dataset: Dataset) -> Result<(), Fault> {
        self.write(|all| {
            if all.contains_key(name) {
                return Err(Fault::new(Kind::Duplicate, format!("Already Exists: Dataset {name}")));
            }
            all.insert(name.to_owned(), dataset);
            Ok(())
        })
    }

    /// Drops a data set; with `cascade` also its tables.
    ///
    /// # Errors
    /// `NotFound`, or `ResourceInUse` when it holds tables and `cascade` is not set.
    pub(crate) fn drop_dataset(&self, name: &str, cascade: bool) -> Result<(), Fault> {
        self.write(|all| {
            let Some(dataset) = all.get(name) else { return Err(no_dataset(name)) };
            if !cascade && !dataset.tables.is_empty() {
                let message = format!("Dataset {name} is still in use");
                return Err(Fault::new(Kind::ResourceInUse, message));
            }
            all.remove(name);
            Ok(())
        })
    }

    /// Puts a table in place of what has its name, or under a new name.
    ///
    /// # Errors
    /// `NotFound` when the data set does not exist.
    pub(crate) fn put(&self, dataset: &str, table: Table) -> Result<(), Fault> {
        self.write(|all| {
            let Some(found) = all.get_mut(dataset) else { return Err(no_dataset(dataset)) };
            found.tables.insert(table.def.name.clone(), Arc::new(table));
            Ok(())
        })
    }

    /// Drops a table or view.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn drop_table(&self, dataset: &str, table: &str) -> Result<(), Fault> {
        self.write(|all| {
            let found = all.get_mut(dataset).and_then(|found| found.tables.remove(table));
            found.map(|_| ()).ok_or_else(|| {
                Fault::new(Kind::NotFound, format!("Not found: Table {dataset}.{table}"))
            })
        })
    }

    fn read<T>(&self, look: impl FnOnce(&BTreeMap<String, Dataset>) -> T) -> T {
        look(&self.datasets.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Dataset>) -> T) -> T {
        change(&mut self.datasets.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn no_dataset(name: &str) -> Fault {
    Fault::new(Kind::NotFound, format!("Not found: Dataset {name}"))
}
