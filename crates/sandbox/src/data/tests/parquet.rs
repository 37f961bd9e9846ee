//! Parquet files as tables: every type that fits, and every one that does not.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Int32Array,
    Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Int64Type};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

use super::{NOW, ask, folder, one, read, source, warehouse};
use crate::bigquery::value::Value;
use crate::data::Source;

fn written(columns: Vec<(&str, ArrayRef)>, toml: &str) -> TempDir {
    let folder = folder(&[("schema.toml", toml)]);
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    );
    let batch = batch.unwrap();
    let file = std::fs::File::create(folder.path().join("t.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    folder
}

fn refusal(name: &str, array: ArrayRef, toml: &str) -> String {
    read(&source(&written(vec![(name, array)], toml)), NOW, &mut |_| {}).unwrap_err().to_string()
}

fn structs() -> StructArray {
    let fields = Fields::from(vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("n", DataType::Int32, true),
    ]);
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2)]));
    StructArray::new(fields, vec![names, numbers], None)
}

#[tokio::test]
async fn every_type_with_an_exact_counterpart_is_taken() {
    let decimal = |digits, scale, values: Vec<Option<i128>>| {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(digits, scale).unwrap())
    };
    let micros = vec![Some(1_500_000), None];
    let lists = vec![Some(vec![Some(1), Some(2)]), None];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("Small Int", Arc::new(Int32Array::from(vec![Some(7), None]))),
        ("f", Arc::new(Float32Array::from(vec![Some(0.5), None]))),
        ("money", decimal(12, 2, vec![Some(1234), None])),
        ("wide", decimal(38, 20, vec![Some(10_i128.pow(20)), None])),
        ("day", Arc::new(Date32Array::from(vec![Some(3), None]))),
        ("local", Arc::new(TimestampMicrosecondArray::from(micros.clone()))),
        (
            "instant",
            Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("Europe/Berlin")),
        ),
        ("whole", Arc::new(TimestampNanosecondArray::from(vec![Some(5_000), None]))),
        ("s", Arc::new(LargeStringArray::from(vec![Some("é"), None]))),
        ("b", Arc::new(BinaryArray::from(vec![Some(b"hi".as_slice()), None]))),
        ("ok", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists))),
        ("rec", Arc::new(structs())),
    ];
    let toml = "[tables.t]\nlabels = { a = \"b\" }\n";
    let warehouse = warehouse(&source(&written(columns, toml)));
    let sql = "SELECT small_int, f, money, CAST(wide AS STRING), day, local, instant, whole, s, b, ok, list, rec.name, rec.n FROM t ORDER BY rec.n";
    let rows = ask(&warehouse, sql).await.rows;
    let expected = [
        Value::Int(7),
        Value::Float(0.5),
        Value::Numeric(12_340_000_000),
        Value::Str("1".to_owned()),
        Value::Date(3),
        Value::Datetime(1_500_000),
        Value::Timestamp(1_500_000),
        Value::Datetime(5),
        Value::Str("é".to_owned()),
        Value::Bytes(b"hi".to_vec()),
        Value::Bool(true),
        Value::Array(vec![Value::Int(1), Value::Int(2)]),
        Value::Str("x".to_owned()),
        Value::Int(1),
    ];
    assert_eq!(rows[0], expected);
    assert!(rows[1].iter().take(11).all(Value::is_null), "{:?}", rows[1]);
    // An array is never NULL in storage, only empty.
    assert_eq!(
        one(&warehouse, "SELECT COUNTIF(ARRAY_LENGTH(list) = 0) FROM t").await,
        Value::Int(1)
    );
}

#[test]
fn a_column_without_an_exact_counterpart_is_refused_by_name() {
    let holed = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1), None])]);
    let table: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(UInt64Array::from(vec![1])), "column x: BigQuery has no exact type for UInt64"),
        (Arc::new(TimestampNanosecondArray::from(vec![1])), "column x: a value has nanoseconds"),
        (
            Arc::new(Date32Array::from(vec![3_000_000])),
            "column x: 3000000 days since 1970 lie outside",
        ),
        (Arc::new(holed), "column x: an array holds a NULL"),
    ];
    for (array, expected) in table {
        let told = refusal("X", array, "");
        assert!(told.starts_with(&format!("t.parquet: {expected}")), "{told}");
    }
    let ints = || Arc::new(Int64Array::from(vec![Some(1), None]));
    let told = refusal("x", ints(), "[tables.t.columns.x]\ntype = \"STRING\"\n");
    assert!(told.starts_with("schema.toml, line 1: x is INT64 in the Parquet file"), "{told}");
    let told = refusal("x", ints(), "[tables.t.columns.x]\nrequired = true\n");
    assert!(told.starts_with("t.parquet: column x: a value is NULL"), "{told}");
    let told = refusal("x", ints(), "[tables.t.columns.y]\nrequired = true\n");
    assert!(told.starts_with("schema.toml, line 1: t.parquet has no column y"), "{told}");
}

#[test]
fn a_file_that_is_no_parquet_is_refused() {
    let folder = folder(&[("t.parquet", "a,b\n1,2\n")]);
    let source = Source::Folder(folder.path().to_owned());
    let told = read(&source, NOW, &mut |_| {}).unwrap_err().to_string();
    assert!(told.starts_with("t.parquet: is no readable Parquet file"), "{told}");
}
