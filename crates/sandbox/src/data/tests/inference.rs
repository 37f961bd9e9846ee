//! Which type a column gets from its values, and what the values become.

use super::{ask, folder, loaded, one, source, warehouse};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// The type of a column with these values.
fn inferred(values: &[&str]) -> Type {
    let text = format!("x,end\n{}", values.iter().map(|v| format!("{v},.\n")).collect::<String>());
    loaded(&[("t.csv", &text)]).unwrap().tables[0].def.columns[0].of.clone()
}

#[test]
fn a_column_gets_the_first_type_that_every_value_fits() {
    let table: &[(&[&str], Type)] = &[
        (&["1", "-2", "", "0"], Type::Int64),
        (&["9223372036854775807", "-9223372036854775808"], Type::Int64),
        (&["9223372036854775808", "1"], Type::Numeric),
        (&["1", "2.5"], Type::Numeric),
        (&["2.5", "1"], Type::Numeric),
        (&["0.123456789", ".5", "-0"], Type::Numeric),
        (&["0.1234567891"], Type::Float64),
        (&["12345678901234567890123456789.123456789"], Type::Numeric),
        // Beyond NUMERIC and beyond what a float holds: a key, not a measure.
        (&["123456789012345678901234567890"], Type::String),
        (&["1e3", "2"], Type::Float64),
        (&["1e3", "9007199254740993"], Type::String),
        (&["1e999"], Type::String),
        // A leading zero or plus would be lost in a number.
        (&["01234", "9"], Type::String),
        (&["1", "00"], Type::String),
        (&["-01.5"], Type::String),
        (&["+49"], Type::String),
        (&["1."], Type::String),
        (&["-"], Type::String),
        (&["1,000"], Type::String),
        (&["NaN", "1.5"], Type::String),
        (&["true", "FALSE", ""], Type::Bool),
        (&["true", "yes"], Type::String),
        (&["1", "true"], Type::String),
        (&["2024-02-29", "0001-01-01", "9999-12-31"], Type::Date),
        (&["2023-02-29"], Type::String),
        (&["2024-1-5"], Type::String),
        (&["2024-00-10"], Type::String),
        (&["20240105"], Type::Int64),
        (&["2024-01-05 10:00:00", "2024-01-05T10:00:00.5"], Type::Datetime),
        (&["2024-01-05 10:00:00.123456000"], Type::Datetime),
        (&["2024-01-05 10:00:00.1234567"], Type::String),
        (&["2024-01-05 24:00:00"], Type::String),
        (&["2024-01-05 10:00"], Type::String),
        (&["2024-01-05", "2024-01-05 10:00:00"], Type::String),
        (&["2024-01-05T10:00:00Z", "2024-01-05 10:00:00 UTC"], Type::Timestamp),
        (&["2024-01-05 10:00:00+02", "2024-01-05 10:00:00.25 -0330"], Type::Timestamp),
        (&["2024-01-05 10:00:00 Europe/Berlin"], Type::Timestamp),
        (&["2024-01-05 10:00:00 Nowhere/Land"], Type::String),
        (&["2024-01-05T10:00:00Z", "2024-01-05 10:00:00"], Type::String),
        (&["", ""], Type::String),
        (&[], Type::String),
        (&["a", "1"], Type::String),
    ];
    for (values, of) in table {
        let quoted: Vec<String> = values.iter().map(|v| format!("\"{v}\"")).collect();
        let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
        assert_eq!(inferred(&quoted), *of, "{values:?}");
    }
}

#[tokio::test]
async fn values_are_what_the_texts_say() {
    let text = "n,f,b,d,l,t,z,s\n\
        -1.5,1e-3,TRUE,1970-01-02,1970-01-01 00:00:01.5,1970-01-01T02:00:00+02:00,2024-07-01 12:00:00 Europe/Berlin,\"a \"\"b\"\", c\"\r\n\
        ,,,,,,,\"\"\n";
    let warehouse = warehouse(&source(&folder(&[("t.csv", text)])));
    let outcome = ask(&warehouse, "SELECT * FROM t ORDER BY n DESC").await;
    let expected = [
        Value::Numeric(-1_500_000_000),
        Value::Float(0.001),
        Value::Bool(true),
        Value::Date(1),
        Value::Datetime(1_500_000),
        Value::Timestamp(0),
        Value::Timestamp(1_719_828_000_000_000),
        Value::Str("a \"b\", c".to_owned()),
    ];
    assert_eq!(outcome.rows[0], expected);
    assert!(outcome.rows[1].iter().all(Value::is_null), "{:?}", outcome.rows[1]);
}

#[test]
fn names_become_plain_and_lower_case() {
    let loaded = loaded(&[("My Orders-2024.CSV", "\u{feff}Id,Amount USD,2nd,größe\n1,2,3,4\n")]);
    let loaded = loaded.unwrap();
    let def = &loaded.tables[0].def;
    let names: Vec<&str> = def.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(def.name, "my_orders_2024");
    assert_eq!(names, ["id", "amount_usd", "_2nd", "größe"]);
}

#[tokio::test]
async fn rows_are_kept_over_line_ends_blank_lines_and_blocks() {
    let many: String = (0..300_000).map(|n| format!("{n},v{n}\n")).collect();
    let files = [
        ("crlf.csv", "a,b\r\n1,\"x\r\ny\"\r\n2,z"),
        ("blank.csv", "a,b\n1,2\n\n\n3,4\n\n"),
        ("single.csv", "a\n1\n\n3\n"),
        ("empty.csv", "a,b\n"),
        ("many.csv", &format!("id,s\n{many}")),
    ];
    let warehouse = warehouse(&source(&folder(&files)));
    for (sql, expected) in [
        ("SELECT STRING_AGG(b, '|' ORDER BY a) FROM crlf", Value::Str("x\r\ny|z".to_owned())),
        ("SELECT COUNT(*) FROM blank", Value::Int(2)),
        ("SELECT COUNT(*) - COUNT(a) FROM single", Value::Int(1)),
        ("SELECT COUNT(*) FROM empty", Value::Int(0)),
        (
            "SELECT COUNT(*) FROM many WHERE s = CONCAT('v', CAST(id AS STRING))",
            Value::Int(300_000),
        ),
        ("SELECT SUM(id) FROM many", Value::Int(44_999_850_000)),
    ] {
        assert_eq!(one(&warehouse, sql).await, expected, "{sql}");
    }
}
