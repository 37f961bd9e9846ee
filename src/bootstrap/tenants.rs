//! Opening a tenant under a claim: its store, its connection, its budget, its governed path.
//!
//! An organisation works on its active connection, or where it has none on the simulator that the
//! process was given; without either a step that needs the warehouse fails with a plain sentence.

use std::sync::Arc;

use async_trait::async_trait;
use autopilot_domain::admission::Limits;
use autopilot_domain::cost::SpendingPolicy;
use autopilot_domain::failure::Failure;
use autopilot_domain::ids::TenantId;
use autopilot_gate::ports::{BudgetLedger, ConnectionKind, GateJournal, Policies, Warehouse};
use autopilot_gate::{Gate, GatePolicy, Permit, RealConditions};

use super::BootError;
use super::metrics::Counted;
use crate::config::{Config, Queries};
use crate::connectors::bigquery::{BigQuery, Target};
use crate::ports::{Clock, OwnerClaim, Plans, RunStore, StoreError, TenantPorts, Tenants};
use crate::services::live_warehouse::{LiveWarehouse, Parts};
use crate::services::real_gate::RealGate;
use crate::services::registry::TenantSteps;
use crate::services::watched::Watched;
use crate::store::ledger::RedisLedger;
use crate::store::redis_pool::RedisPool;
use crate::store::{OwnedTenant, TenantDb};
use crate::telemetry::metrics::Metrics;

/// Version of the policy that receipts name.
const POLICY_VERSION: &str = "1";

/// Opens tenants.
pub(super) struct Opener {
    db: TenantDb,
    redis: RedisPool,
    installation: String,
    sandbox: Option<(Target, String)>,
    queries: Queries,
    parts: Parts,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    plans: Arc<dyn Plans>,
}

impl Opener {
    pub(super) async fn new(
        config: &Config,
        parts: Parts,
        db: TenantDb,
        redis: RedisPool,
        (clock, metrics, plans): (Arc<dyn Clock>, Arc<Metrics>, Arc<dyn Plans>),
    ) -> Result<Self, BootError> {
        let sandbox = match &config.sandbox {
            None => None,
            Some(sandbox) => {
                let key = tokio::fs::read_to_string(&sandbox.key_file)
                    .await
                    .map_err(|_| BootError::SandboxKey)?;
                Some((target(&sandbox.endpoint.to_string(), &config.sandbox_dataset, &key)?, key))
            }
        };
        let installation = config.store.installation.as_str().to_owned();
        let queries = config.queries;
        Ok(Self { db, redis, installation, sandbox, queries, parts, clock, metrics, plans })
    }

    async fn simulator(&self, claim: OwnerClaim) -> Result<Option<Arc<dyn Warehouse>>, StoreError> {
        let Some((target, key)) = &self.sandbox else { return Ok(None) };
        let label = claim.tenant().as_uuid().simple().to_string();
        let client = BigQuery::connect(target.clone(), key, label).await;
        let client =
            client.map_err(|_| StoreError::Corrupt("the connection's key is not usable"))?;
        let inner: Arc<dyn Warehouse> = Arc::new(client);
        Ok(Some(Arc::new(Watched(inner))))
    }

    fn policies(&self, tenant: TenantId, warehouse: Arc<LiveWarehouse>) -> Planned {
        let (plans, gate) = (Arc::clone(&self.plans), Arc::clone(&self.parts.gate));
        Planned { tenant, plans, queries: self.queries, warehouse, gate }
    }
}

/// What the tenant's plan lets it do at the moment it is asked; never more for one query than an
/// approval could grant.
struct Planned {
    tenant: TenantId,
    plans: Arc<dyn Plans>,
    queries: Queries,
    warehouse: Arc<LiveWarehouse>,
    gate: Arc<RealGate>,
}

impl Planned {
    /// For the connection as it is now.
    async fn permit(&self) -> Result<Permit, Failure> {
        self.warehouse.look().await?;
        let kind = self.warehouse.kind();
        let conditions = match kind {
            ConnectionKind::Sandbox => RealConditions::default(),
            ConnectionKind::Real => self.gate.conditions(self.tenant).await,
        };
        Ok(Permit::decide(kind, &conditions))
    }
}

#[async_trait]
impl Policies for Planned {
    async fn policy(&self) -> Result<GatePolicy, Failure> {
        let (limits, queries) = (self.plans.limits(self.tenant), self.queries);
        let spending = SpendingPolicy {
            query_cap: limits.query_cap.min(queries.approved_cap),
            hourly_budget: limits.hourly_budget,
            ..queries.spending
        };
        Ok(GatePolicy {
            spending,
            approved_cap: queries.approved_cap,
            deadline: queries.timeout,
            row_cap: queries.default_limit,
            sql: autopilot_gate::sql::Policy::default(),
            permit: self.permit().await?,
            version: POLICY_VERSION.to_owned(),
        })
    }
}

fn target(endpoint: &str, dataset: &str, key: &str) -> Result<Target, BootError> {
    let key: serde_json::Value = serde_json::from_str(key).map_err(|_| BootError::SandboxKey)?;
    let project =
        key.get("project_id").and_then(serde_json::Value::as_str).ok_or(BootError::SandboxKey)?;
    Ok(Target {
        base_url: format!("{endpoint}/bigquery/v2"),
        kind: ConnectionKind::Sandbox,
        project: project.to_owned(),
        dataset: dataset.to_owned(),
        location: "US".to_owned(),
    })
}

#[async_trait]
impl Tenants for Opener {
    async fn open(&self, claim: OwnerClaim) -> Result<TenantPorts, StoreError> {
        let owned = Arc::new(OwnedTenant::new(self.db.clone(), claim));
        let simulator = self.simulator(claim).await?;
        let live = Arc::new(LiveWarehouse::new(self.parts.clone(), claim, simulator));
        let warehouse: Arc<dyn Warehouse> = Arc::<LiveWarehouse>::clone(&live);
        let inner: Arc<dyn BudgetLedger> =
            Arc::new(RedisLedger::new(self.redis.clone(), &self.installation, claim.tenant()));
        let metrics = Arc::clone(&self.metrics);
        let ledger: Arc<dyn BudgetLedger> = Arc::new(Counted { inner, metrics });
        let inner: Arc<dyn GateJournal> = Arc::<OwnedTenant>::clone(&owned);
        let journal: Arc<dyn GateJournal> = Arc::new(Watched(inner));
        let policies = Arc::new(self.policies(claim.tenant(), live));
        let gate = Gate::new(Arc::clone(&warehouse), ledger, journal, policies).approved_by(Arc::<
            OwnedTenant,
        >::clone(
            &owned,
        ));
        let store: Arc<dyn RunStore> = owned;
        let steps = TenantSteps {
            store: Arc::clone(&store),
            warehouse,
            gate,
            clock: Arc::clone(&self.clock),
        };
        Ok(TenantPorts { store, steps: Arc::new(steps) })
    }

    fn limits(&self, tenant: TenantId) -> Option<Limits> {
        Some(self.plans.limits(tenant).workflows)
    }
}
