//! A node over in-memory ports, on one thread whose clock moves only when nothing else can.
//! It asserts nothing by itself.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_rt::{Arbiter, System};
use autopilot_domain::admission::Limits;
use autopilot_domain::ids::{NodeId, RunId, TenantId, UserId};
use autopilot_domain::workflow::WorkflowKind;
use autopilot_domain::workflow::machine::RunOutcome;
use serde_json::json;
use uuid::Uuid;

use crate::actors::start::assemble;
use crate::actors::{Config, Handle, Snapshot, Timings};
use crate::ports::fakes::{ManualClock, MemoryRuns, ScriptedSteps};
use crate::ports::requests::{Changed, NewRun, Submitted};
use crate::ports::{RequestContext, Requests, Role};

pub(super) fn on_paused_clock(test: impl Future<Output = ()>) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    System::with_tokio_rt(runtime).block_on(test);
}

pub(super) struct Rig {
    pub(super) handle: Handle,
    pub(super) runs: MemoryRuns,
    pub(super) steps: Arc<ScriptedSteps>,
    next: AtomicU64,
}

pub(super) fn tenant(number: u128) -> TenantId {
    TenantId::new(Uuid::from_u128(0xA000 + number))
}

pub(super) fn foreign_node() -> NodeId {
    NodeId::new(Uuid::from_u128(0xFFFF))
}

impl Rig {
    pub(super) fn new(steps: &[&str]) -> Self {
        let clock = Arc::new(ManualClock::at("2026-03-02T09:00:00Z".parse().unwrap()));
        let steps = Arc::new(ScriptedSteps::chain(steps).unwrap());
        let runs = MemoryRuns::new(clock.clone(), steps.clone());
        let nodes = AtomicU64::new(0);
        let new_node = move || {
            NodeId::new(Uuid::from_u128(u128::from(nodes.fetch_add(1, Ordering::SeqCst)) + 1))
        };
        let config = Config {
            node_name: "test".into(),
            new_node: Arc::new(new_node),
            io: tokio::runtime::Handle::current(),
            arbiters: 1,
            ownership: Arc::new(runs.clone()),
            tenants: Arc::new(runs.clone()),
            clock,
            limits: Limits::default(),
            timings: Timings::default(),
        };
        let handle = assemble(config, vec![Arbiter::current()]);
        Self { handle, runs, steps, next: AtomicU64::new(0) }
    }

    pub(super) fn context(&self, tenant: TenantId) -> RequestContext {
        RequestContext::authenticated(tenant, UserId::new(Uuid::nil()), Role::Member, "test".into())
    }

    pub(super) async fn submit(&self, tenant: TenantId) -> RunId {
        self.submit_kind(tenant, WorkflowKind::AnswerQuestion).await
    }

    pub(super) async fn submit_kind(&self, tenant: TenantId, kind: WorkflowKind) -> RunId {
        let run =
            RunId::new(Uuid::from_u128(u128::from(self.next.fetch_add(1, Ordering::SeqCst)) + 1));
        let new = NewRun { run, kind, input: json!({"n": 1}), idempotency_key: None };
        assert_eq!(
            self.runs.submit(&self.context(tenant), new).await,
            Ok(Submitted::Accepted(run))
        );
        run
    }

    pub(super) async fn cancel(&self, tenant: TenantId, run: RunId) {
        assert_eq!(self.runs.cancel(&self.context(tenant), run).await, Ok(Changed::Recorded));
    }

    pub(super) async fn retry(&self, tenant: TenantId, run: RunId) {
        assert_eq!(self.runs.retry(&self.context(tenant), run).await, Ok(Changed::Recorded));
    }

    /// Lets time pass until the condition holds; the paused clock jumps from timer to timer.
    pub(super) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !condition(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(600), waiting).await;
        assert!(waited.is_ok(), "never: {what}; board: {:#?}", self.handle.board());
    }

    pub(super) async fn ended(&self, tenant: TenantId, run: RunId) -> RunOutcome {
        self.until("the run ends", |rig| rig.runs.outcome(tenant, run).is_some()).await;
        self.runs.outcome(tenant, run).unwrap()
    }

    pub(super) fn tenant_actor(&self, tenant: TenantId) -> Option<Snapshot> {
        self.handle.actor(&format!("kernel/tenant:{tenant}"))
    }

    pub(super) fn tenant_state(&self, tenant: TenantId) -> &'static str {
        self.tenant_actor(tenant).map_or("absent", |actor| actor.state)
    }

    pub(super) fn run_actor(&self, tenant: TenantId, run: RunId) -> Option<Snapshot> {
        self.handle.actor(&format!("kernel/tenant:{tenant}/run:{run}"))
    }
}

pub(super) async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
