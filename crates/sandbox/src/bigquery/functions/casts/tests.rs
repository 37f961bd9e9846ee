//! Casts as a query would see them: a text is cast to a type and on to STRING.
//!
//! Each line is a value, its type, the wanted type and the text of the answer or of the error.

use super::{cast, castable};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

fn shown(value: &Value, from: &Type, to: &Type) -> String {
    let text = cast(value, from, to).and_then(|value| cast(&value, to, &Type::String));
    match text {
        Ok(Value::Str(text)) => text,
        Ok(other) => format!("{other:?}"),
        Err(fault) => format!("! {fault}"),
    }
}

#[test]
fn texts_are_cast_or_refused_with_the_services_words() {
    for (text, to, expected) in [
        ("42", Type::Int64, "42"),
        ("0x1F", Type::Int64, "31"),
        ("abc", Type::Int64, "! Bad int64 value: abc"),
        ("abc", Type::Float64, "! Bad double value: abc"),
        ("-Infinity", Type::Float64, "-inf"),
        ("1.00000000050", Type::Numeric, "1.000000001"),
        ("1e30", Type::Numeric, "! Invalid NUMERIC value: 1e30"),
        ("TRUE", Type::Bool, "true"),
        (" true", Type::Bool, "! Bad bool value:  true"),
        ("not-a-date", Type::Date, "! Invalid date: 'not-a-date'"),
        ("2024-1-5", Type::Date, "2024-01-05"),
        ("2024-02-30", Type::Date, "! Invalid date: '2024-02-30'"),
        ("0000-01-01", Type::Date, "! Date value out of range: '0000-01-01'"),
        ("2024-1-5 1:2:3", Type::Datetime, "2024-01-05 01:02:03"),
        ("2024-01-05T01:02:03.5", Type::Datetime, "2024-01-05 01:02:03.500"),
        ("2024-01-05 23:59:60", Type::Datetime, "2024-01-06 00:00:00"),
        ("2024-01-05 12:00", Type::Datetime, "! Invalid datetime string \"2024-01-05 12:00\""),
        ("12:34:56.1234567", Type::Time, "12:34:56.123456"),
        ("24:00:00", Type::Time, "! Invalid time string \"24:00:00\""),
        ("2024-01-05", Type::Timestamp, "2024-01-05 00:00:00+00"),
        ("2024-01-05 12:00:00+5:30", Type::Timestamp, "2024-01-05 06:30:00+00"),
        ("2024-01-05 12:00:00-0530", Type::Timestamp, "2024-01-05 17:30:00+00"),
        ("2024-01-05T12:00:00Z", Type::Timestamp, "2024-01-05 12:00:00+00"),
        ("2024-01-05 12:00:00 America/New_York", Type::Timestamp, "2024-01-05 17:00:00+00"),
        ("2024-03-10 02:30:00 America/New_York", Type::Timestamp, "2024-03-10 07:30:00+00"),
        ("2024-11-03 01:30:00 America/New_York", Type::Timestamp, "2024-11-03 05:30:00+00"),
        ("2024-01-05 12:00:00 Mars/Base", Type::Timestamp, "! Invalid time zone: Mars/Base"),
        ("2024-01-05 12:00:00+15", Type::Timestamp, "! Invalid time zone: +15"),
        (
            "2024-01-05 12:00:00 +05:30",
            Type::Timestamp,
            "! Invalid timestamp: '2024-01-05 12:00:00 +05:30'",
        ),
        ("2024-01-05 UTC", Type::Timestamp, "! Invalid timestamp: '2024-01-05 UTC'"),
        ("1-2 3 4:5:6.789", Type::Interval, "1-2 3 4:5:6.789"),
        ("P1Y2M3DT4H5M6.5S", Type::Interval, "1-2 3 4:5:6.500"),
        ("-1-2 -3 -4:5:6", Type::Interval, "-1-2 -3 -4:5:6"),
    ] {
        assert_eq!(
            shown(&Value::Str(text.to_owned()), &Type::String, &to),
            expected,
            "{text} AS {to}"
        );
    }
}

#[test]
fn floats_become_integers_away_from_zero_and_only_in_range() {
    let float = |value, to| shown(&Value::Float(value), &Type::Float64, &to);
    assert_eq!(float(2.5, Type::Int64), "3");
    assert_eq!(float(-0.5, Type::Int64), "-1");
    assert_eq!(float(1e19, Type::Int64), "! int64 out of range: 1e+19");
    assert_eq!(
        float(f64::NAN, Type::Int64),
        "! Illegal conversion of non-finite floating point number to an integer: nan"
    );
    assert_eq!(float(0.1 + 0.2, Type::Numeric), "0.3");
    assert_eq!(float(1e30, Type::Numeric), "! numeric out of range: 1e+30");
    assert_eq!(float(0.1 + 0.2, Type::BigNumeric), "0.30000000000000004440892098500626161695");
    assert_eq!(float(1.0 / 3.0, Type::String), "0.33333333333333331");
}

#[test]
fn arrays_and_structs_are_cast_item_by_item() {
    let ints = Type::Array(Box::new(Type::Int64));
    let texts = Type::Array(Box::new(Type::String));
    let value = Value::Array(vec![Value::Int(1), Value::Null]);
    assert_eq!(
        cast(&value, &ints, &texts).unwrap(),
        Value::Array(vec![Value::Str("1".into()), Value::Null])
    );
    assert!(!castable(&ints, &Type::String));
    let message = cast(&Value::Bool(true), &Type::Bool, &Type::Date).unwrap_err().message;
    assert_eq!(message, "Invalid cast from BOOL to DATE");
    let dates = Type::Range(Box::new(Type::Date));
    let range = Value::Str("[2024-01-01, UNBOUNDED)".into());
    assert_eq!(shown(&range, &Type::String, &dates), "[2024-01-01, UNBOUNDED)");
}
