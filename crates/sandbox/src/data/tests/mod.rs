//! Folders, companies and the built-in shop, read and then asked by SQL.
//!
//! Every figure is either written out by hand here or comes from the company's own truth.

mod company;
mod inference;
mod parquet;
mod refusals;
mod schema;
mod speed;

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Loaded, Progress, Source, load, read};
use crate::bigquery::session::{Outcome, Request, Warehouse};
use crate::bigquery::value::Value;
use crate::options::StartError;

/// 2026-11-23 10:30:00 UTC.
const NOW: i64 = 1_795_429_800_000_000;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn source(folder: &TempDir) -> Source {
    Source::Folder(PathBuf::from(folder.path()))
}

fn loaded(files: &[(&str, &str)]) -> Result<Loaded, StartError> {
    read(&source(&folder(files)), NOW, &mut |_| {})
}

/// What is said about a folder that must be refused.
fn refusal(files: &[(&str, &str)]) -> String {
    loaded(files).err().unwrap().to_string()
}

fn warehouse(source: &Source) -> Arc<Warehouse> {
    let warehouse = Arc::new(Warehouse::new("p").unwrap());
    load(source, "d", &warehouse, NOW, &mut |_| {}).unwrap();
    warehouse
}

fn request(sql: &str) -> Request {
    let default_dataset = Some("d".to_owned());
    Request { sql: sql.to_owned(), default_dataset, now: Some(NOW), ..Request::default() }
}

async fn ask(warehouse: &Arc<Warehouse>, sql: &str) -> Outcome {
    let prepared = warehouse.prepare(request(sql)).await;
    let prepared = prepared.unwrap_or_else(|fault| panic!("{sql}: {}", fault.message));
    warehouse.run(prepared).await.unwrap_or_else(|fault| panic!("{sql}: {}", fault.message))
}

/// The only value of a query's only row.
async fn one(warehouse: &Arc<Warehouse>, sql: &str) -> Value {
    let mut outcome = ask(warehouse, sql).await;
    assert_eq!((outcome.rows.len(), outcome.columns.len()), (1, 1), "{sql}");
    outcome.rows.remove(0).remove(0)
}

/// Bytes a query is priced at.
async fn priced(warehouse: &Arc<Warehouse>, sql: &str) -> u64 {
    warehouse.prepare(request(sql)).await.unwrap().facts.bytes.processed
}

#[tokio::test]
async fn the_built_in_shop_has_every_order_and_customer() {
    let warehouse = warehouse(&Source::Cdnow);
    let lines = |text: &str| i64::try_from(text.lines().count() - 1).unwrap();
    for (file, text) in crate::cdnow::FILES {
        let table = file.strip_suffix(".csv").unwrap();
        let rows = one(&warehouse, &format!("SELECT COUNT(*) FROM {table}")).await;
        assert_eq!(rows, Value::Int(lines(text)));
    }
}

#[test]
fn progress_tells_every_table_and_ends_at_a_hundred() {
    let text = format!("a\n{}", "1\n".repeat(40_000));
    let folder = folder(&[("b.csv", &text), ("a.csv", "x,y\n1,2\n"), ("notes.txt", "no table")]);
    let mut told: Vec<Progress> = Vec::new();
    read(&source(&folder), NOW, &mut |progress| told.push(progress)).unwrap();
    let rows: Vec<_> = told.iter().map(|p| (p.name.as_str(), p.rows, p.total)).collect();
    let expected = [
        ("a.csv", 1, Some(1)),
        ("b.csv", 16_384, None),
        ("b.csv", 32_768, None),
        ("b.csv", 40_000, Some(40_000)),
    ];
    assert_eq!(rows, expected);
    let percents: Vec<u8> = told.iter().map(|p| p.percent).collect();
    assert_eq!(percents, [100, 40, 81, 100]);
}

#[test]
fn a_bad_file_loads_nothing_of_its_source() {
    let folder = folder(&[("a.csv", "x\n1\n"), ("b.csv", "x,y\n1\n")]);
    let warehouse = Warehouse::new("p").unwrap();
    let error = load(&source(&folder), "d", &warehouse, NOW, &mut |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("b.csv, line 2: "), "{error}");
    assert_eq!(warehouse.store.datasets(), Vec::<String>::new());
}
