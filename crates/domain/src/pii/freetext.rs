//! Personal data inside longer text, documents and web addresses.
//!
//! Decides which labels stand somewhere inside a value, each counted once a value. Whole values are
//! other modules' work. It must never return the text it found, and must stay linear in its length.

use super::phone::Number;
use super::{Label, card, email, ip, ssn};

/// How many values hold something inside, by label.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    emails: usize,
    phones: usize,
    cards: usize,
    ssns: usize,
    ibans: usize,
    ips: usize,
}

impl Found {
    /// The counts by label.
    pub(super) const fn counts(self) -> [(Label, usize); 6] {
        [
            (Label::Email, self.emails),
            (Label::Iban, self.ibans),
            (Label::Card, self.cards),
            (Label::Ssn, self.ssns),
            (Label::Phone, self.phones),
            (Label::Ip, self.ips),
        ]
    }

    /// Looks into one value.
    pub(super) fn scan(&mut self, value: &str) {
        let inner = |c: char| c.is_whitespace() || "{[\"<=:;,?&|/(".contains(c);
        if value.len() < 8 || !value.contains(inner) {
            return;
        }
        let decoded = value.replace("%40", "@").replace("%2B", "+").replace("\\\"", "\"");
        self.emails += usize::from(holds_email(&decoded));
        let runs = digit_runs(&decoded);
        self.phones += usize::from(runs.iter().any(|run| run.is_phone()));
        self.cards += usize::from(runs.iter().any(|run| run.is_card()));
        self.ssns += usize::from(runs.iter().any(|run| run.is_ssn()));
        self.ips += usize::from(words(&decoded).any(is_clear_ip));
        self.ibans += usize::from(words(&decoded).any(is_iban));
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'<>()[]{},;=&?|".contains(c))
        .map(|word| word.trim_matches(['.', ':', '!', '`', '*', '/']))
}

fn holds_email(text: &str) -> bool {
    text.contains('@')
        && words(text).any(|word| {
            let word = word.strip_prefix("mailto:").unwrap_or(word);
            let bare = word.rsplit_once(':').filter(|(key, _)| !key.contains(['/', '@']));
            let target = bare.map_or(word, |(_, address)| address);
            !word.contains("://") && !target.starts_with("git@") && email::is_mailbox(target)
        })
}

/// A version 4 address whose parts are large, written on its own and not after a slash.
fn is_clear_ip(word: &str) -> bool {
    matches!(ip::read(word), Some(ip::Form::V4Spread | ip::Form::V6))
}

fn is_iban(word: &str) -> bool {
    use iban::Iban;
    (15..=34).contains(&word.len())
        && word.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && word.parse::<Iban>().is_ok()
}

/// A run of digits and their separators, and what stands before it.
struct Run<'a> {
    text: &'a str,
    announced: bool,
    glued: bool,
}

impl Run<'_> {
    /// With `+` or a bracketed area code, or announced by a word for telephones.
    fn is_phone(&self) -> bool {
        if self.glued {
            return false;
        }
        let us = self.text.len() == 12 && self.text.matches(['-', '.']).count() == 2;
        Number::read(self.text).is_some_and(|number| {
            (number.self_proving() || us || (self.announced && number.grouped)) && number.valid()
        })
    }

    fn is_card(&self) -> bool {
        !self.glued && self.text.len() >= 13 && card::is_card(self.text)
    }

    fn is_ssn(&self) -> bool {
        !self.glued && matches!(ssn::read(self.text), Some((ssn::Form::Dashed, true)))
    }
}

/// Runs of at least seven digits with phone-like separators between them.
fn digit_runs(text: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut start = None;
    let bytes = text.as_bytes();
    for at in 0..=bytes.len() {
        let inside = bytes.get(at).is_some_and(|b| b.is_ascii_digit() || b"+() -.".contains(b));
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                runs.extend(run(text, from, at));
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    runs
}

fn run(text: &str, from: usize, to: usize) -> Option<Run<'_>> {
    let raw = text.get(from..to)?;
    let trimmed = raw.trim_matches([' ', '-', '.']).trim_end_matches(['(', '+', ' ']);
    let digits = trimmed.bytes().filter(u8::is_ascii_digit).count();
    if !(7..=24).contains(&digits) || trimmed.starts_with(')') {
        return None;
    }
    let trimmed = if trimmed.contains('(') { trimmed } else { trimmed.trim_end_matches(')') };
    let before = text.get(..from).unwrap_or_default();
    let after = text.get(to..).unwrap_or_default();
    let letter = |c: char| c.is_alphanumeric() || "_#/@$€£".contains(c);
    let open_left = raw.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let open_right = raw.ends_with(|c: char| c.is_ascii_digit() || c == '-');
    let extended = after
        .strip_prefix(['x', 'X'])
        .is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    let glued = (open_left && before.ends_with(letter))
        || (open_right && after.starts_with(letter) && !extended);
    let tail: String =
        before.chars().rev().take(24).collect::<Vec<_>>().into_iter().rev().collect();
    Some(Run { text: trimmed, announced: announces(&tail), glued })
}

/// Whether the words just before a number announce a telephone.
fn announces(text: &str) -> bool {
    static MARKS: &[&str] = &[
        "tel", "phone", "call", "mobil", "cell", "fon", "ring", "whatsapp", "sms", "fax", "handy",
        "llam", "movil", "móvil", "chiam", "appel", "bel ", "dzwon", "kom", "ligar", "liga",
        "電話",
    ];
    let text = text.to_lowercase();
    MARKS.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_inside_is_counted_by_label() {
        let label_of = |text: &str| {
            let mut found = Found::default();
            found.scan(text);
            found.counts().into_iter().find(|(_, n)| *n > 0).map(|(label, _)| label)
        };
        for (text, expected) in [
            ("follow up at anna@corp.test.", Some(Label::Email)),
            (r#"{"mail":"anna@corp.test","n":1}"#, Some(Label::Email)),
            ("https://x.example/u?email=anna%40corp.test", Some(Label::Email)),
            ("call +49 89 12345678 today", Some(Label::Phone)),
            ("reach me on (415) 378-2118", Some(Label::Phone)),
            ("tel. 01 42 13 79 72", Some(Label::Phone)),
            ("paid with 4111 1111 1111 1111 today", Some(Label::Card)),
            ("his number 123-45-6789 is", Some(Label::Ssn)),
            ("to DE89370400440532013000 please", Some(Label::Iban)),
            ("GET /x from 203.97.185.54 ok", Some(Label::Ip)),
            ("Chrome/105.0.4511.204 Safari", None),
            ("clone git@github.com:acme/shop.git now", None),
            ("order 4409147348023064 shipped", None),
            ("ref SKU-123-45-6789 done", None),
            ("ring 341-664-8721x9003 after six", Some(Label::Phone)),
            ("51 3 * * 1", None),
            ("2024-07-11 17:34:25 UTC", None),
            ("see <06024523233843.43ab9ff6@mx.example.com>", None),
        ] {
            assert_eq!(label_of(text), expected, "{text}");
        }
    }
}
