//! Behaviour of the number functions, found by name and types as the binder finds them.
//!
//! Each table line is a call and its answer; a call that no overload takes fails the test.

use datafusion::arrow::array::{Array as _, Decimal128Array, Int64Array};
use num_bigint::BigInt;

use super::exact::{Kind, to_bignumeric, to_numeric};
use super::testing::call;
use super::text::float_text;
use super::text::{parse_decimal, parse_float, parse_int};
use super::{GROUPS, bignumeric_text, columnar, fast, numeric_text};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

fn n(text: &str) -> Value {
    Value::Numeric(to_numeric(&parse_decimal(text, Kind::Numeric).unwrap()).unwrap())
}

fn b(text: &str) -> Value {
    Value::BigNumeric(to_bignumeric(&parse_decimal(text, Kind::BigNumeric).unwrap()).unwrap())
}

fn i(value: i64) -> Value {
    Value::Int(value)
}

fn f(value: f64) -> Value {
    Value::Float(value)
}

fn shown(answer: Result<Value, String>) -> String {
    match answer {
        Ok(Value::Int(value)) => value.to_string(),
        Ok(Value::Float(value)) => format!("{value:?}"),
        Ok(Value::Numeric(value)) => format!("n{}", numeric_text(value)),
        Ok(Value::BigNumeric(value)) => format!("b{}", bignumeric_text(value)),
        Ok(other) => format!("{other:?}"),
        Err(message) => format!("! {message}"),
    }
}

fn check(table: &[(&str, Vec<Value>, &str)]) {
    for (name, args, expected) in table {
        assert_eq!(shown(call(GROUPS, name, args)), *expected, "{name} {args:?}");
    }
}

const MAX: &str = "99999999999999999999999999999";

#[test]
fn operators_answer_or_say_what_overflowed() {
    check(&[
        ("+", vec![i(i64::MAX), i(1)], "! int64 overflow: 9223372036854775807 + 1"),
        ("-", vec![i(i64::MIN), i(1)], "! int64 overflow: -9223372036854775808 - 1"),
        ("*", vec![i(i64::MAX), i(2)], "! int64 overflow: 9223372036854775807 * 2"),
        ("/", vec![i(1), i(0)], "! division by zero: 1 / 0"),
        ("/", vec![i(7), i(2)], "3.5"),
        ("/", vec![f(1.0), f(0.0)], "! division by zero: 1 / 0"),
        ("*", vec![f(1.5e308), f(10.0)], "! double overflow: 1.5e+308 * 10"),
        ("/", vec![f(f64::INFINITY), f(2.0)], "inf"),
        ("NEG", vec![i(i64::MIN)], "! int64 overflow: --9223372036854775808"),
        ("+", vec![n(MAX), n("1")], "! numeric overflow: 99999999999999999999999999999 + 1"),
        ("/", vec![n("1"), n("0")], "! division by zero: 1 / 0"),
        ("/", vec![n("2"), n("3")], "n0.666666667"),
        ("/", vec![n("-2"), n("3")], "n-0.666666667"),
        ("*", vec![n("0.000000001"), n("0.5")], "n0.000000001"),
        (
            "*",
            vec![n("12345678901234567890.5"), n("10.000000001")],
            "n123456789024691357806.234567891",
        ),
        ("/", vec![n(MAX), n("3")], "n33333333333333333333333333333"),
        ("/", vec![b("1"), b("3")], "b0.33333333333333333333333333333333333333"),
        ("/", vec![b("2"), b("3")], "b0.66666666666666666666666666666666666667"),
        (
            "+",
            vec![b("5e38"), b("5e38")],
            "! BIGNUMERIC overflow: 500000000000000000000000000000000000000 + \
             500000000000000000000000000000000000000",
        ),
        ("SAFE_ADD", vec![i(i64::MAX), i(1)], "Null"),
        ("SAFE_ADD", vec![i(i64::MAX - 1), i(1)], "9223372036854775807"),
        ("SAFE_SUBTRACT", vec![n("1"), n("2.5")], "n-1.5"),
        ("SAFE_MULTIPLY", vec![n(MAX), n("10")], "Null"),
        ("SAFE_DIVIDE", vec![i(1), i(0)], "Null"),
        ("SAFE_DIVIDE", vec![n("1"), n("3")], "n0.333333333"),
        ("SAFE_NEGATE", vec![i(i64::MIN)], "Null"),
        ("IEEE_DIVIDE", vec![f(1.0), f(0.0)], "inf"),
    ]);
}

