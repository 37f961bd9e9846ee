//! BOOL, INT64, FLOAT64, STRING of JSON, their LAX forms and arrays.

use super::{ask, fails, json, null, text};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

fn check(name: &str, rows: &[(&str, Value)]) {
    for (given, expected) in rows {
        assert_eq!(ask(name, &[json(given)]), Ok(expected.clone()), "{name} {given}");
    }
    assert_eq!(ask(name, &[null(Type::Json)]), Ok(Value::Null), "{name} of NULL");
}

fn str(text: &str) -> Value {
    Value::Str(text.to_owned())
}

#[test]
fn strict_conversions_take_their_own_kind_only() {
    check("BOOL", &[("true", Value::Bool(true))]);
    check("INT64", &[("42", Value::Int(42)), ("10.0", Value::Int(10)), ("-0", Value::Int(0))]);
    check("FLOAT64", &[("9.8", Value::Float(9.8)), ("3", Value::Float(3.0))]);
    check("FLOAT64", &[("18446744073709551615", Value::Float(1.844_674_407_370_955_2e19))]);
    check("STRING", &[("\"hello\"", str("hello"))]);
    for given in ["1", "null", "\"true\""] {
        fails("BOOL", &[json(given)], "The provided JSON input is not a boolean");
    }
    for given in ["\"1\"", "null", "true", "{}"] {
        fails("INT64", &[json(given)], "The provided JSON input is not an integer");
        fails("FLOAT64", &[json(given)], "The provided JSON input is not a number");
    }
    fails("STRING", &[json("1")], "The provided JSON input is not a string");
    let broken = "The provided JSON number: 10.1 cannot be converted to an int64";
    fails("INT64", &[json("10.1")], broken);
    fails(
        "FLOAT64",
        &[json("9007199254740993"), text("exact")],
        "JSON number: 9007199254740993 cannot be converted to FLOAT64 without loss of precision",
    );
}

#[test]
fn lax_conversions_try_and_answer_null() {
    check(
        "LAX_BOOL",
        &[
            ("true", Value::Bool(true)),
            ("\"TRUE\"", Value::Bool(true)),
            ("\"foo\"", Value::Null),
            ("10", Value::Bool(true)),
            ("0.0", Value::Bool(false)),
            ("null", Value::Null),
            ("[]", Value::Null),
        ],
    );
    check(
        "LAX_INT64",
        &[
            ("10", Value::Int(10)),
            ("1.1", Value::Int(1)),
            ("3.5", Value::Int(4)),
            ("-2.5", Value::Int(-3)),
            ("1.1e2", Value::Int(110)),
            ("1e100", Value::Null),
            ("true", Value::Int(1)),
            ("\"42\"", Value::Int(42)),
            ("\"1.1e2\"", Value::Int(110)),
            ("\"+1.5\"", Value::Int(2)),
            ("\"1e100\"", Value::Null),
            ("\"foo\"", Value::Null),
            ("18446744073709551615", Value::Null),
        ],
    );
    check(
        "LAX_FLOAT64",
        &[
            ("9.8", Value::Float(9.8)),
            ("9", Value::Float(9.0)),
            ("true", Value::Null),
            ("\"3.25\"", Value::Float(3.25)),
            ("\"-inf\"", Value::Float(f64::NEG_INFINITY)),
            ("\"foo\"", Value::Null),
        ],
    );
    check(
        "LAX_STRING",
        &[
            ("\"purple\"", str("purple")),
            ("\"10\"", str("10")),
            ("true", str("true")),
            ("42", str("42")),
            ("10.0", str("10")),
            ("1e100", str("1e+100")),
            ("null", Value::Null),
            ("{}", Value::Null),
        ],
    );
}

#[test]
fn arrays_convert_item_by_item() {
    check("INT64_ARRAY", &[("[1,2.0]", Value::Array(vec![Value::Int(1), Value::Int(2)]))]);
    check("STRING_ARRAY", &[("[\"a\"]", Value::Array(vec![str("a")]))]);
    check("BOOL_ARRAY", &[("[]", Value::Array(vec![]))]);
    check("FLOAT64_ARRAY", &[("[1]", Value::Array(vec![Value::Float(1.0)]))]);
    check(
        "LAX_INT64_ARRAY",
        &[
            ("[1,\"x\",null]", Value::Array(vec![Value::Int(1), Value::Null, Value::Null])),
            ("1", Value::Null),
        ],
    );
    check("LAX_BOOL_ARRAY", &[("[true]", Value::Array(vec![Value::Bool(true)]))]);
    check("LAX_STRING_ARRAY", &[("[1]", Value::Array(vec![str("1")]))]);
    check("LAX_FLOAT64_ARRAY", &[("[\"1\"]", Value::Array(vec![Value::Float(1.0)]))]);
    fails("INT64_ARRAY", &[json("1")], "The provided JSON input is not an array");
    fails("STRING_ARRAY", &[json("[null]")], "The provided JSON input is not a string");
}
