//! The migration runner: public first, then every tenant, each migration in a transaction of its own.
//!
//! Run by the migrator login only. A tenant that fails is reported and does not hold the others up;
//! a second run does what is missing and nothing else. A migration whose text changed after it was
//! applied is refused.

use autopilot_domain::canonical;
use autopilot_domain::ids::TenantId;
use serde::Serialize;
use tokio_postgres::{Client, Transaction};

use super::errors::of_postgres;
use super::rows::get;
use crate::ports::StoreError;

/// A numbered migration.
pub struct Migration {
    /// Its number, counted from 1.
    pub version: i32,
    /// Its text.
    pub sql: &'static str,
}

/// The public schema's migrations.
pub const PUBLIC: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../../migrations/public/0001_base.sql") },
    Migration { version: 4, sql: include_str!("../../migrations/public/0004_restarts.sql") },
];
/// Every tenant's migrations.
pub const TENANT: &[Migration] =
    &[Migration { version: 1, sql: include_str!("../../migrations/tenant/0001_base.sql") }];

/// Keeps two runners apart.
const RUNNER_LOCK: &str = "SELECT pg_advisory_lock(hashtextextended('autopilot.migrate', 0))";
const RUNNER_UNLOCK: &str = "SELECT pg_advisory_unlock(hashtextextended('autopilot.migrate', 0))";

const STATUS_TABLE: &str = "CREATE TABLE IF NOT EXISTS public.migration_status (scope text NOT NULL, version integer NOT NULL, \
    checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (scope, version))";

/// What became of one schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeReport {
    /// The schema.
    pub scope: String,
    /// Versions that were applied now.
    pub applied: Vec<i32>,
    /// Why it stopped, in a plain sentence.
    pub failed: Option<String>,
}

/// What became of all schemas.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// One entry for each schema.
    pub scopes: Vec<ScopeReport>,
}

impl Report {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.scopes.iter().all(|scope| scope.failed.is_none())
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for scope in &self.scopes {
            match &scope.failed {
                Some(why) => writeln!(f, "{}: FAILED: {why}", scope.scope)?,
                None if scope.applied.is_empty() => writeln!(f, "{}: up to date", scope.scope)?,
                None => writeln!(f, "{}: applied {:?}", scope.scope, scope.applied)?,
            }
        }
        write!(
            f,
            "{} schemas, {} failed",
            self.scopes.len(),
            self.scopes.iter().filter(|s| s.failed.is_some()).count()
        )
    }
}

/// Migrates public, then every tenant.
///
/// # Errors
/// When the database does not answer or public cannot be migrated.
pub async fn all(client: &mut Client, installation: &str) -> Result<Report, StoreError> {
    client.batch_execute(RUNNER_LOCK).await.map_err(|error| of_postgres(&error))?;
    let done = all_locked(client, installation).await;
    client.batch_execute(RUNNER_UNLOCK).await.map_err(|error| of_postgres(&error))?;
    done
}

async fn all_locked(client: &mut Client, installation: &str) -> Result<Report, StoreError> {
    client.batch_execute(STATUS_TABLE).await.map_err(|error| of_postgres(&error))?;
    let mut report = Report::default();
    let public = scope(client, "public", "public", PUBLIC).await;
    let clean = public.failed.is_none();
    report.scopes.push(public);
    if !clean {
        return Ok(report);
    }
    client
        .batch_execute(&super::provision::public_grants(installation))
        .await
        .map_err(|error| of_postgres(&error))?;
    let tenants =
        client.query("SELECT tenant_id FROM public.org ORDER BY created_at, tenant_id", &[]).await;
    for row in tenants.map_err(|error| of_postgres(&error))? {
        let tenant = TenantId::new(get(&row, "tenant_id")?);
        report.scopes.push(tenant_scope(client, installation, tenant).await);
    }
    Ok(report)
}

/// Migrates one tenant and grants its role what it needs.
pub async fn tenant_scope(
    client: &mut Client,
    installation: &str,
    tenant: TenantId,
) -> ScopeReport {
    let schema = tenant.schema_name();
    let mut report = scope(client, &schema, &schema, TENANT).await;
    if report.failed.is_none()
        && let Err(error) =
            client.batch_execute(&super::provision::tenant_grants(installation, tenant)).await
    {
        report.failed = Some(sentence(&error));
    }
    report
}

async fn scope(
    client: &mut Client,
    name: &str,
    schema: &str,
    migrations: &[Migration],
) -> ScopeReport {
    let mut report = ScopeReport { scope: name.to_owned(), applied: Vec::new(), failed: None };
    for migration in migrations {
        match one(client, schema, migration).await {
            Ok(true) => report.applied.push(migration.version),
            Ok(false) => {}
            Err(why) => {
                report.failed = Some(why);
                break;
            }
        }
    }
    report
}

/// Applies a migration unless it was applied before.
async fn one(client: &mut Client, schema: &str, migration: &Migration) -> Result<bool, String> {
    let tx = client.transaction().await.map_err(|error| sentence(&error))?;
    let checksum = canonical::sha256(&[migration.sql.as_bytes()]);
    let known = "SELECT checksum FROM public.migration_status WHERE scope = $1 AND version = $2";
    if let Some(row) = tx
        .query_opt(known, &[&schema, &migration.version])
        .await
        .map_err(|error| sentence(&error))?
    {
        let stored: Vec<u8> = row.try_get("checksum").map_err(|error| sentence(&error))?;
        let same = stored == checksum.0;
        return if same {
            Ok(false)
        } else {
            Err(format!("migration {} was changed after it was applied", migration.version))
        };
    }
    apply(&tx, schema, migration).await.map_err(|error| sentence(&error))?;
    let note = "INSERT INTO public.migration_status (scope, version, checksum) VALUES ($1, $2, $3)";
    tx.execute(note, &[&schema, &migration.version, &checksum.0.as_slice()])
        .await
        .map_err(|error| sentence(&error))?;
    tx.commit().await.map_err(|error| sentence(&error))?;
    Ok(true)
}

async fn apply(
    tx: &Transaction<'_>,
    schema: &str,
    migration: &Migration,
) -> Result<(), tokio_postgres::Error> {
    let path = format!("\"{schema}\", pg_temp");
    tx.execute("SELECT set_config('search_path', $1, true)", &[&path]).await?;
    tx.batch_execute(migration.sql).await
}

/// A plain sentence for the operator: the state code, not the text.
fn sentence(error: &tokio_postgres::Error) -> String {
    match error.code() {
        Some(code) => format!("the database refused a statement (SQLSTATE {})", code.code()),
        None => "the database does not answer".to_owned(),
    }
}
