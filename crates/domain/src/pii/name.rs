//! What a column's and a table's name say about the column.
//!
//! Decides which label the name supports, whether other words take that back, and whether the name
//! says nothing at all. It must never see a sample value.

use std::collections::HashSet;

use super::lexicon::{Lexicon, Weight, Words};
use super::words;
use super::{Label, TypeClass};

/// The reading of one name.
pub(super) struct NameEvidence<'a> {
    lexicon: &'a Lexicon,
    tokens: Vec<String>,
    support: Vec<(Label, Weight)>,
    /// The values are hashed, masked or cut according to the name.
    pub(super) obscured: bool,
    /// No word of the name means anything.
    pub(super) opaque: bool,
    /// The table is about people.
    pub(super) people: bool,
}

impl<'a> NameEvidence<'a> {
    /// Reads a table's and a column's name.
    pub(super) fn read(lexicon: &'a Lexicon, table: &str, column: &str) -> Self {
        let tokens = words::tokens(&lexicon.vocabulary, column);
        let people = table_of_people(lexicon, table);
        let obscured = is_obscured(lexicon, &tokens);
        let opaque = tokens.iter().all(|t| says_nothing(lexicon, t));
        let mut support: Vec<(Label, Weight)> = Vec::new();
        for list in &lexicon.labels {
            if matched(lexicon, &tokens, list)
                && !support.iter().any(|(label, _)| *label == list.label)
            {
                support.push((list.label, list.weight));
            }
        }
        let mut evidence = Self { lexicon, tokens, support, obscured, opaque, people };
        if evidence.names_a_person() && evidence.weight(Label::Name) != Some(Weight::Strong) {
            evidence.support.retain(|(label, _)| *label != Label::Name);
            evidence.support.push((Label::Name, Weight::Strong));
        }
        evidence
    }

    /// How the name supports a label, if it does.
    pub(super) fn weight(&self, label: Label) -> Option<Weight> {
        self.support.iter().find(|(found, _)| *found == label).map(|(_, weight)| *weight)
    }

    /// Whether the name plainly says the label.
    pub(super) fn strong(&self, label: Label) -> bool {
        self.weight(label) == Some(Weight::Strong)
    }

    /// The label the name gives by itself, fit for the column's type. A document's number is a
    /// person's in a table of people only.
    pub(super) fn own_label(&self, class: TypeClass) -> Option<Label> {
        let telling = |label: Label, weight: Weight| {
            weight == Weight::Strong || (label == Label::NationalId && self.people)
        };
        self.support
            .iter()
            .find(|(label, weight)| telling(*label, *weight) && class.may_hold(*label))
            .map(|(label, _)| *label)
    }

    /// Whether the name ends with the label's words: `mobile_home` does, `mobile_ad_spend` does not.
    pub(super) fn ends_with(&self, label: Label) -> bool {
        let lists = self.lexicon.labels.iter().filter(|list| list.label == label);
        let ends = lists
            .flat_map(|list| &list.phrases)
            .filter_map(|phrase| words::find(&self.tokens, phrase).map(|(at, length)| at + length));
        let rest = self.tokens.iter().skip(ends.max().unwrap_or(0));
        rest.into_iter()
            .all(|token| says_nothing(self.lexicon, token) || self.lexicon.neutral.contains(token))
    }

