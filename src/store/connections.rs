//! Connections in their tenant's schema, and what is on record for real queries.
//!
//! Each change carries its event. Credentials are named by id; no statement here reads one.

use async_trait::async_trait;
use autopilot_domain::event::EventKind;
use autopilot_domain::ids::TenantId;
use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::events::{Fact, record};
use super::rows::{corrupt, get};
use super::statements::connections::{
    CONNECTION_ACTIVE, CONNECTION_END, CONNECTION_FAILED, CONNECTION_INSERT, CONNECTION_LIVE,
    CONNECTION_LOCK, CONNECTION_PASSED, CONNECTION_SWAP, CONNECTIONS, REAL_CONDITIONS,
    SMOKE_RECORD,
};
use super::tenant_db::{Params, TenantDb, TenantTx};
use crate::ports::connections::{
    ActiveConnection, ConnectionView, Connections, GateRecords, KeyFacts, Live, NewConnection,
    OnRecord, Place,
};
use crate::ports::secrets::SecretId;
use crate::ports::{Actor, OwnerClaim, RequestContext, StoreError};

/// The table of connections.
#[derive(Clone)]
pub struct ConnectionStore(pub TenantDb);

async fn note(
    tx: &TenantTx,
    ctx: &RequestContext,
    status: &str,
    payload: Value,
) -> Result<(), StoreError> {
    let fact = Fact {
        kind: EventKind::SecurityGateDecision,
        run: None,
        step: None,
        status,
        code: None,
        started_at: None,
        actor: Actor::User(ctx.user()),
        payload,
    };
    record(tx, fact).await
}

fn place(row: &Row) -> Result<Place, StoreError> {
    let (project, dataset) = (get(row, "project")?, get(row, "dataset")?);
    Ok(Place { project, dataset, location: get(row, "location")? })
}

fn live(row: &Row) -> Result<Live, StoreError> {
    Ok(Live {
        id: get(row, "connection_id")?,
        version: get(row, "version")?,
        place: place(row)?,
        secret: SecretId(get(row, "secret_id")?),
    })
}

fn view(row: &Row) -> Result<ConnectionView, StoreError> {
    Ok(ConnectionView {
        id: get(row, "connection_id")?,
        name: get(row, "name")?,
        place: place(row)?,
        key: KeyFacts { account: get(row, "account")?, fingerprint: get(row, "fingerprint")? },
        state: get(row, "state")?,
        version: get(row, "version")?,
        created_at: get(row, "created_at")?,
        tested_at: get(row, "tested_at")?,
        test_code: get(row, "test_code")?,
    })
}

#[async_trait]
impl Connections for ConnectionStore {
    async fn list(&self, ctx: &RequestContext) -> Result<Vec<ConnectionView>, StoreError> {
        let found = self.0.read(ctx, &[(CONNECTIONS, &[])]).await?;
        found.iter().flatten().map(view).collect()
    }

    async fn live(&self, ctx: &RequestContext, id: Uuid) -> Result<Option<Live>, StoreError> {
        let found = self.0.read(ctx, &[(CONNECTION_LIVE, &[&id])]).await?;
        found.iter().flatten().next().map(live).transpose()
    }

    async fn create(&self, ctx: &RequestContext, new: NewConnection) -> Result<Uuid, StoreError> {
        let tx = self.0.begin(ctx).await?;
        let (id, user) = (Uuid::now_v7(), ctx.user().as_uuid());
        let NewConnection { name, place, key, secret } = &new;
        let Place { project, dataset, location } = place;
        let KeyFacts { account, fingerprint } = key;
        let params: Params<'_> =
            &[&id, name, project, dataset, location, account, fingerprint, &secret.0, &user];
        tx.execute(CONNECTION_INSERT, params).await?;
        let payload = json!({"connection_id": id, "fingerprint": fingerprint});
        note(&tx, ctx, "connection_created", payload).await?;
        tx.commit().await.map(|()| id)
    }

    async fn tested(
        &self,
        ctx: &RequestContext,
        id: Uuid,
        code: Option<&str>,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin_waking(ctx).await?;
        let changed = match code {
            Some(code) => tx.execute(CONNECTION_FAILED, &[&id, &code]).await?,
            None => tx.execute(CONNECTION_PASSED, &[&id]).await?,
        };
        if changed == 0 {
            return Ok(false);
        }
        let status = if code.is_some() { "connection_refused" } else { "connection_activated" };
        note(&tx, ctx, status, json!({"connection_id": id, "code": code})).await?;
        tx.commit().await.map(|()| true)
    }

    async fn swap(
        &self,
        ctx: &RequestContext,
        (id, version): (Uuid, i32),
        key: &KeyFacts,
        secret: SecretId,
    ) -> Result<Option<SecretId>, StoreError> {
        let tx = self.0.begin_waking(ctx).await?;
        let Some(row) = tx.query_opt(CONNECTION_LOCK, &[&id, &version]).await? else {
            return Ok(None);
        };
        let KeyFacts { account, fingerprint } = key;
        tx.execute(CONNECTION_SWAP, &[&id, &secret.0, account, fingerprint]).await?;
        let payload = json!({"connection_id": id, "version": version.saturating_add(1), "fingerprint": fingerprint});
        note(&tx, ctx, "connection_rotated", payload).await?;
        let former = SecretId(get(&row, "secret_id")?);
        tx.commit().await.map(|()| Some(former))
    }

    async fn disconnect(
        &self,
        ctx: &RequestContext,
        id: Uuid,
    ) -> Result<Option<SecretId>, StoreError> {
        let tx = self.0.begin_waking(ctx).await?;
        let Some(row) = tx.query_opt(CONNECTION_END, &[&id]).await? else { return Ok(None) };
        note(&tx, ctx, "connection_disconnected", json!({"connection_id": id})).await?;
        let former = SecretId(get(&row, "secret_id")?);
        tx.commit().await.map(|()| Some(former))
    }
}

#[async_trait]
impl ActiveConnection for ConnectionStore {
    async fn active(&self, claim: &OwnerClaim) -> Result<Option<Live>, StoreError> {
        let tx = self.0.begin_owned(claim).await?;
        let found = tx.query_opt(CONNECTION_ACTIVE, &[]).await?;
        tx.commit().await?;
        found.as_ref().map(live).transpose()
    }
}

#[async_trait]
impl GateRecords for ConnectionStore {
    async fn of(
        &self,
        tenant: TenantId,
        program: &str,
        policy: &str,
    ) -> Result<OnRecord, StoreError> {
        let params: Params<'_> = &[&tenant.as_uuid(), &program, &policy];
        let rows = self.0.login_query(REAL_CONDITIONS, params).await?;
        let row = rows.first().ok_or_else(corrupt)?;
        let (approval, smoke) = (get(row, "approval")?, get(row, "smoke")?);
        Ok(OnRecord { approval, smoke, non_production: get(row, "non_production")? })
    }

    async fn smoke(
        &self,
        tenant: TenantId,
        program: &str,
        policy: &str,
        job: &str,
    ) -> Result<(), StoreError> {
        let params: Params<'_> = &[&tenant.as_uuid(), &program, &policy, &job];
        self.0.login_query(SMOKE_RECORD, params).await.map(drop)
    }
}
