//! The owner's commits: slots, results, ends; each with its event, each fenced.
//! A row that is final stays as it is, and repeating a commit changes nothing.

use async_trait::async_trait;
use autopilot_domain::catalog::{Catalog, TableFacts};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::{Attempt, RunId, StepName};
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::{StepResult, StepStatus};
use serde_json::json;

use super::events::{Fact, record};
use super::owned::OwnedTenant;
use super::rows::{self, corrupt, get, small_signed, to_json};
use super::statements::{
    RUN_FINISH, RUN_LOCK, RUN_START, RUN_SUSPEND, RUNS_EXPIRED, RUNS_OPEN, SETTINGS, STEP_COMMIT,
    STEPS,
};
use super::{catalog, chain};
use crate::ports::runs::{OpenState, RunRecord, RunStore, TenantSettings};
use crate::ports::{OwnerClaim, StoreError};

#[async_trait]
impl RunStore for OwnedTenant {
    fn claim(&self) -> OwnerClaim {
        self.claim
    }

    async fn settings(&self) -> Result<TenantSettings, StoreError> {
        let found = self.db.login_query(SETTINGS, &[&self.claim.tenant().as_uuid()]).await?;
        let row = found.first().ok_or_else(corrupt)?;
        let zone = get::<String>(row, "zone")?.parse().map_err(|_| corrupt())?;
        Ok(TenantSettings { tenant: self.claim.tenant(), name: get(row, "name")?, zone })
    }

    async fn open_runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        let tx = self.begin().await?;
        for row in tx.query(RUNS_EXPIRED, &[]).await? {
            record(&tx, Fact::of_run(RunId::new(get(&row, "run_id")?), "run_resumed")).await?;
        }
        let found = tx.query(RUNS_OPEN, &[]).await?;
        tx.commit().await?;
        found
            .iter()
            .map(|row| {
                let state = match get::<String>(row, "state")?.as_str() {
                    "queued" if get(row, "resumed")? => OpenState::Resumed,
                    "queued" => OpenState::Queued,
                    "running" => OpenState::Running,
                    _ => return Err(corrupt()),
                };
                Ok(RunRecord {
                    run: RunId::new(get(row, "run_id")?),
                    kind: rows::kind(row)?,
                    input: get(row, "input")?,
                    state,
                    round: rows::round(row)?,
                    cancel_requested: get(row, "cancel_requested")?,
                })
            })
            .collect()
    }

    async fn steps(&self, run: RunId) -> Result<Vec<StepResult>, StoreError> {
        let tx = self.begin().await?;
        let found = tx.query(STEPS, &[&vec![run.as_uuid()]]).await?;
        tx.commit().await?;
        found.iter().map(rows::step).collect()
    }

    async fn start_run(&self, run: RunId) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        if tx.execute(RUN_START, &[&run.as_uuid()]).await? == 1 {
            record(&tx, Fact::of_run(run, "run_started")).await?;
        }
        tx.commit().await
    }

    async fn step_started(
        &self,
        run: RunId,
        step: &StepName,
        attempt: Attempt,
    ) -> Result<(), StoreError> {
        let payload = json!({"attempt": attempt.0});
        self.note(Fact { step: Some(step), payload, ..Fact::of_run(run, "step_started") }).await
    }

    async fn commit_step(&self, run: RunId, result: &StepResult) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        if write_step(&tx, run, result).await? == 1 {
            record(&tx, step_fact(run, result)).await?;
        }
        tx.commit().await
    }

    async fn finish_run(&self, run: RunId, outcome: RunOutcome) -> Result<(), StoreError> {
        let (state, status) = match outcome {
            RunOutcome::Succeeded => ("succeeded", "run_succeeded"),
            RunOutcome::PartialFailure => ("partial_failure", "run_partial_failure"),
            RunOutcome::Cancelled => ("cancelled", "run_cancelled"),
            RunOutcome::Suspended => return self.suspend_run(run).await,
        };
        let tx = self.begin().await?;
        if tx.execute(RUN_FINISH, &[&run.as_uuid(), &state]).await? == 1 {
            let mut fact = Fact::of_run(run, status);
            if outcome == RunOutcome::PartialFailure {
                let why = last_failure(&tx, run).await?;
                (fact.code, fact.payload) = (Some(why.code), json!({"class": why.class}));
            }
            record(&tx, fact).await?;
        }
        tx.commit().await
    }

    async fn catalog(&self) -> Result<Catalog, StoreError> {
        let tx = self.begin().await?;
        let found = catalog::read(&tx).await?;
        tx.commit().await.map(|()| found)
    }

    async fn upsert_tables(&self, tables: &[TableFacts]) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        catalog::upsert(&tx, tables).await?;
        tx.commit().await
    }

    async fn seal(&self) -> Result<usize, StoreError> {
        let tx = self.begin().await?;
        let sealed = chain::seal(&tx).await?;
        tx.commit().await.map(|()| sealed)
    }
}

