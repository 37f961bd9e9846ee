//! Brings name, type and values together into one verdict.
//!
//! Decides in a fixed order: what the values prove, then what stands inside them, then what the name
//! alone says. It must never raise a column to the high tier on its name, and never write a value
//! into a reason.

use super::lexicon::{Lexicon, Weight};
use super::name::NameEvidence;
use super::sample::Column;
use super::tally::{Tally, share};
use super::{Finding, Label, Tier, TypeClass, phone};

/// The share of values that must pass a check before the values count as proof.
const VOTE: f64 = 0.6;
/// The share of values with something inside from which that says more than the name.
const CLEARLY: f64 = 0.2;
/// Values a nameless column must have before its values alone are believed.
const ENOUGH: usize = 5;

/// Everything known about one column.
struct Case<'a> {
    class: TypeClass,
    name: NameEvidence<'a>,
    tally: Tally,
}

/// A label the values prove, with how strongly and by what.
struct Proof {
    label: Label,
    tier: Tier,
    share: f64,
    by: String,
}

pub(super) fn examine(lexicon: &Lexicon, column: &Column<'_>) -> Finding {
    let class = TypeClass::of(column.column_type);
    if class == TypeClass::Closed {
        return nothing("The type of the column cannot hold personal data.");
    }
    let name = NameEvidence::read(lexicon, column.table, column.column);
    let tally = Tally::take(&column.samples, class);
    let case = Case { class, name, tally };
    let proof = case.proof();
    match proof {
        Some(proof) if proof.tier == Tier::High => case.finding(&proof),
        Some(proof) => case.by_name(proof.label).unwrap_or_else(|| case.finding(&proof)),
        None => case
            .inside(CLEARLY)
            .or_else(|| case.by_name(Label::None))
            .or_else(|| case.inside(0.0))
            .unwrap_or_else(|| nothing("Neither the name nor the values suggest personal data.")),
    }
}

fn nothing(reason: &str) -> Finding {
    Finding { label: Label::None, tier: Tier::None, confidence: 0.9, reason: reason.to_owned() }
}

