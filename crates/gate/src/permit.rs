//! Whether a connection may run queries at all; asked before anything else.
//!
//! The simulator may always be queried. A real warehouse may only be queried when every one of four
//! conditions holds, and the refusal names the first that does not. The answer holds for the kind of
//! connection it was given for and for no other: a permit for the simulator opens no real warehouse.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};

use crate::ports::ConnectionKind;

/// What must hold before a real warehouse is asked anything, in the order in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The safety engine of this very program blocked its hostile set and allowed its benign one.
    SelfTest,
    /// An operator switched real queries on for this installation.
    Switch,
    /// An operator approved this organisation, for this program and policy.
    Approval,
    /// A query ran well on an organisation that is marked as non-production.
    Smoke,
}

impl Condition {
    /// Every condition, in order.
    pub const ALL: [Self; 4] = [Self::SelfTest, Self::Switch, Self::Approval, Self::Smoke];

    /// The condition as events and reports name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfTest => "self_test",
            Self::Switch => "switch",
            Self::Approval => "approval",
            Self::Smoke => "smoke",
        }
    }

    /// What is missing, as a sentence.
    const fn sentence(self) -> &'static str {
        match self {
            Self::SelfTest => {
                "Queries on real connections are off: the safety self-test of this program has not passed."
            }
            Self::Switch => {
                "Queries on real connections are off: ALLOW_REAL_QUERY_EXECUTION is not true."
            }
            Self::Approval => {
                "Queries on real connections are off: no operator has approved this organisation for this version (`autopilot real-queries approve`)."
            }
            Self::Smoke => {
                "Queries on real connections are off: no query has run yet on an organisation marked as non-production."
            }
        }
    }
}

/// Which conditions hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RealConditions {
    /// [`Condition::SelfTest`].
    pub self_test: bool,
    /// [`Condition::Switch`].
    pub switch: bool,
    /// [`Condition::Approval`].
    pub approval: bool,
    /// [`Condition::Smoke`]; an organisation marked as non-production does not need it, since its
    /// queries are the smoke.
    pub smoke: bool,
}

impl RealConditions {
    /// All of them hold.
    pub const ALL: Self = Self { self_test: true, switch: true, approval: true, smoke: true };

    const fn holds(&self, condition: Condition) -> bool {
        match condition {
            Condition::SelfTest => self.self_test,
            Condition::Switch => self.switch,
            Condition::Approval => self.approval,
            Condition::Smoke => self.smoke,
        }
    }

    /// The first that does not hold.
    #[must_use]
    pub fn missing(&self) -> Option<Condition> {
        Condition::ALL.into_iter().find(|condition| !self.holds(*condition))
    }
}

/// The answer for one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    granted: Option<ConnectionKind>,
    missing: Option<Condition>,
}

impl Permit {
    /// Decides for a connection of this kind.
    #[must_use]
    pub fn decide(kind: ConnectionKind, conditions: &RealConditions) -> Self {
        let missing = match kind {
            ConnectionKind::Sandbox => None,
            ConnectionKind::Real => conditions.missing(),
        };
        Self { granted: missing.is_none().then_some(kind), missing }
    }

    /// The condition that does not hold, if it is for want of one.
    #[must_use]
    pub const fn missing(self) -> Option<Condition> {
        self.missing
    }

    /// Whether a warehouse of this kind may be queried under this permit.
    ///
    /// # Errors
    /// `REAL_EXECUTION_FORBIDDEN` naming the first condition that does not hold.
    pub fn check(self, kind: ConnectionKind) -> Result<(), Failure> {
        if self.granted == Some(kind) {
            return Ok(());
        }
        let (class, code) = (FailureClass::PermissionDenied, ErrorCode::RealExecutionForbidden);
        Err(match self.missing {
            Some(condition) => Failure::with(class, code, condition.sentence()),
            None => Failure::of(class, code),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_real_connection_needs_conditions_and_no_permit_is_for_both() {
        use ConnectionKind::{Real, Sandbox};
        let (all, none) = (RealConditions::ALL, RealConditions::default());
        let table = [
            (Sandbox, all, Sandbox, true),
            (Sandbox, none, Sandbox, true),
            (Real, all, Real, true),
            (Real, none, Real, false),
            (Sandbox, all, Real, false),
            (Real, all, Sandbox, false),
        ];
        for (decided_for, conditions, asked_for, ok) in table {
            let answer = Permit::decide(decided_for, &conditions).check(asked_for);
            assert_eq!(answer.is_ok(), ok, "{decided_for:?} {conditions:?} {asked_for:?}");
        }
    }

    #[test]
    fn each_condition_alone_closes_and_the_first_missing_one_is_named() {
        let without = |condition| {
            let mut conditions = RealConditions::ALL;
            match condition {
                Condition::SelfTest => conditions.self_test = false,
                Condition::Switch => conditions.switch = false,
                Condition::Approval => conditions.approval = false,
                Condition::Smoke => conditions.smoke = false,
            }
            conditions
        };
        for condition in Condition::ALL {
            let conditions = without(condition);
            assert_eq!(conditions.missing(), Some(condition));
            let kind = ConnectionKind::Real;
            let failure = Permit::decide(kind, &conditions).check(kind).unwrap_err();
            assert_eq!(failure.safe_message, condition.sentence());
        }
        assert_eq!(RealConditions::default().missing(), Some(Condition::SelfTest));
    }
}
