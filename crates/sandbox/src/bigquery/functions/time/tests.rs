//! Behaviour of the functions on dates and times, found by name and types as the binder finds them.
//!
//! A line is a function, its arguments (`d` date, `dt` datetime, `t` time, `ts` timestamp, `v`
//! interval, `i` integer, `s` text or part) and the answer as text, or the error after `!`.

use super::calendar::{FIRST_DAY, LAST_DAY, civil, day_number};
use super::interval_text::{interval_of_text, interval_text};
use super::write::{date_text, datetime_text, time_text, timestamp_text};
use super::zone::UTC;
use super::{
    GROUPS, parse_date, parse_datetime, parse_interval, parse_time, parse_timestamp, range,
};
use crate::bigquery::functions::number::testing::call;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

fn value(spelled: &str) -> Value {
    let (kind, text) = spelled.split_once(' ').unwrap_or((spelled, ""));
    match kind {
        "d" => parse_date(text).unwrap(),
        "dt" => parse_datetime(text).unwrap(),
        "t" => parse_time(text).unwrap(),
        "ts" => parse_timestamp(text).unwrap(),
        "v" => Value::Interval(interval_of_text(text).unwrap()),
        "i" => Value::Int(text.parse().unwrap()),
        "s" => Value::Str(text.to_owned()),
        other => panic!("{other}"),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Str(text) => text.clone(),
        Value::Date(days) => date_text(*days),
        Value::Time(micros) => time_text(*micros),
        Value::Datetime(micros) => datetime_text(*micros),
        Value::Timestamp(micros) => timestamp_text(*micros, &UTC),
        Value::Interval(interval) => interval_text(*interval),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Range(ends) => format!("[{}, {})", shown(&ends.0), shown(&ends.1)),
        Value::Null => "NULL".to_owned(),
        Value::Bool(_)
        | Value::Float(_)
        | Value::Numeric(_)
        | Value::BigNumeric(_)
        | Value::Bytes(_)
        | Value::Struct(_) => format!("{value:?}"),
    }
}

fn check(table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (made, expected) = line.split_once(" => ").unwrap();
        let mut parts = made.split(" | ");
        let name = parts.next().unwrap();
        let args: Vec<Value> = parts.map(value).collect();
        let answer =
            call(GROUPS, name, &args).map_or_else(|message| format!("! {message}"), |v| shown(&v));
        assert_eq!(answer, expected, "{line}");
    }
}

#[test]
fn months_clamp_and_overflow_names_the_call() {
    check(
        "DATE_ADD | d 2024-01-31 | i 1 | s MONTH => 2024-02-29
        DATE_ADD | d 2024-01-31 | i 1 | s QUARTER => 2024-04-30
        DATE_ADD | d 2024-02-29 | i 1 | s YEAR => 2025-02-28
        DATE_ADD | d 2024-02-29 | i 1 | s WEEK => 2024-03-07
        DATE_ADD | d 9999-12-31 | i 1 | s DAY => ! Adding 1 DAY to date 9999-12-31 causes overflow
        DATE_SUB | d 0001-01-01 | i 1 | s MONTH => ! Adding -1 MONTH to date 0001-01-01 causes overflow
        DATE_SUB | d 2024-02-29 | i -9223372036854775808 | s DAY => ! Subtracting -9223372036854775808 DAY from date 2024-02-29 causes overflow
        DATE_ADD | d 2024-01-01 | i 1 | s HOUR => ! DATE_ADD does not support the HOUR date part when the argument is DATE type
        + | d 2024-02-28 | i 2 => 2024-03-01
        - | d 2024-03-01 | i 1 => 2024-02-29
        DATETIME_SUB | dt 2024-03-31 10:00:00 | i 1 | s MONTH => 2024-02-29 10:00:00
        DATETIME_ADD | dt 2024-03-31 10:00:00 | i 1 | s MICROSECOND => 2024-03-31 10:00:00.000001
        DATETIME_ADD | dt 9999-12-31 23:59:59 | i 1 | s SECOND => ! Adding 1 SECOND to datetime 9999-12-31 23:59:59 causes overflow
        TIMESTAMP_ADD | ts 2024-01-15 12:00:00+00 | i 90 | s MINUTE => 2024-01-15 13:30:00+00
        TIMESTAMP_ADD | ts 2024-01-01 | i 1 | s MONTH => ! TIMESTAMP_ADD does not support the MONTH date part when the argument is TIMESTAMP type
        TIME_ADD | t 23:00:00 | i 100 | s HOUR => 03:00:00
        TIME_SUB | t 00:00:00 | i 1 | s MICROSECOND => 23:59:59.999999",
    );
}