impl Case<'_> {
    /// What the values prove, the first rule that holds; a proof by values the type or name does
    /// not carry is of the low tier.
    fn proof(&self) -> Option<Proof> {
        let text = self.class == TypeClass::Text;
        if self.tally.seen == 0 || !(text || self.class == TypeClass::Integer) {
            return None;
        }
        let proofs = [
            self.email(),
            self.iban(),
            self.card(),
            self.national(),
            self.ssn(),
            self.ip(),
            self.phone(),
            self.device(),
        ];
        // Of equals the first rule wins: `max_by_key` keeps the last, so the order is turned.
        proofs
            .into_iter()
            .rev()
            .flatten()
            .filter(|proof| self.class.may_hold(proof.label))
            .max_by_key(|proof| (proof.tier, self.named(proof)))
    }

    fn named(&self, proof: &Proof) -> Option<u8> {
        self.name.weight(proof.label).map(|weight| match weight {
            Weight::Strong => 2,
            Weight::Weak => 1,
        })
    }

    fn prove(&self, label: Label, tier: Tier, count: usize, by: &str) -> Option<Proof> {
        let share = self.tally.share(count);
        (share >= VOTE).then(|| Proof { label, tier, share, by: by.to_owned() })
    }

    /// A few values of a nameless column are no proof.
    fn enough(&self, label: Label) -> Tier {
        if self.tally.seen >= ENOUGH || self.name.weight(label).is_some() {
            Tier::High
        } else {
            Tier::Low
        }
    }

    fn email(&self) -> Option<Proof> {
        let tier = if self.name.machine_like() { Tier::Low } else { self.enough(Label::Email) };
        self.prove(Label::Email, tier, self.tally.emails, "have the form of an e-mail address")
    }

    fn iban(&self) -> Option<Proof> {
        let named = self.name.strong(Label::Iban) || self.name.strong(Label::BankAccount);
        // One number in a hundred passes by chance: a whole column needs no country's form.
        let flawless = self.tally.share(self.tally.ibans_by_check) >= 0.95;
        let count = if named || flawless { self.tally.ibans_by_check } else { self.tally.ibans };
        self.prove(Label::Iban, self.enough(Label::Iban), count, "pass the check digits of an IBAN")
    }

    /// A column of nothing but good check digits needs fewer known issuers, and with a card's name
    /// none: ranges are sold and moved faster than any table of them.
    fn card(&self) -> Option<Proof> {
        let named = self.name.strong(Label::Card);
        let (cards, checks) = (self.tally.share(self.tally.cards), self.tally.card_checks);
        let flawless = self.tally.share(checks) >= 0.95 && (named || cards >= 0.4);
        let count = if flawless { checks } else { self.tally.cards };
        let integer = self.class == TypeClass::Integer;
        let tier = if integer && !named { Tier::Low } else { self.enough(Label::Card) };
        self.prove(Label::Card, tier, count, "pass a card issuer's range and check digit")
    }

    fn national(&self) -> Option<Proof> {
        let best = self.tally.national.best(|words| self.name.holds_any(words))?;
        let weak = self.name.weight(Label::NationalId).is_some() && self.name.people;
        let supported = weak || self.name.strong(Label::NationalId) || self.name.strong(Label::Ssn);
        let valid = self.tally.share(best.valid);
        let form = self.tally.share(best.form);
        let integer = self.class == TypeClass::Integer;
        let by = format!("are valid as {}", best.title);
        let mixed = self.tally.national.mixed;
        if valid < VOTE && self.name.strong(Label::NationalId) && self.tally.share(mixed) >= VOTE {
            let by = "are valid national numbers of more than one kind";
            return self.prove(Label::NationalId, Tier::High, mixed, by);
        }
        if valid >= VOTE && (best.named || supported) {
            return self.prove(Label::NationalId, Tier::High, best.valid, &by);
        }
        if form >= 0.9 && best.named && supported {
            let by = format!("have the form of a {}, which the name says", best.title);
            return self.prove(Label::NationalId, Tier::High, best.form, &by);
        }
        if best.telling && valid >= 0.9 && self.tally.seen >= ENOUGH {
            let carried = (self.name.opaque || self.name.people) && !integer;
            let tier = if carried { Tier::High } else { Tier::Low };
            return self.prove(Label::NationalId, tier, best.valid, &by);
        }
        None
    }

    fn ssn(&self) -> Option<Proof> {
        let possible = self.tally.ssn_dashed + self.tally.ssn_other;
        let by = "are possible social security numbers";
        let dashes = self.tally.ssn_dashed > self.tally.ssn_other;
        let named = match self.name.weight(Label::Ssn) {
            Some(Weight::Strong) => true,
            // A company's tax number has nine digits as well.
            Some(Weight::Weak) => self.name.people || dashes,
            None => self.name.strong(Label::NationalId) && dashes,
        };
        if named {
            let tier = if self.name.obscured { Tier::Low } else { Tier::High };
            return self.prove(Label::Ssn, tier, possible, by);
        }
        let flawless = share(self.tally.ssn_impossible, self.tally.ssn_dashed) < 0.02;
        let dashed = self.tally.share(self.tally.ssn_dashed);
        if dashed < 0.9 || !flawless || self.tally.seen < 2 * ENOUGH || self.name.thing_like() {
            return None;
        }
        let tier = if self.name.opaque { Tier::High } else { Tier::Low };
        self.prove(Label::Ssn, tier, self.tally.ssn_dashed, by)
    }

    fn ip(&self) -> Option<Proof> {
        let all = self.tally.v4_spread + self.tally.v4_small + self.tally.v6;
        let spread = share(self.tally.v4_spread, self.tally.v4_spread + self.tally.v4_small) >= 0.5;
        let by = "are network addresses";
        if self.name.version_like() {
            return None;
        }
        let v6_alone = self.tally.share(self.tally.v6) >= VOTE;
        if self.name.strong(Label::Ip) || v6_alone {
            return self.prove(Label::Ip, self.enough(Label::Ip), all, by);
        }
        if !spread {
            return None;
        }
        let versions = share(self.tally.v4_zero, self.tally.v4_spread) >= 0.5;
        let carried = (self.name.opaque && !versions) || self.name.weight(Label::Ip).is_some();
        let tier = if carried { self.enough(Label::Ip) } else { Tier::Low };
        self.prove(Label::Ip, tier, all, by)
    }

    fn phone(&self) -> Option<Proof> {
        let phones = self.tally.phones.len();
        if self.class == TypeClass::Integer {
            return self.phone_integer();
        }
        let proven = self.tally.share(self.tally.phone_proven);
        let marked = self.tally.share(self.tally.phone_marked);
        let form = self.tally.share(phones);
        let self_proving = proven >= VOTE
            || (form >= 0.9 && marked >= VOTE && proven >= 0.3)
            || (form >= 0.9 && proven >= 0.2 && !self.name.thing_like());
        if self_proving {
            let by = "are telephone numbers by the numbering plans";
            return self.prove(Label::Phone, self.enough(Label::Phone), phones, by);
        }
        let by = "have the form of a telephone number, which the name says";
        match self.name.weight(Label::Phone) {
            Some(Weight::Strong)
                if self.name.ends_with(Label::Phone) || self.grouped() || self.in_plan() =>
            {
                self.prove(Label::Phone, Tier::High, phones, by)
            }
            Some(Weight::Strong) => self.prove(Label::Phone, Tier::Low, phones, by),
            Some(Weight::Weak) if self.in_plan() || (form >= 0.9 && self.grouped()) => {
                self.prove(Label::Phone, Tier::High, phones, by)
            }
            Some(Weight::Weak) => None,
            None if self.name.opaque && self.grouped() && self.in_plan() => {
                let by = "are grouped like telephone numbers and valid in one country";
                self.prove(Label::Phone, Tier::Low, phones, by)
            }
            None => None,
        }
    }

    fn phone_integer(&self) -> Option<Proof> {
        if !self.name.strong(Label::Phone) {
            return None;
        }
        let tier = if self.name.ends_with(Label::Phone) && self.in_plan() {
            Tier::High
        } else {
            Tier::Low
        };
        let by = "are numbers of one country's numbering plan, as the name says";
        self.prove(Label::Phone, tier, self.tally.phones.len(), by)
    }

    fn in_plan(&self) -> bool {
        phone::best_share(&self.tally.phones) >= VOTE
    }

    fn grouped(&self) -> bool {
        let grouped = self.tally.phones.iter().filter(|number| number.grouped).count();
        self.tally.share(grouped) >= 0.9
    }

    fn device(&self) -> Option<Proof> {
        self.prove(Label::DeviceId, Tier::Low, self.tally.hardware, "are hardware addresses")
    }

    /// Personal data inside values, or in a minor part of them, from a share on.
    fn inside(&self, from: f64) -> Option<Finding> {
        if !matches!(self.class, TypeClass::Text | TypeClass::Document) {
            return None;
        }
        let (label, part) = self.tally.most_inside().filter(|(_, part)| *part >= from)?;
        let blocked = match label {
            Label::Email => self.name.machine_like(),
            Label::Ip => self.name.version_like(),
            Label::Ssn | Label::Phone => self.name.thing_like(),
            Label::Card
            | Label::Iban
            | Label::NationalId
            | Label::Passport
            | Label::BankAccount
            | Label::DeviceId
            | Label::Name
            | Label::Address
            | Label::Dob
            | Label::None => false,
        };
        (!blocked).then(|| Finding {
            label,
            tier: Tier::Low,
            confidence: (0.4 + part * 0.4).min(0.8),
            reason: format!("{} of the values hold {label} data inside.", percent(part)),
        })
    }

    /// What the name alone says, unless the values plainly say otherwise. A proof of the low tier
    /// for the same label is better than this and comes back as `None`.
    fn by_name(&self, proven: Label) -> Option<Finding> {
        let label = self.name.own_label(self.class).or_else(|| self.role_of_a_person())?;
        if label == proven || self.refuted(label) {
            return None;
        }
        let hidden = self.tally.seen == 0 || self.name.obscured || self.mostly(self.tally.hidden);
        let why = if hidden {
            "the values are hidden or missing"
        } else {
            "the values do not confirm it"
        };
        let what = if self.name.opaque { "form of the values" } else { "column's name" };
        Some(Finding {
            label,
            tier: Tier::Low,
            confidence: if hidden { 0.5 } else { 0.4 },
            reason: format!("The {what} suggests {label}; {why}."),
        })
    }

    /// `account_manager`: a word for a person, and values that look like people. A name that says
    /// nothing needs nearly all values to look so, and many of them.
    fn role_of_a_person(&self) -> Option<Label> {
        let role =
            self.name.weight(Label::Name) == Some(Weight::Weak) && self.mostly(self.tally.people);
        let nameless = self.name.opaque
            && self.tally.seen >= 2 * ENOUGH
            && self.tally.share(self.tally.people) >= 0.9;
        (self.class == TypeClass::Text && (role || nameless)).then_some(Label::Name)
    }

    fn mostly(&self, count: usize) -> bool {
        self.tally.share(count) >= VOTE
    }

    /// Values of a form the label never has: flags, small counts, numbers where words belong.
    fn refuted(&self, label: Label) -> bool {
        let tally = &self.tally;
        if tally.seen == 0 || self.mostly(tally.hidden) {
            return false;
        }
        let short = tally.share(tally.short) >= 0.8;
        let wordless = tally.share(tally.wordy) < 0.4;
        match label {
            Label::Name => wordless,
            Label::Address => tally.share(tally.addresses) < 0.4,
            Label::Dob => self.class == TypeClass::Text && tally.share(tally.dates) < 0.3,
            Label::BankAccount | Label::Passport | Label::NationalId => {
                tally.share(tally.digit_runs) < 0.3 && !self.name.obscured
            }
            Label::Ip | Label::Email | Label::Iban => short || wordless && label == Label::Email,
            Label::Card => short || (tally.share(tally.digit_runs) < 0.2 && !self.name.obscured),
            Label::Phone | Label::Ssn | Label::DeviceId => short,
            Label::None => true,
        }
    }

    fn finding(&self, proof: &Proof) -> Finding {
        let support = match self.name.weight(proof.label) {
            Some(Weight::Strong) => 0.2,
            Some(Weight::Weak) => 0.1,
            None => 0.0,
        };
        let few = if self.tally.seen < ENOUGH { 0.15 } else { 0.0 };
        let base = if proof.tier == Tier::High { 0.35 } else { 0.1 };
        let confidence = (base + proof.share * 0.45 + support - few).clamp(0.05, 0.99);
        let named = if support > 0.0 { " and the name fits" } else { "" };
        Finding {
            label: proof.label,
            tier: proof.tier,
            confidence: (confidence * 100.0).round() / 100.0,
            reason: format!(
                "{} of {} values {}{named}.",
                percent(proof.share),
                self.tally.seen,
                proof.by
            ),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
