//! TO_JSON and TO_JSON_STRING of every type.

use datafusion::arrow::datatypes::i256;

use super::{Arg, fails, flag, int, ints, json, null, says, text};
use crate::bigquery::types::Type;
use crate::bigquery::value::{Interval, Value};

fn record(fields: Vec<(&str, Arg)>) -> Arg {
    let types = fields.iter().map(|(name, (_, of))| ((*name).to_owned(), of.clone())).collect();
    let parts = fields.into_iter().map(|(_, (value, _))| value).collect();
    (Value::Struct(parts), Type::Struct(types))
}

/// Each value with its TO_JSON_STRING and its TO_JSON.
fn scalars() -> Vec<(Arg, &'static str, &'static str)> {
    let hour = 3_600_000_000_i64;
    let interval =
        |months, days, micros| (Value::Interval(Interval { months, days, micros }), Type::Interval);
    let float = |number| (Value::Float(number), Type::Float64);
    let numeric = |units| (Value::Numeric(units), Type::Numeric);
    vec![
        (null(Type::Int64), "null", "null"),
        (flag(true), "true", "true"),
        (int(-1), "-1", "-1"),
        (int(9_007_199_254_740_992), "9007199254740992", "9007199254740992"),
        (int(9_007_199_254_740_993), "\"9007199254740993\"", "9007199254740993"),
        (float(1.0), "1", "1.0"),
        (float(-0.0), "0", "0.0"),
        (float(0.1), "0.1", "0.1"),
        (float(1e100), "1e+100", "1e+100"),
        (float(f64::NAN), "\"NaN\"", "\"NaN\""),
        (float(f64::NEG_INFINITY), "\"-Infinity\"", "\"-Infinity\""),
        (numeric(3_000_000_000), "3", "3"),
        (numeric(123_560_000_000), "\"123.56\"", "123.56"),
        (numeric(9_007_199_254_740_993_000_000_000), "\"9007199254740993\"", "9007199254740993"),
        ((Value::BigNumeric(i256::from_i128(10_i128.pow(37))), Type::BigNumeric), "\"0.1\"", "0.1"),
        (text("a\"b\\\n\u{1}é"), "\"a\\\"b\\\\\\n\\u0001é\"", "\"a\\\"b\\\\\\n\\u0001é\""),
        ((Value::Bytes(b"Google".to_vec()), Type::Bytes), "\"R29vZ2xl\"", "\"R29vZ2xl\""),
        ((Value::Date(17_231), Type::Date), "\"2017-03-06\"", "\"2017-03-06\""),
        ((Value::Time(hour + 500_000), Type::Time), "\"01:00:00.500\"", "\"01:00:00.500\""),
        (
            (Value::Datetime(hour), Type::Datetime),
            "\"1970-01-01T01:00:00\"",
            "\"1970-01-01T01:00:00\"",
        ),
        (
            (Value::Timestamp(hour + 12), Type::Timestamp),
            "\"1970-01-01T01:00:00.000012Z\"",
            "\"1970-01-01T01:00:00.000012Z\"",
        ),
        (interval(0, 0, 0), "\"P0Y\"", "\"P0Y\""),
        (interval(14, 3, 4 * hour), "\"P1Y2M3DT4H\"", "\"P1Y2M3DT4H\""),
        (interval(0, 0, -500_000), "\"PT-0.5S\"", "\"PT-0.5S\""),
        (json(r#"{"b":1,"a":2.0}"#), r#"{"a":2.0,"b":1}"#, r#"{"a":2.0,"b":1}"#),
        (ints(&[1, 2]), "[1,2]", "[1,2]"),
        (ints(&[]), "[]", "[]"),
        (
            (
                Value::Range(Box::new((Value::Date(0), Value::Null))),
                Type::Range(Box::new(Type::Date)),
            ),
            r#"{"start":"1970-01-01","end":null}"#,
            r#"{"end":null,"start":"1970-01-01"}"#,
        ),
    ]
}

#[test]
fn every_type_has_its_encoding() {
    for (value, written, stored) in scalars() {
        says("TO_JSON_STRING", std::slice::from_ref(&value), Some(written));
        says("TO_JSON", &[value], Some(stored));
    }
}

#[test]
fn structs_keep_or_sort_their_fields() {
    let parts = || record(vec![("b", int(1)), ("a", ints(&[10, 20])), ("b", int(3)), ("", int(4))]);
    says("TO_JSON_STRING", &[parts()], Some(r#"{"b":1,"a":[10,20],"b":3,"":4}"#));
    says("TO_JSON", &[parts()], Some(r#"{"":4,"a":[10,20],"b":1}"#));
    let empty = record(vec![("x", record(vec![])), ("y", ints(&[]))]);
    says("TO_JSON_STRING", &[empty], Some(r#"{"x":{},"y":[]}"#));
}

#[test]
fn pretty_print_uses_two_blanks() {
    let value = || record(vec![("id", int(1)), ("list", ints(&[10, 20])), ("none", ints(&[]))]);
    let expected = "{\n  \"id\": 1,\n  \"list\": [\n    10,\n    20\n  ],\n  \"none\": []\n}";
    says("TO_JSON_STRING", &[value(), flag(true)], Some(expected));
    says("TO_JSON_STRING", &[value(), flag(false)], Some(r#"{"id":1,"list":[10,20],"none":[]}"#));
    says("TO_JSON_STRING", &[value(), null(Type::Bool)], None);
}

#[test]
fn wide_numbers_are_stringified_on_request_or_refused() {
    let wide = int(9_007_199_254_740_993);
    says("TO_JSON", &[wide, flag(true)], Some("\"9007199254740993\""));
    let fine = (Value::Numeric(123_456_789_012_345_678_123_456_789), Type::Numeric);
    fails("TO_JSON", std::slice::from_ref(&fine), "Failed to convert type NUMERIC to JSON");
    fails(
        "JSON_ARRAY",
        std::slice::from_ref(&fine),
        "Invalid input to JSON_ARRAY: Failed to convert type NUMERIC to JSON",
    );
    says("TO_JSON", &[fine, flag(true)], Some("\"123456789012345678.123456789\""));
}
