//! The migrator login's own connection: never pooled, never used while serving.
//! It belongs to the operator's commands; no request ever reaches it.

use autopilot_domain::ids::TenantId;
use tokio_postgres::{Client, NoTls};

use super::audit;
use super::chain::{self, Checked};
use super::errors::of_postgres;
use super::rows::get;
use super::tenant_db::{TenantDb, TenantTx};
use crate::ports::identity::Principal;
use crate::ports::{Role, StoreError};

/// A connection of the migrator.
pub type MigratorClient = Client;

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

/// Checks one organisation's chain, as the login role sees it, against itself and its anchors.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(db: &TenantDb, tenant: TenantId) -> Result<Checked, StoreError> {
    let anchors = audit::anchors(db, tenant).await?;
    let tx = reading(db, tenant).await?;
    let checked = chain::verify(&tx, &anchors).await?;
    tx.commit().await.map(|()| checked)
}

/// Opens an organisation for the operator's eyes.
pub(super) async fn reading(db: &TenantDb, tenant: TenantId) -> Result<TenantTx, StoreError> {
    let nobody = autopilot_domain::ids::UserId::new(uuid::Uuid::nil());
    let operator = Principal { tenant, user: nobody, role: Role::Viewer };
    db.begin(&operator.into_context("audit".to_owned())).await
}

/// Orders that nothing of a subject is deleted; `false` when it is under a hold already.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn hold(client: &Client, subject: &str, reason: &str) -> Result<bool, StoreError> {
    let insert = "INSERT INTO public.legal_hold (subject, reason) VALUES ($1, $2) \
        ON CONFLICT (subject) WHERE released_at IS NULL DO NOTHING";
    let done = client.execute(insert, &[&subject, &reason]).await;
    done.map(|rows| rows == 1).map_err(|error| of_postgres(&error))
}

/// Ends the hold of a subject; `false` when there is none.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn release(client: &Client, subject: &str) -> Result<bool, StoreError> {
    let update = "UPDATE public.legal_hold SET released_at = clock_timestamp() \
        WHERE subject = $1 AND released_at IS NULL";
    let done = client.execute(update, &[&subject]).await;
    done.map(|rows| rows == 1).map_err(|error| of_postgres(&error))
}

/// Whether audit of this subject is kept here: an organisation's id, or a purged one's pseudonym.
///
/// # Errors
/// When the database does not answer.
pub async fn knows_subject(client: &Client, subject: &str) -> Result<bool, StoreError> {
    let find = "SELECT EXISTS (SELECT 1 FROM public.org WHERE tenant_id::text = $1) \
        OR EXISTS (SELECT 1 FROM public.retained_audit WHERE org_pseudonym = $1) AS known";
    let row = client.query_one(find, &[&subject]).await.map_err(|error| of_postgres(&error))?;
    get(&row, "known")
}
