//! The catalogs that texts are followed through: the tables of the leak set, once with protected
//! columns and once without. Facts only; decides nothing.

use autopilot_domain::catalog::{
    Catalog, ColumnFacts, ColumnType, Examination, TableFacts, TableRef,
};

const PEOPLE: [(&str, ColumnType, bool, bool); 14] = [
    ("id", ColumnType::Int64, false, false),
    ("email", ColumnType::String, false, true),
    ("phone", ColumnType::String, false, true),
    ("profile", ColumnType::Record, false, true),
    ("emails", ColumnType::String, true, true),
    ("contacts", ColumnType::Record, true, true),
    ("birth", ColumnType::Date, false, true),
    ("salary", ColumnType::Int64, false, true),
    ("doc", ColumnType::Json, false, true),
    ("country", ColumnType::String, false, false),
    ("plan", ColumnType::String, false, false),
    ("created_at", ColumnType::Timestamp, false, false),
    ("tags", ColumnType::String, true, false),
    ("active", ColumnType::Bool, false, false),
];

const ORDERS: [(&str, ColumnType, bool, bool); 6] = [
    ("id", ColumnType::Int64, false, false),
    ("person_id", ColumnType::Int64, false, false),
    ("amount", ColumnType::Numeric, false, false),
    ("contact", ColumnType::String, false, false),
    ("day", ColumnType::Date, false, false),
    ("items", ColumnType::Record, true, false),
];

/// The catalog; `protect` says whether the personal columns are protected or every column is clear.
#[must_use]
pub fn catalog(protect: bool) -> Catalog {
    let table = |name: &str, rows: &[(&str, ColumnType, bool, bool)]| TableFacts {
        table: TableRef {
            project: "acme".to_owned(),
            dataset: "crm".to_owned(),
            table: name.to_owned(),
        },
        columns: rows.iter().map(|row| column(*row, protect)).collect(),
        rows: 10,
        bytes: 1_000,
        partition_column: None,
        partition_filter_required: false,
    };
    Catalog::of([table("people", &PEOPLE), table("orders", &ORDERS)])
}

fn column(
    (name, column_type, repeated, personal): (&str, ColumnType, bool, bool),
    protect: bool,
) -> ColumnFacts {
    let examination = if personal && protect { Examination::Personal } else { Examination::Clear };
    ColumnFacts { name: name.to_owned(), column_type, repeated, examination }
}