#[test]
fn differences_count_boundaries_except_between_timestamps() {
    check(
        "DATE_DIFF | d 2024-01-01 | d 2023-12-31 | s WEEK(MONDAY) => 1
        DATE_DIFF | d 2024-01-01 | d 2023-12-31 | s WEEK => 0
        DATE_DIFF | d 2024-01-01 | d 2023-12-31 | s ISOYEAR => 1
        DATE_DIFF | d 2026-05-15 | d 2024-01-15 | s YEAR => 2
        DATE_DIFF | d 2023-12-31 | d 2024-02-01 | s QUARTER => -1
        DATETIME_DIFF | dt 2024-01-02 00:00:00 | dt 2024-01-01 23:59:59 | s DAY => 1
        DATETIME_DIFF | dt 2024-01-02 01:00:00 | dt 2024-01-02 00:59:59 | s HOUR => 1
        DATETIME_DIFF | dt 2024-01-02 00:00:00 | dt 2024-01-01 23:59:59.9999 | s MILLISECOND => 1
        TIMESTAMP_DIFF | ts 2024-01-02 01:00:00+00 | ts 2024-01-02 00:00:01+00 | s HOUR => 0
        TIMESTAMP_DIFF | ts 2024-01-02 00:00:00+00 | ts 2024-01-01 00:00:01+00 | s DAY => 0
        TIME_DIFF | t 12:00:00 | t 11:59:59 | s HOUR => 1",
    );
}

#[test]
fn parts_begin_where_the_zone_says() {
    check(
        "DATE_TRUNC | d 2021-01-02 | s ISOYEAR => 2019-12-30
        DATE_TRUNC | d 2024-05-15 | s QUARTER => 2024-04-01
        DATE_TRUNC | d 0001-01-01 | s WEEK => ! Truncating date 0001-01-01 to WEEK resulted in an out of range date value: -719163
        DATE_TRUNC | d 0001-01-01 | s ISOWEEK => 0001-01-01
        DATETIME_TRUNC | dt 2024-11-03 05:45:12.123456 | s ISOWEEK => 2024-10-28 00:00:00
        TIME_TRUNC | t 05:45:12.123456 | s MILLISECOND => 05:45:12.123
        TIMESTAMP_TRUNC | ts 2024-03-10 06:30:00+00 | s DAY | s America/New_York => 2024-03-10 05:00:00+00
        TIMESTAMP_TRUNC | ts 2024-09-30 06:00:00+00 | s WEEK | s America/New_York => 2024-09-29 04:00:00+00
        TIMESTAMP_TRUNC | ts 2024-11-03 06:30:00+00 | s HOUR | s America/New_York => 2024-11-03 06:00:00+00
        TIMESTAMP_TRUNC | ts 2024-11-03 05:45:00+00 | s HOUR | s Asia/Kolkata => 2024-11-03 05:30:00+00
        TIMESTAMP_TRUNC | ts 2024-11-03 05:45:00+00 | s MONTH | s Asia/Kolkata => 2024-10-31 18:30:00+00
        TIMESTAMP_TRUNC | ts 0001-01-01 00:00:00+00 | s YEAR => 0001-01-01 00:00:00+00
        TIMESTAMP_TRUNC | ts 0001-01-01 00:00:00+00 | s DAY | s America/New_York => ! Truncating to the nearest DAY causes underflow at timezone America/New_York
        DATETIME_TRUNC | dt 0001-01-01 00:00:00 | s WEEK => ! Truncating date 0001-01-01 to WEEK resulted in an out of range date value: -719163
        TIME_TRUNC | t 10:00:00 | s DAY => ! TIME_TRUNC does not support the DAY date part
        LAST_DAY | d 2024-02-10 => 2024-02-29
        LAST_DAY | d 2024-02-15 | s WEEK => 2024-02-17
        LAST_DAY | d 2024-02-10 | s WEEK(MONDAY) => 2024-02-11
        LAST_DAY | d 2024-02-10 | s QUARTER => 2024-03-31
        LAST_DAY | d 2024-02-10 | s ISOYEAR => 2024-12-29
        LAST_DAY | d 9999-12-31 | s WEEK => ! Last day of date 9999-12-31 to WEEK resulted in an out of range date value: 2932897
        LAST_DAY | dt 2024-02-10 10:00:00 | s MONTH => 2024-02-29",
    );
}

