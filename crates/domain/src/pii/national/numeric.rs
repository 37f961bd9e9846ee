//! Schemes whose number is digits (and a letter) with a check, and no date inside.
//!
//! Each function decides how far a value fits one country's form. None may call a value valid whose
//! check digits are wrong.

use super::super::checksum::{all_same, digits, luhn, mod_11_10, modulo, verhoeff, weighted};
use super::{Fit, Text};

/// Valid or form only.
pub(super) const fn checked(valid: bool) -> Fit {
    if valid { Fit::Valid } else { Fit::Form }
}

pub(super) fn cpf(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(11) else { return Fit::No };
    let check = |length: u32| {
        let weights: Vec<u32> = (2..=length + 1).rev().collect();
        let rest = weighted(number, &weights) * 10 % 11 % 10;
        usize::try_from(length).ok().and_then(|at| number.get(at)) == Some(&rest)
    };
    checked(check(9) && check(10) && !all_same(number))
}

const DNI_LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn dni_letter(number: &str, letter: u8) -> bool {
    let Some(number) = digits(number) else { return false };
    let place = usize::try_from(modulo(&number, 23)).ok();
    place.and_then(|place| DNI_LETTERS.get(place)) == Some(&letter)
}

pub(super) fn dni(text: &Text<'_>) -> Fit {
    if !text.has_form("99999999A") {
        return Fit::No;
    }
    let (number, letter) = text.compact.split_at_checked(8).unwrap_or_default();
    checked(letter.bytes().next().is_some_and(|letter| dni_letter(number, letter)))
}

pub(super) fn nie(text: &Text<'_>) -> Fit {
    if !text.has_form("A9999999A") {
        return Fit::No;
    }
    let first = match text.at(0) {
        Some(b'X') => '0',
        Some(b'Y') => '1',
        Some(b'Z') => '2',
        _ => return Fit::No,
    };
    let number: String =
        std::iter::once(first).chain(text.compact.chars().skip(1).take(7)).collect();
    checked(text.compact.bytes().last().is_some_and(|letter| dni_letter(&number, letter)))
}

pub(super) fn bsn(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(9) else { return Fit::No };
    let (Some(last), false) = (number.last(), all_same(number)) else { return Fit::No };
    let sum = weighted(number, &[9, 8, 7, 6, 5, 4, 3, 2]);
    checked(sum % 11 == *last)
}

pub(super) fn aadhaar(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(12) else { return Fit::No };
    let first = number.first().is_some_and(|digit| *digit >= 2);
    let spaced = text.written.len() == 12
        || text.written_as("9999 9999 9999")
        || text.written_as("9999-9999-9999");
    if !spaced {
        return Fit::No;
    }
    checked(first && verhoeff(number))
}

pub(super) fn indian_pan(text: &Text<'_>) -> Fit {
    let holder = text.at(3);
    let person =
        matches!(holder, Some(b'P' | b'H' | b'A' | b'B' | b'C' | b'F' | b'G' | b'J' | b'L' | b'T'));
    if text.has_form("AAAAA9999A") && person { Fit::Valid } else { Fit::No }
}

pub(super) fn nino(text: &Text<'_>) -> Fit {
    if !text.has_form("AA999999A") {
        return Fit::No;
    }
    let mut letters = text.compact.bytes();
    let (first, second) = (letters.next().unwrap_or(0), letters.next().unwrap_or(0));
    let last = text.compact.bytes().last().is_some_and(|c| (b'A'..=b'D').contains(&c));
    let unused = b"DFIQUV".contains(&first) || b"DFIQUVO".contains(&second);
    let pair = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[first, second]);
    checked(last && !unused && !pair)
}