impl OwnedTenant {
    /// Whoever decides holds the run's row first, too: either the answer is seen here, or the decision
    /// finds the run waiting.
    async fn suspend_run(&self, run: RunId) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        tx.query_opt(RUN_LOCK, &[&run.as_uuid()]).await?;
        if tx.execute(RUN_SUSPEND, &[&run.as_uuid()]).await? == 1 {
            record(&tx, Fact::of_run(run, "run_suspended")).await?;
        }
        tx.commit().await
    }
}

/// Why a run did not get further: the newest failure among its steps.
async fn last_failure(tx: &super::TenantTx, run: RunId) -> Result<Failure, StoreError> {
    let found = tx.query(STEPS, &[&vec![run.as_uuid()]]).await?;
    let steps = found.iter().map(rows::step).collect::<Result<Vec<_>, _>>()?;
    let failed = steps.into_iter().rev().find_map(|step| step.error);
    Ok(failed.unwrap_or_else(|| Failure::of(FailureClass::MalformedResponse, ErrorCode::Internal)))
}

async fn write_step(
    tx: &super::TenantTx,
    run: RunId,
    result: &StepResult,
) -> Result<u64, StoreError> {
    let error = result.error.as_ref().map(to_json).transpose()?;
    let hash = result.output_hash.map(|hash| hash.0.to_vec());
    let (attempt, round) = (small_signed(result.attempt.0)?, small_signed(result.round)?);
    let retries = small_signed(result.retry_count)?;
    tx.execute(
        STEP_COMMIT,
        &[
            &run.as_uuid(),
            &result.step_name.as_str(),
            &stored(result.status),
            &attempt,
            &round,
            &retries,
            &result.step_key.0.as_slice(),
            &result.output,
            &hash,
            &error,
            &result.started_at,
            &result.finished_at,
        ],
    )
    .await
}

/// A step that waits is stored as one that failed for now; its code tells them apart.
const fn stored(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Suspended => StepStatus::Failed.as_str(),
        StepStatus::Success | StepStatus::Failed | StepStatus::Skipped => status.as_str(),
    }
}

fn step_fact(run: RunId, result: &StepResult) -> Fact<'_> {
    let status = match result.status {
        StepStatus::Success => "step_succeeded",
        StepStatus::Failed => "step_failed",
        StepStatus::Skipped => "step_skipped",
        StepStatus::Suspended => "step_suspended",
    };
    let payload = json!({
        "attempt": result.attempt.0,
        "retry_count": result.retry_count,
        "output_hash": result.output_hash,
        "class": result.error.as_ref().map(|failure| failure.class.as_str()),
    });
    Fact {
        step: Some(&result.step_name),
        code: result.error.as_ref().map(|failure| failure.code),
        started_at: Some(result.started_at),
        payload,
        ..Fact::of_run(run, status)
    }
}
