//! JSON_SET, JSON_REMOVE, JSON_ARRAY_APPEND, JSON_ARRAY_INSERT, JSON_STRIP_NULLS.

use super::{Arg, fails, flag, int, ints, json, null, says, text, texts};
use crate::bigquery::types::Type;

/// `given`, then pairs, then perhaps a flag.
type Row = (&'static str, Vec<Arg>, &'static str);

fn check(name: &str, rows: Vec<Row>) {
    for (given, mut rest, expected) in rows {
        rest.insert(0, json(given));
        says(name, &rest, Some(expected));
    }
}

#[test]
fn set_replaces_or_creates() {
    let nested = r#"["a",["b","c"],"d"]"#;
    check(
        "JSON_SET",
        vec![
            (r#"{"a":1}"#, vec![text("$.b"), int(2)], r#"{"a":1,"b":2}"#),
            (r#"{"a":1}"#, vec![text("$"), json(r#"{"c":3,"b":2}"#)], r#"{"b":2,"c":3}"#),
            (r#"{"a":1}"#, vec![text("$.b"), int(9), flag(false)], r#"{"a":1}"#),
            (r#"{"a":1}"#, vec![text("$.a"), int(9), flag(false)], r#"{"a":9}"#),
            (r#"{"a":1}"#, vec![text("$.a"), int(9), null(Type::Bool)], r#"{"a":1}"#),
            (r#"{"a":1}"#, vec![null(Type::String), int(9)], r#"{"a":1}"#),
            (r#"{"a":{}}"#, vec![text("$.a.b"), int(100)], r#"{"a":{"b":100}}"#),
            ("null", vec![text("$.a.b"), int(100)], r#"{"a":{"b":100}}"#),
            (
                r#"{"a":1}"#,
                vec![text("$.b"), int(2), text("$.a.c"), int(100), text("$.d"), int(3)],
                r#"{"a":1,"b":2,"d":3}"#,
            ),
            (r#"{"a":1}"#, vec![text("$.a[2]"), int(1), text("$.b"), int(2)], r#"{"a":1,"b":2}"#),
            (nested, vec![text("$[1]"), text("foo")], r#"["a","foo","d"]"#),
            (nested, vec![text("$[1][0]"), text("foo")], r#"["a",["foo","c"],"d"]"#),
            (nested, vec![text("$[1][4]"), text("foo")], r#"["a",["b","c",null,null,"foo"],"d"]"#),
            (nested, vec![text("$[1][0][0]"), text("foo")], nested),
            (nested, vec![text("$[1][2][1]"), text("foo")], r#"["a",["b","c",[null,"foo"]],"d"]"#),
            ("null", vec![text("$[0][3]"), text("foo")], r#"[[null,null,null,"foo"]]"#),
            ("{}", vec![text("$.b[2].d"), int(100)], r#"{"b":[null,null,{"d":100}]}"#),
            ("{}", vec![text("$.b"), null(Type::Int64)], r#"{"b":null}"#),
        ],
    );
    says("JSON_SET", &[null(Type::Json), text("$"), int(1)], None);
    fails(
        "JSON_SET",
        &[json("{}"), text("b"), int(1)],
        "Invalid input to JSON_SET: JSONPath must start with '$'",
    );
    fails(
        "JSON_SET",
        &[json("{}"), text("$[1000000]"), int(1)],
        "Invalid input to JSON_SET: Exceeded maximum array size of 1000000",
    );
    fails(
        "JSON_SET",
        &[json("{}"), text("$.a"), int(1), int(2)],
        "No matching signature for function JSON_SET for argument types: JSON, STRING, INT64, INT64",
    );
}

#[test]
fn a_path_that_is_no_string_has_no_signature() {
    fails(
        "JSON_SET",
        &[json("{}"), text("$.a"), int(1), int(2), int(3)],
        "No matching signature for function JSON_SET for argument types: JSON, STRING, INT64, INT64, INT64",
    );
}

#[test]
fn a_bad_path_fails_even_for_null() {
    let rows = [
        ("JSON_SET", "Invalid input to JSON_SET: Invalid token in JSONPath at: [a]"),
        ("JSON_ARRAY_APPEND", "Invalid token in JSONPath at: [a]"),
        ("JSON_ARRAY_INSERT", "Invalid token in JSONPath at: [a]"),
    ];
    for (name, message) in rows {
        fails(name, &[null(Type::Json), text("$[a]"), int(1)], message);
    }
    fails(
        "JSON_REMOVE",
        &[null(Type::Json), text("$[-1]")],
        "Invalid input to JSON_REMOVE: Invalid token in JSONPath at: [-1]",
    );
    fails(
        "JSON_STRIP_NULLS",
        &[json("{}"), text("a")],
        "Invalid input to JSON_STRIP_NULLS: JSONPath must start with '$'",
    );
}

#[test]
fn remove_takes_paths_one_after_the_other() {
    let nested = r#"["a",["b","c"],"d"]"#;
    check(
        "JSON_REMOVE",
        vec![
            (r#"{"a":1,"b":2}"#, vec![text("$.a")], r#"{"b":2}"#),
            (nested, vec![text("$[1]")], r#"["a","d"]"#),
            (nested, vec![text("$[1]"), text("$[1]")], r#"["a"]"#),
            (nested, vec![text("$[1]"), text("$[1]"), text("$[0]")], "[]"),
            (r#"{"a":{"b":{"c":"d"}}}"#, vec![text("$.a.b.c")], r#"{"a":{"b":{}}}"#),
            (r#"{"a":1}"#, vec![text("$.b")], r#"{"a":1}"#),
            (r#"{"a":1}"#, vec![null(Type::String), text("$.a")], "{}"),
            ("null", vec![text("$.a.b")], "null"),
            (
                r#"{"a":[1,2,3]}"#,
                vec![text("$.a[0]"), text("$.a.b"), text("$.b"), text("$.a[0]")],
                r#"{"a":[3]}"#,
            ),
        ],
    );
    says("JSON_REMOVE", &[null(Type::Json), text("$.a")], None);
    fails("JSON_REMOVE", &[json("{}"), text("$")], "The JSONPath cannot be '$'");
}

#[test]
fn append_and_insert_change_arrays_only() {
    let abc = r#"["a","b","c"]"#;
    check(
        "JSON_ARRAY_APPEND",
        vec![
            (abc, vec![text("$"), int(1)], r#"["a","b","c",1]"#),
            (abc, vec![text("$"), ints(&[1, 2])], r#"["a","b","c",1,2]"#),
            (abc, vec![text("$"), ints(&[1, 2]), flag(false)], r#"["a","b","c",[1,2]]"#),
            (abc, vec![text("$"), ints(&[1]), null(Type::Bool)], abc),
            (abc, vec![text("$"), null(ints(&[]).1)], abc),
            (abc, vec![text("$"), null(Type::Int64)], r#"["a","b","c",null]"#),
            (
                r#"["a",["b"],"c"]"#,
                vec![text("$[1]"), ints(&[1, 2]), text("$[1][1]"), ints(&[3, 4]), flag(false)],
                r#"["a",["b",[1,2,[3,4]]],"c"]"#,
            ),
            (r#"{"a":null}"#, vec![text("$.a"), int(10)], r#"{"a":[10]}"#),
            (r#"{"a":1}"#, vec![text("$.a"), int(2)], r#"{"a":1}"#),
            (r#"{"a":1}"#, vec![text("$.b"), int(2)], r#"{"a":1}"#),
        ],
    );
    check(
        "JSON_ARRAY_INSERT",
        vec![
            (r#"{"a":[1,2,3]}"#, vec![text("$.a[1]"), int(99)], r#"{"a":[1,99,2,3]}"#),
            (r#"["a",["b","c"],"d"]"#, vec![text("$[1][0]"), int(1)], r#"["a",[1,"b","c"],"d"]"#),
            (abc, vec![text("$[1]"), ints(&[1, 2])], r#"["a",1,2,"b","c"]"#),
            (abc, vec![text("$[1]"), ints(&[1, 2]), flag(false)], r#"["a",[1,2],"b","c"]"#),
            (abc, vec![text("$[5]"), texts(&["e"])], r#"["a","b","c",null,null,"e"]"#),
            (r#"{"a":{}}"#, vec![text("$.a[0]"), int(2)], r#"{"a":{}}"#),
            ("[1,2]", vec![text("$"), int(3)], "[1,2]"),
            (r#"{"a":null}"#, vec![text("$.a[2]"), int(10)], r#"{"a":[null,null,10]}"#),
            ("1", vec![text("$[0]"), text("r1")], "1"),
        ],
    );
}

#[test]
fn strip_nulls_goes_all_the_way_down() {
    let mixed = r#"{"a":{"b":{"c":null}},"d":[null],"e":[],"f":1}"#;
    let from = |path: &str, arrays: bool, empty: bool| vec![text(path), flag(arrays), flag(empty)];
    check(
        "JSON_STRIP_NULLS",
        vec![
            (r#"{"a":1,"b":null,"c":2}"#, vec![], r#"{"a":1,"c":2}"#),
            ("[1,null,2,null]", vec![], "[1,2]"),
            ("[1,null,2,null]", from("$", false, false), "[1,null,2,null]"),
            ("[1,null,2,null,[null]]", vec![], "[1,2,[]]"),
            ("[1,null,2,null,[null]]", from("$", true, true), "[1,2]"),
            (r#"{"a":null}"#, from("$", true, true), "null"),
            (r#"{"a":[null]}"#, from("$", true, true), "null"),
            (mixed, from("$", false, true), r#"{"d":[null],"e":[],"f":1}"#),
            (mixed, from("$", true, true), r#"{"f":1}"#),
            (r#"{"a":[null],"b":[null]}"#, vec![text("$.a")], r#"{"a":[],"b":[null]}"#),
            (r#"{"a":null}"#, vec![null(Type::String)], r#"{"a":null}"#),
            ("null", vec![], "null"),
        ],
    );
    says("JSON_STRIP_NULLS", &[null(Type::Json)], None);
}
