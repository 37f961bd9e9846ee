//! Payment card numbers.
//!
//! Decides by issuer range, length and Luhn's check together: each alone lets order numbers, IMEIs
//! and parcel numbers through. It must never take a text with anything but digits and one kind of
//! separator.

use super::checksum;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Length, check digit and issuer range fit.
    Card,
    /// Length and check digit fit, the issuer is none of the known.
    Checked,
}

/// The form of a whole value.
pub(super) fn form(value: &str) -> Option<Form> {
    let digits = read(value)?;
    if !checksum::luhn(&digits) || checksum::all_same(&digits) {
        return None;
    }
    Some(if issuer_fits(&digits) { Form::Card } else { Form::Checked })
}

/// Whether the whole value is a card number.
pub(super) fn is_card(value: &str) -> bool {
    form(value) == Some(Form::Card)
}

/// The digits of a plain, spaced or dashed number of 12 to 19 digits.
fn read(value: &str) -> Option<Vec<u32>> {
    if value.len() < 12 || value.len() > 24 {
        return None;
    }
    let separator = value.chars().find(|c| !c.is_ascii_digit());
    let digits = match separator {
        None => checksum::digits(value)?,
        Some(c @ (' ' | '-')) => {
            let groups = value.split(c);
            if groups.clone().any(|group| group.len() < 2 || group.len() > 7) {
                return None;
            }
            checksum::digits(&groups.collect::<String>())?
        }
        Some(_) => return None,
    };
    (12..=19).contains(&digits.len()).then_some(digits)
}

/// The first six digits belong to a card scheme, and the length is one that scheme issues.
fn issuer_fits(digits: &[u32]) -> bool {
    let length = digits.len();
    let head = digits.iter().take(6).fold(0, |number, digit| number * 10 + digit);
    match head {
        400_000..=499_999 => matches!(length, 13 | 16 | 19),
        222_100..=272_099 | 510_000..=559_999 => length == 16,
        340_000..=349_999 | 370_000..=379_999 => length == 15,
        300_000..=305_999 | 309_500..=309_599 | 380_000..=399_999 => (14..=19).contains(&length),
        360_000..=369_999 => matches!(length, 14 | 16 | 19),
        352_800..=358_999 => (16..=19).contains(&length),
        213_100..=213_199 | 180_000..=180_099 => length == 15,
        601_100..=601_199 | 644_000..=659_999 => (16..=19).contains(&length),
        622_126..=622_925 | 624_000..=626_999 | 628_200..=628_899 => (16..=19).contains(&length),
        620_000..=629_999 | 810_000..=817_199 => (16..=19).contains(&length),
        220_000..=220_499 | 506_000..=506_199 | 606_282 | 637_568..=637_609 => {
            (16..=19).contains(&length)
        }
        508_500..=508_999 | 607_000..=608_999 | 817_200..=829_999 => length == 16,
        979_200..=979_299 => length == 16,
        500_000..=509_999 | 560_000..=589_999 | 630_400..=630_499 | 639_000..=639_099 => {
            (12..=19).contains(&length)
        }
        670_000..=679_999 => (12..=19).contains(&length),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuer_length_and_check_must_all_fit() {
        for (value, expected) in [
            ("4111111111111111", true),
            ("4111 1111 1111 1111", true),
            ("4111-1111-1111-1111", true),
            ("378282246310005", true),
            ("2223003122003222", true),
            ("3530111333300000", true),
            ("30569309025904", true),
            ("4111111111111112", false),
            ("4111 1111-1111 1111", false),
            ("355041101297450", false),
            ("4111.1111.1111.1111", false),
            ("41111111111111110000", false),
            ("", false),
        ] {
            assert_eq!(is_card(value), expected, "{value}");
        }
    }
}
