//! Questions to people, in memory.
//!
//! A test answers for everybody; nothing is decided by itself.

use std::sync::Mutex;

use async_trait::async_trait;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::Digest;

use super::locked;
use crate::ports::{ApprovalKind, ApprovalRequest, Approvals, Standing};
use crate::receipt::Origin;

/// See the module.
#[derive(Debug, Default)]
pub struct MemoryApprovals {
    asked: Mutex<Vec<(ApprovalRequest, Standing)>>,
}

impl MemoryApprovals {
    /// What was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<ApprovalRequest> {
        locked(&self.asked).iter().map(|(request, _)| request.clone()).collect()
    }

    /// Answers everything that was asked so far.
    pub fn answer(&self, standing: Standing) {
        locked(&self.asked).iter_mut().for_each(|(_, stands)| *stands = standing);
    }
}

#[async_trait]
impl Approvals for MemoryApprovals {
    async fn standing(
        &self,
        kind: ApprovalKind,
        origin: &Origin,
        hash: Digest,
    ) -> Result<Standing, Failure> {
        let asked = locked(&self.asked);
        let same = |request: &ApprovalRequest| {
            (request.kind, request.origin.run, request.canonical_hash) == (kind, origin.run, hash)
        };
        let last = asked.iter().rev().find(|(request, _)| same(request));
        Ok(last.map_or(Standing::Unasked, |(_, standing)| *standing))
    }

    async fn ask(&self, request: &ApprovalRequest) -> Result<(), Failure> {
        locked(&self.asked).push((request.clone(), Standing::Pending));
        Ok(())
    }
}
