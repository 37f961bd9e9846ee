//! The migration runner: public first, then every tenant, each step in a transaction of its own.
//!
//! Run by the migrator login only, over several connections at once. A tenant that fails is reported
//! and does not hold the others up; a second run does what is missing and nothing else. A migration
//! whose text changed after it was applied is refused. A runner never works beside another one.

mod report;
mod step;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use autopilot_domain::ids::TenantId;
use tokio_postgres::Client;

pub use self::report::{Report, ScopeReport};
use self::step::{Known, known};
use super::admin;
use super::errors::of_postgres;
use super::provision::{public_grants, tenant_grants};
use crate::ports::StoreError;

/// A numbered migration.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number, counted from 1.
    pub version: i32,
    /// Its text.
    pub sql: &'static str,
}

/// The public schema's migrations.
pub const PUBLIC: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../../migrations/public/0001_base.sql") },
    Migration { version: 2, sql: include_str!("../../migrations/public/0002_plans.sql") },
    Migration { version: 3, sql: include_str!("../../migrations/public/0003_identity.sql") },
    Migration { version: 4, sql: include_str!("../../migrations/public/0004_restarts.sql") },
    Migration { version: 6, sql: include_str!("../../migrations/public/0006_audit.sql") },
    Migration { version: 7, sql: include_str!("../../migrations/public/0007_hard_gate.sql") },
];
/// Every tenant's migrations.
pub const TENANT: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../../migrations/tenant/0001_base.sql") },
    Migration { version: 2, sql: include_str!("../../migrations/tenant/0002_audit.sql") },
    Migration { version: 3, sql: include_str!("../../migrations/tenant/0003_approvals.sql") },
    Migration { version: 4, sql: include_str!("../../migrations/tenant/0004_secrets.sql") },
    Migration { version: 5, sql: include_str!("../../migrations/tenant/0005_connections.sql") },
];

/// Connections of a runner unless it is told otherwise.
pub const DEFAULT_CONNECTIONS: usize = 8;

/// Keeps two runners apart.
const RUNNER_TRY: &str = "SELECT pg_try_advisory_lock(hashtextextended('autopilot.migrate', 0))";
const RUNNER_LOCK: &str = "SELECT pg_advisory_lock(hashtextextended('autopilot.migrate', 0))";
const RUNNER_UNLOCK: &str = "SELECT pg_advisory_unlock(hashtextextended('autopilot.migrate', 0))";

const STATUS_TABLE: &str = "CREATE TABLE IF NOT EXISTS public.migration_status (scope text NOT NULL, version integer NOT NULL, \
      checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (scope, version)); \
    ALTER TABLE public.migration_status \
      ADD COLUMN IF NOT EXISTS state text NOT NULL DEFAULT 'applied' CHECK (state IN ('applied', 'failed')), \
      ADD COLUMN IF NOT EXISTS failed_at timestamptz, \
      ADD COLUMN IF NOT EXISTS error_code text, \
      ADD COLUMN IF NOT EXISTS duration_ms bigint CHECK (duration_ms >= 0), \
      ALTER COLUMN applied_at DROP NOT NULL";

/// Who is told how a run goes on.
pub trait Watch: Send + Sync {
    /// Another runner is at work; this one waits for it.
    fn waiting(&self) {}
    /// So many schemas are to be looked at.
    fn found(&self, _schemas: usize) {}
    /// A schema is done, with or without success.
    fn done(&self, _report: &ScopeReport) {}
}

/// Tells nobody.
pub struct Unwatched;

impl Watch for Unwatched {}

/// A run over all schemas.
pub struct Runner<'a> {
    /// Prefix of the roles.
    pub installation: &'a str,
    /// The public schema's migrations, in their order.
    pub public: &'a [Migration],
    /// Every tenant's migrations, in their order.
    pub tenant: &'a [Migration],
    /// The migrator's address and how many connections may be opened with it; without one, tenants
    /// are done one after another on the given connection.
    pub lanes: Option<(&'a str, usize)>,
    /// Who is told.
    pub watch: &'a dyn Watch,
}

/// Migrates public, then every tenant, on this one connection.
///
/// # Errors
/// When the database does not answer.
pub async fn all(client: &mut Client, installation: &str) -> Result<Report, StoreError> {
    Runner::of_this_release(installation, None, &Unwatched).run(client).await
}

