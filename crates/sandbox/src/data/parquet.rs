//! A Parquet file as rows of BigQuery's types.
//!
//! Decides which type a column of the file becomes. A column whose values BigQuery could not hold
//! exactly is refused by name; it is never rounded, cut or turned into text.

use std::fs::File;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Progress;
use super::csv::Rows;
use super::names;
use super::schema::{TableSchema, wrong};
use crate::bigquery::store::ColumnDef;
use crate::options::StartError;

mod convert;
mod kinds;

/// Rows of one batch.
const BATCH: usize = 1 << 16;

/// Reads a file.
///
/// # Errors
/// The file, the column and what is wrong with it.
pub(super) fn read(
    file: &str,
    opened: File,
    asked: &TableSchema,
    progress: &mut dyn FnMut(Progress),
) -> Result<Rows, StartError> {
    let refuse = |reason: String| StartError::Table { file: file.to_owned(), reason };
    let broken =
        |error: &dyn std::fmt::Display| refuse(format!("is no readable Parquet file: {error}"));
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(opened).map_err(|error| broken(&error))?;
    let total = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    let fields = builder.schema().fields().clone();
    let names = names::columns(fields.iter().map(|field| field.name().as_str())).map_err(refuse)?;
    asked.only_these_columns(file, &names)?;
    let columns = fields
        .iter()
        .zip(names)
        .map(|(field, name)| column(field, name, asked).map_err(|error| error.of(file)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut reader = builder.with_batch_size(BATCH).build().map_err(|error| broken(&error))?;
    let field = |column: &ColumnDef| Field::new(&column.name, column.of.arrow(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let mut batches = Vec::new();
    let mut rows = 0_u64;
    while let Some(batch) = reader.next().transpose().map_err(|error| broken(&error))? {
        let arrays = batch.columns().iter().zip(&columns).map(|(array, column)| {
            convert::array(array, &column.of, column.required)
                .map_err(|reason| refuse(format!("column {}: {reason}", column.name)))
        });
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)
            .map_err(|error| StartError::Engine(error.to_string()))?;
        rows = rows.saturating_add(batch.num_rows() as u64);
        let share = rows.saturating_mul(100).checked_div(total).unwrap_or(100);
        let percent = u8::try_from(share).unwrap_or(100);
        progress(Progress { name: file.to_owned(), rows, total: Some(total), percent });
        batches.push(batch);
    }
    Ok(Rows { columns, batches })
}

/// Why a column is refused: by the file itself or by a line of `schema.toml`.
enum Refusal {
    File(String),
    Schema(StartError),
}

impl Refusal {
    fn of(self, file: &str) -> StartError {
        match self {
            Self::File(reason) => StartError::Table { file: file.to_owned(), reason },
            Self::Schema(error) => error,
        }
    }
}

fn column(field: &Field, name: String, asked: &TableSchema) -> Result<ColumnDef, Refusal> {
    let of = kinds::type_of(field.data_type())
        .map_err(|reason| Refusal::File(format!("column {name}: {reason}")))?;
    let wanted = asked.column(&name);
    if let Some(other) = wanted.and_then(|wanted| wanted.of.as_ref().filter(|other| **other != of))
    {
        let line = wanted.map_or(asked.line, |wanted| wanted.line);
        let reason =
            format!("{name} is {of} in the Parquet file and cannot be {other}; leave its type out");
        return Err(Refusal::Schema(wrong(line, reason)));
    }
    let required = wanted.is_some_and(|wanted| wanted.required);
    let description = wanted.and_then(|wanted| wanted.description.clone());
    Ok(ColumnDef { name, of, required, description })
}