#[test]
fn rounding_goes_away_from_zero_and_keeps_decimals_exact() {
    check(&[
        ("ROUND", vec![f(2.5)], "3.0"),
        ("ROUND", vec![f(-0.5)], "-1.0"),
        ("ROUND", vec![i(7)], "7.0"),
        ("ROUND", vec![f(2.675), i(2)], "2.67"),
        ("ROUND", vec![f(-2.345), i(2)], "-2.35"),
        ("ROUND", vec![f(1.005), i(2)], "1.0"),
        ("ROUND", vec![f(1234.5678), i(-2)], "1200.0"),
        ("ROUND", vec![f(0.1), i(20)], "0.1"),
        ("ROUND", vec![f(123.456789), i(6)], "123.456789"),
        ("ROUND", vec![f(1e22), i(-21)], "1e22"),
        (
            "ROUND",
            vec![f(1.7e308), i(-308)],
            "! Floating point overflow in function: ROUND(1.7e+308, 308)",
        ),
        ("ROUND", vec![f(f64::INFINITY), i(2)], "inf"),
        ("ROUND", vec![n("1234.5678"), i(2)], "n1234.57"),
        ("ROUND", vec![n("-0.5")], "n-1"),
        ("ROUND", vec![n("1.5"), i(-40)], "n0"),
        ("ROUND", vec![b("2.55"), i(1)], "b2.6"),
        (
            "ROUND",
            vec![n("99999999999999999999999999999.9")],
            "! numeric overflow: ROUND(99999999999999999999999999999.9, 0)",
        ),
        ("CEIL", vec![f(-3.2)], "-3.0"),
        ("CEILING", vec![n("3.000000001")], "n4"),
        ("FLOOR", vec![n("-3.1")], "n-4"),
        (
            "CEIL",
            vec![n("99999999999999999999999999999.1")],
            "! numeric overflow: CEIL(99999999999999999999999999999.1)",
        ),
        ("TRUNC", vec![f(4.35), i(2)], "4.34"),
        ("TRUNC", vec![f(-1234.5678), i(-2)], "-1200.0"),
        ("TRUNC", vec![n("-1.99")], "n-1"),
        ("ABS", vec![i(i64::MIN)], "! int64 overflow: --9223372036854775808"),
        ("SIGN", vec![n("-0.3")], "n-1"),
        ("SIGN", vec![f(f64::NAN)], "NaN"),
        ("MOD", vec![i(-7), i(3)], "-1"),
        ("MOD", vec![i(i64::MIN), i(-1)], "0"),
        ("MOD", vec![i(5), i(0)], "! division by zero: MOD(5, 0)"),
        ("MOD", vec![n("-7.5"), n("2")], "n-1.5"),
        ("DIV", vec![i(1), i(0)], "! division by zero: 1 / 0"),
        ("DIV", vec![i(i64::MIN), i(-1)], "! int64 overflow: --9223372036854775808"),
        ("DIV", vec![n("-7.5"), n("2")], "n-3"),
        ("DIV", vec![n("5"), n("0")], "! division by zero: DIV(5, 0)"),
    ]);
}

#[test]
fn functions_without_a_finite_answer_are_errors() {
    check(&[
        ("SQRT", vec![f(-1.0)], "! Argument to SQRT cannot be negative: -1"),
        ("SQRT", vec![n("-2")], "! SQRT is undefined for negative value: SQRT(-2)"),
        ("POW", vec![f(0.0), f(-1.0)], "! Floating point error in function: POW(0, -1)"),
        ("POWER", vec![i(2), i(10)], "1024.0"),
        ("EXP", vec![f(1000.0)], "! Floating point error in function: EXP(1000)"),
        ("LN", vec![f(0.0)], "! Floating point error in function: LN(0)"),
        ("LOG", vec![f(8.0), f(2.0)], "3.0"),
        ("LOG", vec![f(8.0), f(1.0)], "! Floating point error in function: LOG(8, 1)"),
        ("LOG10", vec![f(0.0)], "! Floating point error in function: LOG10(0)"),
        ("ACOS", vec![f(2.0)], "! Floating point error in function: ACOS(2)"),
        ("COT", vec![f(0.0)], "! Floating point error in function: COT(0)"),
        ("COSH", vec![f(1000.0)], "! Floating point overflow in function: COSH(1000)"),
        ("CBRT", vec![f(-8.0)], "-2.0"),
        ("ASIN", vec![f(f64::NAN)], "NaN"),
    ]);
}

