//! What name, type and values decide together, and what must never come out.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::catalog::ColumnType;

fn verdict(table: &str, column: &str, kind: &str, values: &[&str]) -> (Label, Tier) {
    let finding = examine(&Column {
        table,
        column,
        column_type: column_type(kind),
        samples: Samples::new(values.iter().copied()),
    });
    (finding.label, finding.tier)
}

const US: [&str; 3] = ["212-555-0143", "415-555-0187", "312-555-0119"];
const PARTS: [&str; 10] = [
    "123-45-6789",
    "223-45-6789",
    "323-45-6789",
    "423-45-6789",
    "523-45-6789",
    "623-45-6789",
    "723-45-6789",
    "823-45-6789",
    "134-45-6789",
    "145-45-6789",
];
const MAILS: [&str; 5] =
    ["a@corp.test", "bo@corp.test", "cy@corp.test", "di@corp.test", "ed@corp.test"];

#[test]
fn a_weak_form_needs_the_name_and_a_strong_one_does_not() {
    for (table, column, values, expected) in [
        ("t", "x1", MAILS.as_slice(), (Label::Email, Tier::High)),
        ("t", "x1", &MAILS[..2], (Label::Email, Tier::Low)),
        ("t", "email", &MAILS[..2], (Label::Email, Tier::High)),
        ("t", "phone", &US, (Label::Phone, Tier::High)),
        ("t", "mobile_nr", &US, (Label::Phone, Tier::High)),
        ("t", "dimensions", &US, (Label::None, Tier::None)),
        ("t", "ssn", &PARTS[..3], (Label::Ssn, Tier::High)),
        ("t", "field_5", &PARTS, (Label::Ssn, Tier::High)),
        ("t", "part_no", &PARTS, (Label::None, Tier::None)),
        ("t", "member", &PARTS, (Label::Ssn, Tier::Low)),
    ] {
        assert_eq!(verdict(table, column, "STRING", values), expected, "{table}.{column}");
    }
}

#[test]
fn a_type_that_cannot_hold_the_data_is_never_high() {
    let cards = ["4111111111111111"; 6];
    for kind in ["BOOL", "TIMESTAMP", "FLOAT64", "NUMERIC", "BIGNUMERIC", "DATE", "JSON", "BYTES"] {
        for column in ["card_number", "phone", "ssn", "x"] {
            let (_, tier) = verdict("t", column, kind, &cards);
            assert_ne!(tier, Tier::High, "{column} {kind}");
        }
    }
    assert_eq!(verdict("t", "card", "INT64", &cards), (Label::Card, Tier::High));
    assert_eq!(verdict("t", "x", "INT64", &cards).1, Tier::Low);
}

#[test]
fn names_are_read_in_many_languages_and_taken_back_by_other_words() {
    for (table, column, kind, expected) in [
        ("kunden", "Straße", "STRING", Label::Address),
        ("clients", "prénom", "STRING", Label::Name),
        ("clientes", "apellidos", "STRING", Label::Name),
        ("clienti", "indirizzo_residenza", "STRING", Label::Address),
        ("klanten", "geboortedatum", "DATE", Label::Dob),
        ("klienci", "nr_telefonu", "STRING", Label::Phone),
        ("clientes", "CPF_CLIENTE", "STRING", Label::NationalId),
        ("kunder", "personnummer", "STRING", Label::NationalId),
        ("customers", "aadhaarNumber", "STRING", Label::NationalId),
        ("kokyaku", "電話番号", "STRING", Label::Phone),
        ("kokyaku", "生年月日", "DATE", Label::Dob),
        ("customers", "name", "STRING", Label::Name),
        ("drivers", "license_number", "STRING", Label::NationalId),
        ("users", "ssn_last_4", "STRING", Label::Ssn),
        ("products", "name", "STRING", Label::None),
        ("software", "license_number", "STRING", Label::None),
        ("users", "email_opt_in", "STRING", Label::None),
        ("users", "is_phone_verified", "STRING", Label::None),
        ("users", "ip_version", "STRING", Label::None),
        ("users", "email_address_id", "INT64", Label::None),
        ("users", "wallet_address", "STRING", Label::None),
        ("users", "gift_card_number", "STRING", Label::None),
        ("users", "signup_ip", "STRING", Label::Ip),
        ("users", "web_address", "STRING", Label::None),
        ("users", "birth_country", "STRING", Label::None),
    ] {
        let tier = if expected == Label::None { Tier::None } else { Tier::Low };
        assert_eq!(verdict(table, column, kind, &[""; 20]), (expected, tier), "{table}.{column}");
    }
}

