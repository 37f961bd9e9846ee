//! Runs of many tenants in memory, fenced by epoch like the real store.
//!
//! A write under an old epoch answers `Lost` and is counted, so that a test can say that a former
//! owner did not even try. The store can be switched off, which answers `Unavailable` to everything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::admission::Limits;
use autopilot_domain::catalog::{Catalog, TableFacts};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::event::{EventKind, NewEvent};
use autopilot_domain::ids::{Attempt, Epoch, EventId, NodeId, RunId, StepName, TenantId};
use autopilot_domain::window::Zone;
use autopilot_domain::workflow::machine::RunOutcome;
use autopilot_domain::workflow::{StepResult, StepStatus};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::scripted_steps::panic_on_purpose;
use crate::ports::requests::NewRun;
use crate::ports::runs::{OpenState, RunRecord, TenantSettings};
use crate::ports::{Clock, OwnerClaim, RunStore, Steps, StoreError, TenantPorts, Tenants};

pub(super) struct Run {
    pub(super) new: NewRun,
    pub(super) state: OpenState,
    pub(super) round: u32,
    pub(super) cancel_requested: bool,
    pub(super) outcome: Option<RunOutcome>,
    pub(super) steps: Vec<StepResult>,
    pub(super) submitted_at: Timestamp,
    pub(super) finished_at: Option<Timestamp>,
}

#[derive(Default)]
pub(super) struct Tenant {
    pub(super) owner: Option<(NodeId, Epoch)>,
    pub(super) last_epoch: i64,
    pub(super) counter: i64,
    pub(super) worked_off: i64,
    pub(super) runs: Vec<Run>,
    pub(super) events: Vec<NewEvent>,
    pub(super) sealed: usize,
    pub(super) catalog: BTreeMap<String, TableFacts>,
    pub(super) refused_writes: usize,
}

impl Tenant {
    pub(super) fn run(&mut self, run: RunId) -> Option<&mut Run> {
        self.runs.iter_mut().find(|known| known.new.run == run)
    }
}

#[derive(Default)]
pub(super) struct World {
    pub(super) down: bool,
    pub(super) claim_panics: usize,
    pub(super) look_delay: Duration,
    pub(super) limits: Option<Limits>,
    pub(super) end_delay: Duration,
    pub(super) loads: BTreeMap<RunId, usize>,
    pub(super) tenants: BTreeMap<TenantId, Tenant>,
    pub(super) leases: BTreeMap<NodeId, Instant>,
    pub(super) events: u128,
}

/// The tenants, their runs and their owners.
#[derive(Clone)]
pub struct MemoryRuns {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) clock: Arc<dyn Clock>,
    steps: Arc<dyn Steps>,
}

