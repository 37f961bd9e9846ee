//! JSON_ARRAY, JSON_OBJECT, JSON_TYPE, JSON_KEYS, JSON_FLATTEN, JSON_CONTAINS.

use super::{ask, fails, flag, int, ints, json, lists, null, says, text, texts};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

#[test]
fn arrays_and_objects_are_made_of_any_values() {
    says("JSON_ARRAY", &[], Some("[]"));
    let three = [int(10), text("foo"), null(Type::Int64)];
    says("JSON_ARRAY", &three, Some(r#"[10,"foo",null]"#));
    says("JSON_ARRAY", &[int(1), texts(&["a"]), json("[2]")], Some(r#"[1,["a"],[2]]"#));
    says("JSON_OBJECT", &[], Some("{}"));
    let object = [text("foo"), int(10), text("bar"), flag(true)];
    says("JSON_OBJECT", &object, Some(r#"{"bar":true,"foo":10}"#));
    let twice = [text("a"), int(10), text("a"), text("foo")];
    says("JSON_OBJECT", &twice, Some(r#"{"a":10}"#));
    says("JSON_OBJECT", &[texts(&["b", "a"]), ints(&[1, 2])], Some(r#"{"a":2,"b":1}"#));
    says("JSON_OBJECT", &[text("a"), null(Type::Int64)], Some(r#"{"a":null}"#));
}

#[test]
fn an_object_without_proper_keys_fails() {
    let no = |why: &str| format!("Invalid input to JSON_OBJECT: {why}");
    let keys = texts(&["a"]);
    fails("JSON_OBJECT", &[null(Type::String), int(1)], &no("A key cannot be NULL"));
    fails(
        "JSON_OBJECT",
        &[keys.clone(), ints(&[1, 2])],
        &no("The number of keys and values must match"),
    );
    fails("JSON_OBJECT", &[null(keys.1.clone()), ints(&[1])], &no("The keys array cannot be NULL"));
    fails("JSON_OBJECT", &[keys, null(ints(&[]).1)], &no("The values array cannot be NULL"));
    fails(
        "JSON_OBJECT",
        &[text("a"), int(1), text("b")],
        "No matching signature for function JSON_OBJECT for argument types: STRING, INT64, STRING",
    );
}

#[test]
fn a_type_is_the_kind_of_the_whole() {
    let rows = [
        ("1.5", "number"),
        ("\"a\"", "string"),
        ("true", "boolean"),
        ("[]", "array"),
        ("{}", "object"),
        ("null", "null"),
    ];
    for (given, expected) in rows {
        says("JSON_TYPE", &[json(given)], Some(expected));
    }
    says("JSON_TYPE", &[null(Type::Json)], None);
}

#[test]
fn keys_are_paths_in_order() {
    let lax = |given: &str, mode: &str| [json(given), null(Type::Int64), text(mode)];
    lists("JSON_KEYS", &[json(r#"{"b":2,"a":{"c":1}}"#)], &["a", "a.c", "b"]);
    lists("JSON_KEYS", &[json(r#"{"b":2,"a":{"c":1}}"#), int(1)], &["a", "b"]);
    lists("JSON_KEYS", &[json(r#"{"a.b":{"c":1}}"#)], &["\"a.b\"", "\"a.b\".c"]);
    lists("JSON_KEYS", &[json(r#"{"a":[{"b":1}],"d":3}"#)], &["a", "d"]);
    let deep = r#"{"a":[[{"b":1}]]}"#;
    lists("JSON_KEYS", &lax(r#"{"a":[{"b":1},{"c":2}],"d":3}"#, "lax"), &["a", "a.b", "a.c", "d"]);
    lists("JSON_KEYS", &lax(deep, "lax"), &["a"]);
    lists("JSON_KEYS", &lax(deep, "lax recursive"), &["a", "a.b"]);
    lists("JSON_KEYS", &lax(deep, "strict"), &["a"]);
    lists("JSON_KEYS", &[json("1")], &[]);
    fails("JSON_KEYS", &[json("{}"), int(0)], "max_depth must be positive.");
    says("JSON_KEYS", &[null(Type::Json)], None);
}

#[test]
fn flatten_and_contains_look_into_arrays() {
    lists(
        "JSON_FLATTEN",
        &[json(r#"[1,[2,3],[[{"a":[4]}]],[]]"#)],
        &["1", "2", "3", r#"{"a":[4]}"#],
    );
    lists("JSON_FLATTEN", &[json("{}")], &["{}"]);
    let rows = [
        (r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"b":1}}"#, true),
        (r#"{"a":1}"#, r#"{"b":1}"#, false),
        ("[1,[2,3]]", "[[3]]", true),
        ("[1,[2]]", "2", false),
        ("[1,2]", "2.0", true),
        ("1", "1", true),
        ("1", "[1]", false),
    ];
    for (whole, wanted, expected) in rows {
        let answer = ask("JSON_CONTAINS", &[json(whole), json(wanted)]);
        assert_eq!(answer, Ok(Value::Bool(expected)), "{whole} {wanted}");
    }
}
