//! Telephone numbers.
//!
//! Decides whether a value has the form of a telephone number and whether its digits are one, by
//! the public numbering data. A national number proves nothing without a name: epochs, order numbers
//! and measures have the same form.

use phonenumber::country::Id;

/// One value read as a telephone number.
#[derive(Clone)]
pub(super) struct Number {
    /// Digits; with `+` in front when the number is written internationally.
    dial: String,
    /// An area code in brackets, or an extension, as only telephone numbers are written.
    marked: bool,
    /// Groups between separators.
    pub(super) grouped: bool,
}

/// Countries a national number is tried in.
static REGIONS: &[Id] = &[
    Id::US,
    Id::GB,
    Id::DE,
    Id::FR,
    Id::ES,
    Id::IT,
    Id::NL,
    Id::PL,
    Id::BR,
    Id::SE,
    Id::IN,
    Id::JP,
    Id::CH,
    Id::AT,
    Id::BE,
    Id::DK,
    Id::NO,
    Id::FI,
    Id::PT,
    Id::TR,
    Id::MX,
    Id::CN,
    Id::KR,
    Id::AU,
    Id::IE,
    Id::ZA,
];

impl Number {
    /// Reads a value, of a list the first; `None` when its form is no telephone number's.
    pub(super) fn read(value: &str) -> Option<Self> {
        if let Some(number) = Self::single(value) {
            return Some(number);
        }
        if value.len() > 200 || !value.contains([';', ',', '|']) {
            return None;
        }
        let mut numbers = value.split([';', ',', '|']).map(|piece| Self::single(piece.trim()));
        let first = numbers.next()??;
        numbers.all(|number| number.is_some()).then_some(first)
    }

    fn single(value: &str) -> Option<Self> {
        if value.len() < 7 || value.len() > 40 {
            return None;
        }
        let value = value.strip_prefix("tel:").unwrap_or(value);
        let (number, extension) = split_extension(value);
        let number = number.trim();
        if looks_otherwise(number) {
            return None;
        }
        let plus = number.starts_with('+') || number.starts_with("(+");
        let trunk = if plus { number.replacen("(0)", "", 1) } else { number.to_owned() };
        let (digits, balance) = dial_digits(&trunk)?;
        if !(7..=15).contains(&digits.len()) || balance != 0 {
            return None;
        }
        let area = !plus && trunk.starts_with('(') && trunk.find(')').is_some_and(|at| at <= 6);
        let grouped = number.contains([' ', '-', '.', '/', '(']);
        let international = digits.strip_prefix("00").filter(|rest| rest.len() >= 9);
        let dial = match (plus, international) {
            (true, _) => format!("+{digits}"),
            (false, Some(rest)) if grouped => format!("+{rest}"),
            (false, _) => digits,
        };
        Some(Self { dial, marked: area || extension, grouped })
    }

    /// Written with a country code.
    pub(super) fn international(&self) -> bool {
        self.dial.starts_with('+')
    }

    /// Written as only telephone numbers are: with `+`, a bracketed area code or an extension.
    pub(super) fn self_proving(&self) -> bool {
        self.marked || self.international()
    }

    /// Whether the numbering plan of the number's country, or of any tried country, holds it.
    pub(super) fn valid(&self) -> bool {
        if self.international() {
            return in_plan(None, &self.dial);
        }
        REGIONS.iter().take(12).any(|region| self.valid_in(*region))
    }

    /// Whether the digits with a `+` in front are a number; `14155550100` is often stored so.
    pub(super) fn valid_bare(&self) -> bool {
        !self.international() && self.dial.len() >= 10 && in_plan(None, &format!("+{}", self.dial))
    }

    fn valid_in(&self, region: Id) -> bool {
        in_plan(Some(region), &self.dial)
    }
}

fn in_plan(region: Option<Id>, dial: &str) -> bool {
    phonenumber::parse(region, dial).is_ok_and(|number| number.is_valid())
}