impl MemoryRuns {
    /// No tenants yet; all of them will share these steps.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, steps: Arc<dyn Steps>) -> Self {
        Self { world: Arc::default(), clock, steps }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world, if the store answers.
    pub(super) fn up(&self) -> Result<MutexGuard<'_, World>, StoreError> {
        let world = self.lock();
        if world.down { Err(StoreError::Unavailable) } else { Ok(world) }
    }

    /// Switches the store off and on.
    pub fn set_down(&self, down: bool) {
        self.lock().down = down;
    }

    /// Lets a store's `claim`, which a supervisor calls when it starts a run, panic so many times.
    pub fn panic_in_supervisor(&self, times: usize) {
        self.lock().claim_panics = times;
    }

    /// Lets the answer about open runs arrive so long after it was true.
    pub fn delay_looks(&self, delay: Duration) {
        self.lock().look_delay = delay;
    }

    /// Lets the end of a run be committed so late, and its answer arrive as much later again.
    pub fn delay_ends(&self, delay: Duration) {
        self.lock().end_delay = delay;
    }

    /// How often an actor has read the results of a run.
    #[must_use]
    pub fn loads(&self, run: RunId) -> usize {
        self.lock().loads.get(&run).copied().unwrap_or_default()
    }

    /// Gives the tenant to a node that is not part of the test and whose lease does not end.
    pub fn take_over(&self, tenant: TenantId, node: NodeId) {
        let mut world = self.lock();
        world.leases.insert(node, Instant::now() + Duration::from_secs(86_400));
        let tenant = world.tenants.entry(tenant).or_default();
        tenant.last_epoch += 1;
        tenant.owner = Some((node, Epoch(tenant.last_epoch)));
    }

    /// Ends every lease.
    pub fn end_leases(&self) {
        self.lock().leases.clear();
    }

    /// Nodes that hold a lease.
    #[must_use]
    pub fn leased(&self) -> Vec<NodeId> {
        self.lock()
            .leases
            .iter()
            .filter(|(_, until)| **until > Instant::now())
            .map(|(node, _)| *node)
            .collect()
    }

    /// The tenant's owner and epoch.
    #[must_use]
    pub fn owner(&self, tenant: TenantId) -> Option<(NodeId, Epoch)> {
        self.lock().tenants.get(&tenant).and_then(|tenant| tenant.owner)
    }

    /// Writes that were refused because their claim was over.
    #[must_use]
    pub fn refused_writes(&self, tenant: TenantId) -> usize {
        self.lock().tenants.get(&tenant).map_or(0, |tenant| tenant.refused_writes)
    }

    /// How a run ended, if it did.
    #[must_use]
    pub fn outcome(&self, tenant: TenantId, run: RunId) -> Option<RunOutcome> {
        self.lock().tenants.get_mut(&tenant)?.run(run)?.outcome
    }

    /// The stored results of a run.
    #[must_use]
    pub fn results(&self, tenant: TenantId, run: RunId) -> Vec<StepResult> {
        let mut world = self.lock();
        world
            .tenants
            .get_mut(&tenant)
            .and_then(|t| t.run(run))
            .map(|run| run.steps.clone())
            .unwrap_or_default()
    }

    /// Events that are not sealed yet.
    #[must_use]
    pub fn unsealed(&self, tenant: TenantId) -> usize {
        self.lock().tenants.get(&tenant).map_or(0, |tenant| tenant.events.len() - tenant.sealed)
    }

    /// Statuses of a tenant's events, in order.
    #[must_use]
    pub fn statuses(&self, tenant: TenantId) -> Vec<String> {
        let world = self.lock();
        world
            .tenants
            .get(&tenant)
            .map(|t| t.events.iter().map(|e| e.status.clone()).collect())
            .unwrap_or_default()
    }
}

/// Appends an event of a run.
pub(super) fn record(
    world: &mut World,
    now: Timestamp,
    (tenant, run, step): (TenantId, RunId, Option<StepName>),
    (status, error_code): (&str, Option<ErrorCode>),
) {
    world.events += 1;
    let event = NewEvent {
        event_id: EventId::new(uuid::Uuid::from_u128(world.events)),
        kind: EventKind::WorkflowStateTransition,
        org_id: tenant,
        session_id: None,
        workflow_id: Some(run),
        step_id: step,
        status: status.to_owned(),
        error_code,
        started_at: now,
        finished_at: Some(now),
        actor: "system".to_owned(),
        payload: Value::Null,
    };
    world.tenants.entry(tenant).or_default().events.push(event);
}

#[async_trait]
impl Tenants for MemoryRuns {
    async fn open(&self, claim: OwnerClaim) -> Result<TenantPorts, StoreError> {
        let store = MemoryStore { runs: self.clone(), claim };
        drop(store.fenced()?);
        Ok(TenantPorts { store: Arc::new(store), steps: Arc::clone(&self.steps) })
    }

    fn limits(&self, _: TenantId) -> Option<Limits> {
        self.lock().limits
    }
}

/// One tenant's store under one claim.
struct MemoryStore {
    runs: MemoryRuns,
    claim: OwnerClaim,
}

impl MemoryStore {
    fn fenced(&self) -> Result<MutexGuard<'_, World>, StoreError> {
        let mut world = self.runs.up()?;
        let tenant = world.tenants.entry(self.claim.tenant()).or_default();
        if tenant.owner == Some((self.claim.node(), self.claim.epoch())) {
            return Ok(world);
        }
        tenant.refused_writes += 1;
        Err(StoreError::Lost)
    }

    /// Changes a run under the fence; `change` answers the event's status, or `None` for no change.
    fn change(
        &self,
        run: RunId,
        step: Option<StepName>,
        change: impl FnOnce(&mut Run) -> Option<(String, Option<ErrorCode>)>,
    ) -> Result<(), StoreError> {
        let mut world = self.fenced()?;
        let tenant = self.claim.tenant();
        let known = world.tenants.get_mut(&tenant).and_then(|t| t.run(run));
        let changed = change(known.ok_or(StoreError::Corrupt("no such run"))?);
        if let Some((status, code)) = changed {
            record(&mut world, self.runs.clock.now(), (tenant, run, step), (&status, code));
        }
        Ok(())
    }

    fn read<T>(&self, read: impl FnOnce(&mut Tenant) -> T) -> Result<T, StoreError> {
        let mut world = self.fenced()?;
        Ok(read(world.tenants.entry(self.claim.tenant()).or_default()))
    }
}

