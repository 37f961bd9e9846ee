//! A folder's files as tables.
//!
//! Decides which files are tables, and under which names. A file with another ending is left alone;
//! one that is named in `schema.toml` and is not there is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::schema::{self, FolderSchema, TableSchema};
use super::{Loaded, Progress, csv, filled, names, parquet, settings};
use crate::bigquery::store::Table;
use crate::options::StartError;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Parquet,
}

/// Reads every table of a folder.
///
/// # Errors
/// The first file, and its line, that cannot be read as a table.
pub(super) fn read(
    folder: &Path,
    now: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, StartError> {
    let asked = settings_of(folder)?;
    let files = files(folder)?;
    let known: Vec<&str> = files.keys().map(String::as_str).collect();
    if let Some((name, table)) = asked.tables.iter().find(|(name, _)| !files.contains_key(*name)) {
        let reason = format!("no file makes a table {name}; there are {}", known.join(", "));
        return Err(schema::wrong(table.line, reason));
    }
    let none = TableSchema::default();
    let mut tables = Vec::new();
    for (name, (path, form)) in &files {
        let of_table = asked.tables.get(name).unwrap_or(&none);
        tables.push(table(name, path, *form, of_table, now, progress)?);
    }
    Ok(Loaded { description: asked.description, labels: asked.labels, tables })
}

/// Reads files that are built in.
///
/// # Errors
/// The first file, and its line, that cannot be read as a table.
pub(super) fn built_in(
    files: &[(String, &[u8])],
    now: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Loaded, StartError> {
    let none = TableSchema::default();
    let mut tables = Vec::new();
    for (file, bytes) in files {
        let name = names::plain(file.strip_suffix(".csv").unwrap_or(file));
        let mut tick = csv_tick(file, progress);
        let rows = csv::read(file, bytes, &none, &mut tick)?;
        let def = settings::definition(&name, rows.columns, &none, now)?;
        tables.push(filled(file, def, &rows.batches, now)?);
    }
    Ok(Loaded { tables, ..Loaded::default() })
}

fn csv_tick(file: &str, progress: &mut dyn FnMut(Progress)) -> impl FnMut(u64, u8) {
    move |rows, percent| {
        let total = (percent == 100).then_some(rows);
        progress(Progress { name: file.to_owned(), rows, total, percent });
    }
}

fn settings_of(folder: &Path) -> Result<FolderSchema, StartError> {
    let text = match std::fs::read(folder.join(schema::FILE)) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| schema::wrong(1, "the file is not UTF-8; save it as UTF-8"))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(FolderSchema::default());
        }
        Err(error) => return Err(unreadable(schema::FILE, &error)),
    };
    let asked = schema::read(&text)?;
    settings::labels(&asked.labels, 1)?;
    Ok(asked)
}

fn unreadable(file: &str, error: &std::io::Error) -> StartError {
    StartError::Table { file: file.to_owned(), reason: format!("cannot be read: {}", error.kind()) }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The folder's tables by name.
fn files(folder: &Path) -> Result<BTreeMap<String, (PathBuf, Form)>, StartError> {
    let trouble = |error: std::io::Error| StartError::Folder {
        folder: folder.display().to_string(),
        reason: error.kind().to_string(),
    };
    let entries = std::fs::read_dir(folder).map_err(trouble)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(trouble)?;
    paths.sort();
    let mut files: BTreeMap<String, (PathBuf, Form)> = BTreeMap::new();
    for path in paths {
        let Some(form) = form(&path).filter(|_| !path.is_dir()) else { continue };
        let file = file_name(&path);
        let name = path.file_stem().map(|stem| names::plain(&stem.to_string_lossy()));
        let name = name.unwrap_or_default();
        if let Some((other, _)) = files.get(&name) {
            let reason = format!("{} makes a table {name} too; rename one", file_name(other));
            return Err(StartError::Table { file, reason });
        }
        files.insert(name, (path, form));
    }
    if files.is_empty() {
        return Err(StartError::Empty(folder.display().to_string()));
    }
    Ok(files)
}

/// The form of a file by its ending; hidden files are none.
fn form(path: &Path) -> Option<Form> {
    if file_name(path).starts_with('.') {
        return None;
    }
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    match ending.as_str() {
        "csv" => Some(Form::Csv),
        "parquet" => Some(Form::Parquet),
        _ => None,
    }
}

fn table(
    name: &str,
    path: &Path,
    form: Form,
    asked: &TableSchema,
    now: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Table, StartError> {
    let file = file_name(path);
    let rows = match form {
        Form::Csv => {
            let bytes = std::fs::read(path).map_err(|error| unreadable(&file, &error))?;
            let mut tick = csv_tick(&file, progress);
            csv::read(&file, &bytes, asked, &mut tick)?
        }
        Form::Parquet => {
            let opened = std::fs::File::open(path).map_err(|error| unreadable(&file, &error))?;
            parquet::read(&file, opened, asked, progress)?
        }
    };
    let def = settings::definition(name, rows.columns, asked, now)?;
    filled(&file, def, &rows.batches, now)
}
