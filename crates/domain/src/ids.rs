//! Identifiers as newtypes, parsed at the edge and infallible inside.
//!
//! An identifier never changes meaning on its way through the layers: a `RunId` cannot be passed
//! where a `TenantId` is wanted. No identifier carries a secret, and none is generated here: the
//! caller supplies the UUID, so that this crate stays free of randomness.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An identifier's text did not have the form its type requires.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} is not valid: {reason}")]
pub struct InvalidId {
    /// Which identifier was being parsed, as a user would name it.
    pub kind: &'static str,
    /// What is wrong with it, without repeating the input.
    pub reason: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $label:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that the caller generated or read back from the store.
            #[must_use]
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself, for the store.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId {
                    kind: $label,
                    reason: "a UUID of 32 hexadecimal digits is expected",
                })
            }
        }
    };
}

uuid_id!(
    /// One organisation, which is one tenant: the owner of a `tenant_<id>` schema.
    TenantId,
    "the organisation id"
);
uuid_id!(
    /// One run of a workflow (UUID version 7, so that ids sort by submission time).
    RunId,
    "the workflow id"
);
uuid_id!(
    /// One event of a tenant's chain.
    EventId,
    "the event id"
);
uuid_id!(
    /// One boot of one server process; a restarted process is another node.
    NodeId,
    "the node id"
);
uuid_id!(
    /// One user of an organisation.
    UserId,
    "the user id"
);
uuid_id!(
    /// One operator of the platform, who belongs to no organisation.
    OperatorId,
    "the operator id"
);
uuid_id!(
    /// One conversation; questions asked in it share context.
    SessionId,
    "the session id"
);
uuid_id!(
    /// One connection of a tenant to a warehouse.
    ConnectionId,
    "the connection id"
);

impl TenantId {
    /// Name of the tenant's schema, a valid unquoted PostgreSQL identifier of 39 bytes.
    #[must_use]
    pub fn schema_name(&self) -> String {
        format!("tenant_{}", self.0.simple())
    }
}

/// The monotonically increasing generation of a tenant's ownership; a stale epoch may write nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub i64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which try of a step this is, counted from 1; it is part of the job id and fences stale results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

impl Attempt {
    /// The first try of a step.
    pub const FIRST: Self = Self(1);

    /// The try after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Name of a step within its workflow: 1 to 63 characters of `a-z`, `0-9` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StepName(String);

impl StepName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StepName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if text.is_empty() || text.len() > 63 || !text.chars().all(allowed) {
            return Err(InvalidId {
                kind: "the step name",
                reason: "1 to 63 lower-case letters, digits or underscores are expected",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for StepName {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<StepName> for String {
    fn from(name: StepName) -> Self {
        name.0
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SHA-256 digest; printed and stored as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidId {
            kind: "the digest",
            reason: "64 hexadecimal digits are expected",
        })?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}
