//! What an operator sees of all nodes' actors, and how they ask for one to be replaced.
//!
//! Nodes never call each other: each writes its own board where all can read it, and a request for a
//! restart is a row that the node with that actor finds. Nothing here holds secrets, inputs or row
//! values.

use async_trait::async_trait;
use autopilot_domain::ids::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::context::{OperatorContext, RequestContext};
use super::runs::StoreError;

/// One actor as its node showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownActor {
    /// Where it stands in the tree.
    pub path: String,
    /// Which kind of actor.
    pub kind: String,
    /// Its state, by name.
    pub state: String,
    /// Which life of it.
    pub generation: u64,
    /// Restarts that still count against it.
    pub restarts: u64,
    /// Runs, attempts or calls under way.
    pub in_flight: u64,
    /// Runs that wait for a slot.
    pub queue_depth: u64,
    /// Messages that wait in its mailbox.
    pub mailbox_depth: u64,
    /// How long the oldest of them has waited, in milliseconds.
    pub oldest_message_ms: Option<u64>,
    /// The code of what last failed.
    pub last_error: Option<String>,
    /// When it last said something.
    pub updated: Timestamp,
}

/// A message that reached nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownLetter {
    /// When it was given up.
    pub at: Timestamp,
    /// The receiver's path.
    pub path: String,
    /// The message's type.
    pub message: String,
    /// The organisation it belonged to, if any.
    pub tenant: Option<TenantId>,
    /// `gone` or `foreign_tenant`.
    pub reason: String,
}

/// What one node shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeBoard {
    /// This boot of the node.
    pub id: Uuid,
    /// Its name, for people.
    pub node: String,
    /// When it was written.
    pub at: Timestamp,
    /// Its actors.
    pub actors: Vec<ShownActor>,
    /// Its newest dead letters.
    pub letters: Vec<ShownLetter>,
}

/// Which node works for a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnerRow {
    /// The tenant.
    pub tenant: TenantId,
    /// Name of the node that owns it; `None` when nobody does.
    pub node: Option<String>,
    /// How often it changed hands.
    pub epoch: i64,
    /// Seconds for which the owner's lease still holds; negative when it is over.
    pub lease_seconds: Option<f64>,
}

/// Who looks at actors: never both, so that an operator can never be taken for a tenant's user.
#[derive(Debug, Clone)]
pub enum Inspector {
    /// Of the platform; sees all nodes and tenants.
    Operator(OperatorContext),
    /// An admin of one organisation; sees its own subtree.
    OrgAdmin(RequestContext),
}

/// The boards of all nodes.
#[async_trait]
pub trait Boards: Send + Sync {
    /// Shows this node's board to all; it is forgotten when it is not shown again.
    async fn publish(&self, board: &NodeBoard) -> Result<(), StoreError>;
    /// The boards that nodes have shown within the last seconds.
    async fn read(&self) -> Result<Vec<NodeBoard>, StoreError>;
}

/// A request to replace an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartRequest {
    /// Its id.
    pub id: Uuid,
    /// The actor.
    pub path: String,
}

/// Owners and restarts, which outlive any node.
#[async_trait]
pub trait Inspection: Send + Sync {
    /// Every tenant with an owner row behind `after`, by id.
    async fn owners(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<OwnerRow>, StoreError>;
    /// Records who asks for which actor to be replaced, in the audit too; answers the request's id.
    async fn ask_restart(&self, by: &Inspector, path: &str) -> Result<Uuid, StoreError>;
    /// Requests of the last minute that no node has obeyed yet.
    async fn open_restarts(&self) -> Result<Vec<RestartRequest>, StoreError>;
    /// Takes a request; `false` when another node did already.
    async fn take_restart(&self, id: Uuid, node: Uuid) -> Result<bool, StoreError>;
}
