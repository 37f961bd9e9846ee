//! API keys: making, showing and revoking them.
//!
//! The key itself is never stored or logged; its first characters are, so that people can tell keys
//! apart.

use autopilot_domain::ids::UserId;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::super::identity::{fresh_secret, scopes};
use super::super::rows::{corrupt, get};
use super::super::statements::{KEY_CREATE, KEY_REVOKE, KEYS};
use super::super::tenant_db::TenantDb;
use super::{answer, audited, settle};
use crate::ports::accounts::{KeyMade, KeyView, NewKey};
use crate::ports::identity::key_hash;
use crate::ports::{RequestContext, Role, StoreError};

/// How much of a key its list shows: the mark and 30 of its 256 random bits.
const SHOWN: usize = 8;

pub(super) async fn list(db: &TenantDb, ctx: &RequestContext) -> Result<Vec<KeyView>, StoreError> {
    let tenant = ctx.tenant().as_uuid();
    db.login_query(KEYS, &[&tenant, &reach(ctx)]).await?.iter().map(view).collect()
}

pub(super) async fn create(
    db: &TenantDb,
    ctx: &RequestContext,
    wish: NewKey,
) -> Result<KeyMade, StoreError> {
    let (tenant, user) = (ctx.tenant().as_uuid(), ctx.user().as_uuid());
    let (id, key) = (Uuid::now_v7(), fresh_secret("ap"));
    let hash = key_hash(key.as_bytes());
    let prefix: String = key.chars().take(SHOWN).collect();
    let scopes: Vec<_> = wish.scopes.iter().map(|scope| scope.as_str()).collect();
    let end = wish.expires_at.map(|end| end.to_string());
    let details = json!({"key_id": id, "scopes": scopes, "expires_at": end});
    let tx = audited(db, ctx, "key_created", details).await?;
    let name = wish.name.as_str();
    let made: String = answer(
        &tx,
        KEY_CREATE,
        &[&tenant, &user, &id, &hash.as_slice(), &prefix, &name, &scopes, &wish.expires_at],
    )
    .await?;
    settle(tx, made == "ok").await?;
    match made.as_str() {
        "ok" => Ok(KeyMade::Made(id, key)),
        "past" => Ok(KeyMade::Past),
        "full" => Ok(KeyMade::Full),
        _ => Err(corrupt()),
    }
}

pub(super) async fn revoke(
    db: &TenantDb,
    ctx: &RequestContext,
    key: Uuid,
) -> Result<bool, StoreError> {
    let tx = audited(db, ctx, "key_revoked", json!({"key_id": key})).await?;
    let known = answer(&tx, KEY_REVOKE, &[&ctx.tenant().as_uuid(), &reach(ctx), &key]).await?;
    settle(tx, known).await?;
    Ok(known)
}

/// Whose keys the caller may see: their own, or everybody's.
fn reach(ctx: &RequestContext) -> Option<Uuid> {
    (ctx.role() < Role::Admin).then(|| ctx.user().as_uuid())
}

fn view(row: &Row) -> Result<KeyView, StoreError> {
    Ok(KeyView {
        id: get(row, "key_id")?,
        user: UserId::new(get(row, "user_id")?),
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        scopes: scopes(row)?,
        created_at: get(row, "created_at")?,
        expires_at: get(row, "expires_at")?,
        revoked_at: get(row, "revoked_at")?,
        last_used_at: get(row, "last_used_at")?,
    })
}
