//! PARSE_JSON: canonical text, numbers and the words of its errors.

use super::{fails, null, says, text};
use crate::bigquery::types::Type;

#[test]
fn members_are_sorted_and_the_first_of_equal_keys_stays() {
    let rows = [
        (r#"{"b": 1, "a": [2, 3]}"#, r#"{"a":[2,3],"b":1}"#),
        (r#"{"a":1,"a":2,"B":3}"#, r#"{"B":3,"a":1}"#),
        (r#"{"type":"Point","coordinates":[3,4]}"#, r#"{"coordinates":[3,4],"type":"Point"}"#),
        (" [ ] ", "[]"),
        ("{}", "{}"),
        ("null", "null"),
        ("\u{feff}true", "true"),
        (r#""red""#, r#""red""#),
        (r#""\u00e9\ud83d\ude00\/\u0001\n""#, "\"é😀/\\u0001\\n\""),
    ];
    for (given, expected) in rows {
        says("PARSE_JSON", &[text(given)], Some(expected));
    }
    says("PARSE_JSON", &[null(Type::String)], None);
}

#[test]
fn numbers_keep_their_value() {
    let rows = [
        ("6", "6"),
        ("-0", "0"),
        ("-0.0", "-0.0"),
        ("1.0", "1.0"),
        ("1.50", "1.5"),
        ("1e3", "1000.0"),
        ("1E+3", "1000.0"),
        ("1e-7", "1e-07"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("100000000000000.0", "100000000000000.0"),
        ("1000000000000000.0", "1e+15"),
        ("9007199254740992.0", "9.007199254740992e+15"),
        ("9223372036854775807", "9223372036854775807"),
        ("18446744073709551615", "18446744073709551615"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("123456.75", "123456.75"),
        ("5e-324", "5e-324"),
        // Halfway between two texts of 17 digits.
        ("1250478706726361.2", "1.2504787067263612e+15"),
    ];
    for (given, expected) in rows {
        says("PARSE_JSON", &[text(given)], Some(expected));
    }
}

#[test]
fn a_wide_number_is_refused_or_rounded() {
    let wide = r#"{"id": 922337203685477580701}"#;
    let no = "Invalid input to PARSE_JSON: Input number: 922337203685477580701 cannot round-trip through string representation";
    fails("PARSE_JSON", &[text(wide)], no);
    fails("PARSE_JSON", &[text(wide), text("exact")], no);
    says("PARSE_JSON", &[text(wide), text("round")], Some(r#"{"id":9.223372036854776e+20}"#));
    fails(
        "PARSE_JSON",
        &[text("0.12345678901234567890")],
        "Invalid input to PARSE_JSON: Input number: 0.12345678901234567890 cannot round-trip through string representation",
    );
    fails(
        "PARSE_JSON",
        &[text("1"), text("wild")],
        "Invalid `wide_number_mode` specified for PARSE_JSON: wild",
    );
}

#[test]
fn an_error_says_what_was_read_and_what_was_expected() {
    let rows = [
        (
            "",
            "attempting to parse an empty input; check that your input string or stream contains the expected JSON",
        ),
        ("invalid", "syntax error while parsing value - invalid literal; last read: 'i'"),
        ("tru", "syntax error while parsing value - invalid literal; last read: 'tru'"),
        (
            "{'a'",
            "syntax error while parsing object key - invalid literal; last read: '{''; expected string literal",
        ),
        ("{\"a\":1", "syntax error while parsing object - unexpected end of input; expected '}'"),
        (
            "{\"a\" 1}",
            "syntax error while parsing object separator - unexpected number literal; expected ':'",
        ),
        (
            "{\"a\":}",
            "syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal",
        ),
        ("[1 2]", "syntax error while parsing array - unexpected number literal; expected ']'"),
        (
            "[1,]",
            "syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal",
        ),
        (
            "{\"a\":1,}",
            "syntax error while parsing object key - unexpected '}'; expected string literal",
        ),
    ];
    for (given, expected) in rows {
        fails("PARSE_JSON", &[text(given)], &format!("Invalid input to PARSE_JSON: {expected}"));
    }
}

#[test]
fn a_broken_number_or_string_is_shown_up_to_the_break() {
    let rows = [
        (
            "1 2",
            "syntax error while parsing value - unexpected number literal; expected end of input",
        ),
        (
            "01",
            "syntax error while parsing value - unexpected number literal; expected end of input",
        ),
        (
            "-",
            "syntax error while parsing value - invalid number; expected digit after '-'; last read: '-'",
        ),
        (
            "1.x",
            "syntax error while parsing value - invalid number; expected digit after '.'; last read: '1.x'",
        ),
        (
            "1e",
            "syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '1e'",
        ),
        (
            "\"a",
            "syntax error while parsing value - invalid string: missing closing quote; last read: '\"a'",
        ),
        (
            "\"\t\"",
            "syntax error while parsing value - invalid string: control character U+0009 (HT) must be escaped to \\u0009 or \\t; last read: '\"<U+0009>'",
        ),
        (
            "\"\\x\"",
            "syntax error while parsing value - invalid string: forbidden character after backslash; last read: '\"\\x'",
        ),
        (
            "\"\\ud800\"",
            "syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800\"'",
        ),
    ];
    for (given, expected) in rows {
        fails("PARSE_JSON", &[text(given)], &format!("Invalid input to PARSE_JSON: {expected}"));
    }
}

#[test]
fn nesting_ends_at_500() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    says("PARSE_JSON", &[text(&nested(500))], Some(&nested(500)));
    fails(
        "PARSE_JSON",
        &[text(&nested(501))],
        "Invalid input to PARSE_JSON: Max nesting of 500 has been exceeded while parsing JSON document",
    );
}