/// Migrates one tenant and grants its role what it needs.
pub async fn tenant_scope(
    client: &mut Client,
    installation: &str,
    tenant: TenantId,
) -> ScopeReport {
    let runner = Runner::of_this_release(installation, None, &Unwatched);
    runner.one_tenant(client, tenant, &Known::default()).await
}

impl<'a> Runner<'a> {
    /// The migrations that this program was built with.
    #[must_use]
    pub const fn of_this_release(
        installation: &'a str,
        lanes: Option<(&'a str, usize)>,
        watch: &'a dyn Watch,
    ) -> Self {
        Self { installation, public: PUBLIC, tenant: TENANT, lanes, watch }
    }

    /// Migrates public, then every tenant; waits first for a runner that is at work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(&self, client: &mut Client) -> Result<Report, StoreError> {
        let free = client.query_one(RUNNER_TRY, &[]).await.map_err(|error| of_postgres(&error))?;
        if !super::rows::get::<bool>(&free, "pg_try_advisory_lock")? {
            self.watch.waiting();
            client.batch_execute(RUNNER_LOCK).await.map_err(|error| of_postgres(&error))?;
        }
        let done = self.run_alone(client).await;
        client.batch_execute(RUNNER_UNLOCK).await.map_err(|error| of_postgres(&error))?;
        done
    }

    async fn run_alone(&self, client: &mut Client) -> Result<Report, StoreError> {
        client.batch_execute(STATUS_TABLE).await.map_err(|error| of_postgres(&error))?;
        let known = known(client).await?;
        let grants = public_grants(self.installation);
        let public = step::scope(client, "public", self.public, &grants, &known).await;
        self.watch.done(&public);
        let clean = public.failed.is_none();
        let mut report = Report { scopes: vec![public] };
        if clean {
            let tenants = admin::tenants(client).await?;
            self.watch.found(tenants.len());
            report.scopes.extend(self.tenants(client, tenants, &known).await?);
        }
        Ok(report)
    }

    /// Every tenant, in the order given, whatever order they end in.
    async fn tenants(
        &self,
        client: &mut Client,
        tenants: Vec<TenantId>,
        known: &Known,
    ) -> Result<Vec<ScopeReport>, StoreError> {
        let lanes = self.lanes.map_or(0, |(_, most)| most.min(tenants.len()));
        let queue = Mutex::new(tenants.into_iter().enumerate().collect::<VecDeque<_>>());
        let mut done = Vec::new();
        if let Some((url, _)) = self.lanes
            && lanes > 1
        {
            let lanes = (0..lanes).map(|_| self.lane(url, &queue, known));
            done.extend(futures_util::future::join_all(lanes).await.into_iter().flatten());
        }
        // What no lane could take, because the server gave it no connection, or all without lanes.
        done.extend(self.drain(client, &queue, known).await);
        if !is_empty(&queue) {
            return Err(StoreError::Unavailable);
        }
        done.sort_by_key(|(order, _)| *order);
        Ok(done.into_iter().map(|(_, report)| report).collect())
    }

    /// One connection of several; opened again when it breaks, so that a tenant whose migration ends
    /// its connection costs the others nothing.
    async fn lane(&self, url: &str, queue: &Queue, known: &Known) -> Vec<(usize, ScopeReport)> {
        let mut done = Vec::new();
        while !is_empty(queue)
            && let Ok(mut client) = admin::connect(url).await
        {
            done.extend(self.drain(&mut client, queue, known).await);
        }
        done
    }

    /// Takes tenants from the queue until it is empty or the connection is gone.
    async fn drain(
        &self,
        client: &mut Client,
        queue: &Queue,
        known: &Known,
    ) -> Vec<(usize, ScopeReport)> {
        let mut done = Vec::new();
        while !client.is_closed()
            && let Some((order, tenant)) = take(queue)
        {
            let report = self.one_tenant(client, tenant, known).await;
            self.watch.done(&report);
            done.push((order, report));
        }
        done
    }

    async fn one_tenant(
        &self,
        client: &mut Client,
        tenant: TenantId,
        known: &Known,
    ) -> ScopeReport {
        let grants = tenant_grants(self.installation, tenant);
        step::scope(client, &tenant.schema_name(), self.tenant, &grants, known).await
    }
}

type Queue = Mutex<VecDeque<(usize, TenantId)>>;

fn take(queue: &Queue) -> Option<(usize, TenantId)> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn is_empty(queue: &Queue) -> bool {
    queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
}
