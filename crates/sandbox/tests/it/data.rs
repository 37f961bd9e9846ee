//! What a user's folder, a reference company and the built-in shop become, through the public face.
//!
//! Figures are written out by hand or come from the company's own truth.

use std::path::Path;

use autopilot_sandbox::{CompanyOptions, Found, Source, inspect, truth};
use jiff::civil::date;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn found(folder: &Path) -> Result<Vec<Found>, String> {
    inspect(&Source::Folder(folder.to_owned()), |_| {}).map_err(|error| error.to_string())
}

#[test]
fn a_folder_is_told_with_types_rows_bytes_and_partitions() {
    let csv = "Order ID,On,Paid,Note\n1,2026-01-01,1.50,\n2,2026-01-02,2,late\n";
    let toml = "[tables.orders]\npartitioning = { column = \"on\", by = \"day\" }\n";
    let folder = folder(&[("Orders.csv", csv), ("schema.toml", toml)]);
    let column = |name: &str, of: &str| (name.to_owned(), of.to_owned());
    let orders = Found {
        name: "orders".to_owned(),
        columns: vec![
            column("order_id", "INT64"),
            column("on", "DATE"),
            column("paid", "NUMERIC"),
            column("note", "STRING"),
        ],
        rows: 2,
        // Two times 8, 8 and 16, and one text of four bytes with two more.
        bytes: 70,
        partitions: 2,
    };
    assert_eq!(found(folder.path()), Ok(vec![orders]));
}

#[test]
fn the_first_bad_line_is_named_and_the_folder_refused() {
    let folder = folder(&[("a.csv", "x\n1\n"), ("b.csv", "x,y\n1,2\n3\n")]);
    let told = found(folder.path()).unwrap_err();
    let expected =
        "b.csv, line 3: 1 fields, but the header names 2 columns; nothing of this file was loaded";
    assert_eq!(told, expected);
}

#[test]
fn a_company_has_the_rows_of_its_truth() {
    let options = CompanyOptions::small(11, date(2026, 11, 22));
    let truth: serde_json::Value = serde_json::from_str(&truth(&options).unwrap()).unwrap();
    let found = inspect(&Source::Company(options), |_| {}).unwrap();
    let told: Vec<(&str, u64)> = found.iter().map(|t| (t.name.as_str(), t.rows)).collect();
    let tables = truth["tables"].as_array().unwrap();
    let wanted: Vec<(&str, u64)> = tables
        .iter()
        .map(|table| (table["name"].as_str().unwrap(), table["rows"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, wanted);
    assert!(found.iter().any(|table| table.partitions > 200));
}

#[test]
fn the_built_in_shop_has_its_two_tables() {
    let found = inspect(&Source::Cdnow, |_| {}).unwrap();
    let told: Vec<(&str, u64)> = found.iter().map(|t| (t.name.as_str(), t.rows)).collect();
    assert_eq!(told, [("orders", 69_659), ("customers", 23_570)]);
}
