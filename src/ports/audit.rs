//! Keeping the audit trail: anchors of every chain, and letting go what is past its time.
//!
//! Neither needs a claim: an anchor only writes down what is there, and the database itself refuses
//! to let go what is young, held, or not what was verified.

use async_trait::async_trait;
use autopilot_domain::ids::TenantId;
use jiff::Timestamp;

use super::runs::StoreError;

/// What retention did, or with a trial would do, for one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retained {
    /// Nothing is past its time.
    Nothing,
    /// So many events went.
    LetGo(u64),
    /// A legal hold keeps all.
    Held,
    /// The chain does not hold at this position; nothing goes until somebody has looked at it.
    Broken(i64),
}

/// The keeper of all organisations' trails.
#[async_trait]
pub trait AuditKeeper: Send + Sync {
    /// Organisations behind one, in the order of their ids, at most so many.
    async fn tenants(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<TenantId>, StoreError>;
    /// Writes the head of a chain down outside of it.
    async fn anchor(&self, tenant: TenantId) -> Result<(), StoreError>;
    /// Whether this process may let rows go at all.
    fn may_let_go(&self) -> bool;
    /// Lets go events that were recorded before a moment, except the newest one, after the chain was
    /// verified that far. A trial only says what would happen.
    async fn retain(
        &self,
        tenant: TenantId,
        before: Timestamp,
        trial: bool,
    ) -> Result<Retained, StoreError>;
    /// Lets go what was kept of organisations that were purged before a moment; answers how many rows.
    async fn expire(&self, before: Timestamp) -> Result<u64, StoreError>;
}
