//! JSON_VALUE, JSON_QUERY, JSON_EXTRACT, their arrays, paths and subscripts.

use super::{ask, fails, int, json, lists, null, says, text};
use crate::bigquery::functions::json::subscript;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

#[test]
fn a_string_is_read_as_it_is_written() {
    let rows = [
        ("JSON_VALUE", r#"{"a": {"b": "hello"}}"#, "$.a.b", Some("hello")),
        ("JSON_VALUE", "[10, 20, 30]", "$[1]", Some("20")),
        ("JSON_VALUE", r#"{"a":1}"#, "$.b", None),
        ("JSON_VALUE", r#"{"a":1.10}"#, "$.a", Some("1.10")),
        ("JSON_VALUE", r#"{"a":true}"#, "$.a", Some("true")),
        ("JSON_VALUE", r#"{"a":null}"#, "$.a", None),
        ("JSON_VALUE", r#"{"a":[1]}"#, "$.a", None),
        ("JSON_VALUE", r#"{"a\"b":"x\ny"}"#, r#"$."a\"b""#, Some("x\ny")),
        ("JSON_VALUE", r#"{"x y":1}"#, "$.x y", Some("1")),
        ("JSON_QUERY", r#"{"a": {"b": [1, 2]}}"#, "$.a.b", Some("[1,2]")),
        ("JSON_QUERY", r#"{"a":null}"#, "$.a", None),
        ("JSON_QUERY", r#"{"b":1,"a":2, "b":3}"#, "$", Some(r#"{"b":1,"a":2,"b":3}"#)),
        ("JSON_QUERY", "}}", "$", None),
        ("JSON_QUERY", r#"{"a":1, oops"#, "$.a", Some("1")),
        ("JSON_EXTRACT", r#"{"a": {"b": 1, "c": "x"}}"#, "$.a", Some(r#"{"b":1,"c":"x"}"#)),
        ("JSON_EXTRACT", r#"{"name": "hello"}"#, "$.name", Some("\"hello\"")),
        ("JSON_EXTRACT", r#"{"a.b": {"c": 1}}"#, "$['a.b'].c", Some("1")),
        ("JSON_EXTRACT", r#"{"a": 1}"#, "$[a]", Some("1")),
        ("JSON_EXTRACT", r#"{"a": 1}"#, "$.a.", Some("1")),
        ("JSON_EXTRACT_SCALAR", r#"{"a": "x"}"#, "$['a']", Some("x")),
        ("JSON_EXTRACT_SCALAR", "{'a': 'x',}", "$.a", Some("x")),
    ];
    for (name, given, path, expected) in rows {
        says(name, &[text(given), text(path)], expected);
    }
    says("JSON_VALUE", &[text("\"x\"")], Some("x"));
    says("JSON_VALUE", &[null(Type::String), text("$")], None);
    says("JSON_VALUE", &[text("1"), null(Type::String)], None);
}

#[test]
fn a_json_value_is_canonical_and_keeps_its_nulls() {
    let rows = [
        ("JSON_VALUE", r#"{"a":{"b":1.50}}"#, "$.a.b", Some("1.5")),
        ("JSON_VALUE", r#"{"a":null}"#, "$.a", None),
        ("JSON_VALUE", r#"{"0":"zero"}"#, "$[0]", Some("zero")),
        ("JSON_QUERY", r#"{"a":null}"#, "$.a", Some("null")),
        ("JSON_QUERY", r#"{"a":null}"#, "$.b", None),
        ("JSON_QUERY", r#"{"b":2,"a":1}"#, "$", Some(r#"{"a":1,"b":2}"#)),
        ("JSON_QUERY", "[1,[2]]", "$[1]", Some("[2]")),
        ("JSON_QUERY", r#"{"a":[{"b":1},{"b":2}]}"#, "lax $.a.b", Some("[1,2]")),
        ("JSON_QUERY", r#"{"a":[[{"b":1}]]}"#, "lax $.a.b", Some("[]")),
        ("JSON_QUERY", r#"{"a":[[{"b":1}]]}"#, "lax recursive $.a.b", Some("[1]")),
        ("JSON_QUERY", r#"{"a":1}"#, "lax $.a[0]", Some("[1]")),
        ("JSON_EXTRACT", r#"{"a b":[1]}"#, "$['a b']", Some("[1]")),
        ("JSON_EXTRACT_SCALAR", r#"{"a":"x"}"#, "$.a", Some("x")),
    ];
    for (name, given, path, expected) in rows {
        says(name, &[json(given), text(path)], expected);
    }
}

#[test]
fn arrays_come_as_texts_scalars_or_json() {
    let users = r#"{"users": [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}]}"#;
    let both = [r#"{"id":1,"name":"Alice"}"#, r#"{"id":2,"name":"Bob"}"#];
    lists("JSON_EXTRACT_ARRAY", &[text(users), text("$.users")], &both);
    lists("JSON_EXTRACT_ARRAY", &[json(users), text("$.users")], &both);
    lists("JSON_QUERY_ARRAY", &[text("[1, \"a\", null]")], &["1", "\"a\"", "null"]);
    lists("JSON_QUERY_ARRAY", &[json("[1,\"a\",null]")], &["1", "\"a\"", "null"]);
    lists("JSON_VALUE_ARRAY", &[text("[\"a\",2,true]"), text("$")], &["a", "2", "true"]);
    lists("JSON_EXTRACT_STRING_ARRAY", &[json("[\"a\",2.0]")], &["a", "2.0"]);
    lists("JSON_VALUE_ARRAY", &[text("[]")], &[]);
    for name in ["JSON_VALUE_ARRAY", "JSON_EXTRACT_STRING_ARRAY"] {
        says(name, &[text("[1, {}]")], None);
        says(name, &[json("{}")], None);
    }
    let with_null = Value::Array(vec![Value::Str("a".to_owned()), Value::Null]);
    assert_eq!(ask("JSON_VALUE_ARRAY", &[text("[\"a\", null]")]), Ok(with_null));
}

#[test]
fn a_bad_path_is_named() {
    let rows = [
        ("JSON_VALUE", "a", "JSONPath must start with '$'"),
        ("JSON_VALUE", "$['a']", "Invalid token in JSONPath at: ['a']"),
        ("JSON_VALUE", "$.a.", "Invalid token in JSONPath at: ."),
        ("JSON_VALUE", "$[a]", "Invalid token in JSONPath at: [a]"),
        ("JSON_VALUE", "$.a[*]", "Unsupported operator in JSONPath: *"),
        ("JSON_VALUE", "$..a", "Unsupported operator in JSONPath: .."),
        ("JSON_VALUE", "$.@", "Unsupported operator in JSONPath: @"),
        ("JSON_EXTRACT", "$.\"a\"", "Invalid token in JSONPath at: .\"a\""),
    ];
    for (name, path, message) in rows {
        fails(name, &[text("{}"), text(path)], message);
        fails(name, &[json("{}"), text(path)], message);
    }
}

#[test]
fn modifiers_of_a_path_are_unique_and_complete() {
    let twice = "JSONPath must start with zero or more unique modifiers followed by '$'";
    let alone = "JSONPath has an invalid combination of modifiers. The 'lax' modifier must be included if 'recursive' is specified.";
    let rows = [
        ("lax lax $", twice),
        ("lax a", twice),
        ("recursive $", alone),
        ("lax $[a]", "Invalid token in JSONPath at: [a]"),
    ];
    for (path, message) in rows {
        fails("JSON_QUERY", &[json("{}"), text(path)], message);
    }
    fails("JSON_QUERY", &[text("{}"), text("lax $")], "JSONPath must start with '$'");
}

#[test]
fn a_subscript_finds_a_member_or_an_item() {
    let rows = [
        (r#"{"a":[1,2]}"#, text("a"), Some("[1,2]")),
        (r#"{"a":[1,2]}"#, text("b"), None),
        (r#"{"a":null}"#, text("a"), Some("null")),
        ("[1,2]", int(1), Some("2")),
        ("[1,2]", int(2), None),
        ("[1,2]", int(-1), None),
        ("[1,2]", text("0"), None),
        (r#"{"0":1}"#, int(0), None),
        ("1", text("a"), None),
        ("[1]", null(Type::Int64), None),
    ];
    for (given, (key, _), expected) in rows {
        let expected = expected.map_or(Value::Null, |text| Value::Str(text.to_owned()));
        assert_eq!(subscript(given, &key), Ok(expected), "{given} {key:?}");
    }
    assert!(subscript("[1]", &Value::Bool(true)).is_err());
}
