//! The two doors to a tenant's rows.
//!
//! `begin` takes a person's request context, `begin_owned` an owner's claim; there is no third. Both
//! open a transaction in which role and search path are the tenant's, and the second reads the owner
//! row with a lock first, so that a stale owner's transaction fails whole. A transaction that is
//! dropped takes its connection with it: nothing half-open ever returns to the pool.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use autopilot_domain::ids::TenantId;
use deadpool_postgres::{Object, Pool, StatementCache};
use futures_util::future::{join_all, join3, join4};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::errors::{of_pool, of_postgres};
use super::statements::{BEGIN_READ, FENCE, SCOPE, WAKE};
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
    seen: Arc<Mutex<HashMap<usize, Seen>>>,
}

/// What a connection has been used for. While this is held, its address is no other connection's.
struct Seen {
    connection: Weak<StatementCache>,
    tenants: HashSet<TenantId>,
    /// Tenants' statements that it has prepared.
    statements: HashSet<&'static str>,
}

/// An open transaction of one tenant. Dropping it rolls back.
///
/// Statements are fixed texts of the program: the login role is a member of every tenant's role, so a
/// text built from input could change the role and leave the tenant.
pub struct TenantTx {
    tenant: TenantId,
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
        self.open_on(connection, tenant, claim, wake).await
    }

    async fn open_on(
        &self,
        connection: Object,
        tenant: TenantId,
        claim: Option<&OwnerClaim>,
        wake: bool,
    ) -> Result<TenantTx, StoreError> {
        let worn_out = self.remember(&connection, tenant);
        let tx = TenantTx { tenant, connection: Some(connection), worn_out };
        let (role, path) = self.scope(tenant);
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

    /// Rows of several statements that only read, from one moment, in the tenant of a request.
    ///
    /// Everything from BEGIN to COMMIT is sent before the first answer is awaited, so that a read costs
    /// one trip to the database. Should role and path fail, the transaction has failed, and what
    /// follows reads nothing.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn read(
        &self,
        ctx: &RequestContext,
        queries: &[(&'static str, Params<'_>)],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let connection = self.pool.get().await.map_err(|error| of_pool(&error))?;
        let id = key(&connection);
        if !self.knows(id, queries) {
            return self.read_step_by_step(ctx, connection, queries).await;
        }
        let worn_out = self.remember(&connection, ctx.tenant());
        let tx = TenantTx { tenant: ctx.tenant(), connection: Some(connection), worn_out };
        let (role, path) = self.scope(ctx.tenant());
        let scope = tx.prepared(SCOPE).await?;
        let mut reads = Vec::with_capacity(queries.len());
        for (sql, params) in queries {
            reads.push((tx.prepared(sql).await?, *params));
        }
        let client = tx.client()?;
        let scope_params: Params<'_> = &[&role, &path];
        let (begun, scoped, found, ended) = join4(
            client.batch_execute(BEGIN_READ),
            client.query_one(&scope, scope_params),
            join_all(reads.iter().map(|(statement, params)| client.query(statement, params))),
            client.batch_execute("COMMIT"),
        )
        .await;
        begun.and(scoped.map(drop)).and(ended).map_err(|error| of_postgres(&error))?;
        let found: Result<_, _> = found.into_iter().collect();
        let found = found.map_err(|error| of_postgres(&error))?;
        tx.release();
        Ok(found)
    }

    /// The same on a connection that has not prepared the statements: they can be prepared only where
    /// the tenant's tables are seen.
    async fn read_step_by_step(
        &self,
        ctx: &RequestContext,
        connection: Object,
        queries: &[(&'static str, Params<'_>)],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let id = key(&connection);
        let tx = self.open_on(connection, ctx.tenant(), None, false).await?;
        let read_only = tx.client()?.batch_execute("SET TRANSACTION READ ONLY").await;
        read_only.map_err(|error| of_postgres(&error))?;
        let mut found = Vec::with_capacity(queries.len());
        for (sql, params) in queries {
            found.push(tx.query(sql, params).await?);
        }
        let worn_out = tx.worn_out;
        tx.commit().await?;
        if !worn_out {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = seen.get_mut(&id) {
                known.statements.extend(queries.iter().map(|(sql, _)| *sql));
            }
        }
        Ok(found)
    }

    fn knows(&self, connection: usize, queries: &[(&'static str, Params<'_>)]) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.get(&connection);
        known.is_some_and(|known| queries.iter().all(|(sql, _)| known.statements.contains(sql)))
    }

    /// The role and search path of a tenant.
    fn scope(&self, tenant: TenantId) -> (String, String) {
        let path = format!("\"{}\", pg_temp", tenant.schema_name());
        (role_name(&self.installation, tenant), path)
    }

    /// Notes that a connection serves a tenant; answers whether it has served its share.
    fn remember(&self, connection: &Object, tenant: TenantId) -> bool {
        let key = key(connection);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let tenants = &mut entry(&mut seen, connection).tenants;
        tenants.insert(tenant);
        let worn_out = tenants.len() >= TENANTS_PER_CONNECTION;
        if worn_out {
            seen.remove(&key);
        }
        worn_out
    }
}

/// The entry of a connection; those of connections that have closed are forgotten.
fn entry<'a>(seen: &'a mut HashMap<usize, Seen>, connection: &Object) -> &'a mut Seen {
    let key = key(connection);
    if !seen.contains_key(&key) {
        seen.retain(|_, one| one.connection.strong_count() > 0);
    }
    let fresh = || Seen {
        connection: Arc::downgrade(&connection.statement_cache),
        tenants: HashSet::new(),
        statements: HashSet::new(),
    };
    seen.entry(key).or_insert_with(fresh)
}

/// Names a connection among those of its pool.
fn key(connection: &Object) -> usize {
    Arc::as_ptr(&connection.statement_cache).addr()
}

impl TenantTx {
    /// Gives the connection of an ended transaction back, unless it has served its share.
    fn release(mut self) {
        if !self.worn_out {
            drop(self.connection.take());
        }
    }

    /// Whose it is.
    pub(super) const fn tenant(&self) -> TenantId {
        self.tenant
    }

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
    pub async fn commit(self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    /// Takes everything back and gives the connection back whole. For refusals that a caller may cause
    /// as often as they like; where something failed, dropping is right.
    ///
    /// # Errors
    /// As the database answered.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &'static str) -> Result<(), StoreError> {
        let done = self.client()?.batch_execute(how).await;
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
