//! The request door in memory. Scripted steps spend nothing, so there are never receipts.
//! It keeps the real one's promises about keys, states and missing ids.

use async_trait::async_trait;
use autopilot_domain::catalog::Catalog;
use autopilot_domain::ids::{RunId, TenantId};
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_gate::receipt::Receipt;

use super::memory_runs::{MemoryRuns, Run, Tenant, record};
use crate::ports::requests::{Changed, ColumnDecision, EventView, NewRun, RunView, Submitted};
use crate::ports::runs::OpenState;
use crate::ports::{RequestContext, Requests, StoreError};

/// Runs of one tenant that may wait.
const QUEUE: usize = 1_000;

fn status(run: &Run) -> &'static str {
    match (run.outcome, run.state) {
        (Some(RunOutcome::Succeeded), _) => "succeeded",
        (Some(RunOutcome::PartialFailure), _) => "partial_failure",
        (Some(RunOutcome::Cancelled), _) => "cancelled",
        (Some(RunOutcome::Suspended), _) => "waiting_for_approval",
        (None, OpenState::Queued | OpenState::Resumed) => "queued",
        (None, OpenState::Running) => "running",
    }
}

fn waits(run: &Run) -> bool {
    run.outcome.is_none() && run.state != OpenState::Running
}

fn view(tenant: &Tenant, run: &Run) -> RunView {
    let before = tenant
        .runs
        .iter()
        .filter(|other| waits(other))
        .take_while(|other| other.new.run != run.new.run);
    let position = u64::try_from(before.count()).unwrap_or(u64::MAX).saturating_add(1);
    RunView {
        run: run.new.run,
        kind: run.new.kind,
        input: run.new.input.clone(),
        status: status(run).to_owned(),
        queue_position: waits(run).then_some(position),
        round: run.round,
        submitted_at: run.submitted_at,
        finished_at: run.finished_at,
        steps: run.steps.clone(),
    }
}

/// Whether the key, the input or the queue decides about a submission before it is written.
fn decided(tenant: &Tenant, new: &NewRun) -> Option<Submitted> {
    let same_key = |run: &&Run| {
        new.idempotency_key.is_some() && run.new.idempotency_key == new.idempotency_key
    };
    match tenant.runs.iter().find(same_key) {
        Some(run) if run.new.input == new.input && run.new.kind == new.kind => {
            Some(Submitted::Existing(run.new.run))
        }
        Some(_) => Some(Submitted::Conflict),
        None if tenant.runs.iter().filter(|run| waits(run)).count() >= QUEUE => {
            Some(Submitted::QueueFull)
        }
        None => None,
    }
}

impl MemoryRuns {
    /// A person decided: a run that waits goes on.
    pub fn decide(&self, tenant: TenantId, run: RunId) {
        let mut world = self.lock();
        let Some(tenant) = world.tenants.get_mut(&tenant) else { return };
        tenant.counter += 1;
        if let Some(run) = tenant.run(run) {
            run.outcome = None;
            run.finished_at = None;
            run.state = OpenState::Resumed;
        }
    }

    fn ask(
        &self,
        ctx: &RequestContext,
        run: RunId,
        word: &str,
        change: impl FnOnce(&mut Run) -> bool,
    ) -> Result<Changed, StoreError> {
        let mut world = self.up()?;
        let tenant = world.tenants.entry(ctx.tenant()).or_default();
        let Some(known) = tenant.run(run) else { return Ok(Changed::Missing) };
        if !change(known) {
            return Ok(Changed::Refused);
        }
        tenant.counter += 1;
        record(&mut world, self.clock.now(), (ctx.tenant(), run, None), (word, None));
        Ok(Changed::Recorded)
    }
}

