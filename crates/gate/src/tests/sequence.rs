//! A query that passes: order of calls, what is sent, what is written down.
//! The order of calls is the contract with the ports.

use autopilot_domain::codes::ErrorCode;

use super::*;
use crate::ports::Verdict;
use crate::receipt::ReceiptState;

const PASSED: [&str; 9] = [
    "warehouse.dry_run",
    "ledger.reserve",
    "journal.unsettled",
    "journal.reserved",
    "journal.unsettled",
    "journal.decided",
    "warehouse.execute",
    "journal.settled",
    "ledger.settle",
];

#[tokio::test]
async fn the_receipt_is_committed_before_the_warehouse_executes() {
    let rig = Rig::new();
    rig.ask(1, SQL).await.unwrap();
    assert_eq!(rig.board.calls(), PASSED);
}

#[tokio::test]
async fn what_was_checked_is_sent_under_the_reserved_limit_and_settled_to_the_billed_bytes() {
    let rig = Rig::new();
    let governed = rig.ask(1, &SQL.replace(' ', "  ")).await.unwrap();
    assert_eq!(rig.warehouse.executed(), [(SQL.to_owned(), Bytes(20 * MIB))]);
    let receipt = governed.receipt;
    assert_eq!(Some(&receipt), rig.journal.receipt(&job(1)).as_ref());
    assert_eq!(
        (receipt.state, receipt.billed_bytes),
        (ReceiptState::Settled, Some(Bytes(15 * MIB)))
    );
    assert_eq!(receipt.billed_usd, Some(MicroUsd::DEFAULT_PER_TIB.cost_of(Bytes(15 * MIB))));
    assert_eq!(receipt.decision.reserved_bytes, Bytes(20 * MIB));
    assert!(receipt.decision.allowed);
    assert_eq!(rig.ledger.held(&job(1)), Some(Bytes(15 * MIB)));
    let decisions = rig.journal.decisions();
    assert_eq!(decisions.len(), 1);
    assert_eq!((decisions[0].stage, &decisions[0].verdict), ("approved", &Verdict::Allowed));
    assert_eq!(decisions[0].canonical_hash, Some(receipt.canonical_hash));
}

#[tokio::test]
async fn a_count_of_rows_uses_no_column_and_a_free_query_still_has_a_byte_limit() {
    let rig = Rig::new();
    rig.warehouse.rescript(|script| {
        script.dry_run = dry_run(0);
        script.billed = Bytes(0);
    });
    let mut facts = orders();
    facts.partition_filter_required = false;
    facts.columns.iter_mut().for_each(|column| column.examination = Examination::Personal);
    let catalog = Catalog::of([facts]);
    let draft = Draft::new(origin(1, 1), "SELECT COUNT(*) FROM `acme.shop.orders`");
    rig.gate.run(draft, &catalog).await.unwrap();
    assert_eq!(rig.warehouse.executed()[0].1, Bytes(1));
}

#[tokio::test]
async fn the_rolling_hour_refuses_and_opens_again_at_its_boundary() {
    let rig = Rig::new();
    for run in 1..=2 {
        rig.ask(run, SQL).await.unwrap();
    }
    rig.warehouse.rescript(|script| script.dry_run = dry_run(21 * MIB));
    let refused = rig.ask(3, SQL).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::OverHourlyBudget);
    assert!(refused.safe_message.contains(&Bytes(20 * MIB).to_string()), "{refused}");
    rig.board.advance(3_599);
    assert_eq!(rig.ask(3, SQL).await.unwrap_err().code, ErrorCode::OverHourlyBudget);
    rig.board.advance(1);
    rig.ask(3, SQL).await.unwrap();
}
