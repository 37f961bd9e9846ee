//! Counts what the values of a column look like.
//!
//! Decides nothing: it runs the checks over the sample and hands counts on. It must never keep a
//! value longer than the count takes; telephone numbers are kept as digits until the vote is over.

use iban::{BaseIban, Iban, IbanLike};

use super::national::{self, SchemeCounts};
use super::person;
use super::phone::Number;
use super::sample::Samples;
use super::{Label, TypeClass, card, email, freetext, ip, ssn};

/// How many values passed each check. Every count is at most `seen`.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) seen: usize,
    pub(super) emails: usize,
    pub(super) cards: usize,
    pub(super) card_checks: usize,
    pub(super) ibans: usize,
    pub(super) ibans_by_check: usize,
    pub(super) v4_spread: usize,
    pub(super) v4_small: usize,
    pub(super) v4_zero: usize,
    pub(super) v6: usize,
    pub(super) hardware: usize,
    pub(super) ssn_dashed: usize,
    pub(super) ssn_other: usize,
    pub(super) ssn_impossible: usize,
    pub(super) phone_proven: usize,
    pub(super) phone_marked: usize,
    pub(super) phones: Vec<Number>,
    pub(super) national: SchemeCounts,
    pub(super) people: usize,
    pub(super) addresses: usize,
    pub(super) wordy: usize,
    pub(super) dates: usize,
    pub(super) digit_runs: usize,
    pub(super) hidden: usize,
    pub(super) short: usize,
    pub(super) inside: freetext::Found,
}

/// Part of a whole, 0 to 1; nothing of nothing is 0.
pub(super) fn share(part: usize, whole: usize) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { count(part) / count(whole) }
}

impl Tally {
    /// Runs every check over the sample.
    pub(super) fn take(samples: &Samples<'_>, class: TypeClass) -> Self {
        let mut tally = Self::default();
        for value in samples.iter() {
            tally.seen += 1;
            let before = tally.proven();
            tally.core(value, class);
            tally.shapes(value);
            let whole = tally.national.add(value) || tally.proven() > before;
            if !whole && matches!(class, TypeClass::Text | TypeClass::Document) {
                tally.inside.scan(value);
            }
        }
        tally
    }

    /// Values that prove something as a whole; these are not looked into again.
    const fn proven(&self) -> usize {
        self.emails + self.ibans + self.cards + self.v6 + self.phone_proven
    }

    /// A count as a share of the values seen.
    pub(super) fn share(&self, count: usize) -> f64 {
        share(count, self.seen)
    }

    fn core(&mut self, value: &str, class: TypeClass) {
        self.emails += usize::from(email::is_email_value(value));
        let card = card::form(first_of_list(value));
        self.cards += usize::from(card == Some(card::Form::Card));
        self.card_checks += usize::from(card.is_some());
        let (by_country, by_check) = read_iban(first_of_list(value));
        self.ibans += usize::from(by_country);
        self.ibans_by_check += usize::from(by_check);
        match ip::read(value) {
            Some(ip::Form::V4Spread) => {
                self.v4_spread += 1;
                self.v4_zero += usize::from(ip::has_zero_second(value));
            }
            Some(ip::Form::V4Small) => self.v4_small += 1,
            Some(ip::Form::V6) => self.v6 += 1,
            None => {}
        }
        let number =
            if class == TypeClass::Integer { ssn::read_integer(value) } else { ssn::read(value) };
        match number {
            Some((ssn::Form::Dashed, true)) => self.ssn_dashed += 1,
            Some((ssn::Form::Other, true)) => self.ssn_other += 1,
            Some((ssn::Form::Dashed | ssn::Form::Other, false)) => self.ssn_impossible += 1,
            None => {}
        }
        self.telephone(value);
    }

    fn telephone(&mut self, value: &str) {
        if let Some(number) = Number::read(value) {
            self.phone_marked += usize::from(number.self_proving());
            self.phone_proven += usize::from(number.self_proving() && number.valid());
            self.phones.push(number);
        }
    }

    fn shapes(&mut self, value: &str) {
        self.hardware += usize::from(ip::is_hardware_address(value));
        self.people += usize::from(person::is_person(value));
        self.addresses += usize::from(person::is_address(value));
        self.wordy += usize::from(value.chars().any(char::is_alphabetic));
        self.dates += usize::from(person::is_date(value));
        self.digit_runs += usize::from(national::is_number_like(value));
        self.hidden += usize::from(person::is_hidden(value));
        self.short += usize::from(value.chars().count() <= 3);
    }

    /// The label found most often inside values or as a minor part of them, with its share.
    pub(super) fn most_inside(&self) -> Option<(Label, f64)> {
        self.inside
            .counts()
            .into_iter()
            .map(|(label, inside)| (label, inside + self.whole(label)))
            .filter(|(label, count)| *count >= self.least(*label))
            .map(|(label, count)| (label, self.share(count)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// How many hits inside values are worth a look: one mail address or account number is no
    /// accident, one run of digits may be.
    fn least(&self, label: Label) -> usize {
        let sure = matches!(label, Label::Email | Label::Iban);
        if sure || self.seen <= 10 { 1 } else { 2.max(self.seen / 20) }
    }

    /// Whole values that prove a label by themselves, though too few of them do.
    fn whole(&self, label: Label) -> usize {
        match label {
            Label::Email => self.emails,
            Label::Iban => self.ibans,
            Label::Phone => self.phone_proven,
            Label::Ip => self.v6,
            // One number in thirty passes by chance.
            Label::Card if self.share(self.cards) >= 0.2 => self.cards,
            Label::Card
            | Label::Ssn
            | Label::NationalId
            | Label::Passport
            | Label::BankAccount
            | Label::DeviceId
            | Label::Name
            | Label::Address
            | Label::Dob
            | Label::None => 0,
        }
    }
}

/// `a; b` with pieces of one length counts by its first piece; anything else is looked at whole.
fn first_of_list(value: &str) -> &str {
    let mut pieces = value.split([';', ',', '|']).map(str::trim);
    let first = pieces.next().unwrap_or(value);
    if first.len() >= 12 && pieces.all(|piece| piece.len() == first.len()) { first } else { value }
}

/// Whether the value is an IBAN of a listed country, and whether its check digits alone fit.
fn read_iban(value: &str) -> (bool, bool) {
    if !(15..=48).contains(&value.len()) {
        return (false, false);
    }
    let compact: String =
        value.chars().filter(|c| *c != ' ' && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    let compact = compact.strip_prefix("IBAN").unwrap_or(&compact).trim_start_matches(':');
    // References to an invoice carry the same check digits under the letters RF.
    if compact.starts_with("RF") {
        return (false, false);
    }
    match compact.parse::<BaseIban>() {
        Ok(base) => (Iban::try_from(base).is_ok_and(|i| !i.electronic_str().is_empty()), true),
        Err(_) => (false, false),
    }
}