fn open_run(run: &Run) -> RunRecord {
    RunRecord {
        run: run.new.run,
        kind: run.new.kind,
        input: run.new.input.clone(),
        state: run.state,
        round: run.round,
        cancel_requested: run.cancel_requested,
    }
}

#[async_trait]
impl RunStore for MemoryStore {
    fn claim(&self) -> OwnerClaim {
        let due = {
            let mut world = self.runs.lock();
            let due = world.claim_panics > 0;
            world.claim_panics = world.claim_panics.saturating_sub(1);
            due
        };
        if due {
            panic_on_purpose("a scripted panic in a supervisor");
        }
        self.claim
    }

    async fn settings(&self) -> Result<TenantSettings, StoreError> {
        let zone = "UTC".parse::<Zone>().map_err(|_| StoreError::Corrupt("zone"))?;
        self.read(|_| TenantSettings {
            tenant: self.claim.tenant(),
            name: "in memory".to_owned(),
            zone,
        })
    }

    async fn open_runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        let seen = self.read(|tenant| {
            let open = tenant.runs.iter().filter(|run| run.outcome.is_none()).map(open_run);
            let (running, queued): (Vec<_>, Vec<_>) =
                open.partition(|run| run.state == OpenState::Running);
            [running, queued].concat()
        });
        let delay = self.runs.lock().look_delay;
        tokio::time::sleep(delay).await;
        seen
    }

    async fn steps(&self, run: RunId) -> Result<Vec<StepResult>, StoreError> {
        *self.runs.lock().loads.entry(run).or_default() += 1;
        self.read(|tenant| tenant.run(run).map(|run| run.steps.clone()).unwrap_or_default())
    }

    async fn start_run(&self, run: RunId) -> Result<(), StoreError> {
        self.change(run, None, |run| {
            let first = run.state != OpenState::Running;
            run.state = OpenState::Running;
            first.then(|| ("run_started".to_owned(), None))
        })
    }

    async fn step_started(
        &self,
        run: RunId,
        step: &StepName,
        _: Attempt,
    ) -> Result<(), StoreError> {
        self.change(run, Some(step.clone()), |_| Some(("step_started".to_owned(), None)))
    }

    async fn commit_step(&self, run: RunId, result: &StepResult) -> Result<(), StoreError> {
        self.change(run, Some(result.step_name.clone()), |run| {
            let place = run.steps.iter().position(|known| known.step_name == result.step_name);
            let final_already =
                |known: &StepResult| known.status == StepStatus::Success || known == result;
            if place.and_then(|place| run.steps.get(place)).is_some_and(final_already) {
                return None;
            }
            run.steps.retain(|known| known.step_name != result.step_name);
            run.steps.push(result.clone());
            let code = result.error.as_ref().map(|failure| failure.code);
            Some((format!("step_{}", result.status.as_str()), code))
        })
    }

    async fn finish_run(&self, run: RunId, outcome: RunOutcome) -> Result<(), StoreError> {
        let (now, delay) = (self.runs.clock.now(), self.runs.lock().end_delay);
        tokio::time::sleep(delay).await;
        let answer = self.change(run, None, |run| {
            if run.outcome.is_some() {
                return None;
            }
            run.outcome = Some(outcome);
            run.finished_at = Some(now);
            Some(("run_ended".to_owned(), None))
        });
        tokio::time::sleep(delay).await;
        answer
    }

    async fn catalog(&self) -> Result<Catalog, StoreError> {
        self.read(|tenant| Catalog::of(tenant.catalog.values().cloned()))
    }

    async fn upsert_tables(&self, tables: &[TableFacts]) -> Result<(), StoreError> {
        self.read(|tenant| {
            for facts in tables {
                let mut facts = facts.clone();
                let known = tenant.catalog.get(&facts.table.to_string());
                for column in &mut facts.columns {
                    let before = known.and_then(|known| known.column(&column.name));
                    column.examination =
                        before.map_or(column.examination, |before| before.examination);
                }
                tenant.catalog.insert(facts.table.to_string(), facts);
            }
        })
    }

    async fn seal(&self) -> Result<usize, StoreError> {
        self.read(|tenant| {
            let sealed = tenant.events.len() - tenant.sealed;
            tenant.sealed = tenant.events.len();
            sealed
        })
    }
}
