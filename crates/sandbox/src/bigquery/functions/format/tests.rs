//! FORMAT by the specifiers' tables: layout, rounding, NULL and the words of errors.
//!
//! Each row is a pattern, its arguments and the answer.

use datafusion::arrow::datatypes::i256;

use super::format;
use crate::bigquery::types::Type;
use crate::bigquery::value::{Interval, Value};

type Arg = (Value, Type);

fn ask(pattern: &str, args: &[Arg]) -> Result<Value, String> {
    let mut values = vec![Value::Str(pattern.to_owned())];
    let mut types = vec![Type::String];
    for (value, of) in args {
        values.push(value.clone());
        types.push(of.clone());
    }
    format(&values, &types).map_err(|fault| fault.to_string())
}

fn check(rows: &[(&str, Vec<Arg>, &str)]) {
    for (pattern, args, expected) in rows {
        let expected = Ok(Value::Str((*expected).to_owned()));
        assert_eq!(ask(pattern, args), expected, "{pattern} {args:?}");
    }
}

fn int(number: i64) -> Arg {
    (Value::Int(number), Type::Int64)
}

fn float(number: f64) -> Arg {
    (Value::Float(number), Type::Float64)
}

fn numeric(units: i128) -> Arg {
    (Value::Numeric(units), Type::Numeric)
}

fn text(text: &str) -> Arg {
    (Value::Str(text.to_owned()), Type::String)
}

fn json(text: &str) -> Arg {
    (Value::Str(text.to_owned()), Type::Json)
}

fn bytes(bytes: &[u8]) -> Arg {
    (Value::Bytes(bytes.to_vec()), Type::Bytes)
}

const fn null(of: Type) -> Arg {
    (Value::Null, of)
}

fn list(items: Vec<Value>, of: Type) -> Arg {
    (Value::Array(items), Type::Array(Box::new(of)))
}

fn record(parts: Vec<Arg>) -> Arg {
    let types = parts.iter().map(|(_, of)| (String::new(), of.clone())).collect();
    (Value::Struct(parts.into_iter().map(|(value, _)| value).collect()), Type::Struct(types))
}

#[test]
fn whole_numbers_are_padded_and_grouped() {
    check(&[
        ("", vec![], ""),
        ("100%%", vec![], "100%"),
        ("%d", vec![int(10)], "10"),
        ("%i|%5d|%-5d|%05d", vec![int(1), int(2), int(3), int(-4)], "1|    2|3    |-0004"),
        ("%+d % d %+d", vec![int(5), int(5), int(-5)], "+5  5 -5"),
        ("%.3d|%6.3d|%06.3d", vec![int(5), int(-5), int(5)], "005|  -005|   005"),
        ("[%.0d][%.d][%.0d]", vec![int(0), int(0), int(1)], "[][][1]"),
        ("%d", vec![int(i64::MIN)], "-9223372036854775808"),
        ("%'d|%'x|%'X|%'o", vec![int(1_234_567); 4], "1,234,567|12:d687|12:D687|455,3207"),
        ("%'3d,%'03d,%'-3d|", vec![int(-5); 3], " -5,-05,-5 |"),
        ("%'3.2d", vec![int(5)], " 05"),
        ("%'.7d", vec![int(123)], "0,000,123"),
        ("%#x %#X %#o", vec![int(1500); 3], "0x5dc 0X5DC 02734"),
        ("%x %o", vec![int(-1500), int(-1500)], "-5dc -2734"),
        ("%#6o|%06o|%#06o|%#03o", vec![int(1500); 4], " 02734|002734|002734|02734"),
        ("%*d|%*d|%.*d", vec![int(4), int(5), int(-4), int(5), int(3), int(5)], "   5|5   |005"),
        ("%.*d", vec![int(-2), int(5)], "5"),
    ]);
}

#[test]
fn floats_follow_the_c_library() {
    check(&[
        ("%.3f", vec![float(2.625)], "2.625"),
        ("%f %F", vec![float(1.5), float(-0.0)], "1.500000 -0.000000"),
        ("%.0f %.0f %#.0f", vec![float(0.5), float(1.5), float(2.0)], "0 2 2."),
        ("%.1f", vec![float(0.25)], "0.2"),
        ("%e %E", vec![float(1.5e20), float(0.00012)], "1.500000e+20 1.200000E-04"),
        ("%.0e %e", vec![float(9.6), float(0.0)], "1e+01 0.000000e+00"),
        ("%g %G %g", vec![float(1.5e20), float(1e-5), float(0.0001)], "1.5e+20 1E-05 0.0001"),
        (
            "%g %g %#g",
            vec![float(100_000.0), float(1_000_000.0), float(1.5)],
            "100000 1e+06 1.50000",
        ),
        ("%.3g %.0g %g", vec![float(9.996), float(12.0), float(0.0)], "10 1e+01 0"),
        (
            "%'f %'.2f %'g",
            vec![float(1_234_567.0), float(-1234.5), float(123_456_000.0)],
            "1,234,567.000000 -1,234.50 1.23456e+08",
        ),
        (
            "%8.2f|%-8.2f|%08.2f|%+.1f",
            vec![float(-1.5), float(1.5), float(-1.5), float(1.5)],
            "   -1.50|1.50    |-0001.50|+1.5",
        ),
        (
            "%f %F %e %5f|",
            vec![float(f64::NAN), float(f64::INFINITY), float(f64::NEG_INFINITY), float(f64::NAN)],
            "nan INF -inf   nan|",
        ),
        ("%06f", vec![float(f64::INFINITY)], "   inf"),
        ("%.20f", vec![float(0.1)], "0.10000000000000000555"),
        ("%*.*f", vec![int(8), int(1), float(2.25)], "     2.2"),
    ]);
}

