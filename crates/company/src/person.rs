//! Invented people: one person per key, the same in every table that mentions them.
//!
//! Domains, phone numbers and addresses of computers lie in ranges reserved for documentation,
//! fiction and tests; cards start like the published test cards; bank codes are of no bank. Nothing
//! here may be taken from a real person.

pub(crate) mod lists;
pub(crate) mod papers;

use crate::num::unsigned;
use crate::rng::Rng;
use lists::{AREA_CODES, CITIES, CITIES_US, DOMAINS, FAMILY, GIVEN};
use lists::{STREET_KINDS, STREETS_DE, STREETS_EN, STREETS_ES, STREETS_FR};

/// A country and what the company does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Country {
    /// ISO code.
    pub(crate) code: &'static str,
    /// Currency of its orders.
    pub(crate) currency: &'static str,
    /// Language tag of its users.
    pub(crate) locale: &'static str,
}

const fn country(code: &'static str, currency: &'static str, locale: &'static str) -> Country {
    Country { code, currency, locale }
}

/// The countries, each with its weight.
pub(crate) const COUNTRIES: [(Country, u64); 8] = [
    (country("US", "USD", "en-US"), 40),
    (country("DE", "EUR", "de-DE"), 17),
    (country("GB", "USD", "en-GB"), 10),
    (country("FR", "EUR", "fr-FR"), 9),
    (country("CA", "USD", "en-CA"), 8),
    (country("ES", "EUR", "es-ES"), 6),
    (country("NL", "EUR", "nl-NL"), 6),
    (country("BR", "USD", "pt-BR"), 4),
];

/// One person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Given name.
    pub(crate) given: &'static str,
    /// Family name.
    pub(crate) family: &'static str,
    /// E-mail address; its number makes it unique.
    pub(crate) email: String,
    /// Phone number in one of the forms people write.
    pub(crate) phone: String,
}

impl Person {
    /// The person of that kind and number; `kind` keeps customers apart from staff.
    pub(crate) fn of(seed: u64, kind: &str, number: i64, country: &str) -> Self {
        let mut rng = Rng::keyed(seed, kind, unsigned(number));
        let (given, family) = (rng.pick(&GIVEN), rng.pick(&FAMILY));
        let (g, f) = (given.to_lowercase(), family.to_lowercase());
        let short = unsigned(number);
        let domain = rng.pick(&DOMAINS);
        let local = match rng.below(5) {
            0 => format!("{g}.{f}{short}"),
            1 => format!("{f}_{g}{short}"),
            2 => format!("{g}{short}"),
            3 => format!("{f}.{g}+{short}"),
            _ => format!("{}{f}{short}", g.chars().next().unwrap_or('x')),
        };
        let phone = phone(&mut rng, country);
        Self { given, family, email: format!("{local}@{domain}"), phone }
    }

    /// The full name.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// A phone number of a range that is kept free for fiction, as people write it.
pub(crate) fn phone(rng: &mut Rng, country: &str) -> String {
    let (area, line) = (rng.pick(&AREA_CODES), rng.between(100, 199));
    match country {
        "DE" => format!("+49 30 23125{}", rng.digits(3)),
        "FR" => {
            let pairs = rng.digits(4);
            let (first, last) = pairs.split_at_checked(2).unwrap_or(("00", "00"));
            format!("+33 1 99 00 {first} {last}")
        }
        "GB" => format!("07700 900{}", rng.digits(3)),
        "NL" => format!("+31 20 555 0{line}"),
        "ES" => format!("+34 910 55{} 0{}", rng.digits(1), rng.digits(2)),
        "BR" => format!("+55 11 5555-0{line}"),
        _ => match rng.below(4) {
            0 => format!("({area}) 555-0{line}"),
            1 => format!("{area}-555-0{line}"),
            2 => format!("+1 {area} 555 0{line}"),
            _ => format!("+1{area}5550{line}"),
        },
    }
}

/// A street with a number.
pub(crate) fn street(rng: &mut Rng, country: &str) -> String {
    let number = rng.between(1, 240);
    match country {
        "DE" | "NL" => format!("{} {number}", rng.pick(&STREETS_DE)),
        "FR" => format!("{number} {}", rng.pick(&STREETS_FR)),
        "ES" | "BR" => format!("{} {number}", rng.pick(&STREETS_ES)),
        _ => {
            let unit = if rng.chance(300) {
                format!(" Apt {}", rng.between(1, 60))
            } else {
                String::new()
            };
            format!("{} {} {}{unit}", number * 7, rng.pick(&STREETS_EN), rng.pick(&STREET_KINDS))
        }
    }
}

/// A full postal address in one line.
pub(crate) fn address(rng: &mut Rng, country: &str) -> String {
    let street = street(rng, country);
    if country == "US" {
        let (city, state, zip) = rng.pick(&CITIES_US);
        return format!("{street}, {city}, {state} {zip}{}", rng.digits(2));
    }
    let cities: Vec<&str> =
        CITIES.iter().filter(|(code, _)| *code == country).map(|(_, city)| *city).collect();
    let (city, code) = (rng.pick(&cities), rng.digits(5));
    format!("{street}, {code} {city}")
}

/// An IPv4 address of a range reserved for documentation or benchmarks.
pub(crate) fn ipv4(rng: &mut Rng) -> String {
    let last = rng.between(1, 254);
    match rng.below(10) {
        0 => format!("192.0.2.{last}"),
        1 => format!("198.51.100.{last}"),
        2 => format!("203.0.113.{last}"),
        _ => format!("198.{}.{}.{last}", rng.between(18, 19), rng.between(0, 255)),
    }
}

/// An IPv6 address of the documentation range.
pub(crate) fn ipv6(rng: &mut Rng) -> String {
    let groups: Vec<String> = (0..4).map(|_| format!("{:x}", rng.between(1, 0xffff))).collect();
    format!("2001:db8:{}::{:x}", groups.join(":"), rng.between(1, 0xffff))
}
