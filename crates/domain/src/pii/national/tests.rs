//! One known good number of each scheme.

use super::*;

fn titles(value: &str) -> Vec<&'static str> {
    let Some(text) = Text::new(value) else { return Vec::new() };
    SCHEMES.iter().filter(|s| (s.fit)(&text) == Fit::Valid).map(|s| s.title).collect()
}

#[test]
fn each_scheme_takes_a_known_good_number() {
    for (value, title) in [
        ("529.982.247-25", "Brazilian CPF"),
        ("12345678Z", "Spanish DNI"),
        ("X1234567L", "Spanish NIE"),
        ("RSSMRA85T10A562S", "Italian codice fiscale"),
        ("44051401359", "Polish PESEL"),
        ("111222333", "Dutch BSN"),
        ("811228-9874", "Swedish personnummer"),
        ("19811228-9874", "Swedish personnummer"),
        ("2341 2341 2346", "Indian Aadhaar"),
        ("ABCPE1234F", "Indian PAN"),
        ("2 55 08 14 168 025 38", "French NIR"),
        ("QQ123456C", ""),
        ("AB 12 34 56 C", "British NINO"),
        ("943 476 5919", "British NHS number"),
        ("86095742719", "German tax id"),
        ("15070649C103", "German pension number"),
        ("756.9217.0769.85", "Swiss AHV"),
        ("85.07.30-033.28", "Belgian national number"),
        ("131052-308T", "Finnish HETU"),
        ("070761-4285", "Danish CPR"),
        ("01010750160", "Norwegian birth number"),
        ("123456789", "Portuguese NIF"),
        ("1800101221144", "Romanian CNP"),
        ("7523169263", "Bulgarian EGN"),
        ("736028/5163", "Czech birth number"),
        ("10000000146", "Turkish identity number"),
        ("11010519491231002X", "Chinese resident number"),
        ("130 692 544", "Canadian SIN"),
        ("123 456 782", "Australian TFN"),
        ("8001015009087", "South African id"),
        ("HEGG560427MVZRRL04", "Mexican CURP"),
        ("12.345.678-5", "Chilean RUT"),
        ("20-12345678-6", "Argentine CUIL"),
        ("S1234567D", "Singapore NRIC"),
        ("1234567T", "Irish PPS number"),
        ("123456789018", "Japanese My Number"),
    ] {
        let found = titles(value);
        if title.is_empty() {
            assert!(found.is_empty(), "{value}: {found:?}");
        } else {
            assert!(found.contains(&title), "{value}: {found:?}");
        }
    }
}

#[test]
fn a_wrong_check_digit_is_the_form_only() {
    for value in ["529.982.247-26", "12345678A", "44051401358", "RSSMRA85T10A562X", "811228-9875"] {
        assert!(titles(value).is_empty(), "{value}");
    }
}
