//! One tenant under one claim: what the owner reads and writes.
//!
//! Every transaction of it begins with the fence.

use super::events::{Fact, record};
use super::tenant_db::{TenantDb, TenantTx};
use crate::ports::{OwnerClaim, StoreError};

/// The owner's store of one tenant.
#[derive(Clone)]
pub struct OwnedTenant {
    pub(super) db: TenantDb,
    pub(super) claim: OwnerClaim,
}

impl OwnedTenant {
    /// Under a claim.
    #[must_use]
    pub const fn new(db: TenantDb, claim: OwnerClaim) -> Self {
        Self { db, claim }
    }

    pub(super) async fn begin(&self) -> Result<TenantTx, StoreError> {
        self.db.begin_owned(&self.claim).await
    }

    /// Commits one event alone.
    pub(super) async fn note(&self, fact: Fact<'_>) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        record(&tx, fact).await?;
        tx.commit().await
    }
}
