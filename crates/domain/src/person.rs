//! What organisations, people and keys may be called, and how people are addressed.
//!
//! A name is shown in pages, logs, terminals and dashboards of others, so it may hold nothing that
//! moves a cursor, turns the direction of a line or ends a header: it is refused, never mended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;
/// Longest e-mail address, in bytes (RFC 5321 allows 254).
const LONGEST_EMAIL: usize = 254;

/// A name for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Empty, or longer than 200 characters.
    #[error("1 to 200 characters are expected")]
    Length,
    /// Begins or ends with a space.
    #[error("it may not begin or end with a space")]
    Edge,
    /// Holds a control character, a line break, or a character that is invisible or turns the writing direction.
    #[error("control characters, line breaks and invisible characters are not allowed")]
    Invisible,
}

impl DisplayName {
    /// The name, if the text is one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text.chars().count() > LONGEST_NAME {
            return Err(InvalidName::Length);
        }
        if text.chars().any(is_invisible) {
            return Err(InvalidName::Invisible);
        }
        if text.trim() != text {
            return Err(InvalidName::Edge);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control and format characters, line and paragraph ends, private use and what stands for nothing.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..)
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DisplayName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

/// An e-mail address in small letters, as sign-in names a person. Whether anybody reads it is unknown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// A text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address such as ana@example.com is expected")]
pub struct InvalidEmail;

impl Email {
    /// The address, if the text has the form of one: ASCII, one @, a dot-separated host.
    ///
    /// # Errors
    /// When it has not.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let (local, host) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let local_char = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        let host_char = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(host_char)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let well_formed = text.len() <= LONGEST_EMAIL
            && (1..=64).contains(&local.len())
            && local.chars().all(local_char)
            && host.contains('.')
            && host.split('.').all(label);
        if !well_formed {
            return Err(InvalidEmail);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    /// Addresses are personal; a log that prints a value by chance must not hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_pass_and_unseen_characters_do_not() {
        for good in [
            "Acme",
            "Brüder & Söhne GmbH",
            "株式会社データ",
            "O'Neil; DROP TABLE org",
            "../etc",
            "a",
        ] {
            assert_eq!(DisplayName::parse(good).unwrap().as_str(), good);
        }
        let long = "x".repeat(201);
        for (bad, why) in [
            ("", InvalidName::Length),
            (long.as_str(), InvalidName::Length),
            (" Acme", InvalidName::Edge),
            ("Acme\u{a0}", InvalidName::Edge),
            ("Acme\r\nSet-Cookie: a=b", InvalidName::Invisible),
            ("Acme\u{0}", InvalidName::Invisible),
            ("Acme\u{1b}[2J", InvalidName::Invisible),
            ("Acme\u{202e}gpj", InvalidName::Invisible),
            ("Ac\u{200b}me", InvalidName::Invisible),
            ("Acme\u{2028}x", InvalidName::Invisible),
            ("Acme\u{85}x", InvalidName::Invisible),
        ] {
            assert_eq!(DisplayName::parse(bad), Err(why), "{bad:?}");
        }
        assert!(DisplayName::parse(&"ü".repeat(200)).is_ok());
    }

    #[test]
    fn addresses_are_lower_case_and_never_printed() {
        assert_eq!(
            Email::parse("Ana.Lyst+x@Example.COM").unwrap().as_str(),
            "ana.lyst+x@example.com"
        );
        for bad in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "ana@host",
            "ana@.com",
            "ana@example..com",
            "ana@-x.com",
            "a na@example.com",
            "ana@example.com\r\nBcc: x@y.z",
            "ana@exämple.com",
            "a@b@example.com,c",
            "<ana@example.com>",
        ] {
            assert_eq!(Email::parse(bad), Err(InvalidEmail), "{bad:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert_eq!(Email::parse(&long), Err(InvalidEmail));
        assert!(!format!("{:?}", Email::parse("ana@example.com").unwrap()).contains("ana"));
    }
}
