//! Small types that settings are parsed into, each valid by construction.
//!
//! They decide what a role prefix, a node's label, a log layout and a simulator's address may be.
//! A simulator's address is a literal loopback IP: a host name could resolve to anywhere.

use std::fmt;
use std::net::SocketAddr;

/// Prefix of the names of this installation's database roles: roles belong to the whole PostgreSQL
/// cluster, so two installations in one cluster need two prefixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation(String);

impl Installation {
    /// The prefix, when it is `[a-z][a-z0-9]{0,7}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.starts_with(|c: char| c.is_ascii_lowercase());
        let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (first && rest && text.len() <= 8).then(|| Self(text.to_owned()))
    }

    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Label of a node in logs and on the board of actors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeName(String);

impl NodeName {
    /// The label, when it is 1 to 63 letters, digits, dots, dashes or underscores.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let fits = (1..=63).contains(&text.len());
        (fits && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Layout of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people at a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The layout of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Base address of a warehouse simulator on this machine, without a trailing slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopbackUrl(SocketAddr);

impl LoopbackUrl {
    /// The address, when it is `http://`, a literal loopback IP and a port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let address: SocketAddr = text.strip_prefix("http://")?.parse().ok()?;
        (address.ip().is_loopback() && address.port() != 0).then_some(Self(address))
    }

    /// Where the simulator listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0
    }
}

impl fmt::Display for LoopbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_short_lower_case_word() {
        for good in ["ap", "a", "a1234567"] {
            assert_eq!(Installation::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "1a", "Ap", "a12345678", "a_b", "a-b", "ä", "a\"; drop"] {
            assert_eq!(Installation::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_simulator_listens_on_a_literal_loopback_address() {
        for good in ["http://127.0.0.1:9050", "http://127.8.8.8:1", "http://[::1]:9050"] {
            assert_eq!(LoopbackUrl::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "http://localhost:9050",
            "https://127.0.0.1:9050",
            "http://127.0.0.1",
            "http://127.0.0.1:0",
            "http://127.0.0.1:9050/",
            "http://127.0.0.1:9050@evil.example",
            "http://user@127.0.0.1:9050",
            "http://10.0.0.1:9050",
            "http://0.0.0.0:9050",
            "http://[::ffff:10.0.0.1]:9050",
            "http://2130706433:9050",
        ] {
            assert_eq!(LoopbackUrl::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_node_name_is_one_plain_word() {
        assert_eq!(NodeName::parse("node-1.eu_west").unwrap().as_str(), "node-1.eu_west");
        for bad in ["", "a b", "a\n", &"x".repeat(64)] {
            assert_eq!(NodeName::parse(bad), None, "{bad:?}");
        }
    }
}
