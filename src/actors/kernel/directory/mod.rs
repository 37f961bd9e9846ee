//! The kernel: this node's lease, and the directory of the tenants it works for.
//!
//! It claims tenants for which something was asked and starts a supervisor for each. Without a
//! lease it runs nobody: supervisors are stopped before the node registers anew, under a new id. It
//! knows nothing about runs. Nothing restarts the kernel itself; when it is gone, the node is not
//! ready, its lease ends, and others take over.

mod claims;
mod drain;
mod lease;
pub mod messages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler};
use actix_rt::{Arbiter, ArbiterHandle};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::ids::{NodeId, TenantId};
use tokio::sync::watch;
use tokio::time::Instant;

use super::actor_ref::{ActorRef, Scope};
use super::board::{Path, Status};
use super::envelope::Envelope;
use super::kit::Kit;
use super::patience::Backoff;
use super::runtime::Tasks;
use super::supervise::{Children, Generation};
use crate::actors::tenant::TenantSupervisor;
use crate::ports::{Ownership, Tenants};
use messages::{CheckHealth, Health, HintWake};

/// What the kernel needs besides the kit.
pub struct Node {
    /// Name of this node, for people.
    pub name: String,
    /// Makes the id of each registration.
    pub new_node: Arc<dyn Fn() -> NodeId + Send + Sync>,
    /// Node leases and owners.
    pub ownership: Arc<dyn Ownership>,
    /// Opens tenants.
    pub tenants: Arc<dyn Tenants>,
    /// Threads for supervisors; at least one.
    pub threads: Vec<ArbiterHandle>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Registering,
    Leased,
    Draining,
    Resigning,
    Drained,
}

/// The root of this node's actors.
pub struct Kernel {
    kit: Kit,
    node: Node,
    me: ActorRef<Self>,
    tasks: Tasks,
    id: NodeId,
    phase: Phase,
    lease_ends: Instant,
    renewing: bool,
    polling: bool,
    register_wait: Backoff,
    children: Children<TenantId, TenantSupervisor>,
    told: BTreeMap<TenantId, i64>,
    claiming: BTreeSet<TenantId>,
    cooling: BTreeMap<TenantId, Instant>,
    last_error: Option<ErrorCode>,
    done: watch::Sender<bool>,
}

impl Kernel {
    /// Starts the kernel on the current thread of the current system.
    #[must_use]
    pub fn launch(kit: &Kit, node: Node, done: watch::Sender<bool>) -> ActorRef<Self> {
        let inner = kit.clone();
        ActorRef::start(&Arbiter::current(), Path::kernel(), kit, move |me| Self {
            tasks: Tasks::root(inner.io.clone(), inner.timings.cancel_grace),
            id: (node.new_node)(),
            kit: inner,
            node,
            me,
            phase: Phase::Registering,
            lease_ends: Instant::now(),
            renewing: false,
            polling: false,
            register_wait: Backoff::default(),
            children: Children::default(),
            told: BTreeMap::new(),
            claiming: BTreeSet::new(),
            cooling: BTreeMap::new(),
            last_error: None,
            done,
        })
    }

    fn open<M>(&self, envelope: Envelope<M>) -> Option<M> {
        envelope.open(Scope::Node, self.me.path().as_str(), &self.kit.letters)
    }

    fn to_me(&self) -> (&ActorRef<Self>, Scope) {
        (&self.me, Scope::Node)
    }

    fn publish(&self) {
        let state = match self.phase {
            Phase::Registering => "registering",
            Phase::Leased => "leased",
            Phase::Draining => "draining",
            Phase::Resigning => "resigning",
            Phase::Drained => "drained",
        };
        let status = Status {
            kind: "kernel",
            state,
            generation: Generation(1),
            restarts: 0,
            in_flight: self.children.len(),
            queue_depth: self.claiming.len(),
            last_error: self.last_error,
        };
        self.kit.board.publish(self.me.path(), status, Some(self.me.gauge()));
    }
}

impl Actor for Kernel {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(self.kit.timings.renew, |kernel, ctx| kernel.keep_lease(ctx));
        ctx.run_interval(self.kit.timings.poll, |kernel, _| kernel.poll());
        self.register();
        self.publish();
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if std::thread::panicking() {
            tracing::error!("the kernel panicked; this node ends its work");
        }
        self.stop_tenants();
        self.done.send_replace(true);
    }
}

impl Handler<Envelope<HintWake>> for Kernel {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<HintWake>, _: &mut Self::Context) {
        if let Some(HintWake { tenant }) = self.open(envelope) {
            tracing::trace!(%tenant, "woken by a hint");
            self.poll();
        }
    }
}

impl Handler<Envelope<CheckHealth>> for Kernel {
    type Result = Health;

    fn handle(&mut self, envelope: Envelope<CheckHealth>, _: &mut Self::Context) -> Health {
        let _asked = self.open(envelope);
        let leased = self.phase == Phase::Leased && Instant::now() < self.lease_ends;
        let draining = match self.phase {
            Phase::Registering | Phase::Leased => false,
            Phase::Draining | Phase::Resigning | Phase::Drained => true,
        };
        Health { leased, draining }
    }
}
