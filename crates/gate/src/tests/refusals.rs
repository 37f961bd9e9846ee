//! Each stage refuses with its code, writes it down, and nothing behind it is asked.
//! Nothing behind the refusing stage may have been called.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::FailureClass;

use super::*;
use crate::ports::Verdict;

async fn refused(rig: &Rig, sql: &str, stage: &str, code: ErrorCode, calls: &[&str]) -> Failure {
    let failure = rig.ask(1, sql).await.unwrap_err();
    assert_eq!(failure.code, code, "{sql}: {failure}");
    let mut expected = calls.to_vec();
    expected.push("journal.decided");
    assert_eq!(rig.board.calls(), expected, "{sql}");
    let decisions = rig.journal.decisions();
    assert_eq!(decisions.len(), 1, "{sql}");
    assert_eq!((decisions[0].stage, &decisions[0].verdict), (stage, &Verdict::Blocked));
    assert_eq!(decisions[0].failure.as_ref(), Some(&failure));
    assert_eq!(decisions[0].canonical_hash.is_some(), !["permit", "safety"].contains(&stage));
    assert_eq!((rig.warehouse.jobs(), rig.ledger.sum()), (0, Bytes(0)), "{sql}");
    failure
}

#[tokio::test]
async fn the_permit_is_asked_first() {
    let rig = Rig::with_permit(Permit::decide(ConnectionKind::Real, &RealConditions::default()));
    rig.warehouse.rescript(|script| script.kind = ConnectionKind::Real);
    refused(&rig, SQL, "permit", ErrorCode::RealExecutionForbidden, &[]).await;
    let rig = Rig::new();
    rig.warehouse.rescript(|script| script.kind = ConnectionKind::Real);
    refused(&rig, "DROP TABLE t", "permit", ErrorCode::RealExecutionForbidden, &[]).await;
}

#[tokio::test]
async fn an_allowed_real_connection_runs() {
    let rig = Rig::with_permit(Permit::decide(ConnectionKind::Real, &RealConditions::ALL));
    rig.warehouse.rescript(|script| script.kind = ConnectionKind::Real);
    rig.ask(1, SQL).await.unwrap();
}

#[tokio::test]
async fn safety_refuses_by_rule() {
    let semicolon = format!("{SQL}; DROP TABLE t");
    for (sql, rule) in [
        (semicolon.as_str(), "block.multi_statement"),
        ("DELETE FROM `acme.shop.orders` WHERE day = 1", "block.dml"),
        ("SELECT SESSION_USER() FROM `acme.shop.orders`", "function.unknown"),
    ] {
        let failure = refused(&Rig::new(), sql, "safety", ErrorCode::SqlBlocked, &[]).await;
        assert!(failure.safe_message.ends_with(&format!("(rule {rule})")), "{failure}");
        assert_eq!(failure.class, FailureClass::ValidationFailed);
    }
}

#[tokio::test]
async fn the_catalog_refuses_what_it_does_not_hold_and_proposes_near_names() {
    let day = "WHERE day = DATE '1998-06-30'";
    for (sql, code, hint) in [
        (
            format!("SELECT amount FROM `acme.shop.order` {day}"),
            ErrorCode::TableUnknown,
            "Did you mean acme.shop.orders?",
        ),
        (
            format!("SELECT amount FROM `other.shop.orders` {day}"),
            ErrorCode::TableUnknown,
            "other.shop.orders.",
        ),
        (
            format!("SELECT amuont FROM `acme.shop.orders` {day}"),
            ErrorCode::ColumnUnknown,
            "Did you mean amount?",
        ),
        (
            format!("SELECT amount FROM `acme.shop.orders` {day} ORDER BY x_y_z"),
            ErrorCode::ColumnUnknown,
            "No column x_y_z is in sight.",
        ),
        (
            format!("SELECT items FROM `acme.shop.orders` {day}"),
            ErrorCode::SqlBlocked,
            "(rule catalog.column_type)",
        ),
        (
            "SELECT amount FROM `acme.shop.orders`".to_owned(),
            ErrorCode::SqlBlocked,
            "(rule require.partition_filter)",
        ),
        (
            "SELECT amount FROM `acme.shop.orders` WHERE day <> DATE '1998-06-30'".to_owned(),
            ErrorCode::SqlBlocked,
            "(rule require.partition_filter)",
        ),
    ] {
        let failure = refused(&Rig::new(), &sql, "catalog", code, &[]).await;
        assert!(failure.safe_message.ends_with(hint), "{failure}");
    }
}