/// The share of numbers one country's plan explains best, country codes included, 0 to 1.
pub(super) fn best_share(numbers: &[Number]) -> f64 {
    let probe = numbers.get(..12).unwrap_or(numbers);
    let fits = |number: &Number, region: Id| number.valid_in(region) || number.valid_bare();
    let best = REGIONS
        .iter()
        .copied()
        .max_by_key(|region| probe.iter().filter(|number| number.valid_in(*region)).count());
    let Some(region) = best else { return 0.0 };
    super::tally::share(numbers.iter().filter(|n| fits(n, region)).count(), numbers.len())
}

/// Cuts `x12`, `ext. 12`, `#12` and the like off the end.
fn split_extension(value: &str) -> (&str, bool) {
    static MARKS: &[&str] =
        &["ext.", "ext", "extn", "x", "X", "#", "poste", "wew.", "app.", "ramal", "anexo", "int."];
    let head = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = value.len() - head.len();
    let head = head.trim_end();
    if digits == 0 || digits > 7 {
        return (value, false);
    }
    for mark in MARKS {
        if let Some(number) = head.strip_suffix(mark)
            && number.ends_with(|c: char| c.is_ascii_digit() || c == ' ' || c == ',')
        {
            return (number.trim_end_matches([' ', ',']), true);
        }
    }
    (value, false)
}

/// The digits, and how many brackets stay open; `None` when a foreign sign stands between.
fn dial_digits(number: &str) -> Option<(String, i32)> {
    let mut digits = String::new();
    let mut open = 0;
    for (at, c) in number.chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if at <= 1 => {}
            '(' => open += 1,
            ')' => open -= 1,
            ' ' | '-' | '.' | '/' | '\u{2010}'..='\u{2014}' | '\u{2212}' => {}
            _ => return None,
        }
    }
    Some((digits, open))
}

/// Dates, addresses of machines and decimals are made of the same signs.
fn looks_otherwise(number: &str) -> bool {
    let year = |part: &&str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    let parts: Vec<&str> = number.split(['-', '.', '/']).collect();
    let date = match parts.as_slice() {
        [a, b, c] => (year(a) && c.len() <= 2 || year(c) && a.len() <= 2) && b.len() <= 2,
        _ => false,
    };
    let dotted = number.parse::<core::net::Ipv4Addr>().is_ok();
    let decimal = matches!(number.split_once('.'), Some((a, b))
        if b.bytes().all(|c| c.is_ascii_digit()) && a.bytes().all(|c| c.is_ascii_digit() || c == b'-'));
    date || dotted || decimal || number.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_from_dates_decimals_and_measures() {
        for value in [
            "(415) 378-2118",
            "+1 503-294-7919",
            "512.708.4926",
            "001-404-928-8913x12",
            "089 690 3115",
            "+49(0)7483378876",
            "01.42.13.79.72",
            "+33 (0)1 47 03 16 09",
            "0152-12 34 56",
            "+44 20 7946 0018; +44 20 7946 0019",
            "tel:+14155550100",
            "030/1234567",
            "14258689993",
        ] {
            assert!(Number::read(value).is_some(), "{value}");
        }
        for value in [
            "2024-03-01",
            "01.03.2024",
            "192.168.100.200",
            "4155551234.0",
            "-4155551234",
            "+1",
            "on file",
            "12345",
            "(415 378-2118",
            "ORD-7599-9995",
            "1234567890123456",
            "346-288-3293, none",
            "",
        ] {
            assert!(Number::read(value).is_none(), "{value}");
        }
    }

    #[test]
    fn the_numbering_plans_decide_about_digits() {
        for value in ["+39029281284", "+1 (213) 807-2116", "(415) 378-2118", "0033 1 47 03 16 09"] {
            assert!(Number::read(value).is_some_and(|number| number.valid()), "{value}");
        }
        for value in ["+999123456789", "+1 000 000 0000"] {
            assert!(Number::read(value).is_some_and(|number| !number.valid()), "{value}");
        }
    }
}
