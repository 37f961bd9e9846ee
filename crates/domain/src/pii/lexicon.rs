//! The words column and table names are made of, in the languages warehouses are written in.
//!
//! Decides nothing by itself: `name.rs` matches these phrases against a split name. It must never
//! hold a sample value. The words stand in `lexicon.txt`; a section this module does not know is a
//! mistake that a test finds, and is left out at run time.

use std::collections::HashSet;

use super::{Label, words};

/// How far a phrase goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// The phrase names the kind of data.
    Strong,
    /// The phrase fits the kind, and other kinds as well.
    Weak,
}

/// Phrases that name one label, folded.
pub(super) struct Words {
    pub(super) label: Label,
    pub(super) weight: Weight,
    pub(super) phrases: Vec<String>,
}

/// All lists.
#[derive(Default)]
pub(super) struct Lexicon {
    /// Lists by label; the first that matches gives the label.
    pub(super) labels: Vec<Words>,
    /// After a label's words: a property, not the data.
    pub(super) veto: HashSet<String>,
    /// Before a label's words: a property, not the data.
    pub(super) veto_before: HashSet<String>,
    /// Before `address`: no letter can be sent there.
    pub(super) not_postal: HashSet<String>,
    /// Before `card`: nothing is paid with it.
    pub(super) not_payment: HashSet<String>,
    /// The values are disguised.
    pub(super) obscured: HashSet<String>,
    /// Says nothing.
    pub(super) opaque: HashSet<String>,
    /// Says where or whose, not what.
    pub(super) neutral: HashSet<String>,
    /// Versions, sections, ranges.
    pub(super) version_like: HashSet<String>,
    /// Machines and messages.
    pub(super) machine_like: HashSet<String>,
    /// Goods, documents, places.
    pub(super) thing_like: HashSet<String>,
    /// Words for people.
    pub(super) people: HashSet<String>,
    /// Words for a name.
    pub(super) bare_name: HashSet<String>,
    /// Every single word of every list: glued words are cut at these.
    pub(super) vocabulary: HashSet<String>,
    unknown: Vec<String>,
}

impl Lexicon {
    /// Reads the lists.
    pub(super) fn new() -> Self {
        Self::read(include_str!("lexicon.txt"))
    }

    fn read(text: &str) -> Self {
        let mut lexicon = Self::default();
        for section in text.split("\n[").skip(1) {
            let Some((heading, body)) = section.split_once(']') else { continue };
            let lines = body.lines().filter(|line| !line.starts_with('#'));
            let body = lines.collect::<Vec<_>>().join(" ");
            let phrases = body.split(',').map(|phrase| words::fold(phrase.trim()));
            lexicon.add(heading, phrases.filter(|phrase| !phrase.is_empty()).collect());
        }
        lexicon
    }

    fn add(&mut self, heading: &str, phrases: Vec<String>) {
        // Words that say nothing are no parts of a glued word: `dataval` is as opaque as its parts,
        // and others would be cut by accident.
        if heading != "opaque" {
            let single = phrases.iter().flat_map(|phrase| phrase.split(' '));
            self.vocabulary.extend(single.map(str::to_owned));
        }
        let list = match heading {
            "veto" => &mut self.veto,
            "veto_before" => &mut self.veto_before,
            "not_postal" => &mut self.not_postal,
            "not_payment" => &mut self.not_payment,
            "obscured" => &mut self.obscured,
            "opaque" => &mut self.opaque,
            "version_like" => &mut self.version_like,
            "machine_like" => &mut self.machine_like,
            "thing_like" => &mut self.thing_like,
            "people_tables" => &mut self.people,
            "bare_name" => &mut self.bare_name,
            "neutral" => &mut self.neutral,
            other => return self.add_label(other, phrases),
        };
        list.extend(phrases);
    }

    fn add_label(&mut self, heading: &str, phrases: Vec<String>) {
        let (name, weight) = heading.split_once(' ').unwrap_or((heading, ""));
        let label = serde_json::from_value::<Label>(name.into());
        let weight = match weight {
            "strong" => Some(Weight::Strong),
            "weak" => Some(Weight::Weak),
            _ => None,
        };
        match (label, weight) {
            (Ok(label), Some(weight)) => self.labels.push(Words { label, weight, phrases }),
            (Ok(_) | Err(_), _) => self.unknown.push(heading.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_known_and_filled() {
        let lexicon = Lexicon::new();
        assert_eq!(lexicon.unknown, Vec::<String>::new());
        assert_eq!(lexicon.labels.len(), 20);
        assert!(lexicon.labels.iter().all(|words| !words.phrases.is_empty()));
        for list in [
            &lexicon.veto,
            &lexicon.veto_before,
            &lexicon.not_postal,
            &lexicon.obscured,
            &lexicon.opaque,
            &lexicon.version_like,
            &lexicon.machine_like,
            &lexicon.thing_like,
            &lexicon.people,
            &lexicon.bare_name,
        ] {
            assert!(list.len() > 10);
        }
    }
}
