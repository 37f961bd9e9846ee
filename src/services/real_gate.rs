//! The hard gate: whether anything at all may be sent to a real warehouse, asked anew each time.
//!
//! Four conditions: the self-test of this program, the operator's switch, an operator's approval of the
//! organisation, a smoke. What cannot be read counts as missing. Metadata calls need the first three;
//! an organisation marked as non-production is where the fourth comes from.

use std::sync::{Arc, OnceLock};

use autopilot_domain::failure::Failure;
use autopilot_domain::ids::TenantId;
use autopilot_gate::ports::ConnectionKind;
use autopilot_gate::{Permit, RealConditions};

use crate::ports::connections::{GateRecords, OnRecord};

/// What this program showed of itself at boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// Whether the safety self-test passed.
    pub passed: bool,
    /// SHA-256 of the program, in hexadecimal.
    pub program: String,
    /// SHA-256 of the safety rules' sets and policy, in hexadecimal.
    pub policy: String,
}

/// The gate of this process.
pub struct RealGate {
    switch: bool,
    boot: OnceLock<Boot>,
    records: Arc<dyn GateRecords>,
}

impl RealGate {
    /// With the operator's switch; nothing is known of the program yet.
    #[must_use]
    pub const fn new(switch: bool, records: Arc<dyn GateRecords>) -> Self {
        Self { switch, boot: OnceLock::new(), records }
    }

    /// Notes what the self-test found; the first word counts.
    pub fn booted(&self, boot: Boot) {
        if self.boot.set(boot).is_err() {
            tracing::warn!("the self-test was reported twice; the first report counts");
        }
    }

    async fn on_record(&self, tenant: TenantId, boot: &Boot) -> OnRecord {
        match self.records.of(tenant, &boot.program, &boot.policy).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the records of real queries cannot be read; none counts");
                OnRecord::default()
            }
        }
    }

    /// Which conditions hold for an organisation now.
    pub async fn conditions(&self, tenant: TenantId) -> RealConditions {
        let Some(boot) = self.boot.get().filter(|boot| boot.passed) else {
            return RealConditions { switch: self.switch, ..RealConditions::default() };
        };
        if !self.switch {
            return RealConditions { self_test: true, ..RealConditions::default() };
        }
        let found = self.on_record(tenant, boot).await;
        RealConditions {
            self_test: true,
            switch: true,
            approval: found.approval,
            smoke: found.smoke || found.non_production,
        }
    }

    /// Whether metadata of a real warehouse may be read, and its token be asked for.
    ///
    /// # Errors
    /// `REAL_EXECUTION_FORBIDDEN` naming the first condition that does not hold.
    pub async fn metadata(&self, tenant: TenantId) -> Result<(), Failure> {
        let conditions = RealConditions { smoke: true, ..self.conditions(tenant).await };
        let kind = ConnectionKind::Real;
        Permit::decide(kind, &conditions).check(kind)
    }

    /// Whether a query may run on a real warehouse.
    ///
    /// # Errors
    /// `REAL_EXECUTION_FORBIDDEN` naming the first condition that does not hold.
    pub async fn execution(&self, tenant: TenantId) -> Result<(), Failure> {
        let kind = ConnectionKind::Real;
        Permit::decide(kind, &self.conditions(tenant).await).check(kind)
    }

    /// A query ran well on a real warehouse: of an organisation marked as non-production, that is the
    /// smoke.
    pub async fn ran(&self, tenant: TenantId, job: &str) {
        let Some(boot) = self.boot.get() else { return };
        if !self.on_record(tenant, boot).await.non_production {
            return;
        }
        if let Err(error) = self.records.smoke(tenant, &boot.program, &boot.policy, job).await {
            tracing::warn!(%error, "a smoke could not be recorded; the next query tries again");
        }
    }
}
