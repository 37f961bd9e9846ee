//! The migrator login's own connection: never pooled, never used while serving.
//! It belongs to the operator's commands; no request ever reaches it.

use autopilot_domain::ids::TenantId;
use tokio_postgres::{Client, NoTls};

use super::chain::{self, Checked};
use super::errors::of_postgres;
use super::rows::get;
use super::tenant_db::TenantDb;
use crate::ports::identity::Principal;
use crate::ports::{Role, StoreError};

/// Connects as the migrator.
///
/// # Errors
/// When the database does not answer or refuses.
pub async fn connect(url: &str) -> Result<Client, StoreError> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.map_err(|error| of_postgres(&error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(closed = error.is_closed(), "the migrator's connection ended");
        }
    });
    Ok(client)
}

/// Creates a database unless there is one of that name.
///
/// # Errors
/// When the name is not plain, or the database refuses.
pub async fn ensure_database(client: &Client, name: &str) -> Result<(), StoreError> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Err(StoreError::Corrupt(
            "the database's name must be lower-case letters and underscores",
        ));
    }
    let known = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await;
    if known.map_err(|error| of_postgres(&error))?.is_none() {
        let create = format!("CREATE DATABASE {name}");
        client.batch_execute(&create).await.map_err(|error| of_postgres(&error))?;
    }
    Ok(())
}

/// Every organisation.
///
/// # Errors
/// When the database does not answer.
pub async fn tenants(client: &Client) -> Result<Vec<TenantId>, StoreError> {
    let found =
        client.query("SELECT tenant_id FROM public.org ORDER BY created_at, tenant_id", &[]).await;
    found
        .map_err(|error| of_postgres(&error))?
        .iter()
        .map(|row| get(row, "tenant_id").map(TenantId::new))
        .collect()
}

/// Checks one organisation's chain, as the login role sees it.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(db: &TenantDb, tenant: TenantId) -> Result<Checked, StoreError> {
    let nobody = autopilot_domain::ids::UserId::new(uuid::Uuid::nil());
    let operator = Principal { tenant, user: nobody, role: Role::Viewer };
    let ctx = operator.into_context("audit verify".to_owned());
    let tx = db.begin(&ctx).await?;
    let checked = chain::verify(&tx).await?;
    tx.commit().await.map(|()| checked)
}
