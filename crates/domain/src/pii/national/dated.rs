//! Schemes whose number holds a date of birth.
//!
//! Each function decides how far a value fits one country's form; a day that does not exist makes
//! the number invalid. None may take a number for valid on the date alone where a check digit exists.

use super::super::checksum::{luhn, modulo, weighted};
use super::numeric::checked;
use super::{Fit, Text};

/// Month 1 to 12 and a day the month may have in some year.
const fn day_exists(month: u32, day: u32) -> bool {
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        _ => 0,
    };
    day >= 1 && day <= last
}

/// The number two digits make, from a place on.
fn pair(number: &[u32], at: usize) -> u32 {
    match number.get(at..at + 2) {
        Some([tens, ones]) => tens * 10 + ones,
        _ => 99,
    }
}

fn at(number: &[u32], place: usize) -> u32 {
    number.get(place).copied().unwrap_or(99)
}

pub(super) fn codice_fiscale(text: &Text<'_>) -> Fit {
    if !text.has_form("AAAAAA**A**A***A") || text.written.len() != 16 {
        return Fit::No;
    }
    // Digits may be written as letters when two people would share a code.
    let numeric = |c: u8| c.is_ascii_digit() || b"LMNPQRSTUV".contains(&c);
    let places = [6, 7, 9, 10, 12, 13, 14];
    let bytes = text.compact.as_bytes();
    if !places.iter().all(|place| bytes.get(*place).is_some_and(|c| numeric(*c))) {
        return Fit::No;
    }
    let month = bytes.get(8).is_some_and(|c| b"ABCDEHLMPRST".contains(c));
    let sum: u32 = bytes
        .iter()
        .take(15)
        .enumerate()
        .map(|(place, &c)| if place % 2 == 0 { odd_value(c) } else { ordinal(c) })
        .sum();
    checked(
        month && bytes.last().is_some_and(|c| ordinal(*c) == sum % 26 && c.is_ascii_uppercase()),
    )
}

/// A digit's or a letter's plain value: 0 and A are 0.
fn ordinal(c: u8) -> u32 {
    u32::from(if c.is_ascii_digit() { c - b'0' } else { c.saturating_sub(b'A') })
}

/// The value at odd places of a codice fiscale.
fn odd_value(c: u8) -> u32 {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    usize::try_from(ordinal(c)).ok().and_then(|place| ODD.get(place)).copied().unwrap_or(0)
}