#[test]
fn parts_are_extracted_in_the_zone() {
    check(
        "EXTRACT | s WEEK | d 2024-03-15 => 10
        EXTRACT | s ISOWEEK | d 2021-01-03 => 53
        EXTRACT | s WEEK(THURSDAY) | d 2024-01-03 => 0
        EXTRACT | s WEEK(THURSDAY) | d 2024-01-04 => 1
        EXTRACT | s DAYOFWEEK | ts 2024-01-14 03:00:00+00 | s America/New_York => 7
        EXTRACT | s HOUR | ts 2024-06-15 00:00:00+00 | s Pacific/Auckland => 12
        EXTRACT | s HOUR | ts 2024-06-15 12:00:00+00 | s -04:30 => 7
        EXTRACT | s MILLISECOND | t 10:00:00.123456 => 123
        EXTRACT | s MICROSECOND | v 0 0:0:0.123456 => 123456
        EXTRACT | s MONTH | v -1-2 => -2
        EXTRACT | s HOUR | d 2024-01-14 => ! EXTRACT from DATE does not support the HOUR date part
        EXTRACT | s WEEK | v 1-2 => ! Unsupported date part WEEK in EXTRACT FROM INTERVAL
        EXTRACT_DATE | ts 0001-01-01 00:00:00+00 | s America/New_York => ! Invalid date extracted from timestamp 0000-12-31 19:04:00-04:56
        EXTRACT_DATE | ts 2024-01-14 03:00:00+00 | s America/New_York => 2024-01-13",
    );
}

