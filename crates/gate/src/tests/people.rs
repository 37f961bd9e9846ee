//! What people are asked, what their answers open, and what is redacted without asking.
//!
//! A question never lets anything run by itself, and no answer reaches another text or run.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::cost::QueryLimitStatus;

use super::*;
use crate::Protected;
use crate::ports::{ApprovalKind, Cell, QueryResult, Standing, Verdict};
use crate::receipt::{PiiFacts, PiiOutcome};
use crate::testing::MemoryApprovals;

const SHOWN: &str =
    "SELECT region, email, note FROM `acme.shop.orders` WHERE day = DATE '1998-06-30' LIMIT 5";

fn asking() -> (Rig, Arc<MemoryApprovals>) {
    let approvals = Arc::new(MemoryApprovals::default());
    let Rig { board, warehouse, ledger, journal, catalog, gate } = Rig::new();
    let gate = gate.approved_by(approvals.clone());
    (Rig { board, warehouse, ledger, journal, catalog, gate }, approvals)
}

impl Rig {
    async fn with(
        &self,
        run: u128,
        attempt: u32,
        protected: Protected,
    ) -> Result<Governed, Failure> {
        let draft = Draft::new(origin(run, attempt), SHOWN).protected(protected);
        self.gate.run(draft, &self.catalog).await
    }

