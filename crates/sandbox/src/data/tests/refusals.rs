//! Everything that is wrong with a file or a folder is told with file, line and column.

use super::{folder, loaded, refusal};
use crate::bigquery::session::Warehouse;
use crate::data::{Source, load};

#[test]
fn a_bad_file_is_refused_with_its_line_and_place() {
    let table: &[(&str, &str)] = &[
        ("", "t.csv, line 1: the file is empty"),
        ("\n1\n", "t.csv, line 1: the table has no columns"),
        ("a,,c\n", "t.csv, line 1: column 2 has no name"),
        ("a,B,b\n", "t.csv, line 1: columns \"B\" and \"b\" are both named b"),
        ("a b,a-b\n", "t.csv, line 1: columns \"a b\" and \"a-b\" are both named a_b"),
        ("_PARTITIONTIME\n", "t.csv, line 1: column 1: names like \"_PARTITIONTIME\" are reserved"),
        ("a;b\n1;2\n", "t.csv, line 1: fields are separated by commas, not by ';'"),
        ("a,b\n1,2\n3\n", "t.csv, line 3: 1 fields, but the header names 2 columns"),
        ("a,b\n1,2,3\n", "t.csv, line 2: 3 fields, but the header names 2 columns"),
        ("a,b\n\"1\n\n2\",3\n4\n", "t.csv, line 5: 1 fields"),
        (
            "a,b\n1,\"2\n3,4\n",
            "t.csv, line 2: character 3: the quote that opens here is never closed",
        ),
        ("a,b\n1,\"2\"x\n", "t.csv, line 2: character 6: text behind a closing quote"),
        ("a,b\n1,5\" disk\n", "t.csv, line 2: character 4: a quote inside a field"),
        ("a,b\n\"x\n\", 5\"\n", "t.csv, line 3: character 5: a quote inside a field"),
        ("a,b\n1,2\r3,4\n", "t.csv, line 2: character 4: a carriage return without a line feed"),
    ];
    for (text, expected) in table {
        let told = refusal(&[("t.csv", text)]);
        assert!(told.starts_with(expected), "{text:?}: {told}");
        assert!(told.ends_with("nothing of this file was loaded"), "{told}");
    }
}

#[test]
fn a_file_that_is_not_utf8_is_refused_at_the_character() {
    let folder = folder(&[]);
    std::fs::write(folder.path().join("t.csv"), b"a,b\n1,ok\n2,gr\xfc\xdf\n").unwrap();
    let warehouse = Warehouse::new("p").unwrap();
    let source = Source::Folder(folder.path().to_owned());
    let error = load(&source, "d", &warehouse, 0, &mut |_| {}).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 3: character 5 is not UTF-8"), "{error}");
}

#[test]
fn a_folder_without_tables_or_with_two_of_one_name_is_refused() {
    let told = refusal(&[("readme.txt", "x")]);
    assert!(told.ends_with("holds no .csv or .parquet file"), "{told}");
    let told = refusal(&[("My Orders.csv", "a\n1\n"), ("my_orders.CSV", "a\n1\n")]);
    assert!(told.contains("makes a table my_orders too"), "{told}");
    let gone = Source::Folder("no/such/folder".into());
    let error = super::read(&gone, 0, &mut |_| {}).unwrap_err().to_string();
    assert!(error.starts_with("the folder no/such/folder cannot be read"), "{error}");
}

#[test]
fn a_value_that_does_not_fit_the_type_asked_for_is_refused_with_line_and_column() {
    let table = [
        ("INT64", "1.5"),
        ("INT64", "9223372036854775808"),
        ("NUMERIC", "x"),
        ("BIGNUMERIC", "1e40"),
        ("FLOAT64", "1,5"),
        ("BOOL", "maybe"),
        ("DATE", "2023-02-29"),
        ("DATETIME", "2024-01-05 25:00:00"),
        ("TIMESTAMP", "yesterday"),
        ("TIME", "24:00:00"),
        ("BYTES", "???"),
        ("JSON", "{\"a\": }"),
    ];
    for (of, value) in table {
        let quoted = value.replace('"', "\"\"");
        let text = format!("k,v\n\"two\nlines\",\n1,\"{quoted}\"\n");
        let toml = format!("[tables.t.columns.v]\ntype = \"{of}\"\n");
        let told = refusal(&[("t.csv", &text), ("schema.toml", &toml)]);
        let expected = format!("t.csv, line 4: column v: {value:?} is no {of}");
        assert!(told.starts_with(&expected), "{told}");
    }
    let toml = "[tables.t.columns.v]\nrequired = true\n";
    let told = refusal(&[("t.csv", "k,v\n1,2\n3,\n"), ("schema.toml", toml)]);
    assert!(
        told.starts_with("t.csv, line 3: column v: empty, but the column is required"),
        "{told}"
    );
    assert!(loaded(&[("t.csv", "k,v\n1,2\n3,4\n"), ("schema.toml", toml)]).is_ok());
}
