//! Who may decide about a question to people.
//!
//! An admin decides about what others want; about their own wish only where nobody else could. What is
//! decided already, or too late, is decided by nobody.

use serde::{Deserialize, Serialize};

/// Whether people may decide about what they want themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfApproval {
    /// Only while they are the organisation's only admin.
    #[default]
    OnlyIfSoleAdmin,
    /// Never.
    Never,
}

/// Who wants to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decider {
    /// Whether they are an admin.
    pub admin: bool,
    /// Whether it is their own wish.
    pub own: bool,
    /// Admins of the organisation who can act.
    pub admins: u64,
}

/// Whether this person may decide.
#[must_use]
pub const fn may_decide(rule: SelfApproval, who: Decider) -> bool {
    let alone = matches!(rule, SelfApproval::OnlyIfSoleAdmin) && who.admins <= 1;
    who.admin && (!who.own || alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_decides_for_others_and_for_themselves_only_when_alone() {
        use SelfApproval::{Never, OnlyIfSoleAdmin};
        for (rule, admin, own, admins, may) in [
            (OnlyIfSoleAdmin, true, false, 2, true),
            (OnlyIfSoleAdmin, true, true, 2, false),
            (OnlyIfSoleAdmin, true, true, 1, true),
            (Never, true, true, 1, false),
            (Never, true, false, 1, true),
            (OnlyIfSoleAdmin, false, false, 2, false),
            (OnlyIfSoleAdmin, false, true, 0, false),
        ] {
            assert_eq!(
                may_decide(rule, Decider { admin, own, admins }),
                may,
                "{rule:?} {admin} {own} {admins}"
            );
        }
    }
}
