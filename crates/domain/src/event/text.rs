//! The forms that texts of an event have: each is checked when it is read, and is a pattern in a schema.
//!
//! A text that has no form here cannot enter an event as a field of its own; that keeps sentences of
//! people and of remote services out.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Declares a text whose form is a pattern of regular characters, checked when it is read.
macro_rules! patterned {
    ($($(#[$doc:meta])* $name:ident, $pattern:literal, $fits:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The form, as a regular expression.
            pub const PATTERN: &'static str = $pattern;
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let fits: fn(&str) -> bool = $fits;
                if fits(&text) { Ok(Self(text)) } else { Err(concat!("is not of the form ", $pattern)) }
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": Self::PATTERN})
            }
        }
    )+};
}

patterned! {
    /// A UUID in lower case.
    UuidText, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", |text| is_uuid(text, None);
    /// A UUID of version 7.
    Uuid7Text, "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$", |text| is_uuid(text, Some('7'));
    /// Words of lower-case letters and digits, joined by underscores.
    Words, "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", is_words;
    /// The name of a step.
    StepText, "^[a-z0-9_]{1,63}$", |text| {
        (1..=63).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    /// A public error code.
    CodeText, "^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", |text| text.parse::<crate::codes::ErrorCode>().is_ok();
    /// A moment in UTC, at most microseconds.
    MomentText, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z$", is_moment;
    /// SHA-256 in lower-case hexadecimal digits.
    HashText, "^[0-9a-f]{64}$", |text| is_hex(text, 64);
    /// A count or an amount of money in decimal digits, since canonical JSON has doubles only.
    DecimalText, "^[0-9]+([.][0-9]+)?$", is_decimal;
}

/// Who caused an event: `system`, or a user's pseudonym. Rows that were written before pseudonyms
/// hold a random user id; they can be read, and none is written any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ActorText(String);

impl ActorText {
    /// The form, as a regular expression.
    pub const PATTERN: &'static str =
        "^(system|u_[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$";
}

impl TryFrom<String> for ActorText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let pseudonym = text.strip_prefix("u_").is_some_and(|rest| is_hex(rest, 32));
        if text == "system" || pseudonym {
            Ok(Self(text))
        } else {
            Err("is neither `system` nor a pseudonym")
        }
    }
}

impl JsonSchema for ActorText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ActorText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": Self::PATTERN})
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_uuid(text: &str, version: Option<char>) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = parts.len() == 5
        && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| is_hex(part, length));
    let named = version.is_none_or(|v| parts.get(2).is_some_and(|part| part.starts_with(v)));
    lengths && named
}

fn is_words(text: &str) -> bool {
    let word =
        |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('_').all(word)
}

fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, rest)) => digits(whole) && digits(rest),
        None => digits(text),
    }
}

/// In UTC, written with `Z`, and nothing finer than a microsecond, which is what the store keeps.
fn is_moment(text: &str) -> bool {
    let parsed = text.parse::<jiff::Timestamp>();
    let fraction = text.split_once('.').map_or(0, |(_, rest)| rest.len().saturating_sub(1));
    text.ends_with('Z')
        && text.contains('T')
        && fraction <= 6
        && parsed.is_ok_and(|at| at.as_nanosecond() % 1_000 == 0)
}
