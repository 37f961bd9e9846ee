//! Numbers on papers and cards: cards, bank accounts, identity documents, devices.
//!
//! Check digits hold where the kind has them. Social security numbers use area numbers that were
//! never assigned before 2011, so no adult has one; bank codes are of no bank.

use crate::check;
use crate::rng::{CAPITALS, Rng};

/// How published test cards begin, with the length of the number.
const TEST_CARDS: [(&str, usize); 6] = [
    ("424242", 16),
    ("400000", 16),
    ("555555", 16),
    ("510510", 16),
    ("601111", 16),
    ("378282", 15),
];

/// A card number with a valid check digit.
pub(crate) fn card(rng: &mut Rng) -> String {
    let (prefix, length) = rng.pick(&TEST_CARDS);
    let body = rng.digits(length - prefix.len() - 1);
    check::luhn_complete(format!("{prefix}{body}"))
}

/// The same in groups of four, as people type it.
pub(crate) fn grouped(text: &str, separator: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(separator)
}

/// An IBAN with valid check digits and a bank code that no bank has.
pub(crate) fn iban(rng: &mut Rng, country: &str) -> String {
    match country {
        "FR" => check::iban("FR", &format!("9999900000{}", rng.digits(13))),
        "ES" => check::iban("ES", &format!("99990000{}", rng.digits(12))),
        "NL" => check::iban("NL", &format!("TEST{}", rng.digits(10))),
        "GB" => check::iban("GB", &format!("TEST000000{}", rng.digits(8))),
        _ => check::iban("DE", &format!("99999900{}", rng.digits(10))),
    }
}

/// A social security number.
pub(crate) fn ssn(rng: &mut Rng) -> String {
    let area = if rng.chance(110) { rng.between(734, 749) } else { rng.between(773, 899) };
    format!("{area}-{:02}-{:04}", rng.between(1, 99), rng.between(1, 9999))
}

/// A national identity number, by the rules of the country.
pub(crate) fn national_id(rng: &mut Rng, country: &str) -> String {
    match country {
        "BR" => check::cpf(&rng.digits(9)),
        "ES" => check::dni(rng.below(100_000_000)),
        _ => {
            let prefix = rng.pick(&["AB", "CE", "EJ", "HK", "LM", "PW", "SR", "WX"]);
            format!("{prefix}{}{}", rng.digits(6), rng.pick(&['A', 'B', 'C', 'D']))
        }
    }
}

/// A passport number.
pub(crate) fn passport(rng: &mut Rng) -> String {
    format!("{}{}", rng.pick(&CAPITALS), rng.digits(8))
}

/// A MAC address of the range that is administered locally, so of no maker.
pub(crate) fn mac(rng: &mut Rng) -> String {
    let rest: Vec<String> = (0..5).map(|_| rng.hex(2)).collect();
    format!("02:{}", rest.join(":"))
}

/// An advertising id of a phone, in the form of a UUID.
pub(crate) fn advertising_id(rng: &mut Rng) -> String {
    let h = rng.hex(30);
    let part = |from: usize, count: usize| h.chars().skip(from).take(count).collect::<String>();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 4), part(12, 3), part(15, 3), part(18, 12))
        .to_uppercase()
}

/// An equipment number of a phone; its check digit holds, as a card's does, but no card begins so.
pub(crate) fn imei(rng: &mut Rng) -> String {
    check::luhn_complete(format!("35{}", rng.digits(12)))
}