#[test]
fn values_are_built_from_parts_or_refused() {
    check(
        "DATE | i 2024 | i 2 | i 30 => ! Input calculates to invalid date: 2024-02-30
        DATE | ts 2024-01-01 03:00:00+00 | s America/New_York => 2023-12-31
        TIME | i 23 | i 59 | i 60 => 00:00:00
        TIME | i 25 | i 0 | i 0 => ! Input calculates to invalid time: 25:00:00
        DATETIME | i 2024 | i 2 | i 3 | i 10 | i 0 | i 60 => 2024-02-03 10:01:00
        DATETIME | ts 2024-01-15 12:00:00+00 | s America/New_York => 2024-01-15 07:00:00
        TIMESTAMP | dt 2024-01-15 12:00:00 | s America/New_York => 2024-01-15 17:00:00+00
        TIMESTAMP | dt 9999-12-31 23:59:59 | s America/New_York => ! Cannot convert Datetime 9999-12-31 23:59:59 at timezone America/New_York to a Timestamp
        TIMESTAMP | s 2024-01-15 | s Mars => ! Invalid time zone: Mars
        STRING | ts 2024-01-05 12:00:00+00 | s Asia/Kolkata => 2024-01-05 17:30:00+05:30
        STRING | ts 1800-01-05 12:00:00+00 | s America/New_York => 1800-01-05 07:04:00-04:56
        STRING | ts 2050-07-05 12:00:00+00 | s America/New_York => 2050-07-05 08:00:00-04
        STRING | ts 2024-01-05 12:00:00+00 | s america/new_york => ! Invalid time zone: america/new_york
        STRING | ts 2024-01-05 12:00:00+00 | s  => ! Invalid empty time zone
        UNIX_DATE | d 1969-12-31 => -1
        UNIX_MILLIS | ts 1969-12-31 23:59:59.9995+00 => -1
        TIMESTAMP_SECONDS | i 999999999999 => ! Input value 999999999999 cannot be converted into a TIMESTAMP, because it would be out of the allowed range between -62135596800000000 to 253402300799999999 (microseconds)
        GENERATE_DATE_ARRAY | d 2024-01-31 | d 2024-04-01 | i 1 | s MONTH => 2024-01-31, 2024-02-29, 2024-03-29
        GENERATE_DATE_ARRAY | d 2024-01-05 | d 2024-01-01 | i -2 | s DAY => 2024-01-05, 2024-01-03, 2024-01-01",
    );
    let empty =
        call(GROUPS, "GENERATE_DATE_ARRAY", &[value("d 2024-01-05"), value("d 2024-01-01")]);
    assert_eq!(empty, Ok(Value::Array(vec![])));
    let step = [value("d 2024-01-05"), value("d 2024-01-06"), value("i 0"), value("s DAY")];
    assert_eq!(
        call(GROUPS, "GENERATE_DATE_ARRAY", &step),
        Err("Sequence step cannot be 0.".to_owned())
    );
}

#[test]
fn formats_print_what_the_type_has() {
    check(
        "FORMAT_DATE | s %Y-%m-%d | d 0001-01-01 => 1-01-01
        FORMAT_DATE | s %C %y %Y %F %E4Y | d 0924-01-05 => 09 24 924 0924-01-05 0924
        FORMAT_DATE | s %c %H %Z %s 100% | d 2024-01-05 => %c %H %Z %s 100%
        FORMAT_DATE | s %D %e %h %B %g %G %x %Q %j %U %W %V %u %w %a %% | d 2024-01-05 => 01/05/24  5 Jan January 24 2024 01/05/24 1 005 00 01 01 5 5 Fri %
        FORMAT_DATETIME | s %c,%r,%R,%I,%l,%k,%P,%E3S,%E*S,%E0S,%E6S,%s | dt 2024-01-05 15:04:05.12 => Fri Jan  5 15:04:05 2024,03:04:05 PM,15:04,03, 3,15,pm,05.120,05.12,05,05.120000,1704467045
        FORMAT_DATETIME | s %Z %z %Ez | dt 2024-01-05 15:04:05 => %Z %z %Ez
        FORMAT_TIME | s %Y %T | t 00:04:05 => %Y 00:04:05
        FORMAT_TIMESTAMP | s %c,%Z,%z,%Ez,%s,%E4S | ts 2024-07-05 15:04:05.1234+00 | s America/New_York => Fri Jul  5 11:04:05 2024,UTC-4,-0400,-04:00,1720191845,05.1234
        FORMAT_TIMESTAMP | s %Z | ts 2024-07-05 15:04:05+00 | s Asia/Kolkata => UTC+0530
        FORMAT_DATETIME | s %G-W%V-%u | dt 2024-01-15 12:30:45 => 2024-W03-1",
    );
    let refused = call(GROUPS, "FORMAT_DATE", &[value("s %K"), value("d 2024-01-05")]).unwrap_err();
    assert!(refused.starts_with("The format element %K is not supported by the simulator"));
}

