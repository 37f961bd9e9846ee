//! Profiles: rows, sizes, NULLs, distinct values, ends, frequent values.
//!
//! Figures are exact. Distinct values, and ends, are given only for types that a warehouse can
//! compare: none for JSON and arrays. An end of a text would be a value and is left out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::num::{count, decimal};
use crate::table::{Column, Table, Values};
use crate::truth::expect::{self, Label, Pii, TableClass};
use crate::truth::rows::{day_text, instant_text};

/// Texts with at most that many different values have their frequencies told.
const FEW: usize = 12;

/// What is true about a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableTruth {
    /// Name.
    pub name: String,
    /// The class that is right.
    pub class: TableClass,
    /// The classes that count as right.
    pub accept_classes: Vec<TableClass>,
    /// Whether it should be suggested as a source of figures.
    pub starter: bool,
    /// Rows.
    pub rows: u64,
    /// BigQuery's logical bytes.
    pub logical_bytes: u64,
    /// The partitioning column.
    pub partition_column: Option<String>,
    /// Whether a query must filter on it.
    pub partition_filter_required: bool,
    /// The column that says when a row happened.
    pub time_column: Option<String>,
    /// The newest value of that column.
    pub latest: Option<String>,
    /// The columns, in the table's order.
    pub columns: Vec<ColumnTruth>,
}

/// What is true about a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnTruth {
    /// Name.
    pub name: String,
    /// BigQuery's name of the type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Rows that are NULL.
    pub nulls: u64,
    /// Different values, NULL not counted; none for JSON and arrays.
    pub distinct: Option<u64>,
    /// Smallest number, day or instant.
    pub min: Option<String>,
    /// Largest number, day or instant.
    pub max: Option<String>,
    /// Frequencies of a text or truth value with few different ones and nothing personal.
    pub top: Vec<Top>,
    /// Expected tag.
    pub pii: Pii,
}

/// How often a value is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Top {
    /// The value.
    pub value: String,
    /// Rows that hold it.
    pub rows: u64,
}

/// The truth about one table.
pub(crate) fn table(table: &Table) -> TableTruth {
    let class = expect::class(&table.name);
    let columns: Vec<ColumnTruth> =
        table.columns.iter().map(|found| column(&table.name, found)).collect();
    let latest = class.time.and_then(|name| columns.iter().find(|column| column.name == name));
    TableTruth {
        name: table.name.clone(),
        class: class.accept.first().copied().unwrap_or(TableClass::Other),
        accept_classes: class.accept.to_vec(),
        starter: class.starter,
        rows: count(table.rows()),
        logical_bytes: table.columns.iter().map(|column| column.values.logical_bytes()).sum(),
        partition_column: table.partition.as_ref().map(|partition| partition.column.clone()),
        partition_filter_required: table.require_partition_filter,
        time_column: class.time.map(str::to_owned),
        latest: latest.and_then(|column| column.max.clone()),
        columns,
    }
}

fn column(table: &str, column: &Column) -> ColumnTruth {
    let pii = expect::pii(table, &column.name);
    let (distinct, min, max) = spread(&column.values);
    let top = if pii.label == Label::None { top(&column.values) } else { Vec::new() };
    ColumnTruth {
        name: column.name.clone(),
        type_name: column.values.type_name().to_owned(),
        nulls: count(column.values.nulls()),
        distinct,
        min,
        max,
        top,
        pii,
    }
}

type Spread = (Option<u64>, Option<String>, Option<String>);

/// Distinct values and ends of a column.
fn spread(values: &Values) -> Spread {
    match values {
        Values::Int64(rows) => ends(rows, i64::to_string),
        Values::Timestamp(rows) => ends(rows, |at| instant_text(*at)),
        Values::Numeric(rows) => ends(rows, |amount| decimal(*amount)),
        Values::Date(rows) => ends(rows, |day| day_text(*day)),
        Values::Float64(rows) => {
            let bits: Vec<Option<u64>> = rows.iter().map(|row| row.map(f64::to_bits)).collect();
            let present = || rows.iter().flatten().copied();
            let text = |end: f64| end.is_finite().then(|| end.to_string());
            (
                Some(different(&bits)),
                text(present().fold(f64::INFINITY, f64::min)),
                text(present().fold(f64::NEG_INFINITY, f64::max)),
            )
        }
        Values::Bool(rows) => (Some(different(rows)), None, None),
        Values::String(rows) => (Some(different(rows)), None, None),
        Values::Json(_) | Values::StringArray(_) => (None, None, None),
    }
}

fn different<T: Hash + Eq>(rows: &[Option<T>]) -> u64 {
    count(rows.iter().flatten().collect::<HashSet<&T>>().len())
}

fn ends<T: Hash + Ord>(rows: &[Option<T>], text: impl Fn(&T) -> String) -> Spread {
    let present = || rows.iter().flatten();
    (Some(different(rows)), present().min().map(&text), present().max().map(&text))
}

/// The frequencies of few values, most frequent first, ties by value.
fn top(values: &Values) -> Vec<Top> {
    let mut found: HashMap<&str, u64> = HashMap::new();
    match values {
        Values::String(rows) => {
            for text in rows.iter().flatten() {
                *found.entry(text).or_default() += 1;
                if found.len() > FEW {
                    return Vec::new();
                }
            }
        }
        Values::Bool(rows) => {
            for value in rows.iter().flatten() {
                *found.entry(if *value { "true" } else { "false" }).or_default() += 1;
            }
        }
        Values::Int64(_)
        | Values::Float64(_)
        | Values::Numeric(_)
        | Values::Date(_)
        | Values::Timestamp(_)
        | Values::Json(_)
        | Values::StringArray(_) => {}
    }
    // Sorted by value first: the order of a hash map must not be seen.
    let sorted: BTreeMap<&str, u64> = found.into_iter().collect();
    let mut top: Vec<Top> =
        sorted.into_iter().map(|(value, rows)| Top { value: value.to_owned(), rows }).collect();
    top.sort_by_key(|top| std::cmp::Reverse(top.rows));
    top
}
