//! Node leases and owners in memory, on the runtime's clock (which a test can pause).
//! It fences as the real one does, by epoch and lease.

use std::time::Duration;

use async_trait::async_trait;
use autopilot_domain::admission::Limits;
use autopilot_domain::ids::{Epoch, NodeId, TenantId};
use tokio::time::Instant;

use super::memory_runs::{MemoryRuns, World};
use crate::ports::ownership::{Claimed, Wake};
use crate::ports::{OwnerClaim, Ownership, StoreError};

const LEASE: Duration = Duration::from_secs(6);

impl World {
    fn alive(&self, node: NodeId) -> bool {
        self.leases.get(&node).is_some_and(|until| *until > Instant::now())
    }
}

impl MemoryRuns {
    /// Gives every tenant these limits from now on.
    pub fn set_limits(&self, limits: Limits) {
        self.lock().limits = Some(limits);
    }
}

#[async_trait]
impl Ownership for MemoryRuns {
    async fn register(&self, node: NodeId, _: &str) -> Result<(), StoreError> {
        self.up()?.leases.insert(node, Instant::now() + LEASE);
        Ok(())
    }

    async fn renew(&self, node: NodeId) -> Result<(), StoreError> {
        let mut world = self.up()?;
        if !world.alive(node) {
            return Err(StoreError::Lost);
        }
        world.leases.insert(node, Instant::now() + LEASE);
        Ok(())
    }

    async fn resign(&self, node: NodeId) -> Result<(), StoreError> {
        self.up()?.leases.remove(&node);
        Ok(())
    }

    async fn claim(&self, node: NodeId, tenant: TenantId) -> Result<Claimed, StoreError> {
        let mut world = self.up()?;
        if !world.alive(node) {
            return Err(StoreError::Lost);
        }
        let owner = world.tenants.get(&tenant).and_then(|tenant| tenant.owner);
        if let Some((holder, epoch)) = owner {
            if holder == node {
                return Ok(Claimed::Mine(OwnerClaim::issued(tenant, node, epoch)));
            }
            if world.alive(holder) {
                return Ok(Claimed::Held);
            }
        }
        let entry = world.tenants.entry(tenant).or_default();
        entry.last_epoch += 1;
        let epoch = Epoch(entry.last_epoch);
        entry.owner = Some((node, epoch));
        Ok(Claimed::Mine(OwnerClaim::issued(tenant, node, epoch)))
    }

    async fn passivate(&self, claim: OwnerClaim, seen: i64) -> Result<bool, StoreError> {
        let mut world = self.up()?;
        let tenant = world.tenants.entry(claim.tenant()).or_default();
        if tenant.owner != Some((claim.node(), claim.epoch())) {
            return Err(StoreError::Lost);
        }
        if tenant.counter > seen {
            return Ok(false);
        }
        tenant.worked_off = seen;
        tenant.owner = None;
        Ok(true)
    }

    async fn wakes(&self) -> Result<Vec<Wake>, StoreError> {
        let world = self.up()?;
        let waiting = world.tenants.iter().filter(|(_, tenant)| tenant.counter > tenant.worked_off);
        let wakes = waiting.map(|(id, tenant)| Wake {
            tenant: *id,
            counter: tenant.counter,
            owner: tenant.owner.map(|(node, _)| node).filter(|node| world.alive(*node)),
        });
        Ok(wakes.collect())
    }
}