#[async_trait]
impl Requests for MemoryRuns {
    async fn submit(&self, ctx: &RequestContext, new: NewRun) -> Result<Submitted, StoreError> {
        let mut world = self.up()?;
        let tenant = world.tenants.entry(ctx.tenant()).or_default();
        if let Some(answer) = decided(tenant, &new) {
            return Ok(answer);
        }
        let run = new.run;
        tenant.counter += 1;
        tenant.runs.push(Run {
            new,
            state: OpenState::Queued,
            round: 0,
            cancel_requested: false,
            outcome: None,
            steps: Vec::new(),
            submitted_at: self.clock.now(),
            finished_at: None,
        });
        record(&mut world, self.clock.now(), (ctx.tenant(), run, None), ("run_queued", None));
        Ok(Submitted::Accepted(run))
    }

    async fn run(&self, ctx: &RequestContext, run: RunId) -> Result<Option<RunView>, StoreError> {
        let world = self.up()?;
        let Some(tenant) = world.tenants.get(&ctx.tenant()) else { return Ok(None) };
        Ok(tenant.runs.iter().find(|known| known.new.run == run).map(|run| view(tenant, run)))
    }

    async fn list(
        &self,
        ctx: &RequestContext,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunView>, StoreError> {
        let world = self.up()?;
        let Some(tenant) = world.tenants.get(&ctx.tenant()) else { return Ok(Vec::new()) };
        let older =
            tenant.runs.iter().filter(|run| before.is_none_or(|before| run.new.run < before));
        let mut views: Vec<_> =
            older.map(|run| RunView { steps: Vec::new(), ..view(tenant, run) }).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.run));
        views.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(views)
    }

    async fn cancel(&self, ctx: &RequestContext, run: RunId) -> Result<Changed, StoreError> {
        self.ask(ctx, run, "cancel_requested", |run| {
            let open = matches!(run.outcome, None | Some(RunOutcome::Suspended));
            run.cancel_requested |= open;
            if open {
                run.outcome = None;
            }
            open
        })
    }

    async fn retry(&self, ctx: &RequestContext, run: RunId) -> Result<Changed, StoreError> {
        self.ask(ctx, run, "retry_requested", |run| {
            let failed = run.outcome == Some(RunOutcome::PartialFailure);
            if failed {
                run.outcome = None;
                run.finished_at = None;
                run.round += 1;
                run.state = OpenState::Queued;
            }
            failed
        })
    }

    async fn events(
        &self,
        ctx: &RequestContext,
        run: Option<RunId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<EventView>, StoreError> {
        let mut world = self.up()?;
        let tenant = world.tenants.entry(ctx.tenant()).or_default();
        tenant.sealed = tenant.events.len();
        let numbered = (1_i64..).zip(&tenant.events);
        let wanted = numbered
            .filter(|(pos, event)| {
                *pos > after && run.is_none_or(|run| event.workflow_id == Some(run))
            })
            .take(usize::try_from(limit).unwrap_or(usize::MAX));
        let view = |(pos, event): (i64, &autopilot_domain::event::NewEvent)| EventView {
            pos,
            event_id: event.event_id,
            event: event.clone(),
        };
        Ok(wanted.map(view).collect())
    }

    async fn receipts(&self, _: &RequestContext, _: RunId) -> Result<Vec<Receipt>, StoreError> {
        self.up().map(|_| Vec::new())
    }

    async fn catalog(&self, ctx: &RequestContext) -> Result<Catalog, StoreError> {
        let world = self.up()?;
        let tables =
            world.tenants.get(&ctx.tenant()).map(|tenant| tenant.catalog.values().cloned());
        Ok(Catalog::of(tables.into_iter().flatten()))
    }

    async fn decide_columns(
        &self,
        ctx: &RequestContext,
        decisions: &[ColumnDecision],
    ) -> Result<Vec<ColumnDecision>, StoreError> {
        let mut world = self.up()?;
        let tenant = world.tenants.entry(ctx.tenant()).or_default();
        let mut unknown = Vec::new();
        for decision in decisions {
            let table = tenant.catalog.get_mut(&decision.table.to_string());
            let column = table.and_then(|t| {
                t.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(&decision.column))
            });
            match column {
                Some(column) => column.examination = decision.examination,
                None => unknown.push(decision.clone()),
            }
        }
        Ok(unknown)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.up().map(drop)
    }
}
