//! How the text of a setting becomes a typed value, and what each kind of setting accepts.
//!
//! A parser and its description are made together, so that the sentence in an error and in the
//! documentation states the bounds that are enforced. Nothing here knows a setting's name.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use autopilot_domain::units::{Bytes, MicroUsd};
use secrecy::SecretString;

use super::kinds::{Installation, LogFormat, LoopbackUrl, NodeName};

/// The bounds of a numeric setting, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    min: u64,
    max: u64,
}

impl Bounds {
    const ANY: Self = Self { min: 0, max: u64::MAX };

    fn keep(self, value: u64) -> Option<u64> {
        (self.min..=self.max).contains(&value).then_some(value)
    }
}

/// What a setting accepts, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// As described.
    Words(&'static str),
    /// A whole number of something.
    Number(&'static str, Bounds),
    /// A size in bytes.
    Size(Bounds),
}

impl fmt::Display for Accepts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Number(of, Bounds { min, max }) => write!(f, "{of} from {min} to {max}"),
            Self::Size(Bounds { min, max }) => {
                let (min, max) = (Bytes(*min), Bytes(*max));
                write!(f, "bytes such as `200GB`, `10GiB` or `1048576`, from {min} to {max}")
            }
        }
    }
}

/// Turns text into a `T`, or refuses it.
#[derive(Debug)]
pub(super) struct Parser<T> {
    pub(super) accepts: Accepts,
    parse: fn(&str, Bounds) -> Option<T>,
}

impl<T> Parser<T> {
    const fn new(words: &'static str, parse: fn(&str, Bounds) -> Option<T>) -> Self {
        Self { accepts: Accepts::Words(words), parse }
    }

    /// The value, or nothing when the text is not accepted.
    pub(super) fn parse(&self, text: &str) -> Option<T> {
        let bounds = match self.accepts {
            Accepts::Words(_) => Bounds::ANY,
            Accepts::Number(_, bounds) | Accepts::Size(bounds) => bounds,
        };
        (self.parse)(text, bounds)
    }
}

/// A whole number of `of`, between `min` and `max`.
pub(super) const fn number<T: TryFrom<u64>>(of: &'static str, min: u64, max: u64) -> Parser<T> {
    Parser {
        accepts: Accepts::Number(of, Bounds { min, max }),
        parse: |text, bounds| T::try_from(bounds.keep(digits(text)?)?).ok(),
    }
}

/// A whole number of seconds, between `min` and `max`.
pub(super) const fn seconds(min: u64, max: u64) -> Parser<Duration> {
    Parser {
        accepts: Accepts::Number("seconds", Bounds { min, max }),
        parse: |text, bounds| bounds.keep(digits(text)?).map(Duration::from_secs),
    }
}

/// A size between `min` and `max` bytes.
pub(super) const fn size(min: u64, max: u64) -> Parser<Bytes> {
    Parser {
        accepts: Accepts::Size(Bounds { min, max }),
        parse: |text, bounds| bounds.keep(bytes(text)?).map(Bytes),
    }
}

/// An IP address and a port.
pub(super) const fn address() -> Parser<SocketAddr> {
    Parser::new("an IP address and port such as `127.0.0.1:8080`", |text, _| text.parse().ok())
}

/// A PostgreSQL connection URL.
pub(super) const fn postgres_url() -> Parser<SecretString> {
    Parser::new("`postgres://USER:PASSWORD@HOST/DATABASE`", |text, _| {
        secret(text, &["postgres://", "postgresql://"])
    })
}

/// A Redis connection URL.
pub(super) const fn redis_url() -> Parser<SecretString> {
    Parser::new("`redis://:PASSWORD@HOST:PORT/0`, or `rediss://` for TLS", |text, _| {
        secret(text, &["redis://", "rediss://"])
    })
}

/// An IP address of this machine alone, and a port.
pub(super) const fn loopback_address() -> Parser<SocketAddr> {
    Parser::new("a loopback address and port such as `127.0.0.1:9464`", |text, _| {
        text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback())
    })
}

/// An API key.
pub(super) const fn api_key() -> Parser<SecretString> {
    Parser::new("an API key: `ap_` or an operator's `apop_`, and what follows", |text, _| {
        secret(text, &["ap_", "apop_"])
    })
}

/// A list of master keys; whoever reads the list tells what is wrong inside an entry.
pub(super) const fn master_keys() -> Parser<SecretString> {
    Parser::new("a list like `k2:KEY,k1:KEY`, each key 32 bytes in base64", |text, _| {
        let entry = |entry: &str| {
            let (id, key) = entry.trim().split_once(':')?;
            (!id.is_empty() && !key.is_empty()).then_some(())
        };
        text.split(',').all(|part| entry(part).is_some()).then(|| SecretString::from(text))
    })
}

/// US dollars, as millionths.
pub(super) const fn usd() -> Parser<MicroUsd> {
    Parser::new("US dollars such as `6.25`, at most 6 decimal places and 1000", |text, _| {
        micro_usd(text).filter(|price| *price <= MicroUsd(1_000_000_000))
    })
}

/// The prefix of this installation's database roles.
pub(super) const fn installation() -> Parser<Installation> {
    Parser::new("a lower-case letter, then up to 7 lower-case letters or digits", |text, _| {
        Installation::parse(text)
    })
}

