//! Whether a connection may run queries at all; asked before anything else.
//!
//! The simulator may always be queried. A real warehouse may only be queried when an operator has
//! switched real queries on. The answer holds for the kind of connection it was given for and for
//! no other: a permit for the simulator opens no real warehouse.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use crate::ports::ConnectionKind;

/// The operator's switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealQueries {
    /// Real warehouses may be queried.
    Allowed,
    /// Only the simulator may.
    Forbidden,
}

/// The answer for one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    granted: Option<ConnectionKind>,
}

impl Permit {
    /// Decides for a connection of this kind.
    #[must_use]
    pub const fn decide(kind: ConnectionKind, real: RealQueries) -> Self {
        let granted = match (kind, real) {
            (ConnectionKind::Sandbox, RealQueries::Allowed | RealQueries::Forbidden)
            | (ConnectionKind::Real, RealQueries::Allowed) => Some(kind),
            (ConnectionKind::Real, RealQueries::Forbidden) => None,
        };
        Self { granted }
    }

    /// Whether a warehouse of this kind may be queried under this permit.
    ///
    /// # Errors
    /// `REAL_EXECUTION_FORBIDDEN` when it may not.
    pub fn check(self, kind: ConnectionKind) -> Result<(), Failure> {
        if self.granted == Some(kind) {
            return Ok(());
        }
        Err(Failure::of(FailureClass::PermissionDenied, ErrorCode::RealExecutionForbidden))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_real_connection_needs_the_switch_and_no_permit_is_for_both() {
        use ConnectionKind::{Real, Sandbox};
        use RealQueries::{Allowed, Forbidden};
        let table = [
            (Sandbox, Allowed, Sandbox, true),
            (Sandbox, Forbidden, Sandbox, true),
            (Real, Allowed, Real, true),
            (Real, Forbidden, Real, false),
            (Sandbox, Allowed, Real, false),
            (Real, Allowed, Sandbox, false),
        ];
        for (decided_for, switch, asked_for, ok) in table {
            let answer = Permit::decide(decided_for, switch).check(asked_for);
            assert_eq!(answer.is_ok(), ok, "{decided_for:?} {switch:?} {asked_for:?}");
        }
    }
}
