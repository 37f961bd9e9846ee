//! What a tenant supervisor is told: by the kernel (node's scope: stop and drain), by its own tasks
//! and by its workflow actors (the tenant's scope).

use actix::Message;
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::RunId;
use autopilot_domain::workflow::machine::RunOutcome;

use crate::actors::kernel::supervise::Generation;
use crate::ports::runs::RunRecord;
use crate::ports::{StoreError, TenantPorts};

/// Something was asked of this tenant: look at its runs.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct WakeTenant {
    /// The wake counter this look works off.
    pub counter: i64,
}

/// Start nothing, let attempts under way end, then end.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct DrainTenant;

/// End at once; somebody else may own the tenant already.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct StopTenant;

/// End at once and come back as a new life.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RestartTenant;

/// Replace the actor of a run by a new life.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RestartRunOf {
    /// The run.
    pub run: RunId,
}

/// How a workflow actor left its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// The run's end is committed.
    Finished(RunOutcome),
    /// A drain stopped it between two attempts; the next owner goes on.
    Suspended,
    /// It cannot go on in this activation.
    Stuck(ErrorCode),
    /// The store says that the claim is over.
    LostClaim,
}

/// A workflow actor has left its run.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RunLeft {
    /// The run.
    pub run: RunId,
    /// The reporting life.
    pub generation: Generation,
    /// How.
    pub end: RunEnd,
}

/// A workflow actor committed something that has an event.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Progressed;

/// A workflow actor has ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RunExited {
    /// The run.
    pub run: RunId,
    /// The life that ended.
    pub generation: Generation,
    /// Whether it ended without a panic.
    pub clean: bool,
}

/// A workflow actor that ended in this generation may be started again.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct RunRestartDue {
    pub(in crate::actors) run: RunId,
    pub(in crate::actors) ended: Generation,
}

/// The tenant's ports were opened, or not.
#[derive(Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Opened {
    pub(in crate::actors) answer: Result<TenantPorts, StoreError>,
}

/// Money is in order again, or not.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Recovered {
    pub(in crate::actors) answer: Result<(), Failure>,
}

/// The store answered which runs are open.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct RunsRead {
    pub(in crate::actors) counter: i64,
    pub(in crate::actors) answer: Result<Vec<RunRecord>, StoreError>,
}

/// The store answered the end of a run that was cancelled before it got a slot.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct CancelledUnstarted {
    pub(in crate::actors) run: RunId,
    pub(in crate::actors) answer: Result<(), StoreError>,
}

/// The store answered a seal.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Sealed {
    pub(in crate::actors) answer: Result<usize, StoreError>,
}

/// The store answered a passivation.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct PassivateAnswered {
    pub(in crate::actors) answer: Result<bool, StoreError>,
}