    /// Whether one of the phrases stands in the name.
    pub(super) fn holds_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| words::find(&self.tokens, phrase).is_some())
    }

    /// Whether the name speaks of versions, sections or ranges of dotted numbers.
    pub(super) fn version_like(&self) -> bool {
        self.has_token(&self.lexicon.version_like) && !self.strong(Label::Ip)
    }

    /// Whether the name speaks of machines and messages rather than mailboxes.
    pub(super) fn machine_like(&self) -> bool {
        let message = self.holds_any(&["message id", "messageid", "msg id", "in reply to"]);
        (message || self.has_token(&self.lexicon.machine_like)) && !self.strong(Label::Email)
    }

    /// Whether the name speaks of goods, documents or places in a shelf.
    pub(super) fn thing_like(&self) -> bool {
        self.has_token(&self.lexicon.thing_like)
    }

    fn has_token(&self, list: &HashSet<String>) -> bool {
        self.tokens.iter().any(|token| list.contains(token))
    }

    /// `nombre_del_cliente`: a small word between two others.
    fn joined(&self, at: usize) -> bool {
        const SMALL: [&str; 12] =
            ["de", "del", "do", "da", "du", "des", "van", "von", "der", "of", "the", "di"];
        self.tokens.get(at).is_some_and(|token| SMALL.contains(&token.as_str()))
    }

    /// `name` in a table of people, or next to a word for a person.
    fn names_a_person(&self) -> bool {
        let Some(at) = self.tokens.iter().position(|t| self.lexicon.bare_name.contains(t)) else {
            return false;
        };
        let others = || self.tokens.iter().enumerate().filter(|(i, _)| *i != at);
        if others().any(|(i, token)| i > at && self.lexicon.veto.contains(token)) {
            return false;
        }
        let bare = others().all(|(_, token)| says_nothing(self.lexicon, token));
        let neighbour = others().any(|(i, token)| {
            let near = i.abs_diff(at) == 1 || (i.abs_diff(at) == 2 && self.joined(i.min(at) + 1));
            near && self.lexicon.people.contains(token)
        });
        (bare && self.people) || neighbour
    }
}

/// Whether a list matches and the words around it do not take it back.
fn matched(lexicon: &Lexicon, tokens: &[String], list: &Words) -> bool {
    let mut covered = vec![false; tokens.len()];
    let mut last_end = 0;
    let mut first_start = usize::MAX;
    for phrase in &list.phrases {
        if let Some((at, length)) = words::find(tokens, phrase) {
            covered.iter_mut().skip(at).take(length).for_each(|slot| *slot = true);
            last_end = last_end.max(at + length);
            first_start = first_start.min(at);
        }
    }
    if last_end == 0 {
        return false;
    }
    let free = |i: &usize| covered.get(*i) == Some(&false);
    let after = (last_end..tokens.len()).filter(free).filter_map(|i| tokens.get(i));
    let before = || (0..first_start).filter(free).filter_map(|i| tokens.get(i));
    let foreign = match list.label {
        Label::Address => Some(&lexicon.not_postal),
        Label::Card => Some(&lexicon.not_payment),
        Label::Email
        | Label::Phone
        | Label::Ssn
        | Label::Iban
        | Label::Ip
        | Label::NationalId
        | Label::Passport
        | Label::BankAccount
        | Label::DeviceId
        | Label::Name
        | Label::Dob
        | Label::None => None,
    };
    !foreign.is_some_and(|words| before().any(|token| words.contains(token)))
        && !before().any(|token| lexicon.veto_before.contains(token))
        && !after.into_iter().any(|token| lexicon.veto.contains(token))
}

fn says_nothing(lexicon: &Lexicon, token: &str) -> bool {
    token.chars().all(|c| c.is_ascii_digit())
        || (token.is_ascii() && token.len() <= 1)
        || lexicon.opaque.contains(token)
}

fn is_obscured(lexicon: &Lexicon, tokens: &[String]) -> bool {
    let cut = tokens.windows(2).any(
        |pair| matches!(pair, [last, four] if last == "last" && (four == "4" || four == "four")),
    );
    cut || tokens.iter().any(|token| lexicon.obscured.contains(token))
}

/// The last telling word of a table's name says what its rows are.
fn table_of_people(lexicon: &Lexicon, table: &str) -> bool {
    static TAIL: &[&str] = &[
        "table", "tbl", "master", "base", "history", "hist", "snapshot", "backup", "bak", "export",
        "dump", "all", "list", "view", "vw", "current", "latest", "dim", "stg", "raw", "clean",
        "us", "uk", "es", "de", "fr", "it", "nl", "pl", "br", "se", "in", "jp", "eu",
    ];
    let table = table.rsplit('.').next().unwrap_or(table);
    let tokens = words::tokens(&lexicon.vocabulary, table);
    tokens
        .iter()
        .rev()
        .find(|t| !TAIL.contains(&t.as_str()) && (*t == "user" || !says_nothing(lexicon, t)))
        .is_some_and(|t| lexicon.people.contains(t))
}
