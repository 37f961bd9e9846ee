//! Node leases, owners and wakes, all by the database's clock.
//!
//! A takeover is one statement; it waits for any transaction that holds the owner row for a step, and
//! from then on every later one of the old owner fails at the fence.

use async_trait::async_trait;
use autopilot_domain::ids::{Epoch, NodeId, TenantId};
use uuid::Uuid;

use super::errors::{of_pool, of_postgres};
use super::rows::get;
use super::statements::{
    NODE_REGISTER, NODE_RENEW, NODE_RESIGN, OWNER_CLAIM, OWNER_RELEASE, OWNER_ROW, WAKE_DONE,
    WAKE_LATER, WAKES,
};
use super::tenant_db::TenantDb;
use crate::ports::ownership::{Claimed, Wake};
use crate::ports::{OwnerClaim, Ownership, StoreError};

/// The public tables, written by the login role.
#[derive(Clone)]
pub struct NodeStore(pub TenantDb);

#[async_trait]
impl Ownership for NodeStore {
    async fn register(&self, node: NodeId, name: &str) -> Result<(), StoreError> {
        self.0.login_execute(NODE_REGISTER, &[&node.as_uuid(), &name]).await.map(drop)
    }

    async fn renew(&self, node: NodeId) -> Result<(), StoreError> {
        match self.0.login_execute(NODE_RENEW, &[&node.as_uuid()]).await? {
            0 => Err(StoreError::Lost),
            _ => Ok(()),
        }
    }

    async fn resign(&self, node: NodeId) -> Result<(), StoreError> {
        self.0.login_execute(NODE_RESIGN, &[&node.as_uuid()]).await.map(drop)
    }

    async fn claim(&self, node: NodeId, tenant: TenantId) -> Result<Claimed, StoreError> {
        let id = tenant.as_uuid();
        self.0.login_execute(OWNER_ROW, &[&id]).await?;
        let rows = self.0.login_query(OWNER_CLAIM, &[&id, &node.as_uuid()]).await?;
        match rows.first() {
            Some(row) => {
                Ok(Claimed::Mine(OwnerClaim::issued(tenant, node, Epoch(get(row, "epoch")?))))
            }
            None => Ok(Claimed::Held),
        }
    }

    async fn passivate(&self, claim: OwnerClaim, seen: i64) -> Result<bool, StoreError> {
        let id = claim.tenant().as_uuid();
        let mut client = self.0.pool().get().await.map_err(|error| of_pool(&error))?;
        let tx = client.transaction().await.map_err(|error| of_postgres(&error))?;
        let later =
            tx.query_opt(WAKE_LATER, &[&id, &seen]).await.map_err(|error| of_postgres(&error))?;
        if later.is_some() {
            return Ok(false);
        }
        tx.execute(WAKE_DONE, &[&id, &seen]).await.map_err(|error| of_postgres(&error))?;
        let (node, epoch) = (claim.node().as_uuid(), claim.epoch().0);
        let released = tx
            .execute(OWNER_RELEASE, &[&id, &node, &epoch])
            .await
            .map_err(|error| of_postgres(&error))?;
        tx.commit().await.map_err(|error| of_postgres(&error))?;
        if released == 0 { Err(StoreError::Lost) } else { Ok(true) }
    }

    async fn wakes(&self) -> Result<Vec<Wake>, StoreError> {
        let rows = self.0.login_query(WAKES, &[]).await?;
        rows.iter()
            .map(|row| {
                let owner: Option<Uuid> = get(row, "node_id")?;
                Ok(Wake {
                    tenant: TenantId::new(get(row, "tenant_id")?),
                    counter: get(row, "counter")?,
                    owner: owner.map(NodeId::new),
                })
            })
            .collect()
    }
}
