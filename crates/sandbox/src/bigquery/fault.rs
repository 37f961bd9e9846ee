//! Why a statement was refused or failed, by BigQuery's reasons.
//!
//! Decides nothing but the kind and the words. An [`Kind::Unsupported`] fault is the simulator's own
//! limit and always says so; every other kind is what BigQuery itself answers.

use std::fmt;

/// BigQuery's reason, or the simulator's own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The text or its types are wrong, or a value made the query fail.
    InvalidQuery,
    /// A request that is wrong apart from its text.
    Invalid,
    /// A table, data set or routine that does not exist.
    NotFound,
    /// A table the caller may not see.
    AccessDenied,
    /// Something exists already.
    Duplicate,
    /// A data set that still holds tables.
    ResourceInUse,
    /// Memory or size beyond the limit.
    ResourcesExceeded,
    /// BigQuery may well answer this; the simulator does not.
    Unsupported,
}

/// A place in the text, both counted from 1, as BigQuery prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// A refusal or failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    /// Where, when the message should end in `at [line:column]`.
    pub(crate) place: Option<Place>,
}

impl Fault {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None }
    }

    /// The text or a value is wrong.
    pub(crate) fn query(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidQuery, message)
    }

    /// The simulator's own limit; `what` names the construct, like `MATCH_RECOGNIZE`.
    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, what)
    }

    /// Adds a place unless one is known already.
    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.place = self.place.or(place);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (self.kind, self.place) {
            (Kind::Unsupported, _) => {
                f.write_str(" is not supported by the simulator (this is not BigQuery)")
            }
            (_, Some(place)) => write!(f, " at [{}:{}]", place.line, place.column),
            (_, None) => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}
