//! CSV files as typed columns.
//!
//! A type is taken only if every value of the column fits it; empty means NULL. A file with a row of
//! the wrong length is refused whole, with its name and line.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use crate::cdnow;
use crate::options::{DataSource, Progress, StartError};

/// A table's name and rows.
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) rows: RecordBatch,
}

/// Loads every table, telling `progress` each file's name.
pub(crate) fn tables(
    source: &DataSource,
    mut progress: impl FnMut(&Progress),
) -> Result<Vec<Loaded>, StartError> {
    match source {
        DataSource::Cdnow => cdnow::FILES
            .iter()
            .map(|(file, text)| {
                progress(&Progress { table: (*file).to_owned(), rows: 0, total: None });
                table(file, text)
            })
            .collect(),
        DataSource::Folder(folder) => from_folder(folder, &mut progress),
        DataSource::Company(_) => Err(StartError::Engine("soon".to_owned())),
    }
}

fn from_folder(folder: &Path, progress: &mut impl FnMut(&Progress)) -> Result<Vec<Loaded>, StartError> {
    let trouble = |error: std::io::Error| StartError::Folder {
        folder: folder.display().to_string(),
        reason: error.kind().to_string(),
    };
    let entries = std::fs::read_dir(folder)
        .map_err(trouble)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(trouble)?;
    let is_csv = |path: &Path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    let mut files: Vec<_> =
        entries.into_iter().map(|entry| entry.path()).filter(|path| is_csv(path)).collect();
    files.sort();
    if files.is_empty() {
        return Err(StartError::Empty(folder.display().to_string()));
    }
    let read = |path: &Path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).map_err(|error| StartError::File {
            file: file.clone(),
            line: 1,
            reason: error.kind().to_string(),
        })?;
        progress(&Progress { table: file.clone(), rows: 0, total: None });
        table(&file, &text)
    };
    files.iter().map(|path| path.as_path()).map(read).collect()
}

fn table(file: &str, text: &str) -> Result<Loaded, StartError> {
    let refuse = |line, reason: String| StartError::File { file: file.to_owned(), line, reason };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|_| refuse(1, "the header row cannot be read".to_owned()))?
        .clone();
    let names: Vec<String> = header.iter().map(plain).collect();
    if names.is_empty() || names.iter().any(String::is_empty) {
        return Err(refuse(1, "every column needs a name in the header row".to_owned()));
    }
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); names.len()];
    for (index, record) in reader.records().enumerate() {
        let line = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(2);
        let record = record
            .map_err(|_| refuse(line, format!("the row does not have {} values", names.len())))?;
        for (column, value) in columns.iter_mut().zip(record.iter()) {
            column.push((!value.is_empty()).then(|| value.to_owned()));
        }
    }
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) =
        names.iter().zip(&columns).map(|(name, values)| typed(name, values)).unzip();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| StartError::Engine(error.to_string()))?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    Ok(Loaded { name: plain(stem), rows })
}

/// Letters, digits and underscores, in lower case.
fn plain(name: &str) -> String {
    let ok = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.trim().chars().map(ok).collect()
}

/// The narrowest type that every value fits.
fn typed(name: &str, values: &[Option<String>]) -> (Field, ArrayRef) {
    if let Some(parsed) = all(values, |v| v.parse::<i64>().ok().filter(|n| n.to_string() == v)) {
        return (Field::new(name, DataType::Int64, true), Arc::new(Int64Array::from(parsed)));
    }
    if let Some(parsed) = all(values, numeric)
        && let Ok(array) = Decimal128Array::from(parsed).with_precision_and_scale(38, 9)
    {
        return (Field::new(name, DataType::Decimal128(38, 9), true), Arc::new(array));
    }
    if let Some(parsed) = all(values, day) {
        return (Field::new(name, DataType::Date32, true), Arc::new(Date32Array::from(parsed)));
    }
    if let Some(parsed) = all(values, |v| v.to_ascii_lowercase().parse::<bool>().ok()) {
        return (Field::new(name, DataType::Boolean, true), Arc::new(BooleanArray::from(parsed)));
    }
    (Field::new(name, DataType::Utf8, true), Arc::new(StringArray::from(values.to_vec())))
}

/// Every value parsed; nothing if one does not fit or there is none.
fn all<T>(values: &[Option<String>], parse: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
    if values.iter().all(Option::is_none) {
        return None;
    }
    values.iter().map(|value| value.as_deref().map_or(Some(None), |v| parse(v).map(Some))).collect()
}

/// A decimal with at most 9 places, in billionths.
fn numeric(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let padded = whole.len() > 1 && whole.starts_with('0');
    if padded
        || whole.is_empty()
        || whole.len() > 20
        || places.len() > 9
        || !plain(whole)
        || !plain(places)
    {
        return None;
    }
    let scaled: i128 = format!("{whole}{places:0<9}").parse().ok()?;
    Some(sign * scaled)
}

/// Days since 1970-01-01.
fn day(text: &str) -> Option<i32> {
    let day: jiff::civil::Date = (text.len() == 10).then(|| text.parse().ok())??;
    let epoch = jiff::civil::date(1970, 1, 1);
    day.since((jiff::Unit::Day, epoch)).ok().map(|span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_the_narrowest_that_fit_the_whole_column() {
        let text =
            "id,Amount USD,on,ok,zip\n1,11.77,1997-01-01,true,01234\n2,,1998-12-31,false,9\n";
        let loaded = table("My Orders.csv", text).unwrap();
        let types: Vec<_> = loaded
            .rows
            .schema()
            .fields()
            .iter()
            .map(|f| (f.name().clone(), f.data_type().clone()))
            .collect();
        assert_eq!(loaded.name, "my_orders");
        assert_eq!(
            types,
            [
                ("id".to_owned(), DataType::Int64),
                ("amount_usd".to_owned(), DataType::Decimal128(38, 9)),
                ("on".to_owned(), DataType::Date32),
                ("ok".to_owned(), DataType::Boolean),
                // A leading zero would be lost in a number.
                ("zip".to_owned(), DataType::Utf8),
            ]
        );
    }

    #[test]
    fn a_short_row_names_file_and_line() {
        let error = table("x.csv", "a,b\n1,2\n3\n").err().unwrap().to_string();
        assert!(error.contains("x.csv, line 3"), "{error}");
    }
}
