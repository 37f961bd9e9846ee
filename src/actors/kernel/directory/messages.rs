//! What the kernel is told and asked. All of it has the node's scope; tenants stand in the bodies.
//! Commands come from the handle and from timers; answers of tasks come back as events.

use actix::Message;
use autopilot_domain::ids::{NodeId, RunId, TenantId};

use super::super::supervise::Generation;
use crate::ports::StoreError;
use crate::ports::ownership::{Claimed, Wake};

/// Something was asked of a tenant; look now instead of within a second.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct HintWake {
    /// The tenant.
    pub tenant: TenantId,
}

/// How is this node?
#[derive(Debug, Message)]
#[rtype(result = "Health")]
pub struct CheckHealth;

/// How this node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, actix::MessageResponse)]
pub struct Health {
    /// It holds a lease.
    pub leased: bool,
    /// It takes no new work.
    pub draining: bool,
}

/// Replace an actor by a new life, whatever it is at; answers whether its tenant is worked for here.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct RestartActor {
    /// The tenant.
    pub tenant: TenantId,
    /// The run, or nobody but the tenant's supervisor itself.
    pub run: Option<RunId>,
}

/// Take no new work and end in order.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct BeginDrain;

/// The store answered a registration.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Registered {
    pub(in crate::actors) node: NodeId,
    pub(in crate::actors) asked_at: tokio::time::Instant,
    pub(in crate::actors) answer: Result<(), StoreError>,
}

/// The store answered a renewal.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Renewed {
    pub(in crate::actors) node: NodeId,
    pub(in crate::actors) asked_at: tokio::time::Instant,
    pub(in crate::actors) answer: Result<(), StoreError>,
}

/// The store answered which tenants wait.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct WakesRead {
    pub(in crate::actors) answer: Result<Vec<Wake>, StoreError>,
}

/// The store answered a claim.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct ClaimAnswered {
    pub(in crate::actors) wake: Wake,
    pub(in crate::actors) answer: Result<Claimed, StoreError>,
}

/// A supervisor has ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct TenantExited {
    pub(in crate::actors) tenant: TenantId,
    pub(in crate::actors) generation: Generation,
    pub(in crate::actors) clean: bool,
}

/// A supervisor that ended in this generation may be started again.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct TenantRestartDue {
    pub(in crate::actors) tenant: TenantId,
    pub(in crate::actors) ended: Generation,
}

/// The lease was given back, or could not be.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Resigned {
    pub(in crate::actors) node: NodeId,
}
