//! Places that may break a rule, each with its reason. The list may only shrink: an entry that no
//! longer excuses anything fails the rule that reads it.

use std::collections::BTreeSet;

use super::Finding;

/// One excused breach.
#[derive(Debug)]
pub(super) struct Exception {
    pub(super) path: &'static str,
    /// The finding's subject.
    pub(super) subject: &'static str,
    #[expect(dead_code, reason = "written for the reader, who should see why before adding one")]
    pub(super) reason: &'static str,
}

/// Imports out of place.
pub(super) const IMPORTS: [Exception; 1] = [Exception {
    path: "crates/launcher/src/environment.rs",
    subject: "std::env::var_os",
    reason: "the launcher starts before a configuration exists; it reads PATH and the cache folder in this one file",
}];

/// Files and functions over their length.
pub(super) const LENGTHS: [Exception; 16] = [
    Exception {
        path: "crates/gate/src/safety/walk/expr.rs",
        subject: "term",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/gate/src/safety/walk/expr.rs",
        subject: "operator",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/gate/src/safety/walk/pipe.rs",
        subject: "pipe",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/gate/src/safety/walk/types.rs",
        subject: "type_at",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/aggregate.rs",
        subject: "",
        reason: "the binder's cases for one clause stand together; to be cut when the clause grows",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/aggregate.rs",
        subject: "hot",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/arrays.rs",
        subject: "",
        reason: "the binder's cases for one clause stand together; to be cut when the clause grows",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/catalog.rs",
        subject: "",
        reason: "the binder's cases for one clause stand together; to be cut when the clause grows",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/catalog.rs",
        subject: "wildcard",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/catalog.rs",
        subject: "information_schema",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/from.rs",
        subject: "using",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/pivot.rs",
        subject: "pivot",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/select.rs",
        subject: "",
        reason: "the binder's cases for one clause stand together; to be cut when the clause grows",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/bind/window.rs",
        subject: "ranking",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/change/define.rs",
        subject: "partitioning",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
    Exception {
        path: "crates/sandbox/src/bigquery/syntax/mod.rs",
        subject: "is_reserved",
        reason: "one match over every form of a foreign syntax; cutting it would hide a form",
    },
];

/// The findings that are not excused, and one for each exception that excuses nothing.
pub(super) fn keep(exceptions: &[Exception], findings: Vec<Finding>) -> Vec<Finding> {
    let excuses = |exception: &Exception, finding: &Finding| {
        exception.path == finding.path && exception.subject == finding.subject
    };
    let stale =
        exceptions.iter().filter(|one| !findings.iter().any(|finding| excuses(one, finding)));
    let stale: BTreeSet<Finding> = stale.map(stale_finding).collect();
    let kept =
        findings.into_iter().filter(|finding| !exceptions.iter().any(|one| excuses(one, finding)));
    kept.chain(stale).collect()
}

fn stale_finding(exception: &Exception) -> Finding {
    Finding {
        path: exception.path.to_owned(),
        line: 1,
        subject: exception.subject.to_owned(),
        message: format!(
            "the exception for {:?} is no longer needed; remove it",
            exception.subject
        ),
    }
}

#[test]
fn an_exception_excuses_its_finding_and_must_be_needed() {
    let finding = |subject: &str| Finding {
        path: "a.rs".to_owned(),
        line: 3,
        subject: subject.to_owned(),
        message: String::new(),
    };
    let exceptions = [Exception { path: "a.rs", subject: "f", reason: "a sample" }];
    assert_eq!(keep(&exceptions, vec![finding("f"), finding("g")]), [finding("g")]);
    let stale = keep(&exceptions, vec![finding("g")]);
    assert_eq!(stale.len(), 2);
    assert!(stale.iter().any(|finding| finding.message.contains("no longer needed")));
    let elsewhere = Finding { path: "b.rs".to_owned(), ..finding("f") };
    assert_eq!(keep(&exceptions, vec![elsewhere]).len(), 2);
}