#[test]
fn texts_are_parsed_by_a_format_or_refused() {
    check(
        "PARSE_DATE | s %Y%m%d | s 20240105 => 2024-01-05
        PARSE_DATE | s %F | s 2024-01-05 => 2024-01-05
        PARSE_DATE | s %x | s 01/05/69 => 1969-01-05
        PARSE_DATE | s %A %B %e %Y | s friday january  5 2024 => 2024-01-05
        PARSE_DATE | s %Y-%m-%d | s 2024-1-5 => 2024-01-05
        PARSE_DATE | s %Y-%m-%d | s 2024-02-30 => ! Out-of-range datetime field in parsing function
        PARSE_DATE | s %Y-%m-%d | s 2024-01-05x => ! Failed to parse input string \"2024-01-05x\"
        PARSE_DATE | s %Y/%m/%d | s 2024-01-05 => ! Mismatch between format character '/' and string character '-' at string index: 4 with format: '%Y/%m/%d'
        PARSE_DATE | s %Y %U | s 2024 1 => 2024-01-07
        PARSE_DATE | s %Y %j | s 2024 60 => 2024-02-29
        PARSE_DATE | s %j %Y | s 366 2023 => ! Year 2023 has 365 days, but the specified day of year was 366
        PARSE_DATE | s %G | s 2024 => 2024-01-01
        PARSE_DATE | s %Q %Y | s 2 2024 => 2024-04-01
        PARSE_DATE | s %y | s 68 => 2068-01-01
        PARSE_DATE | s %m | s 05 => 1970-05-01
        PARSE_DATE | s %H | s 5 => ! Invalid format: %H is not allowed for the DATE type.
        PARSE_TIME | s %I:%M %p | s 12:30 AM => 00:30:00
        PARSE_TIME | s %H:%M:%E*S | s 12:30:45.123456 => 12:30:45.123456
        PARSE_TIME | s %H:%M:%E3S | s 12:30:45.123456 => ! Failed to parse input string \"12:30:45.123456\"
        PARSE_TIME | s %S | s 60 => 00:01:00
        PARSE_DATETIME | s %c | s Fri Jan  5 15:04:05 2024 => 2024-01-05 15:04:05
        PARSE_DATETIME | s %Y-%m-%d %H:%M:%S | s 2024-01-05 => ! Failed to parse input string \"2024-01-05\"
        PARSE_DATETIME | s %Z | s UTC => ! Invalid format: %Z is not allowed for the DATETIME type.
        PARSE_TIMESTAMP | s %Y-%m-%d %H:%M:%S%Ez | s 2024-01-05 12:00:00+05:30 => 2024-01-05 06:30:00+00
        PARSE_TIMESTAMP | s %Y-%m-%d %H:%M:%S %Z | s 2024-01-05 12:00:00 America/New_York => 2024-01-05 17:00:00+00
        PARSE_TIMESTAMP | s %Y-%m-%dT%H:%M:%S%Z | s 2024-01-15T12:34:56IST => ! Invalid time zone: IST
        PARSE_TIMESTAMP | s %F | s 2024-01-05 | s America/New_York => 2024-01-05 05:00:00+00
        PARSE_TIMESTAMP | s %s | s -5 => 1969-12-31 23:59:55+00
        PARSE_TIMESTAMP | s %Y% | s 2024 => ! Format string cannot end with a single '%'
        PARSE_TIMESTAMP | s %%%Y | s %2024 => 2024-01-01 00:00:00+00
        PARSE_TIMESTAMP | s %n%Y%t | s  2024  => 2024-01-01 00:00:00+00",
    );
}

