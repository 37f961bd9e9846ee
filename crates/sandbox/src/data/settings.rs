//! Partitioning, clustering, labels and descriptions as BigQuery takes them.
//!
//! Decides whether what `schema.toml` says about a table can hold for its columns, and makes the
//! table's definition of it. BigQuery's own limits are kept; nothing is dropped quietly.

use std::collections::BTreeMap;

use super::schema::{At, TableSchema, WrittenPartitioning, wrong};
use crate::bigquery::store::{ColumnDef, Granularity, Partitioning, TableDef};
use crate::bigquery::types::Type;
use crate::options::StartError;

/// Longest description of a table or data set, and of a column, in characters.
const DESCRIPTION: (usize, usize) = (16_384, 1024);

/// The definition of a table; `now` is in microseconds since 1970.
///
/// # Errors
/// The line of `schema.toml` that cannot hold for these columns.
pub(super) fn definition(
    name: &str,
    columns: Vec<ColumnDef>,
    asked: &TableSchema,
    now: i64,
) -> Result<TableDef, StartError> {
    labels(&asked.labels, asked.line)?;
    described(asked.description.as_deref(), DESCRIPTION.0, asked.line)?;
    for column in &columns {
        let line = asked.column(&column.name).map_or(asked.line, |asked| asked.line);
        described(column.description.as_deref(), DESCRIPTION.1, line)?;
    }
    let partitioning =
        asked.partitioning.as_ref().map(|by| partitioning(by, &columns)).transpose()?;
    if let Some(filter) = asked.require_partition_filter.as_ref().filter(|filter| filter.value)
        && partitioning.is_none()
    {
        let reason = format!("{name} is not partitioned, so no partition filter can be required");
        return Err(wrong(filter.line, reason));
    }
    let clustering = asked
        .clustering
        .as_ref()
        .map(|by| clustering(by, &columns))
        .transpose()?
        .unwrap_or_default();
    let def = TableDef {
        name: name.to_owned(),
        columns,
        partitioning,
        clustering,
        require_partition_filter: asked
            .require_partition_filter
            .as_ref()
            .is_some_and(|it| it.value),
        description: asked.description.clone(),
        labels: asked.labels.clone(),
        ..TableDef::default()
    };
    Ok(finished(def, now))
}

/// The definition with its times and its OPTIONS written out; `now` is in microseconds since 1970.
pub(super) fn finished(mut def: TableDef, now: i64) -> TableDef {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    if let Some(description) = &def.description {
        def.options.push(("description".to_owned(), quoted(description)));
    }
    if !def.labels.is_empty() {
        let pair = |(key, value): (&String, &String)| {
            format!("STRUCT({}, {})", quoted(key), quoted(value))
        };
        let pairs: Vec<String> = def.labels.iter().map(pair).collect();
        def.options.push(("labels".to_owned(), format!("[{}]", pairs.join(", "))));
    }
    if def.require_partition_filter {
        def.options.push(("require_partition_filter".to_owned(), "true".to_owned()));
    }
    def.created = now.div_euclid(1000);
    def.modified = def.created;
    def
}

fn described(text: Option<&str>, most: usize, line: u64) -> Result<(), StartError> {
    match text.filter(|text| text.chars().count() > most) {
        Some(_) => Err(wrong(line, format!("a description here has at most {most} characters"))),
        None => Ok(()),
    }
}

/// Refuses labels that BigQuery would.
///
/// # Errors
/// The first key or value that breaks its rules.
pub(super) fn labels(labels: &BTreeMap<String, String>, line: u64) -> Result<(), StartError> {
    let allowed = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || c == '_' || c == '-';
    let fits = |text: &str| text.chars().count() <= 63 && text.chars().all(allowed);
    let bad = |(key, value): &(&String, &String)| {
        !fits(key) || !fits(value) || !key.starts_with(char::is_alphabetic)
    };
    if labels.len() > 64 {
        return Err(wrong(line, "at most 64 labels"));
    }
    match labels.iter().find(bad) {
        Some((key, value)) => Err(wrong(
            line,
            format!(
                "the label {key:?} = {value:?} is not possible: at most 63 lower-case letters, digits, _ and - each, and a key begins with a letter"
            ),
        )),
        None => Ok(()),
    }
}