#[test]
fn functions_of_decimals_are_right_in_the_last_place() {
    check(&[
        ("SQRT", vec![n("2")], "n1.414213562"),
        ("SQRT", vec![b("2")], "b1.41421356237309504880168872420969807857"),
        ("SQRT", vec![n("6.25")], "n2.5"),
        ("EXP", vec![n("1")], "n2.718281828"),
        ("EXP", vec![n("-1")], "n0.367879441"),
        ("EXP", vec![n("100")], "! numeric overflow: EXP(100)"),
        ("LN", vec![n("2")], "n0.693147181"),
        ("LN", vec![n("0")], "! LN is undefined for zero or negative value: LN(0)"),
        ("LOG10", vec![n("2")], "n0.301029996"),
        ("LOG10", vec![n("1000")], "n3"),
        ("LOG", vec![n("8"), n("2")], "n3"),
        ("POW", vec![n("2"), n("10")], "n1024"),
        ("POW", vec![n("2"), n("-3")], "n0.125"),
        ("POW", vec![n("2"), n("0.5")], "n1.414213562"),
        ("POW", vec![b("2"), b("0.5")], "b1.41421356237309504880168872420969807857"),
        ("POW", vec![n("10"), n("29")], "! numeric overflow: POW(10, 29)"),
        ("POW", vec![n("0"), n("-1")], "! division by zero: POW(0, -1)"),
        (
            "POW",
            vec![n("-8"), n("0.5")],
            "! Negative NUMERIC value cannot be raised to a fractional power: POW(-8, 0.5)",
        ),
    ]);
}

#[test]
fn bits_are_shifted_without_a_sign() {
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    check(&[
        ("<<", vec![i(1), i(64)], "0"),
        ("<<", vec![i(1), i(63)], "-9223372036854775808"),
        (">>", vec![i(-1), i(1)], "9223372036854775807"),
        ("<<", vec![i(1), i(-1)], "! Bitwise shift by negative offset."),
        ("BIT_COUNT", vec![i(-1)], "64"),
        ("BIT_COUNT", vec![bytes(&[0xff, 1])], "9"),
        ("<<", vec![bytes(&[0x0f, 0xff]), i(4)], "Bytes([255, 240])"),
        (">>", vec![bytes(&[0x0f, 0xff]), i(12)], "Bytes([0, 0])"),
        (">>", vec![bytes(&[0xff, 0x00]), i(4)], "Bytes([15, 240])"),
        ("|", vec![bytes(&[1, 2]), bytes(&[0x10, 0x20])], "Bytes([17, 34])"),
        (
            "&",
            vec![bytes(&[1, 2]), bytes(&[1])],
            "! Bitwise binary operator for BYTES requires equal length of the inputs. Got 2 bytes on \
             the left hand side and 1 bytes on the right hand side.",
        ),
    ]);
}

#[test]
fn buckets_are_counted_from_zero_in_sorted_bounds() {
    let body = super::buckets::ANY[0].body;
    let bounds = |of: &[i64]| Value::Array(of.iter().map(|value| i(*value)).collect());
    let bucket =
        |point: Value, of: Value| shown(body(&[point, of], &[Type::Int64]).map_err(|e| e.message));
    assert_eq!(bucket(i(20), bounds(&[0, 10, 20, 20, 30])), "4");
    assert_eq!(bucket(i(-1), bounds(&[0, 10])), "0");
    assert_eq!(bucket(i(15), bounds(&[])), "0");
    assert_eq!(
        bucket(i(20), bounds(&[30, 10])),
        "! Elements in input array to RANGE_BUCKET must be in ascending order. Nonconforming elements \
         found at position 1 and 2"
    );
    assert_eq!(bucket(f(f64::NAN), Value::Array(vec![f(1.0)])), "Null");
}

