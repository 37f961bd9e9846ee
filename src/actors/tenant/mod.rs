//! The supervisor of one tenant under one claim: opens it, admits its runs, looks after their actors.
//!
//! It starts a step of nobody before money is in order (`opening`), never has more runs than the
//! limit (`runs`), and gives the tenant up when it is idle, drained or lost (`leaving`). What it
//! knows is a copy of the store; it may be thrown away at any time.

mod leaving;
pub mod messages;
mod opening;
mod runs;
mod sealing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix::{Actor, Context};
use actix_rt::ArbiterHandle;
use autopilot_domain::admission::Admission;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::{RunId, TenantId};
use tokio::time::Instant;

use super::kernel::actor_ref::{ActorRef, Scope};
use super::kernel::board::{Path, Status};
use super::kernel::envelope::Envelope;
use super::kernel::exit::ExitReport;
use super::kernel::kit::Kit;
use super::kernel::patience::Backoff;
use super::kernel::runtime::Tasks;
use super::kernel::supervise::{Children, Generation, Started};
use super::workflow::WorkflowActor;
use super::workflow::messages::StopRun;
use crate::ports::runs::RunRecord;
use crate::ports::{OwnerClaim, Ownership, TenantPorts, Tenants};

/// What a parent gives each life of a child.
pub struct Life {
    /// Which life.
    pub generation: Generation,
    /// Restarts that count against it.
    pub restarts: usize,
    /// How it reports its end.
    pub exit: ExitReport,
    /// Its tasks.
    pub tasks: Tasks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    Recovering,
    Ready,
    Passivating,
    Draining,
    Stopping,
}

/// A look at the store's open runs.
#[derive(Debug, Default)]
struct Look {
    under_way: bool,
    again: bool,
    /// Runs that ended while the look was under way; what it says of them is out of date.
    ended_since: BTreeSet<RunId>,
    wait: Backoff,
}

/// Sealing of the tenant's events.
#[derive(Debug, Default)]
struct Seal {
    under_way: bool,
    due: bool,
    wait: Backoff,
}

/// The supervisor of one tenant.
pub struct TenantSupervisor {
    kit: Kit,
    life: Life,
    me: ActorRef<Self>,
    claim: OwnerClaim,
    ownership: Arc<dyn Ownership>,
    tenants: Arc<dyn Tenants>,
    ports: Option<TenantPorts>,
    phase: Phase,
    wait: Backoff,
    /// The greatest wake counter it was told, and the one its last look worked off.
    told: i64,
    seen: i64,
    look: Look,
    seal: Seal,
    admission: Admission,
    records: BTreeMap<RunId, RunRecord>,
    children: Children<RunId, WorkflowActor>,
    /// Runs that this activation has given up, with the life that was their last.
    left: BTreeMap<RunId, Generation>,
    left_at: Option<Instant>,
    active_at: Instant,
    last_error: Option<ErrorCode>,
}

impl TenantSupervisor {
    /// Starts a supervisor on a thread.
    pub fn launch(
        thread: &ArbiterHandle,
        kit: &Kit,
        life: Life,
        claim: OwnerClaim,
        counter: i64,
        (ownership, tenants): (Arc<dyn Ownership>, Arc<dyn Tenants>),
    ) -> Started<Self> {
        let (inner, tasks) = (kit.clone(), life.tasks.clone());
        let actor = ActorRef::start(thread, Path::tenant(claim.tenant()), kit, move |me| Self {
            admission: Admission::new(inner.limits),
            kit: inner,
            life,
            me,
            claim,
            ownership,
            tenants,
            ports: None,
            phase: Phase::Opening,
            wait: Backoff::default(),
            told: counter,
            seen: counter,
            look: Look::default(),
            seal: Seal::default(),
            records: BTreeMap::new(),
            children: Children::default(),
            left: BTreeMap::new(),
            left_at: None,
            active_at: Instant::now(),
            last_error: None,
        });
        Started { actor, tasks }
    }

    const fn tenant(&self) -> TenantId {
        self.claim.tenant()
    }

    const fn scope(&self) -> Scope {
        Scope::Tenant(self.claim.tenant())
    }

    fn to_me(&self) -> (&ActorRef<Self>, Scope) {
        (&self.me, self.scope())
    }

    /// Opens a message of this tenant.
    fn open<M>(&self, envelope: Envelope<M>) -> Option<M> {
        envelope.open(self.scope(), self.me.path().as_str(), &self.kit.letters)
    }

    /// Opens a message of the node.
    fn open_from_node<M>(&self, envelope: Envelope<M>) -> Option<M> {
        envelope.open(Scope::Node, self.me.path().as_str(), &self.kit.letters)
    }

    fn publish(&self) {
        let state = match self.phase {
            Phase::Opening => "opening",
            Phase::Recovering => "recovering",
            Phase::Ready if !self.left.is_empty() => "degraded",
            Phase::Ready if self.admission.is_idle() => "idle",
            Phase::Ready => "working",
            Phase::Passivating => "passivating",
            Phase::Draining => "draining",
            Phase::Stopping => "stopping",
        };
        let status = Status {
            kind: "tenant",
            state,
            generation: self.life.generation,
            restarts: self.life.restarts,
            in_flight: self.admission.running().count(),
            queue_depth: self.admission.queued().count(),
            last_error: self.last_error,
        };
        self.kit.board.publish(self.me.path(), status, Some(self.me.gauge()));
    }
}

impl Actor for TenantSupervisor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.open_ports();
        self.publish();
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.life.tasks.cancel();
        self.kit.board.unsealed(self.tenant(), false);
        for actor in self.children.clear() {
            actor.tell(self.scope(), StopRun);
        }
        for (run, generation) in &self.left {
            self.kit.board.remove(&Path::run(self.tenant(), *run), *generation);
        }
        if !std::thread::panicking() && !self.life.exit.comes_back() {
            self.kit.board.remove(self.me.path(), self.life.generation);
        }
        self.life.exit.send();
    }
}