#[test]
fn disguised_and_missing_values_leave_the_name_to_speak() {
    let hashes = ["6b2e6722ac7028de753ad6911f60368b2358f57f4edd724598e232f6bcd11a6b"; 5];
    for (column, values, label) in [
        ("email", ["n/a"; 5], Label::Email),
        ("email", ["j***@corp.test"; 5], Label::Email),
        ("email_hash", hashes, Label::Email),
        ("phone", ["***-***-0143"; 5], Label::Phone),
        ("card_number", ["**** **** **** 5612"; 5], Label::Card),
        ("ssn", ["***-**-6789"; 5], Label::Ssn),
    ] {
        assert_eq!(verdict("users", column, "STRING", &values), (label, Tier::Low), "{column}");
    }
}

#[test]
fn no_answer_and_no_debug_form_holds_a_value() {
    let canaries = [
        ("email", "zebra.canary@corp.test"),
        ("phone", "+49 30 901820"),
        ("name", "Zebra Canary"),
        ("x", "4111111111111111"),
        ("notes", "call zebra.canary@corp.test or +49 30 901820 now"),
        ("ssn", "123-45-6789"),
        ("ip", "203.97.185.54"),
        ("iban", "DE89370400440532013000"),
        ("pesel", "44051401359"),
        ("address", "Zebra street 901820"),
        ("dob", "1976-09-18"),
    ];
    for (column, value) in canaries {
        let line = json!({"id": 1, "table": "users", "column": column, "type": "STRING", "values": vec![value; 20]});
        let answer = check_line(&line.to_string());
        let samples = Samples::new(std::iter::repeat_n(value, 20));
        let column = Column { table: "t", column, column_type: ColumnType::String, samples };
        for text in [answer, format!("{column:?}"), format!("{:?}", column.samples)] {
            assert!(!text.contains(value) && !text.contains("anary"), "{text}");
        }
    }
}

#[test]
fn a_bad_line_gives_an_error_and_nothing_of_its_text() {
    for line in ["", "zebra", "[]", "{\"id\": 7}", "{\"id\":7,\"column\":\"zebra\",\"type\":1}"] {
        let answer = check_line(line);
        let parsed: Value = serde_json::from_str(&answer).unwrap();
        assert!(parsed["error"].is_string() && !answer.contains("zebra"), "{answer}");
    }
    let line =
        r#"{"id":7,"column":"phone","type":"INT64","values":[14155550143,null,true],"other":1}"#;
    let parsed: Value = serde_json::from_str(&check_line(line)).unwrap();
    assert_eq!((&parsed["id"], &parsed["label"]), (&json!(7), &json!("phone")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_examined_without_a_panic(
        column in "\\PC{0,40}|[a-z_]{0,20}",
        values in proptest::collection::vec("\\PC{0,60}|[0-9 .()+@:-]{0,30}|[A-Z0-9-]{8,20}|[ ./+-]{7,20}", 0..12),
    ) {
        for kind in ["STRING", "INT64", "JSON", "DATE"] {
            let line = json!({"id": 1, "column": column, "type": kind, "values": values});
            let answer = check_line(&line.to_string());
            prop_assert!(!answer.contains('\n'));
            let parsed: Value = serde_json::from_str(&answer).unwrap();
            let confidence = parsed["confidence"].as_f64().unwrap();
            prop_assert!((0.0..=1.0).contains(&confidence));
        }
    }
}
