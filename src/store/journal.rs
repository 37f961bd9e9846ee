//! Receipts and gate decisions, each committed with its event before the path goes on.
//! What cannot be written down may not be spent: every store error becomes a refusal.

use async_trait::async_trait;
use autopilot_domain::cost::CostDecision;
use autopilot_domain::event::EventKind;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::RunId;
use autopilot_domain::units::{Bytes, MicroUsd};
use autopilot_gate::ports::{GateDecision, GateJournal, Verdict, WindowEntry};
use autopilot_gate::receipt::{JobId, Receipt};
use serde_json::json;
use tokio_postgres::Row;

use super::events::{Fact, record};
use super::owned::OwnedTenant;
use super::rows::{self, get, signed, small_signed, to_json, unsigned};
use super::statements::{
    RECEIPT_RELEASE, RECEIPT_RESERVE, RECEIPT_SETTLE, RECEIPT_WINDOW, RECEIPTS_OPEN,
};
use super::tenant_db::TenantTx;
use crate::ports::StoreError;

impl OwnedTenant {
    async fn write_reserved(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let (decision, bytes) =
            (to_json(&receipt.decision)?, signed(receipt.decision.reserved_bytes.0)?);
        let attempt = small_signed(receipt.origin.attempt.0)?;
        let pii = to_json(&receipt.pii)?;
        let inserted = tx
            .execute(
                RECEIPT_RESERVE,
                &[
                    &receipt.job_id.0,
                    &receipt.origin.run.as_uuid(),
                    &receipt.origin.step.as_str(),
                    &attempt,
                    &receipt.canonical_hash.0.as_slice(),
                    &receipt.policy_version,
                    &decision,
                    &bytes,
                    &pii,
                ],
            )
            .await?;
        if inserted == 1 {
            let payload = json!({"job_id": receipt.job_id, "canonical_hash": receipt.canonical_hash,
                "policy_version": receipt.policy_version, "decision": decision_text(&receipt.decision),
                "pii": receipt.pii.outcome.as_str()});
            record(
                &tx,
                Fact {
                    step: Some(&receipt.origin.step),
                    ..money(receipt.origin.run, "receipt_reserved", payload)
                },
            )
            .await?;
        }
        tx.commit().await
    }

    async fn close(
        &self,
        tx: TenantTx,
        row: Option<Row>,
        status: &str,
        payload: serde_json::Value,
    ) -> Result<(), StoreError> {
        if let Some(row) = row {
            let step = rows::step_name(&row)?;
            let run = RunId::new(get(&row, "run_id")?);
            record(&tx, Fact { step: Some(&step), ..money(run, status, payload) }).await?;
        }
        tx.commit().await
    }

    async fn write_settled(
        &self,
        job: &JobId,
        billed: Bytes,
        cost: MicroUsd,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row =
            tx.query_opt(RECEIPT_SETTLE, &[&job.0, &signed(billed.0)?, &signed(cost.0)?]).await?;
        let payload = json!({"job_id": job, "billed_bytes": billed.0.to_string(), "billed_usd": cost.to_string()});
        self.close(tx, row, "receipt_settled", payload).await
    }

    async fn write_released(&self, job: &JobId) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row = tx.query_opt(RECEIPT_RELEASE, &[&job.0]).await?;
        self.close(tx, row, "receipt_released", json!({"job_id": job})).await
    }

    async fn write_decided(&self, decision: &GateDecision) -> Result<(), StoreError> {
        let status = match decision.verdict {
            Verdict::Allowed => "query_allowed",
            Verdict::Blocked => "query_blocked",
            Verdict::Asked => "query_held",
            Verdict::Estimated => "query_estimated",
        };
        let class = decision.failure.as_ref().map(|failure| failure.class);
        let rules = (!decision.rules.is_empty()).then_some(&decision.rules);
        let payload = json!({"stage": decision.stage, "attempt": decision.origin.attempt.0,
            "canonical_hash": decision.canonical_hash, "class": class,
            "decision": decision.cost.as_ref().map(decision_text), "rules": rules});
        let code = decision.failure.as_ref().map(|failure| failure.code);
        self.note(Fact {
            step: Some(&decision.origin.step),
            code,
            ..money(decision.origin.run, status, payload)
        })
        .await
    }

    async fn read_open(&self) -> Result<Vec<Receipt>, StoreError> {
        let tx = self.begin().await?;
        let found = tx.query(RECEIPTS_OPEN, &[]).await?;
        tx.commit().await?;
        found.iter().map(rows::receipt).collect()
    }

    async fn read_window(&self) -> Result<Vec<WindowEntry>, StoreError> {
        let tx = self.begin().await?;
        let found = tx.query(RECEIPT_WINDOW, &[]).await?;
        tx.commit().await?;
        found
            .iter()
            .map(|row| {
                let bytes = Bytes(unsigned(row, "bytes")?);
                Ok(WindowEntry {
                    job_id: JobId(get(row, "job_id")?),
                    bytes,
                    age_seconds: unsigned(row, "age")?,
                })
            })
            .collect()
    }
}

fn money(run: RunId, status: &str, payload: serde_json::Value) -> Fact<'_> {
    Fact { kind: EventKind::SecurityGateDecision, payload, ..Fact::of_run(run, status) }
}

/// The decision for an event: byte counts as text, since canonical JSON knows doubles only.
fn decision_text(decision: &CostDecision) -> serde_json::Value {
    json!({
        "estimated_bytes": decision.estimated_bytes.0.to_string(),
        "reserved_bytes": decision.reserved_bytes.0.to_string(),
        "estimated_usd": decision.estimated_usd.to_string(),
        "bytes_used": decision.bytes_used.0.to_string(),
        "budget": decision.budget.0.to_string(),
    })
}

#[async_trait]
impl GateJournal for OwnedTenant {
    async fn reserved(&self, receipt: &Receipt) -> Result<(), Failure> {
        self.write_reserved(receipt).await.map_err(|error| error.failure())
    }

    async fn settled(&self, job: &JobId, billed: Bytes, cost: MicroUsd) -> Result<(), Failure> {
        self.write_settled(job, billed, cost).await.map_err(|error| error.failure())
    }

    async fn released(&self, job: &JobId) -> Result<(), Failure> {
        self.write_released(job).await.map_err(|error| error.failure())
    }

    async fn decided(&self, decision: &GateDecision) -> Result<(), Failure> {
        self.write_decided(decision).await.map_err(|error| error.failure())
    }

    async fn unsettled(&self) -> Result<Vec<Receipt>, Failure> {
        self.read_open().await.map_err(|error| error.failure())
    }

    async fn window(&self) -> Result<Vec<WindowEntry>, Failure> {
        self.read_window().await.map_err(|error| error.failure())
    }
}