pub(super) fn nhs(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(10) else { return Fit::No };
    if text.written.len() != 10 && !text.written_as("999 999 9999") {
        return Fit::No;
    }
    let check = (11 - weighted(number, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    checked(number.last() == Some(&check))
}

/// Of the first ten digits one or two are missing, and one stands twice or three times.
pub(super) fn steuer_id(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(11) else { return Fit::No };
    let body = number.get(..10).unwrap_or_default();
    let times = |digit: u32| body.iter().filter(|d| **d == digit).count();
    let missing = (0..10).filter(|digit| times(*digit) == 0).count();
    let repeated = (0..10).filter(|digit| times(*digit) > 1).count();
    let first = number.first().is_some_and(|digit| *digit > 0);
    checked(first && (1..=2).contains(&missing) && repeated == 1 && mod_11_10(number))
}

pub(super) fn ahv(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(13) else { return Fit::No };
    if !text.compact.starts_with("756") {
        return Fit::No;
    }
    let sum = weighted(number, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    checked(sum.is_multiple_of(10))
}

pub(super) fn portuguese_nif(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(9) else { return Fit::No };
    if !matches!(number.first(), Some(1..=3)) {
        return Fit::No;
    }
    let rest = weighted(number, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    checked(number.last() == Some(&check))
}

pub(super) fn tckn(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(11) else { return Fit::No };
    let odd = weighted(number, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(number, &[0, 1, 0, 1, 0, 1, 0, 1]);
    let tenth = (odd * 7 + 90 - even) % 10;
    let eleventh = number.iter().take(10).sum::<u32>() % 10;
    let first = number.first().is_some_and(|digit| *digit > 0);
    checked(first && number.get(9) == Some(&tenth) && number.get(10) == Some(&eleventh))
}

pub(super) fn my_number(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(12) else { return Fit::No };
    let rest = weighted(number, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest <= 1 { 0 } else { 11 - rest };
    checked(number.last() == Some(&check))
}

pub(super) fn sin(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(9) else { return Fit::No };
    checked(luhn(number) && !matches!(number.first(), Some(0 | 8)))
}

pub(super) fn tfn(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(9) else { return Fit::No };
    checked(weighted(number, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11))
}

/// `12.345.678-5`, the check a digit or K.
pub(super) fn rut(text: &Text<'_>) -> Fit {
    let Some((body, check)) = text.compact.split_at_checked(text.compact.len().saturating_sub(1))
    else {
        return Fit::No;
    };
    let Some(mut number) = digits(body) else { return Fit::No };
    if !(7..=8).contains(&number.len()) || !text.written.contains('-') {
        return Fit::No;
    }
    number.reverse();
    let expected = match 11 - weighted(&number, &[2, 3, 4, 5, 6, 7, 2, 3]) % 11 {
        11 => "0".to_owned(),
        10 => "K".to_owned(),
        digit => digit.to_string(),
    };
    checked(check == expected)
}

pub(super) fn cuil(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(11) else { return Fit::No };
    let person = ["20", "23", "24", "27"].iter().any(|head| text.compact.starts_with(head));
    if !person {
        return Fit::No;
    }
    let check = (11 - weighted(number, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    checked(number.last() == Some(&check))
}

pub(super) fn nric(text: &Text<'_>) -> Fit {
    if !text.has_form("A9999999A") {
        return Fit::No;
    }
    let (offset, letters): (u32, &[u8; 11]) = match text.at(0) {
        Some(b'S') => (0, b"JZIHGFEDCBA"),
        Some(b'T') => (4, b"JZIHGFEDCBA"),
        Some(b'F') => (0, b"XWUTRQPNMLK"),
        Some(b'G') => (4, b"XWUTRQPNMLK"),
        Some(b'M') => (3, b"KLJNPQRTUWX"),
        _ => return Fit::No,
    };
    let number = text.compact.get(1..8).and_then(digits).unwrap_or_default();
    let rest = (weighted(&number, &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
    let letter = usize::try_from(rest).ok().and_then(|place| letters.get(place)).copied();
    checked(letter == text.compact.bytes().last())
}

pub(super) fn pps(text: &Text<'_>) -> Fit {
    if !text.has_form("9999999A") && !text.has_form("9999999AA") {
        return Fit::No;
    }
    let number = text.compact.get(..7).and_then(digits).unwrap_or_default();
    let second = text.at(8).map_or(0, |c| if c == b'W' { 0 } else { u32::from(c - b'A') + 1 });
    let rest = (weighted(&number, &[8, 7, 6, 5, 4, 3, 2]) + second * 9) % 23;
    let letter = if rest == 0 { b'W' } else { b'A' + u8::try_from(rest - 1).unwrap_or(0) };
    checked(text.at(7) == Some(letter))
}
