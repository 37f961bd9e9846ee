//! `schema.toml`: what a folder says about its tables beyond the files themselves.
//!
//! Decides the file's form and names the line of everything that does not keep it. It must never
//! ignore a key: what is not understood is refused.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::bigquery::types::Type;
use crate::options::StartError;

/// The file's name.
pub(super) const FILE: &str = "schema.toml";
/// The scalar types a column can be given.
const TYPES: [(&str, Type); 12] = [
    ("BIGNUMERIC", Type::BigNumeric),
    ("BOOL", Type::Bool),
    ("BYTES", Type::Bytes),
    ("DATE", Type::Date),
    ("DATETIME", Type::Datetime),
    ("FLOAT64", Type::Float64),
    ("INT64", Type::Int64),
    ("JSON", Type::Json),
    ("NUMERIC", Type::Numeric),
    ("STRING", Type::String),
    ("TIME", Type::Time),
    ("TIMESTAMP", Type::Timestamp),
];

/// The whole file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    description: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    tables: BTreeMap<Spanned<String>, Spanned<WrittenTable>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTable {
    description: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    partitioning: Option<Spanned<WrittenPartitioning>>,
    clustering: Option<Spanned<Vec<String>>>,
    require_partition_filter: Option<Spanned<bool>>,
    #[serde(default)]
    columns: BTreeMap<Spanned<String>, WrittenColumn>,
}

/// A partitioning as written; which keys belong together is decided by [`super::settings`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPartitioning {
    pub(super) column: Option<String>,
    pub(super) by: Option<String>,
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenColumn {
    #[serde(rename = "type")]
    of: Option<Spanned<String>>,
    description: Option<String>,
    #[serde(default)]
    required: bool,
}

/// Something that was written, and the line it stands on.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) line: u64,
    pub(super) value: T,
}

/// What is said about a folder.
#[derive(Debug, Default)]
pub(super) struct FolderSchema {
    pub(super) description: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) tables: BTreeMap<String, TableSchema>,
}

/// What is said about a table.
#[derive(Debug, Default)]
pub(super) struct TableSchema {
    pub(super) line: u64,
    pub(super) description: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) partitioning: Option<At<WrittenPartitioning>>,
    pub(super) clustering: Option<At<Vec<String>>>,
    pub(super) require_partition_filter: Option<At<bool>>,
    columns: BTreeMap<String, ColumnSchema>,
}

/// What is said about a column.
#[derive(Debug)]
pub(super) struct ColumnSchema {
    pub(super) line: u64,
    /// Inferred when not given.
    pub(super) of: Option<Type>,
    pub(super) description: Option<String>,
    pub(super) required: bool,
}

/// A refusal of a line of the file.
pub(super) fn wrong(line: u64, reason: impl Into<String>) -> StartError {
    StartError::File { file: FILE.to_owned(), line, reason: reason.into() }
}

impl TableSchema {
    pub(super) fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.get(name)
    }

    /// Refuses a column that the table does not have.
    pub(super) fn only_these_columns(
        &self,
        file: &str,
        names: &[String],
    ) -> Result<(), StartError> {
        match self.columns.iter().find(|(name, _)| !names.contains(name)) {
            Some((name, column)) => {
                let known = names.join(", ");
                let reason = format!("{file} has no column {name}; it has {known}");
                Err(wrong(column.line, reason))
            }
            None => Ok(()),
        }
    }
}

/// Reads the file's text.
///
/// # Errors
/// The line and what is wrong there.
pub(super) fn read(text: &str) -> Result<FolderSchema, StartError> {
    let line = |span: Range<usize>| {
        let before = text.get(..span.start).unwrap_or_default();
        before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1
    };
    let written: Written = toml::from_str(text)
        .map_err(|error| wrong(error.span().map_or(1, line), error.message().replace('\n', " ")))?;
    let mut tables = BTreeMap::new();
    for (name, table) in written.tables {
        let at = line(name.span());
        tables.insert(name.into_inner(), of_table(table.into_inner(), at, &line)?);
    }
    Ok(FolderSchema { description: written.description, labels: written.labels, tables })
}

fn of_table(
    written: WrittenTable,
    at: u64,
    line: &impl Fn(Range<usize>) -> u64,
) -> Result<TableSchema, StartError> {
    let mut columns = BTreeMap::new();
    for (name, column) in written.columns {
        let at = line(name.span());
        let of = column.of.map(|of| type_of(&of, line(of.span()))).transpose()?;
        let WrittenColumn { description, required, .. } = column;
        columns.insert(name.into_inner(), ColumnSchema { line: at, of, description, required });
    }
    Ok(TableSchema {
        line: at,
        description: written.description,
        labels: written.labels,
        partitioning: written.partitioning.map(|it| located(it, line)),
        clustering: written.clustering.map(|it| located(it, line)),
        require_partition_filter: written.require_partition_filter.map(|it| located(it, line)),
        columns,
    })
}

fn located<T>(it: Spanned<T>, line: &impl Fn(Range<usize>) -> u64) -> At<T> {
    At { line: line(it.span()), value: it.into_inner() }
}

fn type_of(written: &Spanned<String>, line: u64) -> Result<Type, StartError> {
    let upper = written.get_ref().to_ascii_uppercase();
    let found = TYPES.iter().find(|(name, _)| *name == upper).map(|(_, of)| of.clone());
    found.ok_or_else(|| {
        let known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        wrong(
            line,
            format!("{:?} is no type of a column; use {}", written.get_ref(), known.join(", ")),
        )
    })
}
