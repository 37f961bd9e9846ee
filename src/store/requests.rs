//! The request door: what people submit, read and decide in their own tenant.
//!
//! A submission, its event and the wake of its owner are one transaction. Another tenant's id finds
//! nothing here, because the schema does not hold it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::canonical;
use autopilot_domain::catalog::{Catalog, TableRef};
use autopilot_domain::event::EventKind;
use autopilot_domain::ids::RunId;
use autopilot_domain::workflow::StepResult;
use autopilot_gate::receipt::Receipt;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::errors::{of_pool, of_postgres};
use super::events::{Fact, record};
use super::rows::{self, corrupt, digest, get};
use super::statements::{
    DECIDE, EVENTS_AFTER, RECEIPTS_OF_RUN, RUN_BY_KEY, RUN_CANCEL, RUN_EXISTS, RUN_GET, RUN_INSERT,
    RUN_LIST, RUN_LIST_STEPS, RUN_RETRY, RUNS_QUEUED, STEPS,
};
use super::tenant_db::{Params, TenantDb, TenantTx};
use super::{catalog, chain};
use crate::ports::requests::{Changed, ColumnDecision, EventView, NewRun, RunView, Submitted};
use crate::ports::{Actor, Plans, RequestContext, Requests, StoreError};

/// The request door over PostgreSQL.
#[derive(Clone)]
pub struct RequestStore {
    db: TenantDb,
    queue_limit: usize,
    plans: Option<Arc<dyn Plans>>,
}

impl RequestStore {
    /// With the bound on waiting runs of one tenant.
    #[must_use]
    pub const fn new(db: TenantDb, queue_limit: usize) -> Self {
        Self { db, queue_limit, plans: None }
    }

    /// With the bound that each organisation's plan says instead.
    #[must_use]
    pub fn planned(self, plans: Arc<dyn Plans>) -> Self {
        Self { plans: Some(plans), ..self }
    }

    fn queue_limit(&self, ctx: &RequestContext) -> usize {
        let planned = self.plans.as_ref().map(|plans| plans.limits(ctx.tenant()).workflows.queued);
        planned.unwrap_or(self.queue_limit)
    }

    /// Changes a run's row and records who asked.
    async fn change(
        &self,
        ctx: &RequestContext,
        run: RunId,
        sql: &'static str,
        status: &str,
    ) -> Result<Changed, StoreError> {
        let tx = self.db.begin_waking(ctx).await?;
        let id = run.as_uuid();
        let changed = tx.execute(sql, &[&id]).await?;
        if changed == 0 {
            let known = tx.query_opt(RUN_EXISTS, &[&id]).await?.is_some();
            return Ok(if known { Changed::Refused } else { Changed::Missing });
        }
        record(&tx, Fact { actor: Actor::User(ctx.user()), ..Fact::of_run(run, status) }).await?;
        tx.commit().await.map(|()| Changed::Recorded)
    }

