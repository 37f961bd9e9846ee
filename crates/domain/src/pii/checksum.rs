//! Check digits shared by several kinds of numbers.
//!
//! Decides whether a digit sequence carries its own proof. It must never accept a text that holds
//! anything but ASCII digits.

/// The digits of a text of ASCII digits only, most significant first; `None` for anything else.
pub(super) fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

/// Whether all digits are the same; such numbers pass many checks and mean nothing.
pub(super) fn all_same(digits: &[u32]) -> bool {
    digits.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

/// Luhn's formula over all digits, the check digit last.
pub(super) fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| if place % 2 == 1 { doubled(digit) } else { digit })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

const fn doubled(digit: u32) -> u32 {
    if digit > 4 { digit * 2 - 9 } else { digit * 2 }
}

/// Verhoeff's dihedral check over all digits, the check digit last.
pub(super) fn verhoeff(digits: &[u32]) -> bool {
    let check = digits.iter().rev().enumerate().fold(0, |sum, (place, &digit)| {
        let turned = (0..place % 8).fold(digit, |d, _| turn(d));
        dihedral(sum, turned)
    });
    !digits.is_empty() && check == 0
}

/// The product of two elements of the dihedral group of ten elements.
const fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b) % 5 + 5,
        (false, true) => (a + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// Verhoeff's permutation, which is applied once more at every further place.
const fn turn(digit: u32) -> u32 {
    match digit {
        0 => 1,
        1 => 5,
        2 => 7,
        3 => 6,
        4 => 2,
        5 => 8,
        6 => 3,
        7 => 0,
        8 => 9,
        _ => 4,
    }
}

/// The sum of digits times weights; extra digits or weights are left out.
pub(super) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// A text of digits modulo `base`, without ever building the whole number.
pub(super) fn modulo(digits: &[u32], base: u32) -> u32 {
    digits.iter().fold(0, |rest, &digit| (rest * 10 + digit) % base)
}

/// ISO 7064 MOD 11,10 over all digits, the check digit last.
pub(super) fn mod_11_10(digits: &[u32]) -> bool {
    let Some((&check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, &digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_formula_takes_a_known_good_number_and_no_neighbour_of_it() {
        type Formula = fn(&[u32]) -> bool;
        let known: [(&str, Formula, &str); 3] = [
            ("luhn", luhn, "4539578763621486"),
            ("verhoeff", verhoeff, "123456789010"),
            ("mod 11,10", mod_11_10, "86095742719"),
        ];
        for (name, formula, good) in known {
            let good = digits(good).unwrap();
            assert!(formula(&good), "{name}");
            for place in 0..good.len() {
                let mut wrong = good.clone();
                wrong[place] = (wrong[place] + 1) % 10;
                assert!(!formula(&wrong), "{name} at place {place}");
            }
        }
    }

    #[test]
    fn a_long_number_is_reduced_digit_by_digit() {
        assert_eq!(modulo(&digits("3214282912345698765432161182").unwrap(), 97), 1);
        assert_eq!(digits("12a"), None);
    }
}
