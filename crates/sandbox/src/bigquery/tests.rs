//! Whole statements and their answers, one a line: `SELECT 1, 'a' => (1, "a")`.
//!
//! Rows are written as `FORMAT('%T')` writes them and stand in any order unless the query ends in an
//! ORDER BY of its own. `! words` is an error that has these words, `? words` a refusal by name; a
//! line that starts with `setup ` is run first. No line may be skipped.

mod limits;
mod sample;

use std::path::Path;
use std::sync::Arc;

use super::fault::{Fault, Kind};
use super::functions::any_named;
use super::session::{Outcome, Request, Warehouse};
use super::store::Dataset;
use super::types::Type;
use super::value::Value;

/// An empty project with the data set `d`.
fn warehouse() -> Arc<Warehouse> {
    let warehouse = Arc::new(Warehouse::new("p").unwrap());
    warehouse.store.create_dataset("d", Dataset::at(0)).unwrap();
    warehouse
}

async fn run(warehouse: &Arc<Warehouse>, sql: &str) -> Result<Outcome, Fault> {
    let request = Request {
        sql: sql.to_owned(),
        default_dataset: Some("d".to_owned()),
        ..Request::default()
    };
    let prepared = warehouse.prepare(request).await?;
    warehouse.run(prepared).await
}

fn row(outcome: &Outcome, values: &[Value]) -> String {
    let fields = outcome.columns.iter().map(|column| (column.name.clone(), column.of.clone()));
    let types = [Type::String, Type::Struct(fields.collect())];
    let args = [Value::Str("%T".to_owned()), Value::Struct(values.to_vec())];
    let written = (any_named("FORMAT").unwrap().body)(&args, &types).unwrap();
    let Value::Str(text) = written else { panic!("{written:?}") };
    text
}

async fn ask(warehouse: &Arc<Warehouse>, sql: &str) -> String {
    match run(warehouse, sql).await {
        Ok(outcome) if outcome.rows.is_empty() => "(none)".to_owned(),
        Ok(outcome) => {
            let rows = outcome.rows.iter().map(|values| row(&outcome, values));
            rows.collect::<Vec<_>>().join(" | ")
        }
        Err(fault) if fault.kind == Kind::Unsupported => format!("? {}", fault.message),
        Err(fault) => format!("! {}", fault.message),
    }
}

/// Whether an answer is the one that a line wants.
fn fits(sql: &str, wanted: &str, got: &str) -> bool {
    for kind in ["! ", "? "] {
        if let Some(words) = wanted.strip_prefix(kind) {
            return got.strip_prefix(kind).is_some_and(|got| got.contains(words));
        }
    }
    if sql.rsplit(')').next().is_some_and(|end| end.contains("ORDER BY")) {
        return wanted == got;
    }
    let sorted = |text: &str| {
        let mut rows: Vec<String> = text.split(" | ").map(str::to_owned).collect();
        rows.sort();
        rows
    };
    sorted(wanted) == sorted(got)
}

/// Asks every line of a table; the failures come back with what was answered.
async fn failures(file: &Path) -> Vec<String> {
    let warehouse = warehouse();
    let mut failures = Vec::new();
    let text = std::fs::read_to_string(file).unwrap();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(setup) = line.strip_prefix("setup ") {
            run(&warehouse, setup).await.unwrap();
            continue;
        }
        let (sql, wanted) = line.rsplit_once(" => ").unwrap_or_else(|| panic!("no answer: {line}"));
        let got = ask(&warehouse, sql).await;
        if !fits(sql, wanted, &got) {
            failures.push(format!("{sql}\n   wanted {wanted}\n   got    {got}"));
        }
    }
    failures
}

#[tokio::test]
async fn statements_answer_as_their_tables_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bigquery/tests");
    let mut tables = 0;
    let mut failed = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|end| end == "txt") {
            tables += 1;
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let lines = failures(&file).await;
            failed.extend(lines.into_iter().map(|line| format!("{name}: {line}")));
        }
    }
    assert!(tables > 0);
    assert!(failed.is_empty(), "{} wrong\n{}", failed.len(), failed.join("\n"));
}