    fn answers(&self, rows: Vec<Vec<Cell>>, columns: &[&str]) {
        self.warehouse.answer(columns.iter().map(|name| (*name).to_owned()).collect(), rows);
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[tokio::test]
async fn protected_values_of_the_result_are_redacted_by_kind_before_they_leave() {
    let rig = Rig::new();
    let row = vec![text("north"), text("ada@example.org"), text("call her")];
    rig.answers(vec![row], &["region", "email", "note"]);
    let Governed { result: QueryResult { rows, .. }, receipt } =
        rig.with(1, 1, Protected::Redact).await.unwrap();
    let expected = [text("north"), text("[REDACTED:email]"), text("[REDACTED:unexamined]")];
    assert_eq!(rows, [expected]);
    assert_eq!(receipt.pii, PiiFacts { outcome: PiiOutcome::Redacted, redacted: 2 });
    assert_eq!(rig.journal.receipt(&job(1)).unwrap().pii, receipt.pii);
}

#[tokio::test]
async fn a_result_of_other_columns_than_were_decided_about_is_paid_for_and_shown_to_nobody() {
    let rig = Rig::new();
    rig.answers(vec![vec![text("ada@example.org")]], &["email"]);
    let failure = rig.with(1, 1, Protected::Redact).await.unwrap_err();
    assert_eq!(failure.code, ErrorCode::WarehouseMalformed);
    assert_eq!(rig.journal.settlements(&job(1)), 1);
}

#[tokio::test]
async fn redaction_does_not_help_a_use_that_tells_about_values() {
    let from = "FROM `acme.shop.orders` WHERE day = DATE '1998-06-30'";
    for sql in [
        format!("SELECT region {from} AND email LIKE 'a%'"),
        format!("SELECT email {from} ORDER BY email"),
        format!("SELECT DISTINCT email {from}"),
        format!("SELECT UPPER(email) AS e {from}"),
        format!("SELECT MIN(email) AS e {from}"),
        format!("SELECT region {from} GROUP BY region, email"),
    ] {
        let rig = Rig::new();
        let draft = Draft::new(origin(1, 1), sql.as_str()).protected(Protected::Redact);
        let failure = rig.gate.run(draft, &rig.catalog).await.unwrap_err();
        assert_eq!((failure.code, rig.warehouse.jobs()), (ErrorCode::PiiProtected, 0), "{sql}");
    }
}

#[tokio::test]
async fn an_approval_of_personal_data_shows_this_text_of_this_run_only() {
    let (rig, approvals) = asking();
    let row = vec![text("north"), text("ada@example.org"), text("call her")];
    rig.answers(vec![row.clone()], &["region", "email", "note"]);
    assert_eq!(rig.with(1, 1, Protected::Ask).await.unwrap_err().code, ErrorCode::ApprovalNeeded);
    assert_eq!(rig.with(1, 1, Protected::Ask).await.unwrap_err().code, ErrorCode::ApprovalNeeded);
    let [request] = &approvals.asked()[..] else { panic!("asked once: {:?}", approvals.asked()) };
    assert_eq!(request.kind, ApprovalKind::PersonalData);
    assert_eq!(request.columns, ["email", "note"]);
    assert_eq!(rig.warehouse.jobs(), 0);
    approvals.answer(Standing::Granted { most: Bytes(0) });
    let governed = rig.with(1, 2, Protected::Ask).await.unwrap();
    assert_eq!(governed.result.rows, [row]);
    assert_eq!(governed.receipt.pii.outcome, PiiOutcome::Approved);
    let other_run = rig.with(2, 1, Protected::Ask).await.unwrap_err();
    assert_eq!(other_run.code, ErrorCode::ApprovalNeeded);
    let other_text = Draft::new(origin(1, 3), SHOWN.replace("LIMIT 5", "LIMIT 6"));
    let failure = rig.gate.run(other_text.protected(Protected::Ask), &rig.catalog).await;
    assert_eq!(failure.unwrap_err().code, ErrorCode::ApprovalNeeded);
    assert_eq!(rig.warehouse.jobs(), 1);
}

#[tokio::test]
async fn nobody_is_asked_who_was_not_to_be_asked() {
    let (rig, approvals) = asking();
    for protected in [Protected::Refuse, Protected::Redact] {
        let draft = Draft::new(origin(1, 1), SHOWN.replace("LIMIT 5", "ORDER BY email"));
        let failure = rig.gate.run(draft.protected(protected), &rig.catalog).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::PiiProtected);
    }
    assert_eq!(approvals.asked(), []);
}

#[tokio::test]
async fn a_query_over_its_cap_waits_for_a_person_and_then_passes_every_check_again() {
    let (rig, approvals) = asking();
    rig.warehouse.rescript(|script| script.dry_run = dry_run(35 * MIB));
    let failure = rig.ask(1, SQL).await.unwrap_err();
    assert_eq!(failure.code, ErrorCode::ApprovalNeeded);
    assert_eq!((rig.warehouse.jobs(), rig.ledger.sum()), (0, Bytes(0)), "no budget is held");
    let [request] = &approvals.asked()[..] else { panic!("{:?}", approvals.asked()) };
    assert_eq!((request.kind, request.bytes), (ApprovalKind::QueryCost, Bytes(35 * MIB)));
    let decisions = rig.journal.decisions();
    assert_eq!((&decisions[0].verdict, decisions[0].stage), (&Verdict::Asked, "price"));
    let cost = decisions[0].cost.as_ref().unwrap();
    assert_eq!(cost.per_query_limit_status, QueryLimitStatus::NeedsApproval);
    approvals.answer(Standing::Granted { most: Bytes(35 * MIB) });
    rig.warehouse.rescript(|script| script.dry_run = dry_run(36 * MIB));
    let grown = rig.gate.run(Draft::new(origin(1, 2), SQL), &rig.catalog).await.unwrap_err();
    assert_eq!(grown.code, ErrorCode::ApprovalNeeded, "more than was agreed to is a new question");
    assert_eq!(approvals.asked().len(), 2);
    approvals.answer(Standing::Granted { most: Bytes(36 * MIB) });
    let governed = rig.gate.run(Draft::new(origin(1, 3), SQL), &rig.catalog).await.unwrap();
    let decision = governed.receipt.decision;
    assert_eq!(decision.per_query_limit_status, QueryLimitStatus::Approved);
    assert!(decision.allowed && decision.reserved_bytes == Bytes(36 * MIB));
}

#[tokio::test]
async fn no_answer_lifts_the_hard_cap_or_the_hours_budget() {
    let (rig, approvals) = asking();
    rig.warehouse.rescript(|script| script.dry_run = dry_run(41 * MIB));
    assert_eq!(rig.ask(1, SQL).await.unwrap_err().code, ErrorCode::OverQueryCap);
    assert_eq!(approvals.asked(), [], "nobody could agree to it");
    rig.warehouse.rescript(|script| script.dry_run = dry_run(39 * MIB));
    rig.ask(2, SQL).await.unwrap_err();
    approvals.answer(Standing::Granted { most: Bytes(u64::MAX) });
    rig.warehouse.rescript(|script| script.dry_run = dry_run(41 * MIB));
    assert_eq!(rig.ask(2, SQL).await.unwrap_err().code, ErrorCode::OverQueryCap);
    rig.warehouse.rescript(|script| script.dry_run = dry_run(20 * MIB));
    rig.ask(3, SQL).await.unwrap();
    rig.warehouse.rescript(|script| script.dry_run = dry_run(39 * MIB));
    let failure = rig.ask(2, SQL).await.unwrap_err();
    assert_eq!(failure.code, ErrorCode::OverHourlyBudget);
    assert!(failure.safe_message.contains("read at most"), "{failure}");
}

#[tokio::test]
async fn a_refused_and_an_unanswered_question_end_the_attempt() {
    for (standing, code) in [
        (Standing::Rejected, ErrorCode::ApprovalRejected),
        (Standing::Expired, ErrorCode::ApprovalExpired),
    ] {
        let (rig, approvals) = asking();
        rig.warehouse.rescript(|script| script.dry_run = dry_run(35 * MIB));
        rig.ask(1, SQL).await.unwrap_err();
        approvals.answer(standing);
        let failure = rig.ask(1, SQL).await.unwrap_err();
        assert_eq!((failure.code, rig.warehouse.jobs()), (code, 0));
        assert_eq!(approvals.asked().len(), 1, "nobody is asked again");
    }
}

#[tokio::test]
async fn an_estimate_says_what_the_path_would_say_and_runs_and_holds_nothing() {
    let (rig, approvals) = asking();
    rig.warehouse.rescript(|script| script.dry_run = dry_run(35 * MIB));
    let draft = Draft::new(origin(1, 1), format!("{SQL} -- why"));
    let estimate = rig.gate.estimate(draft, &rig.catalog).await.unwrap();
    assert_eq!(estimate.decision.per_query_limit_status, QueryLimitStatus::NeedsApproval);
    assert_eq!(estimate.tables, ["acme.shop.orders"]);
    assert!(!estimate.sql.contains("why") && !estimate.narrower.is_empty(), "{estimate:?}");
    assert_eq!((rig.warehouse.jobs(), rig.ledger.sum()), (0, Bytes(0)));
    assert_eq!(approvals.asked(), []);
    assert_eq!(rig.journal.decisions()[0].verdict, Verdict::Estimated);
    let refused = rig.gate.estimate(Draft::new(origin(2, 1), "DROP TABLE t"), &rig.catalog).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::SqlBlocked);
}
