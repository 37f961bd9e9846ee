//! A tenant's warehouse as it is now: its active connection, or the process' simulator.
//!
//! Looked up for every call, so that a replaced credential counts at once; a call under way keeps the
//! client it began with. Nothing of a real connection is opened, built or asked before the hard gate
//! says yes: neither its credential, nor its token, nor its metadata.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use autopilot_domain::catalog::{TableFacts, TableRef};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_gate::ports::{ConnectionKind, DryRun, JobState, QueryResult, Warehouse};
use autopilot_gate::receipt::JobId;
use autopilot_gate::stages::{ApprovedQuery, SafeQuery};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::real_gate::RealGate;
use crate::ports::OwnerClaim;
use crate::ports::connections::{ActiveConnection, Live, Warehouses};
use crate::ports::secrets::{Door, Purpose, SecretError, Secrets};

/// What it takes to use a connection; shared by all tenants.
#[derive(Clone)]
pub struct Parts {
    /// Which connection is active.
    pub connections: Arc<dyn ActiveConnection>,
    /// Where credentials are kept.
    pub secrets: Arc<dyn Secrets>,
    /// Builds clients.
    pub warehouses: Arc<dyn Warehouses>,
    /// The hard gate.
    pub gate: Arc<RealGate>,
}

struct Client {
    of: (Uuid, i32),
    warehouse: Arc<dyn Warehouse>,
}

/// One tenant's warehouse.
pub struct LiveWarehouse {
    parts: Parts,
    claim: OwnerClaim,
    /// Used where no connection is active.
    simulator: Option<Arc<dyn Warehouse>>,
    real: AtomicBool,
    client: Mutex<Option<Client>>,
}

/// A credential that cannot be used, as a step reports it.
#[must_use]
pub fn failure_of(error: &SecretError) -> Failure {
    match error {
        SecretError::Store(error) => error.failure(),
        SecretError::KeyService => {
            Failure::of(FailureClass::TransientError, ErrorCode::DependencyDown)
        }
        SecretError::NoMasterKey | SecretError::Missing | SecretError::Sealed => {
            let sentence = "The connection's credential cannot be opened; an operator must look at the master keys.";
            Failure::with(FailureClass::PermissionDenied, ErrorCode::WarehouseDenied, sentence)
        }
    }
}

fn not_connected() -> Failure {
    let sentence =
        "This organisation has no warehouse connection; make one at POST /v1/connections.";
    Failure::with(FailureClass::PermissionDenied, ErrorCode::WarehouseDenied, sentence)
}

impl LiveWarehouse {
    /// Of the claimed tenant.
    #[must_use]
    pub fn new(parts: Parts, claim: OwnerClaim, simulator: Option<Arc<dyn Warehouse>>) -> Self {
        Self { parts, claim, simulator, real: AtomicBool::new(false), client: Mutex::default() }
    }

    /// Whether the active connection leads to a real warehouse.
    ///
    /// # Errors
    /// When the store cannot say.
    pub async fn look(&self) -> Result<Option<Live>, Failure> {
        let active = self.parts.connections.active(&self.claim).await;
        let active = active.map_err(|error| error.failure())?;
        self.real.store(active.is_some(), Ordering::SeqCst);
        Ok(active)
    }

    async fn now(&self) -> Result<Arc<dyn Warehouse>, Failure> {
        match self.look().await? {
            Some(live) => {
                self.parts.gate.metadata(self.claim.tenant()).await?;
                self.client_of(&live).await
            }
            None => self.simulator.clone().ok_or_else(not_connected),
        }
    }

    async fn client_of(&self, live: &Live) -> Result<Arc<dyn Warehouse>, Failure> {
        let mut kept = self.client.lock().await;
        let of = (live.id, live.version);
        if let Some(client) = kept.as_ref().filter(|client| client.of == of) {
            return Ok(Arc::clone(&client.warehouse));
        }
        let (door, purpose) = (Door::Owner(&self.claim), Purpose::WarehouseKey);
        let key = self.parts.secrets.open(door, purpose, live.secret).await;
        let key = key.map_err(|error| failure_of(&error))?;
        let tenant = self.claim.tenant();
        let warehouse = self.parts.warehouses.connect(tenant, &live.place, &key).await?;
        *kept = Some(Client { of, warehouse: Arc::clone(&warehouse) });
        Ok(warehouse)
    }
}

#[async_trait]
impl Warehouse for LiveWarehouse {
    fn kind(&self) -> ConnectionKind {
        if self.real.load(Ordering::SeqCst) {
            ConnectionKind::Real
        } else {
            ConnectionKind::Sandbox
        }
    }

    async fn dry_run(&self, query: &SafeQuery) -> Result<DryRun, Failure> {
        self.now().await?.dry_run(query).await
    }

    async fn execute(&self, query: ApprovedQuery) -> Result<QueryResult, Failure> {
        let warehouse = self.now().await?;
        let (job, real) = (query.job_id(), warehouse.kind() == ConnectionKind::Real);
        // Asked again: the connection may have become a real one since the path asked.
        if real {
            self.parts.gate.execution(self.claim.tenant()).await?;
        }
        let result = warehouse.execute(query).await?;
        if real {
            self.parts.gate.ran(self.claim.tenant(), &job.0).await;
        }
        Ok(result)
    }

    async fn job(&self, job: &JobId) -> Result<JobState, Failure> {
        self.now().await?.job(job).await
    }

    async fn cancel(&self, job: &JobId) -> Result<(), Failure> {
        self.now().await?.cancel(job).await
    }

    async fn list_tables(&self) -> Result<Vec<TableRef>, Failure> {
        self.now().await?.list_tables().await
    }

    async fn describe(&self, table: &TableRef) -> Result<TableFacts, Failure> {
        self.now().await?.describe(table).await
    }
}