#[test]
fn exact_numbers_round_half_away_from_zero() {
    let third = (Value::BigNumeric(i256::from_i128(10_i128.pow(37) * 3)), Type::BigNumeric);
    check(&[
        ("%f", vec![numeric(1_500_000_000)], "1.500000"),
        ("%.1f %.1f", vec![numeric(250_000_000), numeric(-250_000_000)], "0.3 -0.3"),
        ("%.0f %#.0f", vec![numeric(500_000_000), numeric(2_000_000_000)], "1 2."),
        ("%.12f", vec![numeric(1)], "0.000000001000"),
        ("%e", vec![numeric(1_234_567_890_123)], "1.234568e+03"),
        ("%.1e %e", vec![numeric(9_990_000_000), numeric(0)], "1.0e+01 0.000000e+00"),
        ("%e", vec![numeric(5)], "5.000000e-09"),
        ("%g %g", vec![numeric(1_500_000_000), numeric(10)], "1.5 1e-08"),
        ("%'.2f", vec![numeric(1_234_567_890_000_000)], "1,234,567.89"),
        (
            "%010.2f|%-8.1f|",
            vec![numeric(-1_500_000_000), numeric(1_500_000_000)],
            "-000001.50|1.5     |",
        ),
        ("%.2f", vec![third], "0.30"),
        (
            "%.3f",
            vec![numeric(99_999_999_999_999_999_999_999_999_999_999_999_999)],
            "100000000000000000000000000000.000",
        ),
    ]);
}