    /// Seals what can be sealed; another sealer at the same time is no fault.
    async fn seal(&self, ctx: &RequestContext) -> Result<(), StoreError> {
        let tx = self.db.begin(ctx).await?;
        match chain::seal(&tx).await {
            Ok(0) => tx.roll_back().await,
            Ok(_) => tx.commit().await,
            Err(StoreError::Corrupt(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Requests for RequestStore {
    async fn submit(&self, ctx: &RequestContext, run: NewRun) -> Result<Submitted, StoreError> {
        let hash = canonical::digest(&json!({"kind": run.kind, "input": run.input}))
            .map_err(|_| corrupt())?;
        let tx = self.db.begin_waking(ctx).await?;
        if let Some(key) = &run.idempotency_key
            && let Some(row) = tx.query_opt(RUN_BY_KEY, &[key]).await?
        {
            return earlier(&row, hash);
        }
        let waiting = tx.query(RUNS_QUEUED, &[]).await?;
        let waiting =
            waiting.first().map(|row| rows::unsigned(row, "count")).transpose()?.unwrap_or(0);
        if usize::try_from(waiting).unwrap_or(usize::MAX) >= self.queue_limit(ctx) {
            return Ok(Submitted::QueueFull);
        }
        let (id, kind, user) = (run.run.as_uuid(), run.kind.as_str(), ctx.user().as_uuid());
        let inserted = tx
            .execute(
                RUN_INSERT,
                &[&id, &kind, &run.input, &hash.0.as_slice(), &run.idempotency_key, &user],
            )
            .await?;
        if inserted == 0 {
            // The same key was committed by someone else in between.
            let row =
                tx.query_opt(RUN_BY_KEY, &[&run.idempotency_key]).await?.ok_or_else(corrupt)?;
            return earlier(&row, hash);
        }
        let payload = json!({"kind": kind, "input_hash": hash});
        record(
            &tx,
            Fact { actor: Actor::User(ctx.user()), payload, ..Fact::of_run(run.run, "run_queued") },
        )
        .await?;
        tx.commit().await.map(|()| Submitted::Accepted(run.run))
    }

    async fn run(&self, ctx: &RequestContext, run: RunId) -> Result<Option<RunView>, StoreError> {
        let (id, ids) = (run.as_uuid(), vec![run.as_uuid()]);
        let found = self.db.read(ctx, &[(RUN_GET, &[&id]), (STEPS, &[&ids])]).await?;
        Ok(views(&found)?.pop())
    }

    async fn list(
        &self,
        ctx: &RequestContext,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunView>, StoreError> {
        let (before, limit) = (before.map(|run| run.as_uuid()), i64::from(limit));
        let page: Params<'_> = &[&before, &limit];
        views(&self.db.read(ctx, &[(RUN_LIST, page), (RUN_LIST_STEPS, page)]).await?)
    }

    async fn cancel(&self, ctx: &RequestContext, run: RunId) -> Result<Changed, StoreError> {
        self.change(ctx, run, RUN_CANCEL, "cancel_requested").await
    }

    async fn retry(&self, ctx: &RequestContext, run: RunId) -> Result<Changed, StoreError> {
        self.change(ctx, run, RUN_RETRY, "retry_requested").await
    }

    async fn events(
        &self,
        ctx: &RequestContext,
        run: Option<RunId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<EventView>, StoreError> {
        self.seal(ctx).await?;
        let (run, limit) = (run.map(|run| run.as_uuid()), i64::from(limit));
        let found = self.db.read(ctx, &[(EVENTS_AFTER, &[&after, &run, &limit])]).await?;
        found.iter().flatten().map(|row| chain::view(row, ctx.tenant())).collect()
    }

    async fn receipts(&self, ctx: &RequestContext, run: RunId) -> Result<Vec<Receipt>, StoreError> {
        let id = run.as_uuid();
        let found = self.db.read(ctx, &[(RECEIPTS_OF_RUN, &[&id])]).await?;
        found.iter().flatten().map(rows::receipt).collect()
    }

    async fn catalog(&self, ctx: &RequestContext) -> Result<Catalog, StoreError> {
        let tx = self.db.begin(ctx).await?;
        let found = catalog::read(&tx).await?;
        tx.commit().await.map(|()| found)
    }

    async fn decide_columns(
        &self,
        ctx: &RequestContext,
        decisions: &[ColumnDecision],
    ) -> Result<Vec<ColumnDecision>, StoreError> {
        let tx = self.db.begin(ctx).await?;
        let mut unknown = Vec::new();
        for decision in decisions {
            if !decide(&tx, ctx, decision).await? {
                unknown.push(decision.clone());
            }
        }
        tx.commit().await.map(|()| unknown)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let client = self.db.pool().get().await.map_err(|error| of_pool(&error))?;
        client.batch_execute("SELECT 1").await.map_err(|error| of_postgres(&error))
    }
}

/// The answer to an Idempotency-Key that was seen before.
fn earlier(row: &Row, hash: autopilot_domain::ids::Digest) -> Result<Submitted, StoreError> {
    let run = RunId::new(get::<Uuid>(row, "run_id")?);
    let same = digest(&get::<Vec<u8>>(row, "input_hash")?)? == hash;
    Ok(if same { Submitted::Existing(run) } else { Submitted::Conflict })
}

/// Runs with their results, which are read for all of them at once.
/// Runs and their steps, as two statements found them.
fn views(found: &[Vec<Row>]) -> Result<Vec<RunView>, StoreError> {
    let [runs, of_runs] = found else { return Err(corrupt()) };
    let ids: Vec<Uuid> = runs.iter().map(|row| get(row, "run_id")).collect::<Result<_, _>>()?;
    let mut steps: BTreeMap<Uuid, Vec<StepResult>> = BTreeMap::new();
    for row in of_runs {
        steps.entry(get(row, "run_id")?).or_default().push(rows::step(row)?);
    }
    let view = |(row, id): (&Row, &Uuid)| view(row, steps.remove(id).unwrap_or_default());
    runs.iter().zip(&ids).map(view).collect()
}

fn view(row: &Row, steps: Vec<StepResult>) -> Result<RunView, StoreError> {
    let status: String = get(row, "state")?;
    let place = rows::unsigned(row, "place")?;
    Ok(RunView {
        run: RunId::new(get(row, "run_id")?),
        kind: rows::kind(row)?,
        input: get(row, "input")?,
        queue_position: (status == "queued").then_some(place),
        status,
        round: rows::round(row)?,
        submitted_at: get(row, "submitted_at")?,
        finished_at: get(row, "finished_at")?,
        steps,
    })
}

async fn decide(
    tx: &TenantTx,
    ctx: &RequestContext,
    decision: &ColumnDecision,
) -> Result<bool, StoreError> {
    let TableRef { project, dataset, table } = &decision.table;
    let (found, user) = (decision.examination.as_str(), ctx.user().as_uuid());
    let changed =
        tx.execute(DECIDE, &[project, dataset, table, &decision.column, &found, &user]).await?;
    if changed == 0 {
        return Ok(false);
    }
    let payload = json!({"table": decision.table.to_string(), "column": decision.column, "examination": found});
    let fact = Fact {
        kind: EventKind::SecurityGateDecision,
        run: None,
        step: None,
        status: "column_decided",
        code: None,
        started_at: None,
        actor: Actor::User(ctx.user()),
        payload,
    };
    record(tx, fact).await.map(|()| true)
}