/// The type of the column a setting names.
fn named<'a>(name: &str, columns: &'a [ColumnDef], line: u64) -> Result<&'a ColumnDef, StartError> {
    columns
        .iter()
        .find(|column| column.name == name)
        .ok_or_else(|| wrong(line, format!("there is no column {name}")))
}

fn partitioning(
    by: &At<WrittenPartitioning>,
    columns: &[ColumnDef],
) -> Result<Partitioning, StartError> {
    let refuse = |reason: String| wrong(by.line, reason);
    let form = || {
        refuse(
            "a partitioning is { column, by } for time, { by } for arrival, or { column, start, end, step } for a range of INT64".to_owned(),
        )
    };
    let WrittenPartitioning { column, by: unit, start, end, step } = &by.value;
    match (column, unit, start, end, step) {
        (Some(column), Some(unit), None, None, None) => {
            let found = named(column, columns, by.line)?;
            let unit = granularity(unit).map_err(refuse)?;
            let of = &found.of;
            match of {
                Type::Date if unit == Granularity::Hour => {
                    Err(refuse(format!("{column} is a DATE; it has no hours")))
                }
                Type::Date | Type::Datetime | Type::Timestamp => {
                    Ok(Partitioning::Time { column: column.clone(), by: unit })
                }
                Type::Bool
                | Type::Int64
                | Type::Float64
                | Type::Numeric
                | Type::BigNumeric
                | Type::String
                | Type::Bytes
                | Type::Time
                | Type::Interval
                | Type::Json
                | Type::Array(_)
                | Type::Struct(_)
                | Type::Range(_) => {
                    Err(refuse(format!("{column} is {of}, not DATE, DATETIME or TIMESTAMP")))
                }
            }
        }
        (None, Some(unit), None, None, None) => {
            Ok(Partitioning::Ingestion { by: granularity(unit).map_err(refuse)? })
        }
        (Some(column), None, Some(start), Some(end), Some(step)) => {
            range(column, (*start, *end, *step), columns, by.line)
        }
        _ => Err(form()),
    }
}

fn granularity(unit: &str) -> Result<Granularity, String> {
    match unit.to_ascii_uppercase().as_str() {
        "HOUR" => Ok(Granularity::Hour),
        "DAY" => Ok(Granularity::Day),
        "MONTH" => Ok(Granularity::Month),
        "YEAR" => Ok(Granularity::Year),
        _ => Err(format!("{unit:?} is no unit of a partition; use HOUR, DAY, MONTH or YEAR")),
    }
}

fn range(
    column: &str,
    (start, end, step): (i64, i64, i64),
    columns: &[ColumnDef],
    line: u64,
) -> Result<Partitioning, StartError> {
    let of = &named(column, columns, line)?.of;
    if *of != Type::Int64 {
        return Err(wrong(line, format!("{column} is {of}, not INT64")));
    }
    let width = i128::from(end) - i128::from(start);
    if step <= 0 || width <= 0 {
        return Err(wrong(line, "start must be less than end, and step at least 1"));
    }
    if width / i128::from(step) >= i128::from(super::PARTITIONS) {
        return Err(wrong(line, format!("more than {} partitions", super::PARTITIONS)));
    }
    Ok(Partitioning::Range { column: column.to_owned(), start, end, step })
}

fn clustering(by: &At<Vec<String>>, columns: &[ColumnDef]) -> Result<Vec<String>, StartError> {
    if by.value.is_empty() || by.value.len() > 4 {
        return Err(wrong(by.line, "a table is clustered by one to four columns"));
    }
    for (at, name) in by.value.iter().enumerate() {
        let of = &named(name, columns, by.line)?.of;
        if by.value.iter().take(at).any(|other| other == name) {
            return Err(wrong(by.line, format!("{name} is named twice")));
        }
        let fits = of.is_groupable() && !matches!(of, Type::Float64 | Type::Bytes | Type::Time);
        if !fits {
            return Err(wrong(
                by.line,
                format!("{name} is {of}; a table cannot be clustered by it"),
            ));
        }
    }
    Ok(by.value.clone())
}