#[test]
fn texts_are_cut_and_padded_by_characters() {
    check(&[
        ("|%-10s|", vec![text("hi")], "|hi        |"),
        (
            "%5s|%.2s|%5.1s|%5.*s",
            vec![text("abc"), text("abc"), text("abc"), int(2), text("abc")],
            "  abc|ab|    a|   ab",
        ),
        (
            "%*s|%-*s|%05s",
            vec![int(-5), text("abc"), int(5), text("abc"), text("é")],
            "abc  |abc  |    é",
        ),
        ("%'s%sx", vec![text("12"), text("a\0b")], "12ax"),
        ("%.3T|%6.2t", vec![null(Type::String), null(Type::Int64)], "NUL|    NU"),
        (
            "%12t|%-12t|%8T",
            vec![(Value::Date(12_345), Type::Date), (Value::Date(12_345), Type::Date), text("abc")],
            "  2003-10-20|2003-10-20  |   \"abc\"",
        ),
        (
            "%p|%P",
            vec![json(r#"{"b":1,"a":[]}"#), json(r#"{"a":[1]}"#)],
            "{\"a\":[],\"b\":1}|{\n  \"a\": [\n    1\n  ]\n}",
        ),
    ]);
}

#[test]
fn any_value_has_a_text_and_a_literal() {
    let interval = Value::Interval(Interval { months: 14, days: 3, micros: 14_706_789_000 });
    let values: Vec<(Arg, &str, &str)> = vec![
        (null(Type::Date), "NULL", "NULL"),
        (int(-5), "-5", "-5"),
        ((Value::Bool(true), Type::Bool), "true", "true"),
        (float(123.0), "123.0", "123.0"),
        (float(-0.0), "-0.0", "-0.0"),
        (float(1e20), "1e+20", "1e+20"),
        (float(f64::INFINITY), "inf", "CAST(\"inf\" AS FLOAT64)"),
        (float(f64::NAN), "nan", "CAST(\"nan\" AS FLOAT64)"),
        (numeric(1_500_000_000), "1.5", "NUMERIC \"1.5\""),
        (text("abc"), "abc", "\"abc\""),
        (text("a\"b"), "a\"b", "'a\"b'"),
        (text("a\"b'\n\u{1}é"), "a\"b'\n\u{1}é", "\"a\\\"b'\\n\\x01é\""),
        (bytes(b"abc\x01\xff"), "abc\\x01\\xff", "b\"abc\\x01\\xff\""),
        (bytes(b"'\""), "\\'\\\"", "b\"'\\\"\""),
        ((Value::Date(12_345), Type::Date), "2003-10-20", "DATE \"2003-10-20\""),
        ((Value::Time(500_000), Type::Time), "00:00:00.500", "TIME \"00:00:00.500\""),
        (
            (Value::Datetime(0), Type::Datetime),
            "1970-01-01 00:00:00",
            "DATETIME \"1970-01-01 00:00:00\"",
        ),
        (
            (Value::Timestamp(0), Type::Timestamp),
            "1970-01-01 00:00:00+00",
            "TIMESTAMP \"1970-01-01 00:00:00+00\"",
        ),
        (
            (interval, Type::Interval),
            "1-2 3 4:5:6.789",
            "INTERVAL \"1-2 3 4:5:6.789\" YEAR TO SECOND",
        ),
        (
            json(r#"{"b":[1, null],"a":"x"}"#),
            r#"{"a":"x","b":[1,null]}"#,
            r#"JSON '{"a":"x","b":[1,null]}'"#,
        ),
        (list(vec![Value::Int(1), Value::Null], Type::Int64), "[1, NULL]", "[1, NULL]"),
        (list(vec![], Type::Int64), "[]", "[]"),
        (record(vec![text("abc"), int(123)]), "(abc, 123)", "(\"abc\", 123)"),
        (record(vec![text("abc")]), "(abc)", "STRUCT(\"abc\")"),
        (record(vec![]), "()", "STRUCT()"),
    ];
    for (value, plain, literal) in values {
        check(&[("%t", vec![value.clone()], plain), ("%T", vec![value], literal)]);
    }
}

#[test]
fn one_null_makes_the_answer_null() {
    let rows: Vec<(&str, Vec<Arg>)> = vec![
        ("%d", vec![null(Type::Int64)]),
        ("%s", vec![null(Type::String)]),
        ("%f", vec![null(Type::Numeric)]),
        ("%p", vec![null(Type::Json)]),
        ("%*d", vec![null(Type::Int64), int(1)]),
        ("%.*d", vec![null(Type::Int64), int(1)]),
        ("%d %d %d", vec![int(1), null(Type::Int64), int(3)]),
    ];
    for (pattern, args) in rows {
        assert_eq!(ask(pattern, &args), Ok(Value::Null), "{pattern}");
    }
    assert_eq!(format(&[Value::Null], &[Type::String]), Ok(Value::Null));
}

#[test]
fn a_pattern_that_does_not_fit_is_an_error() {
    let rows: Vec<(&str, Vec<Arg>, &str)> = vec![
        ("%", vec![int(0)], "Invalid FORMAT string: \"%\""),
        ("a%d%", vec![int(0)], "Invalid FORMAT string: \"a%d%\""),
        ("%5%", vec![], "Invalid FORMAT string: \"%5%\""),
        ("%Z", vec![int(0)], "Invalid format specifier character \"Z\" in FORMAT string: \"%Z\""),
        (
            "%1$d",
            vec![int(0)],
            "Invalid format specifier character \"$\" in FORMAT string: \"%1$d\"",
        ),
        (
            "abc",
            vec![int(0)],
            "Too many arguments to FORMAT for pattern \"abc\"; Expected 1; Got 2",
        ),
        ("abc%d", vec![], "Too few arguments to FORMAT for pattern \"abc%d\"; Expected 2; Got 1"),
        ("%*d", vec![int(1)], "Too few arguments to FORMAT for pattern \"%*d\"; Expected 3; Got 2"),
        (
            "%d",
            vec![text("a")],
            "Invalid type for argument 2 to FORMAT; Expected integer; Got STRING",
        ),
        (
            "%d",
            vec![null(Type::String)],
            "Invalid type for argument 2 to FORMAT; Expected integer; Got STRING",
        ),
        ("%s", vec![int(1)], "Invalid type for argument 2 to FORMAT; Expected STRING; Got INT64"),
        ("%f", vec![int(1)], "Invalid type for argument 2 to FORMAT; Expected FLOAT64; Got INT64"),
        ("%u", vec![int(1)], "Invalid type for argument 2 to FORMAT; Expected UINT; Got INT64"),
        (
            "%p",
            vec![text("1")],
            "Invalid type for argument 2 to FORMAT; Expected PROTO or JSON; Got STRING",
        ),
        (
            "%*s",
            vec![text("1"), text("1")],
            "Invalid type for argument 2 to FORMAT; Expected integer; Got STRING",
        ),
        (
            "%1048577s",
            vec![text("")],
            "Width 1048577 exceeds the maximum supported output width of FORMAT. Limit: 1048576",
        ),
        (
            "%*s",
            vec![int(1_048_577), text("")],
            "Output string too long while evaluating FORMAT; limit 1048576",
        ),
        ("%.1075f", vec![float(1.0)], "Precision value is too big1074"),
    ];
    for (pattern, args, message) in rows {
        assert_eq!(ask(pattern, &args), Err(message.to_owned()), "{pattern} {args:?}");
    }
}

#[test]
fn a_range_is_refused_by_name() {
    let range = Value::Range(Box::new((Value::Null, Value::Null)));
    let answer = ask("%t", &[(range, Type::Range(Box::new(Type::Date)))]);
    assert!(answer.is_err_and(|why| why.starts_with("FORMAT of a RANGE is not supported")));
}
