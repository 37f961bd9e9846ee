//! Writes the first inputs of each target from the repository's corpora: `corpus/<target>/<n>`.
//!
//! `cargo run --example seeds` in this folder. It never removes an input that is there.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn rows(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(&path).expect("a corpus");
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn write(target: &str, inputs: &[String]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:04}")), input).expect("a file");
    }
    println!("{target}: {} inputs", inputs.len());
}

/// Table, column and type on a line each, then the values.
fn column(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or_default().replace('\n', " ");
    let values = row["values"].as_array().into_iter().flatten();
    let values = values.map(|value| value.as_str().unwrap_or_default().replace('\n', " "));
    let head = ["table", "column", "type"].map(text);
    head.into_iter().chain(values).collect::<Vec<_>>().join("\n")
}

fn main() {
    let files = [
        "tests/corpora/sql/benign.jsonl",
        "tests/corpora/sql/hostile.jsonl",
        "tests/corpora/sql/rewrite.jsonl",
        "crates/gate/src/safety/lineage/leaks.jsonl",
        "crates/gate/src/safety/lineage/harmless.jsonl",
    ];
    let texts: Vec<String> = files
        .into_iter()
        .flat_map(rows)
        .filter_map(|row| row["sql"].as_str().map(str::to_owned))
        .filter(|text| text.len() <= 4096)
        .collect();
    write("lexer", &texts);
    write("analyze", &texts);
    let files = ["tests/corpora/pii/columns.jsonl", "tests/corpora/pii/locales.jsonl"];
    let mut columns: Vec<String> =
        files.into_iter().flat_map(rows).map(|row| column(&row)).collect();
    columns.push(
        r#"{"id": 1, "table": "t", "column": "c", "type": "STRING", "values": ["a"]}"#.to_owned(),
    );
    write("detector", &columns);
}