#[test]
fn intervals_keep_their_three_parts() {
    check(
        "+ | d 2024-01-15 | v 0-0 7 0:0:0 => 2024-01-22 00:00:00
        - | d 2024-01-15 | v 0-0 7 0:0:0 => 2024-01-08 00:00:00
        + | ts 2024-03-01 00:00:00+00 | v 0-1 => ! TIMESTAMP +/- INTERVAL is not supported for intervals with non-zero MONTH or YEAR part.
        + | d 9999-12-31 | v 0-0 1 0:0:0 => ! Adding 1 DAY to datetime 9999-12-31 00:00:00 causes overflow
        - | dt 2024-03-01 00:00:00 | dt 2024-01-01 12:00:00 => 0-0 59 12:0:0
        - | ts 2024-03-01 00:00:00+00 | ts 2024-01-01 00:00:00+00 => 0-0 0 1440:0:0
        - | d 2024-03-01 | d 2024-01-01 => 0-0 60 0:0:0
        / | v 8-4 | i 7 => 1-2 8 13:42:51.428571
        / | v 8-4 | i 0 => ! Interval division by zero
        NEG | v 1-2 3 4:5:6 => -1-2 -3 -4:5:6
        JUSTIFY_HOURS | v 0 50:0:0 => 0-0 2 2:0:0
        JUSTIFY_DAYS | v 0-1 -40 0:0:0 => 0-0 -10 0:0:0
        JUSTIFY_INTERVAL | v 29 49:0:0 => 0-1 1 1:0:0
        MAKE_INTERVAL | i 10001 => ! Interval field months '120012' is out of range -120000 to 120000
        MAKE_INTERVAL | i 1 | i 2 | i 3 => 1-2 3 0:0:0",
    );
    for (text, from, to, expected) in [
        ("1-2", "YEAR", Some("MONTH"), "1-2 0 0:0:0"),
        ("1-2 3 4:5:6.789", "YEAR", Some("SECOND"), "1-2 3 4:5:6.789"),
        ("0 0:0:0.123456", "DAY", Some("SECOND"), "0-0 0 0:0:0.123456"),
        ("5:6", "MINUTE", Some("SECOND"), "0-0 0 0:5:6"),
        ("-1.5", "SECOND", None, "0-0 0 -0:0:1.500"),
        ("7", "DAY", None, "0-0 7 0:0:0"),
        ("x", "DAY", None, "! Invalid INTERVAL value 'x'"),
        ("1-2", "YEAR", Some("DAY"), "! Invalid INTERVAL value '1-2'"),
    ] {
        let answer =
            parse_interval(text, from, to).map_or_else(|f| format!("! {f}"), interval_text);
        assert_eq!(answer, expected, "{text} {from}");
    }
}

#[test]
fn ranges_are_open_at_the_end() {
    let dates = |text: &str| range::parse_range(text, &Type::Date).unwrap();
    let january = dates("[2024-01-01, 2024-02-01)");
    let answer = |of: fn(&[Value]) -> Result<Value, crate::bigquery::fault::Fault>,
                  args: &[Value]| {
        of(args).map_or_else(|fault| format!("! {fault}"), |value| shown(&value))
    };
    assert_eq!(
        answer(range::range_contains, &[january.clone(), value("d 2024-02-01")]),
        "Bool(false)"
    );
    assert_eq!(
        answer(range::range_contains, &[january.clone(), value("d 2024-01-01")]),
        "Bool(true)"
    );
    assert_eq!(
        answer(range::range_overlaps, &[january.clone(), dates("[2024-02-01, UNBOUNDED)")]),
        "Bool(false)"
    );
    assert_eq!(
        answer(range::range_intersect, &[january.clone(), dates("[UNBOUNDED, 2024-01-15)")]),
        "[2024-01-01, 2024-01-15)"
    );
    assert_eq!(answer(range::range_start, &[dates("[NULL, 2024-01-15)")]), "NULL");
    assert!(range::range_body("RANGE_END").is_some() && range::range_body("RANGE_SUM").is_none());
    assert!(range::parse_range("[2024-02-01, 2024-01-01)", &Type::Date).is_err());
    let steps = [dates("[2024-01-31, 2024-06-01)"), value("v 0-1")];
    assert_eq!(
        answer(range::generate_range_array, &steps),
        "[2024-01-31, 2024-02-29), [2024-02-29, 2024-03-31), [2024-03-31, 2024-04-30), \
         [2024-04-30, 2024-05-31), [2024-05-31, 2024-06-01)"
    );
}

#[test]
fn every_day_survives_the_calendar() {
    for days in (FIRST_DAY..=LAST_DAY).step_by(7) {
        assert_eq!(day_number(civil(days)), days);
    }
    assert_eq!(
        (date_text(FIRST_DAY), date_text(LAST_DAY)),
        ("0001-01-01".into(), "9999-12-31".into())
    );
}
