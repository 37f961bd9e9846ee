//! Which node works for which tenant.
//!
//! A node renews one lease row; tenants are claimed at an epoch that only grows. A node whose lease
//! ended must stop its supervisors and register anew: its claims are worth nothing any more.

use async_trait::async_trait;
use autopilot_domain::ids::{NodeId, TenantId};

use super::context::OwnerClaim;
use super::runs::StoreError;

/// Something was asked of a tenant since the counter was last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake {
    /// The tenant.
    pub tenant: TenantId,
    /// Grows with every request; a changed value means new work.
    pub counter: i64,
    /// The node that owns the tenant under a living lease, if any.
    pub owner: Option<NodeId>,
}

/// Answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// This node owns the tenant now.
    Mine(OwnerClaim),
    /// Another node owns it, and its lease has not ended.
    Held,
}

/// Node leases, owners and wakes; all by the database's clock.
#[async_trait]
pub trait Ownership: Send + Sync {
    /// Registers this boot of this node with a fresh lease.
    async fn register(&self, node: NodeId, name: &str) -> Result<(), StoreError>;
    /// Renews the lease; [`StoreError::Lost`] when it had already ended.
    async fn renew(&self, node: NodeId) -> Result<(), StoreError>;
    /// Ends the lease at once (an orderly stop), so that others need not wait for it.
    async fn resign(&self, node: NodeId) -> Result<(), StoreError>;
    /// Claims a tenant.
    async fn claim(&self, node: NodeId, tenant: TenantId) -> Result<Claimed, StoreError>;
    /// Gives a tenant up because it is idle: answers `false` and keeps it if it was woken after
    /// `seen` (the counter the supervisor has worked off).
    async fn passivate(&self, claim: OwnerClaim, seen: i64) -> Result<bool, StoreError>;
    /// Tenants for which something was asked and not yet worked off.
    async fn wakes(&self) -> Result<Vec<Wake>, StoreError>;
}
