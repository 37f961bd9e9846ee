//! Check digits: computing them for the values that need them, and telling whether a value's hold.
//!
//! The generator completes numbers with these; the tests check the generated columns with the
//! predicates. A hard negative must fail its predicate.

/// The digits of a text, other characters dropped.
fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Luhn's sum of digits, the last one counted once.
fn luhn_sum(digits: &[u32]) -> u32 {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let weigh = |(at, digit): (usize, &u32)| if at % 2 == 1 { doubled(*digit) } else { *digit };
    digits.iter().rev().enumerate().map(weigh).sum()
}

/// Whether the digits of a text pass Luhn's check.
#[cfg(test)]
pub(crate) fn luhn_holds(text: &str) -> bool {
    let digits = digits(text);
    digits.len() > 1 && luhn_sum(&digits).is_multiple_of(10)
}

/// The text with the digit that makes it pass Luhn's check.
pub(crate) fn luhn_complete(mut text: String) -> String {
    let mut open = digits(&text);
    open.push(0);
    let digit = (10 - luhn_sum(&open) % 10) % 10;
    text.push(char::from_digit(digit, 10).unwrap_or('0'));
    text
}

/// The text with a digit that makes it fail Luhn's check.
pub(crate) fn luhn_break(text: String) -> String {
    let right = luhn_complete(text);
    let last = right.chars().last().and_then(|c| c.to_digit(10)).unwrap_or(0);
    let wrong = char::from_digit((last + 3) % 10, 10).unwrap_or('0');
    let kept: String = right.chars().take(right.chars().count() - 1).collect();
    format!("{kept}{wrong}")
}

/// Rest of an IBAN's number (country and check digits moved behind) when divided by 97.
fn iban_rest(text: &str) -> u32 {
    let text: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (head, body) = text.split_at_checked(4).unwrap_or((&[], &text));
    body.iter().chain(head).fold(0, |rest, c| match c.to_digit(36) {
        Some(value) if value > 9 => (rest * 100 + value) % 97,
        Some(value) => (rest * 10 + value) % 97,
        None => rest,
    })
}

/// Whether an IBAN's check digits hold.
#[cfg(test)]
pub(crate) fn iban_holds(text: &str) -> bool {
    text.len() > 14 && iban_rest(text) == 1
}

/// The IBAN of a country and a basic account number.
pub(crate) fn iban(country: &str, account: &str) -> String {
    let check = 98 - iban_rest(&format!("{country}00{account}"));
    format!("{country}{check:02}{account}")
}

/// An IBAN's look with check digits that do not hold.
pub(crate) fn iban_broken(country: &str, account: &str) -> String {
    let check = 98 - iban_rest(&format!("{country}00{account}"));
    let wrong = if check > 90 { check - 31 } else { check + 7 };
    format!("{country}{wrong:02}{account}")
}

/// The two check digits behind the nine digits of a Brazilian CPF.
fn cpf_checks(nine: &[u32]) -> (u32, u32) {
    let digit = |digits: &[u32]| {
        let weights = (2..).take(digits.len());
        let sum: u32 = digits.iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum();
        (sum * 10) % 11 % 10
    };
    let first = digit(nine);
    let mut ten = nine.to_vec();
    ten.push(first);
    (first, digit(&ten))
}

/// A CPF as it is written, from its first nine digits.
pub(crate) fn cpf(nine: &str) -> String {
    let (first, second) = cpf_checks(&digits(nine));
    let part = |from: usize| nine.chars().skip(from).take(3).collect::<String>();
    format!("{}.{}.{}-{first}{second}", part(0), part(3), part(6))
}

/// Whether a CPF's check digits hold.
#[cfg(test)]
pub(crate) fn cpf_holds(text: &str) -> bool {
    let digits = digits(text);
    let (nine, checks) = digits.split_at_checked(9).unwrap_or((&[], &[]));
    let (first, second) = cpf_checks(nine);
    checks == [first, second]
}

/// The letter of a Spanish DNI.
fn dni_letter(number: u64) -> char {
    "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(crate::num::index(number % 23)).unwrap_or('T')
}

/// A DNI from its number.
pub(crate) fn dni(number: u64) -> String {
    format!("{number:08}{}", dni_letter(number))
}

/// Whether a DNI's letter holds.
#[cfg(test)]
pub(crate) fn dni_holds(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    text.len() == 9 && number.parse().is_ok_and(|number| text.ends_with(dni_letter(number)))
}

/// A GTIN-13 from its first twelve digits.
pub(crate) fn gtin(twelve: &str) -> String {
    let weigh = |(at, digit): (usize, u32)| if at % 2 == 1 { digit * 3 } else { digit };
    let sum: u32 = digits(twelve).into_iter().enumerate().map(weigh).sum();
    format!("{twelve}{}", (10 - sum % 10) % 10)
}

/// Whether a text is a US social security number by shape and by the rules for its parts.
#[cfg(test)]
pub(crate) fn ssn_holds(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, group, serial] = parts.as_slice() else { return false };
    let number = |part: &str| part.parse::<u32>().unwrap_or(0);
    (area.len(), group.len(), serial.len()) == (3, 2, 4)
        && (1..900).contains(&number(area))
        && number(area) != 666
        && number(group) > 0
        && number(serial) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number and the check it must pass.
    type Known = (&'static str, fn(&str) -> bool);

    #[test]
    fn known_numbers_hold_and_their_neighbours_do_not() {
        let holds: [Known; 5] = [
            ("4242424242424242", luhn_holds),
            ("DE89370400440532013000", iban_holds),
            ("GB82 WEST 1234 5698 7654 32", iban_holds),
            ("529.982.247-25", cpf_holds),
            ("12345678Z", dni_holds),
        ];
        for (text, check) in holds {
            assert!(check(text), "{text}");
            let neighbour = text.replacen('2', "3", 1);
            assert!(!check(&neighbour), "{neighbour}");
        }
    }

    #[test]
    fn completed_numbers_hold_and_broken_ones_fail() {
        for body in ["424242000000001", "378282000000000", "000000000000000"] {
            assert!(luhn_holds(&luhn_complete(body.to_owned())), "{body}");
            assert!(!luhn_holds(&luhn_break(body.to_owned())), "{body}");
        }
        for account in ["900000010000000001", "999900000000000000", "123456789012345678"] {
            assert!(iban_holds(&iban("DE", account)), "{account}");
            assert!(!iban_holds(&iban_broken("DE", account)), "{account}");
        }
        assert_eq!(gtin("400638133393"), "4006381333931");
        assert_eq!(dni(12_345_678), "12345678Z");
        assert_eq!(cpf("529982247"), "529.982.247-25");
    }

    #[test]
    fn social_security_numbers_need_legal_parts() {
        for (text, legal) in [
            ("740-12-3456", true),
            ("666-12-3456", false),
            ("912-12-3456", false),
            ("740-00-3456", false),
        ] {
            assert_eq!(ssn_holds(text), legal, "{text}");
        }
    }
}