pub(super) fn pesel(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(11) else { return Fit::No };
    let check = (10 - weighted(number, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10;
    checked(day_exists(pair(number, 2) % 20, pair(number, 4)) && at(number, 10) == check)
}

pub(super) fn personnummer(text: &Text<'_>) -> Fit {
    let number = match text.digits.len() {
        10 => text.digits.as_slice(),
        12 if matches!(pair(&text.digits, 0), 18..=20) => text.digits.get(2..).unwrap_or_default(),
        _ => return Fit::No,
    };
    let signed = text.written.len() == text.digits.len()
        || ["999999-9999", "999999+9999", "99999999-9999"].iter().any(|p| text.written_as(p));
    let day = pair(number, 4);
    let real = day_exists(pair(number, 2), if day > 60 { day - 60 } else { day });
    match (signed && real, luhn(number)) {
        (true, true) => Fit::Valid,
        (true, false) => Fit::Form,
        (false, _) => Fit::No,
    }
}

pub(super) fn nir(text: &Text<'_>) -> Fit {
    let body = text.compact.get(..13).unwrap_or_default();
    let sexed = matches!(body.bytes().next(), Some(b'1' | b'2' | b'3' | b'4' | b'7' | b'8'));
    let (form_15, form_13) = (text.has_form("999999*99999999"), text.has_form("999999*999999"));
    let island = |c: Option<u8>| matches!(c, Some(b'A' | b'B' | b'0'..=b'9'));
    if !sexed || !(form_15 || form_13) || !island(text.at(6)) {
        return Fit::No;
    }
    let corrected = body.replacen('A', "0", 1).replacen('B', "0", 1);
    let Some(digits) = super::super::checksum::digits(&corrected) else { return Fit::No };
    let month = pair(&digits, 3);
    let birth = matches!(month, 1..=12 | 20..=42 | 50..=99);
    let shift = if body.contains('A') {
        1_000_000
    } else if body.contains('B') {
        2_000_000
    } else {
        0
    };
    let rest = (modulo(&digits, 97) + 97 - shift % 97) % 97;
    let key = text.compact.get(13..15).and_then(|key| key.parse::<u32>().ok());
    match (birth, key) {
        (false, _) => Fit::No,
        (true, Some(key)) => checked(97 - rest == key),
        (true, None) => Fit::Form,
    }
}

pub(super) fn rvnr(text: &Text<'_>) -> Fit {
    if !text.has_form("99999999A999") {
        return Fit::No;
    }
    let expanded: String = text
        .compact
        .bytes()
        .map(|c| {
            if c.is_ascii_digit() {
                char::from(c).to_string()
            } else {
                format!("{:02}", ordinal(c) + 1)
            }
        })
        .collect();
    let Some(number) = super::super::checksum::digits(&expanded) else { return Fit::No };
    let crossed = |value: u32| value / 10 + value % 10;
    let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let sum: u32 = number.iter().zip(weights).map(|(digit, weight)| crossed(digit * weight)).sum();
    let day = pair(&number, 2);
    let real = day_exists(pair(&number, 4), if day > 50 { day - 50 } else { day });
    checked(real && number.last() == Some(&(sum % 10)))
}

pub(super) fn belgian(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(11) else { return Fit::No };
    let body = number.get(..9).unwrap_or_default();
    let key = pair(number, 9);
    let later: Vec<u32> = std::iter::once(2).chain(body.iter().copied()).collect();
    let fits = |digits: &[u32]| 97 - modulo(digits, 97) == key;
    checked(day_exists(pair(number, 2) % 20, pair(number, 4)) && (fits(body) || fits(&later)))
}

pub(super) fn hetu(text: &Text<'_>) -> Fit {
    let bytes = text.written.as_bytes();
    let century = bytes.get(6).is_some_and(|c| b"+-ABCDEFYXWVU".contains(&c.to_ascii_uppercase()));
    if bytes.len() != 11 || !century {
        return Fit::No;
    }
    let date = text.written.get(..6).and_then(super::super::checksum::digits);
    let serial = text.written.get(7..10).and_then(super::super::checksum::digits);
    let (Some(date), Some(serial)) = (date, serial) else { return Fit::No };
    let number: Vec<u32> = date.iter().chain(&serial).copied().collect();
    let place = usize::try_from(modulo(&number, 31)).ok();
    let check = place.and_then(|place| b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(place));
    let real = day_exists(pair(&date, 2), pair(&date, 0));
    checked(real && check == bytes.last().map(u8::to_ascii_uppercase).as_ref())
}

pub(super) fn cpr(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(10) else { return Fit::No };
    let written = text.written.len() == 10 || text.written_as("999999-9999");
    let real = day_exists(pair(number, 2), pair(number, 0));
    if written && real { Fit::Valid } else { Fit::No }
}

pub(super) fn norwegian(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(11) else { return Fit::No };
    let day = pair(number, 0);
    let real = day_exists(pair(number, 2) % 40, if day > 40 { day - 40 } else { day });
    let check = |weights: &[u32]| (11 - weighted(number, weights) % 11) % 11;
    let first = check(&[3, 7, 6, 1, 8, 9, 4, 5, 2]);
    let second = check(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    checked(real && at(number, 9) == first && at(number, 10) == second)
}

pub(super) fn cnp(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(13) else { return Fit::No };
    let rest = weighted(number, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let real = day_exists(pair(number, 3), pair(number, 5)) && matches!(at(number, 0), 1..=9);
    checked(real && at(number, 12) == if rest == 10 { 1 } else { rest })
}

pub(super) fn egn(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(10) else { return Fit::No };
    let rest = weighted(number, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    checked(day_exists(pair(number, 2) % 20, pair(number, 4)) && at(number, 9) == rest)
}

pub(super) fn rodne_cislo(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(10) else { return Fit::No };
    if text.written.len() != 10 && !text.written_as("999999/9999") {
        return Fit::No;
    }
    let month = pair(number, 2) % 50;
    let real = day_exists(if month > 20 { month - 20 } else { month }, pair(number, 4));
    checked(real && modulo(number, 11) == 0)
}

pub(super) fn chinese(text: &Text<'_>) -> Fit {
    if !text.has_form("99999999999999999*") || text.written.len() != 18 {
        return Fit::No;
    }
    let body = text.compact.get(..17).and_then(super::super::checksum::digits).unwrap_or_default();
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let place = usize::try_from(weighted(&body, &weights) % 11).ok();
    let check = place.and_then(|place| b"10X98765432".get(place)).copied();
    let real = day_exists(pair(&body, 10), pair(&body, 12)) && matches!(pair(&body, 6), 18..=20);
    checked(real && check == text.compact.bytes().last())
}

pub(super) fn korean(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(13) else { return Fit::No };
    let real = day_exists(pair(number, 2), pair(number, 4)) && matches!(at(number, 6), 1..=8);
    let written = text.written.len() == 13 || text.written_as("999999-9999999");
    if !real || !written {
        return Fit::No;
    }
    let check = (11 - weighted(number, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10;
    // Numbers given out since October 2020 carry no check digit.
    checked(at(number, 12) == check || pair(number, 0) < 26 && matches!(at(number, 6), 3 | 4))
}

pub(super) fn south_african(text: &Text<'_>) -> Fit {
    let Some(number) = text.number(13) else { return Fit::No };
    let real = day_exists(pair(number, 2), pair(number, 4)) && at(number, 10) <= 2;
    if real { checked(luhn(number)) } else { Fit::No }
}

pub(super) fn curp(text: &Text<'_>) -> Fit {
    if !text.has_form("AAAA999999AAAAAA*9") {
        return Fit::No;
    }
    // The alphabet holds a letter between N and O, so later letters count one more.
    let value = |c: u8| match c {
        b'0'..=b'9' => ordinal(c),
        b'O'..=b'Z' => ordinal(c) + 11,
        _ => ordinal(c) + 10,
    };
    let sum: u32 =
        text.compact.bytes().take(17).zip((2..=18).rev()).map(|(c, w)| value(c) * w).sum();
    let date: Vec<u32> = text.compact.bytes().skip(4).take(6).map(ordinal).collect();
    let sexed = text.at(10).is_some_and(|c| b"HMX".contains(&c));
    let check = (10 - sum % 10) % 10;
    let last = text.compact.bytes().last().map(ordinal);
    checked(sexed && day_exists(pair(&date, 2), pair(&date, 4)) && last == Some(check))
}
