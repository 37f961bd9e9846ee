//! Whatever happens in whatever order, no hour is billed more than its budget.
//! The rolling hour may never exceed its budget, whatever happens in which order.

use proptest::prelude::*;

use super::*;

const POINTS: [&str; 10] = [
    "warehouse.dry_run",
    "warehouse.execute",
    "warehouse.job",
    "ledger.reserve",
    "ledger.settle",
    "ledger.release",
    "journal.reserved",
    "journal.settled",
    "journal.released",
    "journal.decided",
];

#[derive(Debug, Clone)]
enum Act {
    Ask { run: u128, attempt: u32, mib: u64, billed_percent: u64 },
    Advance(u64),
    FailBefore(usize),
    FailAfter(usize),
    Heal,
    LoseLedger,
    Recover,
}

fn act() -> impl Strategy<Value = Act> {
    let ask = (0..6_u128, 1..3_u32, 0..35_u64, 0..=100_u64);
    prop_oneof![
        8 => ask.prop_map(|(run, attempt, mib, billed_percent)| Act::Ask { run, attempt, mib, billed_percent }),
        2 => prop_oneof![Just(1), Just(1_800), Just(3_599), Just(3_600)].prop_map(Act::Advance),
        2 => (0..POINTS.len()).prop_map(Act::FailBefore),
        2 => (0..POINTS.len()).prop_map(Act::FailAfter),
        2 => Just(Act::Heal),
        1 => Just(Act::LoseLedger),
        2 => Just(Act::Recover),
    ]
}

async fn perform(rig: &Rig, act: Act) {
    match act {
        Act::Ask { run, attempt, mib, billed_percent } => {
            rig.warehouse.rescript(|script| {
                script.dry_run = dry_run(mib * MIB);
                let bound = if mib == 0 { 0 } else { mib.max(10) };
                script.billed = Bytes(bound * MIB / 100 * billed_percent);
            });
            let draft = Draft::new(origin(run, attempt), SQL);
            drop(rig.gate.run(draft, &rig.catalog).await);
        }
        Act::Advance(seconds) => rig.board.advance(seconds),
        Act::FailBefore(point) => rig.board.fail_before(POINTS[point]),
        Act::FailAfter(point) => rig.board.fail_after(POINTS[point]),
        Act::Heal => rig.board.heal(),
        Act::LoseLedger => rig.ledger.lose(),
        Act::Recover => drop(rig.gate.recover().await),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]
    #[test]
    fn no_hour_is_billed_more_than_its_budget(acts in proptest::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::new();
            for act in acts {
                perform(&rig, act).await;
                let budget = Bytes(50 * MIB);
                prop_assert!(rig.warehouse.billed_in_window() <= budget);
                prop_assert!(rig.ledger.sum() <= budget);
            }
            rig.board.heal();
            rig.gate.recover().await.unwrap();
            prop_assert!(rig.warehouse.billed_in_window() <= rig.ledger.sum());
            Ok(())
        })?;
    }
}
