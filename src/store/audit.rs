//! Anchors and retention over PostgreSQL.
//!
//! Reading and anchoring is the login role's; letting rows go is done over a connection of the role
//! of retention, opened for it and closed afterwards, and only through functions that check again.

use async_trait::async_trait;
use autopilot_domain::ids::TenantId;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::admin::{self, reading};
use super::chain::{self, Anchors, Checked};
use super::errors::of_postgres;
use super::rows::{digest, get};
use super::statements::{ANCHOR, ANCHORS, HELD, LINK_LAST, POS_SINCE, TENANTS_AFTER};
use super::tenant_db::{TenantDb, TenantTx};
use crate::ports::audit::Retained;
use crate::ports::{AuditKeeper, StoreError};

/// Positions that go at once, so that no transaction is long.
const BATCH: i64 = 10_000;
const CUT: &str = "SELECT public.cut_chain($1, $2, $3, $4)";
const EXPIRE: &str = "SELECT public.expire_retained($1)";

/// What was written down of a chain outside of it.
///
/// # Errors
/// When the database does not answer.
pub async fn anchors(db: &TenantDb, tenant: TenantId) -> Result<Anchors, StoreError> {
    let rows = db.login_query(ANCHORS, &[&tenant.as_uuid()]).await?;
    rows.iter().map(|row| Ok((get(row, "pos")?, digest(&get::<Vec<u8>>(row, "hash")?)?))).collect()
}

/// The keeper over the login role's pool and, if rows may go, the address of the role of retention.
pub struct AuditStore {
    db: TenantDb,
    retention_url: Option<SecretString>,
}

impl AuditStore {
    /// Without an address nothing is ever let go.
    #[must_use]
    pub const fn new(db: TenantDb, retention_url: Option<SecretString>) -> Self {
        Self { db, retention_url }
    }

    async fn retention(&self) -> Result<Client, StoreError> {
        let url = self.retention_url.as_ref();
        let url = url.ok_or(StoreError::Corrupt("this process has no login of audit retention"))?;
        admin::connect(url.expose_secret()).await
    }

    async fn held(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let found = self.db.login_query(HELD, &[&tenant.to_string()]).await?;
        found.first().map_or(Ok(true), |row| get(row, "held"))
    }

    /// One batch; `true` when there may be more.
    async fn cut(
        &self,
        client: Option<&Client>,
        tenant: TenantId,
        before: Timestamp,
    ) -> Result<(Retained, bool), StoreError> {
        let anchors = anchors(&self.db, tenant).await?;
        let tx = reading(&self.db, tenant).await?;
        let (begin, _) = chain::beginning(&tx).await?;
        let past = past(&tx, before).await?;
        // A trial counts all of them at once, since nothing goes in between.
        let most = if client.is_some() { begin.saturating_add(BATCH) } else { i64::MAX };
        let last = past.min(most);
        if last <= begin {
            return tx.commit().await.map(|()| (Retained::Nothing, false));
        }
        let (checked, hash) = chain::verify_until(&tx, &anchors, last).await?;
        tx.commit().await?;
        match checked {
            Checked::Whole(found) if found == last => {}
            Checked::Whole(found) | Checked::CutOff { end: found, .. } => {
                return Ok((Retained::Broken(found + 1), false));
            }
            Checked::Broken(pos) => return Ok((Retained::Broken(pos), false)),
        }
        if let Some(client) = client {
            let hash = hash.0.as_slice();
            let cut = client.execute(CUT, &[&tenant.as_uuid(), &last, &hash, &before]).await;
            if let Err(error) = cut {
                return refused(&error).map(|answer| (answer, false));
            }
        }
        let gone = u64::try_from(last - begin).unwrap_or_default();
        Ok((Retained::LetGo(gone), last < past))
    }
}

/// The last position whose event, and every one before it, was recorded before a moment; never the head.
async fn past(tx: &TenantTx, before: Timestamp) -> Result<i64, StoreError> {
    let Some(head) = tx.query_opt(LINK_LAST, &[]).await? else { return Ok(0) };
    let head = get::<i64>(&head, "pos")?;
    let young = tx.query_opt(POS_SINCE, &[&before]).await?;
    let young = young.map_or(Ok(head), |row| get::<i64>(&row, "pos"))?;
    Ok(young.min(head) - 1)
}

/// What the function answers when it refuses: a hold that was set meanwhile, or another server that
/// was faster; anything else is an error.
fn refused(error: &tokio_postgres::Error) -> Result<Retained, StoreError> {
    match error.code().map(SqlState::code) {
        Some("AP020") => Ok(Retained::Held),
        Some("AP022" | "AP023") => Ok(Retained::Nothing),
        _ => Err(of_postgres(error)),
    }
}

#[async_trait]
impl AuditKeeper for AuditStore {
    async fn tenants(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<TenantId>, StoreError> {
        let after = after.map(|tenant| tenant.as_uuid());
        let rows = self.db.login_query(TENANTS_AFTER, &[&after, &i64::from(limit)]).await?;
        rows.iter().map(|row| get(row, "tenant_id").map(TenantId::new)).collect()
    }

    async fn anchor(&self, tenant: TenantId) -> Result<(), StoreError> {
        self.db.login_query(ANCHOR, &[&tenant.as_uuid()]).await.map(drop)
    }

    fn may_let_go(&self) -> bool {
        self.retention_url.is_some()
    }

    async fn retain(
        &self,
        tenant: TenantId,
        before: Timestamp,
        trial: bool,
    ) -> Result<Retained, StoreError> {
        if self.held(tenant).await? {
            return Ok(Retained::Held);
        }
        let client = if trial { None } else { Some(self.retention().await?) };
        let mut total = 0;
        loop {
            match self.cut(client.as_ref(), tenant, before).await? {
                (Retained::LetGo(gone), more) => {
                    total += gone;
                    if !more {
                        return Ok(Retained::LetGo(total));
                    }
                }
                (Retained::Nothing, _) if total > 0 => return Ok(Retained::LetGo(total)),
                (other, _) => return Ok(other),
            }
        }
    }

    async fn expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        let client = self.retention().await?;
        let row = client.query_one(EXPIRE, &[&before]).await.map_err(|e| of_postgres(&e))?;
        get::<i64>(&row, "expire_retained").map(|gone| u64::try_from(gone).unwrap_or_default())
    }
}
