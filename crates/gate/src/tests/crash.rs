//! Failures at every point, crashes between two points, and recovery.
//! The money must come out right whatever was done before the crash.

use autopilot_domain::codes::ErrorCode;

use super::*;
use crate::Recovered;
use crate::ports::JobState;
use crate::receipt::ReceiptState::{self, Released, Reserved, Settled};

/// What is left of query 1: state of its receipt, bytes in the ledger, jobs at the warehouse.
fn left(rig: &Rig) -> (Option<ReceiptState>, u64, usize) {
    let state = rig.journal.receipt(&job(1)).map(|receipt| receipt.state);
    (state, rig.ledger.sum().0 / MIB, rig.warehouse.jobs())
}

#[tokio::test]
async fn every_failure_point_leaves_a_state_that_counts_what_may_have_been_spent() {
    type Left = (Option<ReceiptState>, u64, usize);
    let before: [(&str, Left); 7] = [
        ("warehouse.dry_run", (None, 0, 0)),
        ("ledger.reserve", (None, 0, 0)),
        ("journal.reserved", (None, 0, 0)),
        ("journal.unsettled", (None, 0, 0)),
        ("journal.decided", (Some(Released), 0, 0)),
        ("warehouse.execute", (Some(Released), 0, 0)),
        ("journal.settled", (Some(Reserved), 20, 1)),
    ];
    for (point, expected) in before {
        let rig = Rig::new();
        rig.board.fail_before(point);
        rig.ask(1, SQL).await.unwrap_err();
        assert_eq!(left(&rig), expected, "before {point}");
    }
    let after: [(&str, Left); 5] = [
        ("ledger.reserve", (None, 20, 0)),
        ("journal.reserved", (Some(Released), 0, 0)),
        ("journal.decided", (Some(Released), 0, 0)),
        ("warehouse.execute", (Some(Settled), 15, 1)),
        ("journal.settled", (Some(Settled), 20, 1)),
    ];
    for (point, expected) in after {
        let rig = Rig::new();
        rig.board.fail_after(point);
        rig.ask(1, SQL).await.unwrap_err();
        assert_eq!(left(&rig), expected, "after {point}");
        rig.board.heal();
        rig.gate.recover().await.unwrap();
        assert!(rig.ledger.sum() >= rig.warehouse.billed_in_window(), "after {point}");
    }
}

#[tokio::test]
async fn a_ledger_that_fails_to_settle_keeps_the_bound_until_it_is_rebuilt() {
    let rig = Rig::new();
    rig.board.fail_before("ledger.settle");
    rig.ask(1, SQL).await.unwrap();
    assert_eq!(left(&rig), (Some(Settled), 20, 1));
    rig.gate.recover().await.unwrap();
    assert_eq!(left(&rig), (Some(Settled), 15, 1));
}