/// The label of a node.
pub(super) const fn node_name() -> Parser<NodeName> {
    Parser::new("1 to 63 letters, digits, dots, dashes or underscores", |text, _| {
        NodeName::parse(text)
    })
}

/// The layout of log lines.
pub(super) const fn log_format() -> Parser<LogFormat> {
    Parser::new("`text` or `json`", |text, _| LogFormat::parse(text))
}

/// The least severe level that is logged.
pub(super) const fn log_level() -> Parser<tracing::Level> {
    Parser::new("`error`, `warn`, `info`, `debug` or `trace`", |text, _| {
        let known = ["error", "warn", "info", "debug", "trace"].contains(&text);
        known.then(|| text.parse().ok()).flatten()
    })
}

/// The address of a simulator on this machine.
pub(super) const fn loopback_url() -> Parser<LoopbackUrl> {
    Parser::new(
        "`http://` with a loopback IP address and a port such as `http://127.0.0.1:9050`",
        |text, _| LoopbackUrl::parse(text),
    )
}

/// A file.
pub(super) const fn file() -> Parser<PathBuf> {
    Parser::new("the path of a file", |text, _| (!text.is_empty()).then(|| PathBuf::from(text)))
}

/// A data set's name.
pub(super) const fn dataset() -> Parser<String> {
    Parser::new("1 to 300 letters, digits or underscores", |text, _| {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (plain && (1..=300).contains(&text.len())).then(|| text.to_owned())
    })
}

/// A comma-separated list of names.
pub(super) const fn names() -> Parser<Vec<String>> {
    Parser::new("names separated by commas", |text, _| {
        let names = text.split(',').map(|name| name.trim().to_owned());
        let names: Vec<String> = names.collect();
        names.iter().all(|name| !name.is_empty()).then_some(names)
    })
}

/// ASCII digits only: no sign, no blank, no exponent.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at_checked(end)?;
    let factor = match unit.strip_prefix(' ').unwrap_or(unit) {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    digits(count)?.checked_mul(factor)
}

fn micro_usd(text: &str) -> Option<MicroUsd> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.len() > 6 {
        return None;
    }
    let micros = digits(&format!("{fraction:0<6}")).filter(|_| !fraction.is_empty())?;
    digits(whole)?.checked_mul(1_000_000)?.checked_add(micros).map(MicroUsd)
}

fn secret(text: &str, schemes: &[&str]) -> Option<SecretString> {
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme))?;
    (!rest.is_empty()).then(|| SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("1048576", Some(1 << 20)),
            ("200GB", Some(200_000_000_000)),
            ("200 GB", Some(200_000_000_000)),
            ("10GiB", Some(10 << 30)),
            ("1TiB", Some(1 << 40)),
            ("5kB", Some(5_000)),
            ("", None),
            ("GB", None),
            ("-1", None),
            ("+1", None),
            ("1.5GB", None),
            ("10gb", None),
            ("10  GB", None),
            ("10GB ", None),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("99999999999TB", None),
        ] {
            assert_eq!(bytes(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn dollars_become_whole_millionths() {
        for (text, wanted) in [
            ("6.25", Some(6_250_000)),
            ("6", Some(6_000_000)),
            ("0", Some(0)),
            ("0.000001", Some(1)),
            ("1000", Some(1_000_000_000)),
            ("1000.000001", None),
            ("0.0000001", None),
            ("6.", None),
            (".5", None),
            ("-1", None),
            ("6,25", None),
            ("1e3", None),
            ("$5", None),
        ] {
            assert_eq!(usd().parse(text), wanted.map(MicroUsd), "{text:?}");
        }
    }

    #[test]
    fn numbers_keep_their_bounds_and_say_them() {
        let parser = number::<usize>("threads", 1, 4);
        assert_eq!(parser.parse("0"), None);
        assert_eq!(parser.parse("1"), Some(1));
        assert_eq!(parser.parse("4"), Some(4));
        assert_eq!(parser.parse("5"), None);
        assert_eq!(parser.parse(" 2"), None);
        assert_eq!(parser.accepts.to_string(), "threads from 1 to 4");
        assert_eq!(number::<u8>("", 0, 999).parse("256"), None);
        assert_eq!(seconds(5, 6).parse("6"), Some(Duration::from_secs(6)));
        assert_eq!(seconds(5, 6).parse("7"), None);
        assert_eq!(size(10, 20).parse("21"), None);
    }

    #[test]
    fn urls_of_another_scheme_are_refused() {
        assert!(postgres_url().parse("postgres://u:p@h/d").is_some());
        assert!(postgres_url().parse("postgresql://u:p@h/d").is_some());
        assert!(postgres_url().parse("mysql://u:p@h/d").is_none());
        assert!(postgres_url().parse("postgres://").is_none());
        assert!(redis_url().parse("rediss://h:1/0").is_some());
        assert!(redis_url().parse("http://h").is_none());
    }

    #[test]
    fn lists_have_no_empty_name() {
        assert_eq!(names().parse("a, b"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(names().parse("a,,b"), None);
        assert_eq!(names().parse(""), None);
    }

    #[test]
    fn levels_are_lower_case_words() {
        assert_eq!(log_level().parse("warn"), Some(tracing::Level::WARN));
        assert_eq!(log_level().parse("WARN"), None);
        assert_eq!(log_level().parse("3"), None);
    }
}
