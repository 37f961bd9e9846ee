//! A CSV file as rows of typed columns.
//!
//! Decides nothing about types or partitions. It must never lose, invent or shift a field: a record
//! with another number of fields than the header refuses the file.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema};

use super::column::{Fields, Misfit};
use super::names;
use super::schema::TableSchema;
use super::split::{Cell, Splitter, Wrong};
use crate::bigquery::store::ColumnDef;
use crate::options::StartError;

/// Rows between two reports of progress.
const STEP: usize = 1 << 14;

/// Columns and rows of a file.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) columns: Vec<ColumnDef>,
    pub(super) batches: Vec<RecordBatch>,
}

/// Rows read and the share of the file in percent.
pub(super) type Tick<'a> = &'a mut dyn FnMut(u64, u8);

/// Reads a file's bytes; the types are those asked for or inferred.
///
/// # Errors
/// The file, the line and what is wrong there.
pub(super) fn read(
    file: &str,
    bytes: &[u8],
    asked: &TableSchema,
    tick: Tick<'_>,
) -> Result<Rows, StartError> {
    let refuse = |wrong: Wrong| StartError::File {
        file: file.to_owned(),
        line: wrong.line,
        reason: wrong.reason,
    };
    let text = text(bytes).map_err(refuse)?;
    let mut splitter = Splitter::new(text);
    let names = header(&mut splitter).map_err(refuse)?;
    asked.only_these_columns(file, &names)?;
    let cells = body(&mut splitter, &names, tick).map_err(refuse)?;
    let mut columns = Vec::new();
    let mut arrays = Vec::new();
    for (name, cells) in names.iter().zip(&cells) {
        let fields = Fields { texts: &splitter, cells };
        let (def, parts) = column(name, fields, asked).map_err(|misfit| {
            let line = line_of(text, misfit.row, names.len());
            refuse(Wrong { line, reason: format!("column {name}: {}", misfit.reason) })
        })?;
        columns.push(def);
        arrays.push(parts);
    }
    Ok(Rows { batches: batches(&columns, &arrays)?, columns })
}

/// The text behind a byte order mark.
fn text(bytes: &[u8]) -> Result<&str, Wrong> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let valid = std::str::from_utf8(valid).unwrap_or_default();
        let line = valid.matches('\n').count() as u64 + 1;
        let place = valid.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let reason = format!("character {place} is not UTF-8; save the file as UTF-8");
        Wrong { line, reason }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn header(splitter: &mut Splitter<'_>) -> Result<Vec<String>, Wrong> {
    let mut cells = Vec::new();
    let wrong = |reason: String| Wrong { line: 1, reason };
    if !splitter.next(&mut cells)? {
        return Err(wrong("the file is empty; the first line names the columns".to_owned()));
    }
    let written: Vec<&str> = cells.iter().map(|cell| splitter.text(*cell)).collect();
    if let [only] = written.as_slice() {
        if only.is_empty() {
            return Err(wrong("the table has no columns".to_owned()));
        }
        if let Some(other) = only.chars().find(|c| [';', '\t', '|'].contains(c)) {
            return Err(wrong(format!("fields are separated by commas, not by {other:?}")));
        }
    }
    names::columns(written.into_iter()).map_err(wrong)
}

/// The fields of every column.
fn body(
    splitter: &mut Splitter<'_>,
    names: &[String],
    tick: Tick<'_>,
) -> Result<Vec<Vec<Cell>>, Wrong> {
    let mut columns: Vec<Vec<Cell>> = names.iter().map(|_| Vec::new()).collect();
    let mut cells = Vec::new();
    let mut rows = 0_usize;
    while record(splitter, &mut cells, names.len())? {
        for (column, cell) in columns.iter_mut().zip(&cells) {
            column.push(*cell);
        }
        rows += 1;
        if rows.is_multiple_of(STEP) {
            tick(rows as u64, splitter.percent());
        }
    }
    tick(rows as u64, 100);
    Ok(columns)
}

/// The next record that is not a blank line; a blank line of a table with one column is a NULL.
fn record(
    splitter: &mut Splitter<'_>,
    cells: &mut Vec<Cell>,
    wanted: usize,
) -> Result<bool, Wrong> {
    while splitter.next(cells)? {
        if cells.len() == wanted {
            return Ok(true);
        }
        let blank = matches!(cells.as_slice(), [only] if splitter.text(*only).is_empty());
        if !blank {
            let fields = cells.len();
            let reason = format!("{fields} fields, but the header names {wanted} columns");
            return Err(Wrong { line: splitter.line(), reason });
        }
    }
    Ok(false)
}

/// The line a row begins on; the text is cut once more, since this is needed for a refusal only.
fn line_of(text: &str, row: usize, columns: usize) -> u64 {
    let mut splitter = Splitter::new(text);
    let mut cells = Vec::new();
    let _ = splitter.next(&mut cells);
    for _ in 0..=row {
        let _ = record(&mut splitter, &mut cells, columns);
    }
    splitter.line()
}

fn column(
    name: &str,
    fields: Fields<'_>,
    asked: &TableSchema,
) -> Result<(ColumnDef, Vec<ArrayRef>), Misfit> {
    let wanted = asked.column(name);
    let required = wanted.is_some_and(|wanted| wanted.required);
    if let Some(row) = fields.first_null().filter(|_| required) {
        return Err(Misfit { row, reason: "empty, but the column is required".to_owned() });
    }
    let (of, blocks) = match wanted.and_then(|wanted| wanted.of.clone()) {
        Some(of) => {
            let blocks = fields.typed(&of)?;
            (of, blocks)
        }
        None => fields.inferred()?,
    };
    let description = wanted.and_then(|wanted| wanted.description.clone());
    Ok((ColumnDef { name: name.to_owned(), of, required, description }, blocks))
}

/// The columns' blocks side by side.
fn batches(
    columns: &[ColumnDef],
    arrays: &[Vec<ArrayRef>],
) -> Result<Vec<RecordBatch>, StartError> {
    let field = |column: &ColumnDef| Field::new(&column.name, column.of.arrow(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let count = arrays.first().map_or(0, Vec::len);
    let batch = |at: usize| {
        let parts = arrays.iter().filter_map(|blocks| blocks.get(at).cloned()).collect();
        RecordBatch::try_new(Arc::clone(&schema), parts)
            .map_err(|error| StartError::Engine(error.to_string()))
    };
    (0..count).map(batch).collect()
}