#[tokio::test]
async fn nothing_executes_unless_receipt_and_decision_are_written() {
    for point in ["journal.reserved", "journal.unsettled", "journal.decided"] {
        let rig = Rig::new();
        rig.board.fail_before(point);
        rig.ask(1, SQL).await.unwrap_err();
        assert_eq!(rig.board.count("warehouse.execute"), 0, "{point}");
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_asked_about_keeps_its_reservation() {
    let rig = Rig::new();
    rig.board.fail_after("warehouse.execute");
    rig.board.fail_before("warehouse.job");
    rig.ask(1, SQL).await.unwrap_err();
    assert_eq!(left(&rig), (Some(Reserved), 20, 1));
    let one_left = Recovered { left: 1, ..Recovered::default() };
    assert_eq!(rig.gate.recover().await.unwrap(), one_left);
    assert_eq!(left(&rig), (Some(Reserved), 20, 1));
    rig.board.heal();
    assert_eq!(rig.gate.recover().await.unwrap(), Recovered { settled: 1, ..Recovered::default() });
    assert_eq!(left(&rig), (Some(Settled), 15, 1));
}

#[tokio::test]
async fn a_query_that_would_be_billed_more_than_reserved_is_refused_by_the_warehouse_and_given_back()
 {
    let rig = Rig::new();
    rig.warehouse.rescript(|script| script.billed = Bytes(20 * MIB + 1));
    assert_eq!(rig.ask(1, SQL).await.unwrap_err().code, ErrorCode::BytesLimitExceeded);
    assert_eq!(left(&rig), (Some(Released), 0, 0));
}

/// Runs query 1 until its job has begun, then drops it, as a crash does.
async fn crash_while_running(rig: &Rig) {
    rig.warehouse.rescript(|script| script.hangs = true);
    tokio::select! {
        biased;
        answer = rig.ask(1, SQL) => panic!("the job hangs: {answer:?}"),
        () = rig.warehouse.job_started() => {}
    }
    rig.warehouse.rescript(|script| script.hangs = false);
    assert_eq!(left(rig), (Some(Reserved), 20, 1));
}

#[tokio::test]
async fn the_same_attempt_after_a_crash_adopts_the_job_and_settles_once() {
    let rig = Rig::new();
    crash_while_running(&rig).await;
    rig.warehouse.put_job(job(1), JobState::Done { billed: Bytes(15 * MIB) });
    let governed = rig.ask(1, SQL).await.unwrap();
    assert!(governed.result.adopted);
    assert_eq!(left(&rig), (Some(Settled), 15, 1));
    let again = rig.ask(1, SQL).await.unwrap();
    assert_eq!(again.receipt.job_id, governed.receipt.job_id);
    assert_eq!((rig.journal.settlements(&job(1)), rig.warehouse.executed().len()), (1, 1));
    assert_eq!(left(&rig), (Some(Settled), 15, 1));
}

#[tokio::test]
async fn the_same_attempt_with_another_text_adopts_nothing() {
    let other = SQL.replace("06-30", "07-01");
    let done = JobState::Done { billed: Bytes(15 * MIB) };
    for (state, expected) in
        [(done, (Some(Settled), 15, 1)), (JobState::Running, (Some(Reserved), 20, 1))]
    {
        let rig = Rig::new();
        crash_while_running(&rig).await;
        rig.warehouse.put_job(job(1), state);
        let executed = rig.board.count("warehouse.execute");
        assert_eq!(rig.ask(1, &other).await.unwrap_err().code, ErrorCode::SpendingClosed);
        assert_eq!(left(&rig), expected, "{state:?}");
        assert_eq!(rig.board.count("warehouse.execute"), executed);
    }
}

#[tokio::test]
async fn the_ledger_gives_nothing_back_that_the_journal_still_counts() {
    let rig = Rig::new();
    rig.board.fail_before("journal.decided");
    rig.board.fail_before("journal.released");
    rig.ask(1, SQL).await.unwrap_err();
    assert_eq!(left(&rig), (Some(Reserved), 20, 0));
    rig.board.heal();
    rig.gate.recover().await.unwrap();
    assert_eq!(left(&rig), (Some(Released), 0, 0));
}

#[tokio::test]
async fn an_attempt_that_stopped_before_its_job_was_made_makes_none_later() {
    let rig = Rig::new();
    rig.board.fail_before("warehouse.execute");
    rig.board.fail_before("warehouse.job");
    rig.ask(1, SQL).await.unwrap_err();
    assert_eq!(left(&rig), (Some(Reserved), 20, 0));
    rig.board.heal();
    rig.board.advance(3_599);
    assert_eq!(rig.ask(1, SQL).await.unwrap_err().code, ErrorCode::SpendingClosed);
    assert_eq!((rig.board.count("warehouse.execute"), left(&rig)), (1, (Some(Released), 0, 0)));
}

#[tokio::test]
async fn a_job_adopted_after_its_hour_does_not_push_the_ledger_over_the_budget() {
    let rig = Rig::new();
    rig.board.fail_before("journal.settled");
    rig.ask(1, SQL).await.unwrap_err();
    rig.board.heal();
    rig.board.advance(3_600);
    rig.warehouse.rescript(|script| {
        script.dry_run = dry_run(22 * MIB);
        script.billed = Bytes(20 * MIB);
    });
    for run in 2..=3 {
        rig.ask(run, SQL).await.unwrap();
    }
    rig.warehouse.rescript(|script| script.dry_run = dry_run(10 * MIB));
    let governed = rig.ask(1, SQL).await.unwrap();
    assert_eq!((governed.result.adopted, governed.result.billed), (true, Bytes(15 * MIB)));
    assert_eq!(left(&rig), (Some(Settled), 50, 3));
}

#[tokio::test]
async fn an_attempt_whose_reservation_was_given_back_never_executes() {
    let rig = Rig::new();
    rig.board.fail_before("warehouse.execute");
    rig.ask(1, SQL).await.unwrap_err();
    rig.board.heal();
    assert_eq!(rig.ask(1, SQL).await.unwrap_err().code, ErrorCode::SpendingClosed);
    assert_eq!(left(&rig), (Some(Released), 0, 0));
    let next = Draft::new(origin(1, 2), SQL);
    rig.gate.run(next, &rig.catalog).await.unwrap();
    assert_eq!((rig.ledger.sum(), rig.warehouse.jobs()), (Bytes(15 * MIB), 1));
}

#[tokio::test]
async fn recovery_settles_releases_or_leaves_by_what_the_warehouse_says_and_is_idempotent() {
    let table = [
        (JobState::Running, (Some(Reserved), 20, 1), Recovered { left: 1, ..Recovered::default() }),
        (
            JobState::Unknown,
            (Some(Released), 0, 1),
            Recovered { released: 1, ..Recovered::default() },
        ),
        (
            JobState::Done { billed: Bytes(12 * MIB) },
            (Some(Settled), 12, 1),
            Recovered { settled: 1, ..Recovered::default() },
        ),
    ];
    for (state, expected, recovered) in table {
        let rig = Rig::new();
        crash_while_running(&rig).await;
        rig.warehouse.put_job(job(1), state);
        rig.ledger.lose();
        assert_eq!(rig.gate.recover().await.unwrap(), recovered);
        assert_eq!(left(&rig), expected, "{state:?}");
        rig.gate.recover().await.unwrap();
        assert_eq!(left(&rig), expected, "{state:?} twice");
        assert!(rig.journal.settlements(&job(1)) <= 1);
    }
}

#[tokio::test]
async fn a_ledger_opens_only_when_the_journal_could_be_read_whole() {
    for point in ["journal.unsettled", "journal.window"] {
        let rig = Rig::new();
        rig.ask(1, SQL).await.unwrap();
        rig.ledger.lose();
        rig.board.fail_before(point);
        rig.gate.recover().await.unwrap_err();
        rig.board.heal();
        assert_eq!(rig.ask(2, SQL).await.unwrap_err().code, ErrorCode::SpendingClosed, "{point}");
        rig.gate.recover().await.unwrap();
        rig.ask(2, SQL).await.unwrap();
    }
}

#[tokio::test]
async fn a_recovery_waits_for_a_query_on_its_way() {
    let rig = Rig::new();
    rig.warehouse.rescript(|script| script.hangs = true);
    let asked = rig.ask(1, SQL);
    tokio::pin!(asked);
    tokio::select! {
        biased;
        answer = &mut asked => panic!("the job hangs: {answer:?}"),
        () = rig.warehouse.job_started() => {}
    }
    tokio::select! {
        biased;
        done = rig.gate.recover() => panic!("a query is on its way: {done:?}"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(rig.board.count("journal.window"), 0);
}
