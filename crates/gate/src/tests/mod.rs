//! Tests of the whole path with the fakes.
//! They run against scripted ports; no socket is opened.

mod acceptance;
mod crash;
mod people;
mod property;
mod refusals;
mod sequence;

use std::sync::Arc;
use std::time::Duration;

use autopilot_domain::catalog::{
    Catalog, ColumnFacts, ColumnType, Examination, TableFacts, TableRef,
};
use autopilot_domain::cost::{Accuracy, SpendingPolicy};
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::{Attempt, RunId};
use autopilot_domain::units::{Bytes, MicroUsd};
use uuid::Uuid;

use crate::ports::{ConnectionKind, DryRun};
use crate::receipt::{JobId, Origin};
use crate::testing::{Board, MemoryJournal, MemoryLedger, Script, ScriptedWarehouse};
use crate::{Draft, Gate, GatePolicy, Governed, Permit, RealConditions};

const MIB: u64 = 1 << 20;
const SQL: &str =
    "SELECT SUM(amount) AS revenue FROM `acme.shop.orders` WHERE day = DATE '1998-06-30'";

fn table(name: &str) -> TableRef {
    TableRef { project: "acme".to_owned(), dataset: "shop".to_owned(), table: name.to_owned() }
}

fn column(name: &str, column_type: ColumnType, examination: Examination) -> ColumnFacts {
    ColumnFacts { name: name.to_owned(), column_type, repeated: false, examination }
}

fn orders() -> TableFacts {
    TableFacts {
        table: table("orders"),
        columns: vec![
            column("amount", ColumnType::Numeric, Examination::Clear),
            column("day", ColumnType::Date, Examination::Clear),
            column("region", ColumnType::String, Examination::Clear),
            column("email", ColumnType::String, Examination::Personal),
            column("note", ColumnType::String, Examination::Unexamined),
            column("items", ColumnType::Record, Examination::Clear),
        ],
        rows: 10,
        bytes: 1_000,
        partition_column: Some("day".to_owned()),
        partition_filter_required: true,
    }
}

fn dry_run(processed: u64) -> DryRun {
    DryRun {
        statement_type: "SELECT".to_owned(),
        referenced_tables: vec![table("orders")],
        processed: Bytes(processed),
        accuracy: Accuracy::Precise,
    }
}

fn origin(run: u128, attempt: u32) -> Origin {
    Origin {
        run: RunId::new(Uuid::from_u128(run)),
        step: "query".parse().unwrap(),
        attempt: Attempt(attempt),
    }
}

/// A gate over fakes: a query is reserved at 20 MiB and billed 15, the cap is 30, the hour 50.
struct Rig {
    board: Arc<Board>,
    warehouse: Arc<ScriptedWarehouse>,
    ledger: Arc<MemoryLedger>,
    journal: Arc<MemoryJournal>,
    catalog: Catalog,
    gate: Gate,
}

impl Rig {
    fn new() -> Self {
        Self::with_permit(Permit::decide(ConnectionKind::Sandbox, &RealConditions::default()))
    }

    fn with_permit(permit: Permit) -> Self {
        let board = Arc::new(Board::default());
        let script = Script {
            kind: ConnectionKind::Sandbox,
            dry_run: dry_run(20 * MIB),
            billed: Bytes(15 * MIB),
            hangs: false,
            tables: vec![orders()],
        };
        let warehouse = Arc::new(ScriptedWarehouse::new(board.clone(), script));
        let ledger = Arc::new(MemoryLedger::loaded(board.clone()));
        let journal = Arc::new(MemoryJournal::new(board.clone()));
        let spending = SpendingPolicy {
            query_cap: Bytes(30 * MIB),
            hourly_budget: Bytes(50 * MIB),
            price_per_tib: MicroUsd::DEFAULT_PER_TIB,
        };
        let policy = GatePolicy {
            spending,
            approved_cap: Bytes(40 * MIB),
            deadline: Duration::from_secs(30),
            row_cap: 1_000,
            sql: crate::sql::Policy::default(),
            permit,
            version: "test-1".to_owned(),
        };
        let gate = Gate::new(warehouse.clone(), ledger.clone(), journal.clone(), Arc::new(policy));
        Self { board, warehouse, ledger, journal, catalog: Catalog::of([orders()]), gate }
    }

    async fn ask(&self, run: u128, sql: &str) -> Result<Governed, Failure> {
        self.gate.run(Draft::new(origin(run, 1), sql), &self.catalog).await
    }
}

fn job(run: u128) -> JobId {
    origin(run, 1).job_id()
}
