//! The catalog of the tests: people with protected columns of every shape, orders, users.
//! A type ends in `[]` where the column is an array.

use autopilot_domain::catalog::{
    Catalog, ColumnFacts, ColumnType, Examination, TableFacts, TableRef,
};

use ColumnType::{Date, Int64, Json, Numeric, Record, String as Text, Timestamp};
use Examination::{Clear, Personal, Unexamined};

type Row = (&'static str, ColumnType, bool, Examination);

const PEOPLE: [Row; 17] = [
    ("id", Int64, false, Clear),
    ("email", Text, false, Personal),
    ("phone", Text, false, Personal),
    ("ssn", Text, false, Unexamined),
    ("profile", Record, false, Personal),
    ("emails", Text, true, Personal),
    ("contacts", Record, true, Personal),
    ("birth", Date, false, Personal),
    ("salary", Int64, false, Personal),
    ("doc", Json, false, Personal),
    ("country", Text, false, Clear),
    ("plan", Text, false, Clear),
    ("created_at", Timestamp, false, Clear),
    ("address", Record, false, Clear),
    ("tags", Text, true, Clear),
    ("meta", Json, false, Clear),
    ("active", ColumnType::Bool, false, Clear),
];

const ORDERS: [Row; 7] = [
    ("id", Int64, false, Clear),
    ("person_id", Int64, false, Clear),
    ("amount", Numeric, false, Clear),
    ("status", Text, false, Clear),
    ("contact", Text, false, Clear),
    ("day", Date, false, Clear),
    ("items", Record, true, Clear),
];

const USERS: [Row; 3] = [
    ("id", Int64, false, Clear),
    ("email", Text, false, Personal),
    ("country", Text, false, Clear),
];

/// Names that a parser may take for something else.
const ODD: [Row; 6] = [
    ("id", Int64, false, Clear),
    ("localtime", Text, false, Personal),
    ("current_date", Date, false, Personal),
    ("day", Date, false, Personal),
    ("value", Text, false, Personal),
    ("at", Date, false, Clear),
];

fn table(name: &str, rows: &[Row], partition: Option<&str>) -> TableFacts {
    let columns = rows.iter().map(|(name, column_type, repeated, examination)| ColumnFacts {
        name: (*name).to_owned(),
        column_type: *column_type,
        repeated: *repeated,
        examination: *examination,
    });
    TableFacts {
        table: TableRef {
            project: "acme".to_owned(),
            dataset: "crm".to_owned(),
            table: name.to_owned(),
        },
        columns: columns.collect(),
        rows: 10,
        bytes: 1_000,
        partition_column: partition.map(str::to_owned),
        partition_filter_required: partition.is_some(),
    }
}

fn tables() -> [TableFacts; 5] {
    [
        table("people", &PEOPLE, None),
        table("orders", &ORDERS, Some("day")),
        table("users", &USERS, None),
        table("odd", &ODD, None),
        table("arrivals", &USERS, Some("_PARTITIONTIME")),
    ]
}

pub(super) fn catalog() -> Catalog {
    Catalog::of(tables())
}

/// The same tables with one state for all columns.
fn all(examination: Examination) -> Catalog {
    Catalog::of(tables().map(|mut table| {
        for column in &mut table.columns {
            column.examination = examination;
        }
        table
    }))
}

pub(super) fn all_clear() -> Catalog {
    all(Clear)
}

pub(super) fn all_protected() -> Catalog {
    all(Unexamined)
}
