//! Hiding instructions in the company: in names, descriptions, labels and values.
//!
//! Nothing that a figure depends on changes: every table and column keeps its name and its numbers,
//! so the same question must lead to the same query and the same answer. What is added are
//! columns, tables, descriptions and labels, and texts in place of other texts of free columns.

mod strings;

use serde::{Deserialize, Serialize};

use crate::Company;
use crate::sheet::Sheet;
use crate::table::{Column, Table, Values};
use strings::{COLUMN_NAMES, COLUMN_TEXTS, Hidden, LABELS, ROW_TEXTS, TABLE_NAMES, TABLE_TEXTS};

/// Where an instruction is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// In the description of the data set.
    DatasetDescription,
    /// In a label of the data set; `column` holds the label's key.
    DatasetLabel,
    /// In the name of a table.
    TableName,
    /// In the description of a table.
    TableDescription,
    /// In a label of a table; `column` holds the label's key.
    TableLabel,
    /// In the name of a column.
    ColumnName,
    /// In the description of a column.
    ColumnDescription,
    /// In values of a column.
    RowValue,
}

/// One hidden instruction, or a harmless text that looks like one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planted {
    /// Where.
    pub carrier: Carrier,
    /// Table; none for the data set.
    pub table: Option<String>,
    /// Column, or the key of a label.
    pub column: Option<String>,
    /// How it is hidden.
    pub technique: String,
    /// Whether it is an instruction; a harmless text must survive.
    pub attack: bool,
    /// The text, exactly as it is planted.
    pub text: String,
    /// Rows that carry it.
    pub rows: u64,
}

fn note(
    carrier: Carrier,
    table: Option<&str>,
    column: Option<&str>,
    hidden: &Hidden,
    rows: u64,
) -> Planted {
    Planted {
        carrier,
        table: table.map(str::to_owned),
        column: column.map(str::to_owned),
        technique: hidden.technique.to_owned(),
        attack: hidden.attack,
        text: hidden.text.to_owned(),
        rows,
    }
}

/// Hides every instruction of the lists.
pub(crate) fn plant(company: &mut Company) {
    let mut planted = Vec::new();
    data_set(company, &mut planted);
    for (table, column, hidden) in &COLUMN_TEXTS {
        describe(company, table, column, hidden, &mut planted);
    }
    for (table, hidden) in &TABLE_TEXTS {
        if let Some(found) = table_mut(company, table) {
            found.description = format!("{} {}", found.description, hidden.text);
            planted.push(note(Carrier::TableDescription, Some(table), None, hidden, 0));
        }
    }
    for (table, column, hidden) in &ROW_TEXTS {
        overwrite(company, table, column, hidden, &mut planted);
    }
    let seed = company.options.seed;
    for (table, hidden) in &COLUMN_NAMES {
        if let Some(found) = table_mut(company, table) {
            let column = named_column(seed, found.rows(), hidden);
            found.columns.push(column);
            planted.push(note(Carrier::ColumnName, Some(table), Some(hidden.text), hidden, 0));
        }
    }
    for hidden in &TABLE_NAMES {
        company.tables.push(named_table(seed, hidden));
        planted.push(note(Carrier::TableName, Some(hidden.text), None, hidden, 0));
    }
    company.planted = planted;
}

fn table_mut<'a>(company: &'a mut Company, name: &str) -> Option<&'a mut Table> {
    company.tables.iter_mut().find(|table| table.name == name)
}

fn data_set(company: &mut Company, planted: &mut Vec<Planted>) {
    let hidden = &strings::DATASET_TEXT;
    company.description = format!("{} {}", company.description, hidden.text);
    planted.push(note(Carrier::DatasetDescription, None, None, hidden, 0));
    for (table, key, hidden) in &LABELS {
        let value = hidden.text.to_owned();
        if table.is_empty() {
            company.labels.insert((*key).to_owned(), value);
            planted.push(note(Carrier::DatasetLabel, None, Some(key), hidden, 0));
        } else if let Some(found) = table_mut(company, table) {
            found.labels.insert((*key).to_owned(), value);
            planted.push(note(Carrier::TableLabel, Some(table), Some(key), hidden, 0));
        }
    }
}

fn describe(
    company: &mut Company,
    table: &str,
    column: &str,
    hidden: &Hidden,
    planted: &mut Vec<Planted>,
) {
    let Some(found) = table_mut(company, table) else { return };
    if let Some(found) = found.columns.iter_mut().find(|found| found.name == column) {
        found.description = format!("{} {}", found.description, hidden.text);
        planted.push(note(Carrier::ColumnDescription, Some(table), Some(column), hidden, 0));
    }
}

/// Puts the text in place of every eleventh text of a free column; a NULL stays NULL.
fn overwrite(
    company: &mut Company,
    table: &str,
    column: &str,
    hidden: &Hidden,
    planted: &mut Vec<Planted>,
) {
    let Some(found) = table_mut(company, table) else { return };
    let Some(found) = found.columns.iter_mut().find(|found| found.name == column) else { return };
    let mut rows = 0;
    let mut put = |at: usize, text: &mut String, new: &str| {
        if at.is_multiple_of(11) {
            new.clone_into(text);
            rows += 1;
        }
    };
    let json = format!("{{\"comment\":{}}}", serde_json::Value::from(hidden.text));
    match &mut found.values {
        Values::String(texts) => {
            texts
                .iter_mut()
                .flatten()
                .enumerate()
                .for_each(|(at, text)| put(at, text, hidden.text));
        }
        Values::Json(texts) => {
            texts.iter_mut().flatten().enumerate().for_each(|(at, text)| put(at, text, &json));
        }
        Values::StringArray(arrays) => {
            let first = arrays.iter_mut().filter_map(|array| array.first_mut());
            first.enumerate().for_each(|(at, text)| put(at, text, hidden.text));
        }
        Values::Int64(_)
        | Values::Float64(_)
        | Values::Numeric(_)
        | Values::Bool(_)
        | Values::Date(_)
        | Values::Timestamp(_) => {}
    }
    planted.push(note(Carrier::RowValue, Some(table), Some(column), hidden, rows));
}

/// A column whose name is the instruction; its values are plain.
fn named_column(seed: u64, rows: usize, hidden: &Hidden) -> Column {
    let rows = vec![(); rows];
    let mut sheet = Sheet::new(seed, "hostile", &rows);
    sheet.int(hidden.text, "Counter of the old system", |rng, ()| Some(rng.between(0, 9)));
    let columns = sheet.columns();
    columns.into_iter().next().unwrap_or_else(|| Column {
        name: hidden.text.to_owned(),
        description: String::new(),
        values: Values::Int64(Vec::new()),
    })
}

/// A small table whose name is the instruction.
fn named_table(seed: u64, hidden: &Hidden) -> Table {
    let rows = [(); 25];
    let mut sheet = Sheet::new(seed, "hostile_table", &rows);
    sheet.int("id", "Key", |rng, ()| Some(rng.between(1, 9_999_999)));
    sheet.numeric("amount", "Amount", |rng, ()| Some(crate::num::cents(rng.between(100, 90_000))));
    Table::new(hidden.text, "Left over", sheet.columns())
}

#[cfg(test)]
mod tests;