#[tokio::test]
async fn a_protected_column_is_refused_in_every_clause() {
    let from = "FROM `acme.shop.orders` WHERE day = DATE '1998-06-30'";
    for (sql, named) in [
        (format!("SELECT email {from}"), "email"),
        (format!("SELECT EMAIL AS amount {from}"), "email"),
        (format!("SELECT MAX(`email`) {from}"), "email"),
        (format!("SELECT COUNT(*) {from} AND email = 'x'"), "email"),
        (format!("SELECT COUNT(*) {from} GROUP BY email"), "email"),
        (format!("SELECT amount {from} ORDER BY email"), "email"),
        (format!("SELECT amount AS email {from} ORDER BY email"), "email"),
        (format!("SELECT note, email {from} AND note = 'x'"), "email, note"),
    ] {
        let failure = refused(&Rig::new(), &sql, "pii", ErrorCode::PiiProtected, &[]).await;
        assert!(failure.safe_message.ends_with(&format!(": {named}.")), "{failure}");
    }
}

#[tokio::test]
async fn the_dry_run_must_agree_and_stay_under_the_cap() {
    type Change = fn(&mut Script);
    let change: [(Change, ErrorCode, &str); 5] = [
        (
            |script| script.dry_run.statement_type = "SCRIPT".to_owned(),
            ErrorCode::EstimateMismatch,
            "check.",
        ),
        (
            |script| script.dry_run.referenced_tables.push(table("people")),
            ErrorCode::EstimateMismatch,
            "check.",
        ),
        (|script| script.dry_run.referenced_tables.clear(), ErrorCode::EstimateMismatch, "check."),
        (
            |script| script.dry_run = dry_run(30 * MIB + 1),
            ErrorCode::OverQueryCap,
            "or ask for an approval.",
        ),
        (
            |script| script.dry_run = dry_run(41 * MIB),
            ErrorCode::OverQueryCap,
            "read fewer days or fewer columns.",
        ),
    ];
    for (change, code, ending) in change {
        let rig = Rig::new();
        rig.warehouse.rescript(change);
        let mut calls = vec!["warehouse.dry_run"];
        if code == ErrorCode::OverQueryCap {
            calls.push("ledger.used");
        }
        let failure = refused(&rig, SQL, "price", code, &calls).await;
        assert!(failure.safe_message.ends_with(ending), "{failure}");
    }
}

#[tokio::test]
async fn a_cap_is_inclusive() {
    let rig = Rig::new();
    rig.warehouse.rescript(|script| script.dry_run = dry_run(30 * MIB));
    rig.ask(1, SQL).await.unwrap();
}

#[tokio::test]
async fn a_ledger_that_cannot_tell_closes_spending() {
    let calls = ["warehouse.dry_run", "ledger.reserve"];
    let rig = Rig::new();
    rig.ledger.lose();
    let failure = refused(&rig, SQL, "budget", ErrorCode::SpendingClosed, &calls).await;
    assert_eq!(failure.class, FailureClass::TransientError);
    let rig = Rig::new();
    rig.board.fail_before("ledger.reserve");
    refused(&rig, SQL, "budget", ErrorCode::SpendingClosed, &calls).await;
}

#[tokio::test]
async fn a_refusal_that_cannot_be_written_down_is_still_a_refusal() {
    let rig = Rig::new();
    rig.board.fail_before("journal.decided");
    assert_eq!(rig.ask(1, "DROP TABLE t").await.unwrap_err().code, ErrorCode::SqlBlocked);
}
