//! The two doors to a tenant's rows.
//!
//! `begin` takes a person's request context, `begin_owned` an owner's claim; there is no third. Both
//! open a transaction in which role and search path are the tenant's, and the second reads the owner
//! row with a lock first, so that a stale owner's transaction fails whole. A transaction that is
//! dropped takes its connection with it: nothing half-open ever returns to the pool.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use autopilot_domain::ids::TenantId;
use deadpool_postgres::{Object, Pool};
use futures_util::future::join3;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::errors::{of_pool, of_postgres};
use super::statements::{FENCE, SCOPE, WAKE};
use crate::ports::{OwnerClaim, RequestContext, StoreError};

/// A backend keeps 0.37 MB for each tenant it has seen; after this many it is replaced.
const TENANTS_PER_CONNECTION: usize = 128;

/// Name of a tenant's role: roles are cluster-wide, so the installation is part of it.
#[must_use]
pub fn role_name(installation: &str, tenant: TenantId) -> String {
    format!("{installation}_t_{}", tenant.as_uuid().simple())
}

/// Parameters of a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The login role's pool and what it needs to open tenants.
#[derive(Clone)]
pub struct TenantDb {
    pool: Pool,
    installation: Arc<str>,
    seen: Arc<Mutex<HashMap<usize, HashSet<TenantId>>>>,
}

/// An open transaction of one tenant. Dropping it rolls back.
///
/// Statements are fixed texts of the program: the login role is a member of every tenant's role, so a
/// text built from input could change the role and leave the tenant.
pub struct TenantTx {
    connection: Option<Object>,
    worn_out: bool,
}

/// How a pool stands, in connections; `waiting` counts those who wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// Open.
    pub open: u64,
    /// Open and used by nobody.
    pub idle: u64,
    /// Waited for.
    pub waiting: u64,
    /// The most there may be.
    pub most: u64,
}

impl TenantDb {
    /// Over a pool of the login role.
    #[must_use]
    pub fn new(pool: Pool, installation: &str) -> Self {
        Self { pool, installation: installation.into(), seen: Arc::default() }
    }

    /// Rows of a prepared statement on public objects, as the login role.
    pub(super) async fn login_query(
        &self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.pool.get().await.map_err(|error| of_pool(&error))?;
        let statement = client.prepare_cached(sql).await.map_err(|error| of_postgres(&error))?;
        client.query(&statement, params).await.map_err(|error| of_postgres(&error))
    }

    /// Number of rows a prepared statement on public objects changed, as the login role.
    pub(super) async fn login_execute(
        &self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<u64, StoreError> {
        let client = self.pool.get().await.map_err(|error| of_pool(&error))?;
        let statement = client.prepare_cached(sql).await.map_err(|error| of_postgres(&error))?;
        client.execute(&statement, params).await.map_err(|error| of_postgres(&error))
    }

    /// How the pool stands right now.
    #[must_use]
    pub fn pool_use(&self) -> PoolUse {
        let status = self.pool.status();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        PoolUse {
            open: count(status.size),
            idle: count(status.available),
            waiting: count(status.waiting),
            most: count(status.max_size),
        }
    }

    /// The login role's pool, for statements on public objects.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Opens the tenant of a request.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn begin(&self, ctx: &RequestContext) -> Result<TenantTx, StoreError> {
        self.open(ctx.tenant(), None, false).await
    }

    /// Opens the tenant of a request and records, in the same transaction, that its owner has work.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn begin_waking(&self, ctx: &RequestContext) -> Result<TenantTx, StoreError> {
        self.open(ctx.tenant(), None, true).await
    }

    /// Opens the tenant of a claim; the owner row stays locked until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when the claim is stale.
    pub async fn begin_owned(&self, claim: &OwnerClaim) -> Result<TenantTx, StoreError> {
        self.open(claim.tenant(), Some(claim), false).await
    }

    async fn open(
        &self,
        tenant: TenantId,
        claim: Option<&OwnerClaim>,
        wake: bool,
    ) -> Result<TenantTx, StoreError> {
        let connection = self.pool.get().await.map_err(|error| of_pool(&error))?;
        let worn_out = self.remember(&connection, tenant);
        let tx = TenantTx { connection: Some(connection), worn_out };
        let role = role_name(&self.installation, tenant);
        let path = format!("\"{}\", pg_temp", tenant.schema_name());
        let scope = tx.prepared(SCOPE).await?;
        let first = tx.prepared(if claim.is_some() { FENCE } else { WAKE }).await?;
        let id = tenant.as_uuid();
        let client = tx.client()?;
        // One flight: the statements are sent in this order before the first answer is awaited.
        let before_scope = async {
            match claim {
                Some(claim) => {
                    let (node, epoch) = (claim.node().as_uuid(), claim.epoch().0);
                    client.execute(&first, &[&id, &node, &epoch]).await.map(drop)
                }
                None if wake => client.execute(&first, &[&id]).await.map(drop),
                None => Ok(()),
            }
        };
        let scope_params: Params<'_> = &[&role, &path];
        let (begun, gated, scoped) = join3(
            client.batch_execute("BEGIN"),
            before_scope,
            client.query_one(&scope, scope_params),
        )
        .await;
        begun.and(gated).and(scoped.map(drop)).map_err(|error| of_postgres(&error))?;
        Ok(tx)
    }

    /// Notes that a connection serves a tenant; answers whether it has served its share.
    fn remember(&self, connection: &Object, tenant: TenantId) -> bool {
        let key = Arc::as_ptr(&connection.statement_cache).addr();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let tenants = seen.entry(key).or_default();
        tenants.insert(tenant);
        let worn_out = tenants.len() >= TENANTS_PER_CONNECTION;
        if worn_out {
            seen.remove(&key);
        }
        worn_out
    }
}

impl TenantTx {
    fn client(&self) -> Result<&Object, StoreError> {
        self.connection.as_ref().ok_or(StoreError::Corrupt("the transaction has ended"))
    }

    async fn prepared(&self, sql: &'static str) -> Result<tokio_postgres::Statement, StoreError> {
        self.client()?.prepare_cached(sql).await.map_err(|error| of_postgres(&error))
    }

    /// Rows of a prepared statement.
    ///
    /// # Errors
    /// As the database answered.
    pub async fn query(
        &self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(sql).await?;
        self.client()?.query(&statement, params).await.map_err(|error| of_postgres(&error))
    }

    /// At most one row.
    ///
    /// # Errors
    /// As the database answered.
    pub async fn query_opt(
        &self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Option<Row>, StoreError> {
        let statement = self.prepared(sql).await?;
        self.client()?.query_opt(&statement, params).await.map_err(|error| of_postgres(&error))
    }

    /// Number of rows a prepared statement changed.
    ///
    /// # Errors
    /// As the database answered.
    pub async fn execute(&self, sql: &'static str, params: Params<'_>) -> Result<u64, StoreError> {
        let statement = self.prepared(sql).await?;
        self.client()?.execute(&statement, params).await.map_err(|error| of_postgres(&error))
    }

    /// Commits; an answer of `Unavailable` may mean that it was committed.
    ///
    /// # Errors
    /// As the database answered.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let done = self.client()?.batch_execute("COMMIT").await;
        if done.is_ok() && !self.worn_out {
            drop(self.connection.take());
        }
        done.map_err(|error| of_postgres(&error))
    }
}

impl Drop for TenantTx {
    fn drop(&mut self) {
        // Detached from the pool, the connection closes, and the server rolls back.
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}
