//! Sealed secrets in their tenant's schema, and the operator's walk over all of them.
//!
//! Rows go in and out as they are: nothing here can open one. Events name a secret by its id.

use async_trait::async_trait;
use autopilot_domain::event::EventKind;
use autopilot_domain::ids::TenantId;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::admin;
use super::events::{Fact, record};
use super::rows::{corrupt, get};
use super::statements::secrets::{
    SECRET_GET, SECRET_INSERT, SECRET_KEYS, SECRET_REMOVE, SECRET_REWRAP, SECRETS_UNDER_OTHERS,
};
use super::tenant_db::{TenantDb, TenantTx};
use crate::ports::secrets::{Door, Purpose, Sealed, SealedSecrets, SecretId, Wrapped};
use crate::ports::{Actor, RequestContext, StoreError};

/// Secrets that are re-wrapped in one transaction.
const BATCH: i64 = 50;

/// The table of secrets.
#[derive(Clone)]
pub struct SecretStore(pub TenantDb);

fn fact(status: &'static str, id: SecretId, key: &str, actor: Actor) -> Fact<'static> {
    let payload = json!({"secret_id": id.0, "master_key": key});
    Fact {
        kind: EventKind::SecurityGateDecision,
        run: None,
        step: None,
        status,
        code: None,
        started_at: None,
        actor,
        payload,
    }
}

fn sealed(row: &Row) -> Result<Sealed, StoreError> {
    let purpose: String = get(row, "purpose")?;
    let purpose = Purpose::ALL.into_iter().find(|known| known.as_str() == purpose);
    Ok(Sealed {
        id: SecretId(get(row, "secret_id")?),
        purpose: purpose.ok_or_else(corrupt)?,
        format: get(row, "format")?,
        wrapped: Wrapped { key_id: get(row, "key_id")?, bytes: get(row, "wrapped_key")? },
        body: get(row, "sealed")?,
    })
}

#[async_trait]
impl SealedSecrets for SecretStore {
    async fn insert(&self, ctx: &RequestContext, sealed: &Sealed) -> Result<(), StoreError> {
        let tx = self.0.begin(ctx).await?;
        let Sealed { id, purpose, format, wrapped, body } = sealed;
        let params: super::tenant_db::Params<'_> =
            &[&id.0, &purpose.as_str(), format, &wrapped.key_id, &wrapped.bytes, body];
        tx.execute(SECRET_INSERT, params).await?;
        let actor = Actor::User(ctx.user());
        record(&tx, fact("secret_stored", *id, &wrapped.key_id, actor)).await?;
        tx.commit().await
    }

    async fn get(&self, door: Door<'_>, id: SecretId) -> Result<Option<Sealed>, StoreError> {
        let tx = match door {
            Door::Request(ctx) => self.0.begin(ctx).await?,
            Door::Owner(claim) => self.0.begin_owned(claim).await?,
        };
        let found = tx.query_opt(SECRET_GET, &[&id.0]).await?;
        tx.commit().await?;
        found.as_ref().map(sealed).transpose()
    }

    async fn remove(&self, ctx: &RequestContext, id: SecretId) -> Result<(), StoreError> {
        let tx = self.0.begin(ctx).await?;
        if let Some(row) = tx.query_opt(SECRET_REMOVE, &[&id.0]).await? {
            let key: String = get(&row, "key_id")?;
            record(&tx, fact("secret_removed", id, &key, Actor::User(ctx.user()))).await?;
        }
        tx.commit().await
    }
}

impl SecretStore {
    /// How many secrets of an organisation are under each master key.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keys(&self, tenant: TenantId) -> Result<Vec<(String, u64)>, StoreError> {
        let tx = admin::reading(&self.0, tenant).await?;
        let rows = tx.query(SECRET_KEYS, &[]).await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| Ok((get(row, "key_id")?, super::rows::unsigned(row, "count")?)))
            .collect()
    }

    /// Secrets of an organisation that are not under this master key, behind one; at most a batch.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn under_others(
        &self,
        tenant: TenantId,
        active: &str,
        after: Option<SecretId>,
    ) -> Result<Vec<Sealed>, StoreError> {
        let tx = admin::reading(&self.0, tenant).await?;
        let after: Option<Uuid> = after.map(|id| id.0);
        let rows = tx.query(SECRETS_UNDER_OTHERS, &[&active, &after, &BATCH]).await?;
        tx.commit().await?;
        rows.iter().map(sealed).collect()
    }

    /// Puts re-wrapped keys in the place of those they were made from; answers how many were still
    /// there unchanged.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rewrap(
        &self,
        tenant: TenantId,
        changed: &[(Wrapped, Sealed)],
    ) -> Result<u64, StoreError> {
        let tx = admin::reading(&self.0, tenant).await?;
        let mut done = 0_u64;
        for (before, after) in changed {
            done = done.saturating_add(rewrap(&tx, before, after).await?);
        }
        tx.commit().await.map(|()| done)
    }
}

async fn rewrap(tx: &TenantTx, before: &Wrapped, after: &Sealed) -> Result<u64, StoreError> {
    let Wrapped { key_id, bytes } = &after.wrapped;
    let params: super::tenant_db::Params<'_> = &[&after.id.0, &before.bytes, key_id, bytes];
    let done = tx.execute(SECRET_REWRAP, params).await?;
    if done == 1 {
        record(tx, fact("secret_rewrapped", after.id, key_id, Actor::System)).await?;
    }
    Ok(done)
}