#[test]
fn texts_are_read_strictly() {
    for (text, expected) in [
        ("42", Some(42)),
        (" 12 ", Some(12)),
        ("-0x1F", Some(-31)),
        ("+5", Some(5)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("1.5", None),
        ("", None),
        ("- 5", None),
        ("0x", None),
        ("+-5", None),
    ] {
        assert_eq!(parse_int(text), expected, "{text}");
    }
    for (text, expected) in [
        ("1e400", Some(f64::INFINITY)),
        (" .5 ", Some(0.5)),
        ("1.", Some(1.0)),
        ("1_0", None),
        ("", None),
        ("1e", None),
        ("-inf", Some(f64::NEG_INFINITY)),
    ] {
        assert_eq!(parse_float(text), expected, "{text}");
    }
    for (text, expected) in [
        ("1.0000000005", Some("1.000000001")),
        ("1e30", None),
        ("abc", None),
        ("1.5e3", Some("1500")),
        ("1e-300", Some("0")),
    ] {
        let read = parse_decimal(text, Kind::Numeric).map(|units| Kind::Numeric.text(&units));
        assert_eq!(read.as_deref(), expected, "{text}");
    }
    let text = |text: &str| Value::Str(text.to_owned());
    check(&[
        ("PARSE_NUMERIC", vec![text("  - 12.34  ")], "n-12.34"),
        ("PARSE_NUMERIC", vec![text("1,2,3.45")], "n123.45"),
        ("PARSE_NUMERIC", vec![text("12.34-")], "n-12.34"),
        ("PARSE_NUMERIC", vec![text("$5")], "! Invalid input to PARSE_NUMERIC: \"$5\""),
        ("PARSE_BIGNUMERIC", vec![text("1e40")], "! Invalid input to PARSE_BIGNUMERIC: \"1e40\""),
    ]);
}

#[test]
fn floats_are_written_with_15_or_17_digits() {
    for (value, expected) in [
        (1.0, "1"),
        (0.1, "0.1"),
        (1.0 / 3.0, "0.33333333333333331"),
        (1e15, "1e+15"),
        (123_456.0, "123456"),
        (1e-5, "1e-05"),
        (0.0001, "0.0001"),
        (1e100, "1e+100"),
        (0.1 + 0.2, "0.30000000000000004"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
        (-0.0, "0"),
    ] {
        assert_eq!(float_text(value), expected);
    }
}

#[test]
fn columns_answer_like_rows_and_skip_nulls() {
    let left = Int64Array::from(vec![Some(6), None, Some(1)]);
    let right = Int64Array::from(vec![Some(3), Some(0), None]);
    let quotients = columnar::divide_i64(&left, &right).unwrap();
    assert_eq!(quotients.iter().collect::<Vec<_>>(), [Some(2.0), None, None]);
    let zero = Int64Array::from(vec![Some(0), Some(1), Some(1)]);
    assert_eq!(columnar::divide_i64(&left, &zero).unwrap_err().message, "division by zero: 6 / 0");
    let money = Decimal128Array::from(vec![Some(1_500_000_000), None]);
    let product = columnar::multiply_numeric(&money, &money).unwrap();
    assert_eq!(product.value(0), 2_250_000_000);
    assert!(product.is_null(1));
    assert_eq!(product.data_type(), &Type::Numeric.arrow());
}

#[test]
fn fast_and_general_numeric_arithmetic_agree() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |digits: u32| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wide = i128::from(seed) * i128::from(seed.rotate_left(31) >> 2) % 10_i128.pow(digits);
        if seed & 1 == 0 { wide } else { -wide }
    };
    for round in 0..2_000_u32 {
        let (left, right) = (next(1 + round % 37), next(1 + round / 7 % 37));
        let (a, b) = (BigInt::from(left), BigInt::from(right));
        let same = |fast: Result<i128, _>, slow: Result<BigInt, _>| {
            assert_eq!(fast.map(BigInt::from), slow)
        };
        same(fast::multiply_numeric(left, right), Kind::Numeric.multiply(&a, &b));
        same(fast::divide_numeric(left, right), Kind::Numeric.divide(&a, &b));
        same(fast::add_numeric(left, right), Kind::Numeric.add(&a, &b));
    }
}
