//! Where a query's rows are kept when the job names a table: dispositions and the new table's shape.
//!
//! Decides whether the table may be made, emptied or extended. Nothing is written unless the whole
//! result fits.

use serde_json::Value;

use super::clock;
use super::definition;
use super::write;
use crate::bigquery::session::{Outcome, Warehouse};
use crate::bigquery::store::{ColumnDef, Table, TableDef};
use crate::wire::error::{ApiError, Reason};

/// What becomes of the rows a table holds already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disposition {
    Empty,
    Append,
    Truncate,
}

/// A destination table and how it is written.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub(crate) dataset: String,
    pub(crate) table: String,
    disposition: Disposition,
    create: bool,
    /// Partitioning and clustering of a table that is made.
    shape: TableDef,
}

impl Destination {
    /// The destination of a query configuration, if it names one.
    pub(crate) fn read(query: &Value, project: &str) -> Result<Option<Self>, ApiError> {
        let Some(reference) = query.get("destinationTable").filter(|table| table.is_object())
        else {
            return Ok(None);
        };
        let text =
            |from: &Value, name: &str| from.get(name).and_then(Value::as_str).map(str::to_owned);
        let part = |name| {
            text(reference, name)
                .ok_or_else(|| ApiError::invalid(format!("Required parameter is missing: {name}")))
        };
        if text(reference, "projectId").is_some_and(|other| other != project) {
            return Err(ApiError::new(
                Reason::AccessDenied,
                "Access Denied: the destination belongs to another project",
            ));
        }
        let disposition = match text(query, "writeDisposition").as_deref() {
            None | Some("WRITE_EMPTY") => Disposition::Empty,
            Some("WRITE_APPEND") => Disposition::Append,
            Some("WRITE_TRUNCATE") => Disposition::Truncate,
            Some(other) => {
                return Err(ApiError::invalid(format!(
                    "Invalid value for writeDisposition: {other}"
                )));
            }
        };
        let create = match text(query, "createDisposition").as_deref() {
            None | Some("CREATE_IF_NEEDED") => true,
            Some("CREATE_NEVER") => false,
            Some(other) => {
                return Err(ApiError::invalid(format!(
                    "Invalid value for createDisposition: {other}"
                )));
            }
        };
        let shape = definition::shape(query)?;
        Ok(Some(Self {
            dataset: part("datasetId")?,
            table: part("tableId")?,
            disposition,
            create,
            shape,
        }))
    }

    /// Whether the table may be written, as far as that is known before the query ran.
    pub(crate) fn check(&self, warehouse: &Warehouse) -> Result<(), ApiError> {
        let project = &warehouse.project;
        let (dataset, table) = (&self.dataset, &self.table);
        if warehouse.store.dataset(dataset).is_none() {
            return Err(ApiError::not_found(format!(
                "Dataset {project}:{dataset} was not found in location US"
            )));
        }
        match warehouse.store.table(dataset, table) {
            None if !self.create => {
                Err(ApiError::not_found(format!("Table {project}:{dataset}.{table}")))
            }
            Some(found) if self.disposition == Disposition::Empty && found.rows() > 0 => {
                Err(ApiError::new(
                    Reason::Duplicate,
                    format!("Already Exists: Table {project}:{dataset}.{table}"),
                ))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Puts the rows there.
    pub(crate) fn keep(&self, warehouse: &Warehouse, outcome: &Outcome) -> Result<(), ApiError> {
        self.check(warehouse)?;
        let found = warehouse.store.table(&self.dataset, &self.table);
        let table = match found {
            Some(found) if self.disposition != Disposition::Truncate => {
                self.fits(&found.def.columns, &outcome.columns, &warehouse.project)?;
                (*found).clone()
            }
            Some(_) | None => Table::empty(self.fresh(&outcome.columns)),
        };
        write::append(warehouse, &self.dataset, &table, &outcome.rows)
    }

    fn fresh(&self, columns: &[ColumnDef]) -> TableDef {
        let now = clock::millis();
        TableDef {
            name: self.table.clone(),
            columns: columns.to_vec(),
            created: now,
            modified: now,
            ..self.shape.clone()
        }
    }

    fn fits(&self, has: &[ColumnDef], gets: &[ColumnDef], project: &str) -> Result<(), ApiError> {
        let same = has.len() == gets.len()
            && has
                .iter()
                .zip(gets)
                .all(|(a, b)| a.name.eq_ignore_ascii_case(&b.name) && a.of == b.of);
        let sentence = || {
            format!(
                "Provided Schema does not match Table {project}:{}.{}.",
                self.dataset, self.table
            )
        };
        if same { Ok(()) } else { Err(ApiError::invalid(sentence())) }
    }
}
