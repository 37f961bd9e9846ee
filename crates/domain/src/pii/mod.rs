//! Says whether a column holds personal data, from its name, its type and a bounded sample.
//!
//! Decides one label, one tier and a confidence for a column. It must never keep, print or return a
//! sample value: reasons are built from counts and words of the lexicon, and the type that holds the
//! sample prints its size only. The same input always gives the same verdict.

mod card;
mod checksum;
mod decide;
mod email;
mod freetext;
mod ip;
mod lexicon;
mod line;
mod name;
mod national;
mod person;
mod phone;
mod sample;
mod ssn;
mod tally;
mod words;

pub use sample::{Column, Samples, TypeClass, column_type};

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of personal data a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Payment card number.
    Card,
    /// Social security number of the United States.
    Ssn,
    /// International bank account number.
    Iban,
    /// Network address, version 4 or 6.
    Ip,
    /// Number a state gives to a person: identity card, tax, health or driving licence.
    NationalId,
    /// Passport number.
    Passport,
    /// Account number that is no IBAN.
    BankAccount,
    /// Identifier of a person's device.
    DeviceId,
    /// Name of a person.
    Name,
    /// Postal address.
    Address,
    /// Date or year of birth.
    Dob,
    /// No personal data found.
    None,
}

impl Label {
    /// The label as it is written in tags and in `[REDACTED:<label>]`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Ssn => "ssn",
            Self::Iban => "iban",
            Self::Ip => "ip",
            Self::NationalId => "national_id",
            Self::Passport => "passport",
            Self::BankAccount => "bank_account",
            Self::DeviceId => "device_id",
            Self::Name => "name",
            Self::Address => "address",
            Self::Dob => "dob",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a finding is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Nothing to do.
    None,
    /// For the review queue; nothing is blocked before a person confirms.
    Low,
    /// Tagged and protected at once.
    High,
}

impl Tier {
    /// The tier as it is written in tags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::High => "high",
        }
    }
}

/// The verdict about one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The kind of personal data, or none.
    pub label: Label,
    /// How it is treated.
    pub tier: Tier,
    /// 0 to 1: how sure the verdict is of its label.
    pub confidence: f64,
    /// One sentence about shares and names; never a value.
    pub reason: String,
}

#[cfg(test)]
mod tests;

/// The detector with its word lists: made once, used for many columns.
pub struct Detector {
    lexicon: lexicon::Lexicon,
}

impl Detector {
    /// Reads the word lists.
    #[must_use]
    pub fn new() -> Self {
        Self { lexicon: lexicon::Lexicon::new() }
    }

    /// Examines one column.
    #[must_use]
    pub fn examine(&self, column: &Column<'_>) -> Finding {
        decide::examine(&self.lexicon, column)
    }

    /// Examines the column one JSON line describes; see [`check_line`].
    #[must_use]
    pub fn check_line(&self, line: &str) -> String {
        line::check(self, line)
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

/// Examines one column; for many columns make a [`Detector`] once.
#[must_use]
pub fn examine(column: &Column<'_>) -> Finding {
    Detector::new().examine(column)
}

/// Examines the column one line describes: `{id, table, column, type, values}` gives
/// `{id, label, tier, confidence, reason}` on one line; a bad line gives `{id, error}`. Other keys are
/// left alone. For many lines make a [`Detector`] once.
#[must_use]
pub fn check_line(line: &str) -> String {
    Detector::new().check_line(line)
}
