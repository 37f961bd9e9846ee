//! Receipts and decisions in memory.
//!
//! States go forward only: a settled or released receipt never changes again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use autopilot_domain::failure::Failure;
use autopilot_domain::units::{Bytes, MicroUsd};

use super::{Board, locked};
use crate::ports::{GateDecision, GateJournal, WindowEntry};
use crate::receipt::{JobId, Receipt, ReceiptState};

#[derive(Debug)]
struct Row {
    at: u64,
    receipt: Receipt,
    settlements: u32,
}

/// See the module.
#[derive(Debug)]
pub struct MemoryJournal {
    board: Arc<Board>,
    rows: Mutex<BTreeMap<JobId, Row>>,
    decisions: Mutex<Vec<GateDecision>>,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new(board: Arc<Board>) -> Self {
        Self { board, rows: Mutex::default(), decisions: Mutex::default() }
    }

    /// The decisions so far, in order.
    #[must_use]
    pub fn decisions(&self) -> Vec<GateDecision> {
        locked(&self.decisions).clone()
    }

    /// The receipt of a job.
    #[must_use]
    pub fn receipt(&self, job: &JobId) -> Option<Receipt> {
        locked(&self.rows).get(job).map(|row| row.receipt.clone())
    }

    /// How often a receipt went from reserved to settled.
    #[must_use]
    pub fn settlements(&self, job: &JobId) -> u32 {
        locked(&self.rows).get(job).map_or(0, |row| row.settlements)
    }
}

fn open<'a>(rows: &'a mut BTreeMap<JobId, Row>, job: &JobId) -> Option<&'a mut Row> {
    rows.get_mut(job).filter(|row| row.receipt.state == ReceiptState::Reserved)
}

fn counted(receipt: &Receipt) -> Option<Bytes> {
    match receipt.state {
        ReceiptState::Reserved => Some(receipt.decision.reserved_bytes),
        ReceiptState::Settled => receipt.billed_bytes,
        ReceiptState::Released => None,
    }
}

#[async_trait]
impl GateJournal for MemoryJournal {
    async fn reserved(&self, receipt: &Receipt) -> Result<(), Failure> {
        self.board.enter("journal.reserved")?;
        let row = || Row { at: self.board.now(), receipt: receipt.clone(), settlements: 0 };
        locked(&self.rows).entry(receipt.job_id.clone()).or_insert_with(row);
        self.board.leave("journal.reserved")
    }

    async fn settled(&self, job: &JobId, billed: Bytes, cost: MicroUsd) -> Result<(), Failure> {
        self.board.enter("journal.settled")?;
        if let Some(row) = open(&mut locked(&self.rows), job) {
            row.receipt.state = ReceiptState::Settled;
            row.receipt.billed_bytes = Some(billed);
            row.receipt.billed_usd = Some(cost);
            row.settlements = row.settlements.saturating_add(1);
        }
        self.board.leave("journal.settled")
    }

    async fn released(&self, job: &JobId) -> Result<(), Failure> {
        self.board.enter("journal.released")?;
        if let Some(row) = open(&mut locked(&self.rows), job) {
            row.receipt.state = ReceiptState::Released;
        }
        self.board.leave("journal.released")
    }

    async fn decided(&self, decision: &GateDecision) -> Result<(), Failure> {
        self.board.enter("journal.decided")?;
        locked(&self.decisions).push(decision.clone());
        self.board.leave("journal.decided")
    }

    async fn unsettled(&self) -> Result<Vec<Receipt>, Failure> {
        self.board.enter("journal.unsettled")?;
        let rows = locked(&self.rows);
        let open = rows.values().filter(|row| row.receipt.state == ReceiptState::Reserved);
        Ok(open.map(|row| row.receipt.clone()).collect())
    }

    async fn window(&self) -> Result<Vec<WindowEntry>, Failure> {
        self.board.enter("journal.window")?;
        let now = self.board.now();
        let entry = |row: &Row| {
            let age_seconds = now.saturating_sub(row.at);
            let bytes = counted(&row.receipt)?;
            let job_id = row.receipt.job_id.clone();
            (age_seconds < 3_600).then_some(WindowEntry { job_id, bytes, age_seconds })
        };
        Ok(locked(&self.rows).values().filter_map(entry).collect())
    }
}
